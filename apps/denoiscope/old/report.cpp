#include "denoiscope/report/report.hpp"

#include <fmt/format.h>

#include <memory>

#include "denoiscope/base/record.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {

void add_report(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand("report", "makes the report of a run again from its records");
  auto run = std::make_shared<std::string>();
  verb->add_option("RUN", *run, "run directory of an earlier analyze")->required()->type_name("");
  add_common(*verb, call);
  verb->callback([run, &call] {
    report::write(*run);
    const std::string page = (std::filesystem::path(*run) / "report.html").string();
    print(call.json ? json_text({{"report", page}}) + "\n" : fmt::format("Report: {}\n", page));
  });
}

}  // namespace denoiscope::app
