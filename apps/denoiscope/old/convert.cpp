#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/study/provenance.hpp"
#include "output_files.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  OutputFiles files;
};

void run(const Options& options, const Call& call) {
  check_output(options.files);
  set_threads(call.threads);
  const Dataset data = load_stored(options.settings->resolve()).data;
  if (!options.files.labels_out.empty() && !data.labelled())
    throw UsageError("--labels-out: {} has no labels. Give them with --labels.", data.name());
  const Record record =
      write_output(options.files, data, {{"source", data.name()}, {"hash", data.hash()}, {"denoiscope", version()}});
  print(call.json ? json_text(record) + "\n" : describe_output(record));
}

}  // namespace

void add_convert(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "convert", "a data set, or part of it, in another format: .npy, .npz, .safetensors, .csv, or a .png grid");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",  "class_names", "resize",         "gray",
                                         "rgb",  "classes", "rows",        "drop_nonfinite", "seed"};
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), keys);
  verb->add_option("OUT", options->files.out, "file to write; its extension says the format")
      ->required()
      ->type_name("");
  add_output_files(*verb, options->files);
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
