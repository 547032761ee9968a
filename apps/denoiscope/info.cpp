#include <fmt/format.h>

#include <memory>

#include "denoiscope/base/json.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/analyze.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {

void add_info(CLI::App& program, Call& call) {
  CLI::App* verb =
      program.add_subcommand("info", "what a data set is: shape, range, duplicates, labels, covariance spectrum");
  const std::vector<std::string> keys = {"data",    "labels", "class_names",    "resize", "gray",       "rgb",
                                         "classes", "rows",   "drop_nonfinite", "scale",  "duplicates", "seed"};
  auto options = std::make_shared<SettingsOptions>(*verb, study::analyze_settings(), keys);
  add_common(*verb, call);
  verb->callback([options, &call] {
    set_threads(call.threads);
    const study::Settings settings = options->resolve();
    nlohmann::json record = study::describe(study::load(settings), settings);
    record.erase("pair_spectra");
    print(call.json ? json_text(record) + "\n" : report::data_table(record));
  });
}

}  // namespace denoiscope::app
