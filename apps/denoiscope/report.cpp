#include "denoiscope/report/report.hpp"

#include <fmt/format.h>

#include "denoiscope/base/record.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

void run(const Request& request, const Call& call) {
  const std::filesystem::path folder = request.text("run");
  report::write(folder);
  const std::string page = (folder / "report.html").string();
  print(call.json ? json_text({{"report", page}}) + "\n" : fmt::format("Report: {}\n", page));
}

}  // namespace

Verb report_verb() {
  return {"report",
          "makes the report of a run again from its records",
          {parameter::positional("run", true, "RUN", "run directory of an earlier run")},
          run};
}

}  // namespace denoiscope::app
