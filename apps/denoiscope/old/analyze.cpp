#include "denoiscope/experiments/analyze/analyze.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/experiments/analyze/analyze_model.hpp"
#include "denoiscope/report/report.hpp"
#include "model_options.hpp"
#include "run_output.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::unique_ptr<ModelOptions> model;
  RunOutput output;
  bool dry_run = false;
};

std::string folder_name(const Settings& settings) {
  if (settings.given("model")) return "denoiscope-" + settings.text("model");
  const std::string& data = settings.text("data");
  const std::string stem =
      data.empty() ? "fashion-mnist" : std::filesystem::path(data).lexically_normal().stem().string();
  return "denoiscope-" + (stem.empty() || stem == "." ? "run" : stem);
}

Settings resolve(const Options& options) {
  Settings settings = options.settings->resolve();
  options.model->apply(settings);
  if (!settings.given("model")) settings.require_only(Use::data, "data");
  return settings;
}

// What would be done.
std::string plan_of(const Settings& settings, const std::filesystem::path& folder) {
  if (settings.given("model")) {
    const Model model = experiments::model_of(settings);
    return fmt::format("{}# would analyze {}, {} dimensions, and write to {}\n", settings.toml(Use::model),
                       model.text(), model.posterior().dimension(), folder.string());
  }
  const Dataset data = load(settings).data;
  return fmt::format("{}# would analyze {} rows of dimension {} and write to {}\n", settings.toml(Use::data),
                     data.rows(), data.dimension(), folder.string());
}

void run(const Options& options, const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  const IfExists if_exists = options.output.if_exists();
  set_threads(call.threads);
  const Settings settings = resolve(options);
  const std::filesystem::path folder = !options.output.out.empty()     ? std::filesystem::path(options.output.out)
                                       : if_exists != IfExists::refuse ? std::filesystem::path(folder_name(settings))
                                                                       : fresh_folder(folder_name(settings));
  if (options.dry_run) {
    print(plan_of(settings, folder));
    return;
  }
  TerminalProgress progress(call.progress, call.quiet);
  const auto job = settings.given("model") ? experiments::analyze_model : experiments::analyze;
  Record result = job(settings, folder, if_exists, call.command_line, progress);
  report::write(folder);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (call.json) {
    result["seconds"] = seconds;
    result["peak_rss_mib"] = peak_rss_mib();
    result["run"] = folder.string();
    print(json_text(result) + "\n");
    return;
  }
  print(report::table(result, colours()));
  print(
      fmt::format("\n{:.1f} s, {:.0f} MiB. Report: {}\n", seconds, peak_rss_mib(), (folder / "report.html").string()));
}

}  // namespace

void add_common(CLI::App& verb, Call& call) {
  verb.add_flag("--json", call.json, "one JSON object on stdout, nothing else");
  verb.add_flag("--quiet", call.quiet, "no progress");
  verb.add_option("--threads", call.threads, "threads (default: one a core); never changes a result")
      ->check(CLI::Range(0, 1024))
      ->type_name("K");
  verb.add_option("--progress", call.progress, "progress on stderr")
      ->check(CLI::IsMember({"auto", "always", "never"}))
      ->type_name("auto|always|never");
}

void add_analyze(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "analyze", "from a data set, or a model, to its phase diagram: when classes form, when trajectories collapse");
  auto options = std::make_shared<Options>();
  std::vector<std::string> flags;  // but the model, which is typed as a name and a list
  for (const Setting& setting : analyze_settings())
    if (setting.key != std::string("model") && setting.key != std::string("parameters"))
      flags.emplace_back(setting.key);
  options->settings = std::make_unique<SettingsOptions>(*verb, analyze_settings(), flags);
  options->model = std::make_unique<ModelOptions>(*verb);
  verb->add_option("--out", options->output.out, "run directory (default: denoiscope-NAME here)")->type_name("DIR");
  add_run_flags(*verb, options->output);
  verb->add_flag("--dry-run", options->dry_run, "print the resolved settings and stop");
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
