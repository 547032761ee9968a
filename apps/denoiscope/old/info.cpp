#include <fmt/format.h>

#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/engine/machine.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {

namespace {

Record machine_record() {
  constexpr double kSeconds = 0.03;  // a measurement; six of them
  Record ceiling = Record::list();
  ceiling.push_back({{"threads", 1}, {"gflops", ceiling_gflops(1, kSeconds)}});
  if (threads() > 1) ceiling.push_back({{"threads", threads()}, {"gflops", ceiling_gflops(threads(), kSeconds)}});
  return {{"cpu", cpu_name()},    {"features", cpu_features()}, {"kernel", kernel::best().name},
          {"kernels", kernels()}, {"threads", threads()},       {"ceiling_f64", ceiling}};
}

std::string machine_table(const Record& machine) {
  const auto list = [&](const char* key) { return fmt::format("{}", fmt::join(machine[key].texts(), ", ")); };
  std::string text = fmt::format("cpu       {}\nfeatures  {}\nkernel    {}, of {}\nthreads   {}\n",
                                 report::plain(machine["cpu"].text()), list("features"), machine["kernel"].text(),
                                 list("kernels"), static_cast<int>(machine["threads"].whole()));
  for (const Record& row : machine["ceiling_f64"])
    text +=
        fmt::format("ceiling   {:.1f} GF/s, multiply-adds in double precision, {} thread{}\n", row["gflops"].number(),
                    static_cast<int>(row["threads"].whole()), row["threads"] == 1 ? "" : "s");
  return text;
}

}  // namespace

void add_info(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "info", "what a data set is: shape, range, duplicates, labels, covariance spectrum; or the machine");
  const std::vector<std::string> keys = {"data",    "labels", "class_names",    "resize", "gray",       "rgb",
                                         "classes", "rows",   "drop_nonfinite", "scale",  "duplicates", "seed"};
  auto options = std::make_shared<SettingsOptions>(*verb, analyze_settings(), keys);
  auto machine = std::make_shared<bool>(false);
  verb->add_flag("--machine", *machine,
                 "instead of data, this machine: CPU, instructions, kernels and the ceiling of multiply-adds");
  add_common(*verb, call);
  verb->callback([options, machine, &call] {
    set_threads(call.threads);
    if (*machine) {
      const std::string data = options->resolve().text("data");
      if (!data.empty()) throw UsageError("--machine: tells of no data, but {} is given; leave one out.", data);
      const Record record = machine_record();
      print(call.json ? json_text(record) + "\n" : machine_table(record));
      return;
    }
    const Settings settings = options->resolve();
    Record record = experiments::describe(load(settings), settings);
    record.erase("pair_spectra");
    print(call.json ? json_text(record) + "\n" : report::data_table(record));
  });
}

}  // namespace denoiscope::app
