#include <fmt/format.h>

#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/json.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/denoiser/kernel.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/analyze.hpp"
#include "denoiscope/study/machine.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {

namespace {

using nlohmann::json;

json machine_record() {
  constexpr double kSeconds = 0.03;  // a measurement; six of them
  json ceiling = json::array();
  ceiling.push_back({{"threads", 1}, {"gflops", study::ceiling_gflops(1, kSeconds)}});
  if (threads() > 1)
    ceiling.push_back({{"threads", threads()}, {"gflops", study::ceiling_gflops(threads(), kSeconds)}});
  return {{"cpu", study::cpu_name()},      {"features", study::cpu_features()},
          {"kernel", kernel::best().name}, {"kernels", study::kernels()},
          {"threads", threads()},          {"ceiling_f64", ceiling}};
}

std::string machine_table(const json& machine) {
  const auto list = [&](const char* key) {
    return fmt::format("{}", fmt::join(machine[key].get<std::vector<std::string>>(), ", "));
  };
  std::string text = fmt::format("cpu       {}\nfeatures  {}\nkernel    {}, of {}\nthreads   {}\n",
                                 report::plain(machine["cpu"].get<std::string>()), list("features"),
                                 machine["kernel"].get<std::string>(), list("kernels"), machine["threads"].get<int>());
  for (const json& row : machine["ceiling_f64"])
    text += fmt::format("ceiling   {:.1f} GF/s, multiply-adds in double precision, {} thread{}\n",
                        row["gflops"].get<double>(), row["threads"].get<int>(), row["threads"] == 1 ? "" : "s");
  return text;
}

}  // namespace

void add_info(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "info", "what a data set is: shape, range, duplicates, labels, covariance spectrum; or the machine");
  const std::vector<std::string> keys = {"data",    "labels", "class_names",    "resize", "gray",       "rgb",
                                         "classes", "rows",   "drop_nonfinite", "scale",  "duplicates", "seed"};
  auto options = std::make_shared<SettingsOptions>(*verb, study::analyze_settings(), keys);
  auto machine = std::make_shared<bool>(false);
  verb->add_flag("--machine", *machine,
                 "instead of data, this machine: CPU, instructions, kernels and the ceiling of multiply-adds");
  add_common(*verb, call);
  verb->callback([options, machine, &call] {
    set_threads(call.threads);
    if (*machine) {
      const std::string data = options->resolve().text("data");
      if (!data.empty()) throw UsageError("--machine: tells of no data, but {} is given; leave one out.", data);
      const json record = machine_record();
      print(call.json ? json_text(record) + "\n" : machine_table(record));
      return;
    }
    const study::Settings settings = options->resolve();
    nlohmann::json record = study::describe(study::load(settings), settings);
    record.erase("pair_spectra");
    print(call.json ? json_text(record) + "\n" : report::data_table(record));
  });
}

}  // namespace denoiscope::app
