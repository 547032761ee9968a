#include "denoiscope/study/analyze.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/json.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/report/report.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::string out;
  bool resume = false, force = false, dry_run = false;
};

std::string folder_name(const study::Settings& settings) {
  const std::string& data = settings.text("data");
  const std::string stem =
      data.empty() ? "fashion-mnist" : std::filesystem::path(data).lexically_normal().stem().string();
  return "denoiscope-" + (stem.empty() || stem == "." ? "run" : stem);
}

void run(const Options& options, const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  if (options.resume && options.force) throw UsageError("--resume and --force contradict each other; give one.");
  set_threads(call.threads);
  const study::Settings settings = options.settings->resolve();
  const std::filesystem::path folder = !options.out.empty()              ? std::filesystem::path(options.out)
                                       : options.resume || options.force ? std::filesystem::path(folder_name(settings))
                                                                         : study::fresh_folder(folder_name(settings));
  if (options.dry_run) {
    const Dataset data = study::load(settings).data;
    print(fmt::format("{}# would analyze {} rows of dimension {} and write to {}\n", settings.toml(), data.rows(),
                      data.dimension(), folder.string()));
    return;
  }
  TerminalProgress progress(call.progress, call.quiet);
  const study::IfExists if_exists = options.resume  ? study::IfExists::resume
                                    : options.force ? study::IfExists::overwrite
                                                    : study::IfExists::refuse;
  nlohmann::json result = study::analyze(settings, folder, if_exists, call.command_line, progress);
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
      "analyze", "from a data set to its phase diagram: when classes form, when trajectories collapse");
  auto options = std::make_shared<Options>();
  options->settings = std::make_unique<SettingsOptions>(*verb, study::analyze_settings());
  verb->add_option("--out", options->out, "run directory (default: denoiscope-NAME here)")->type_name("DIR");
  verb->add_flag("--resume", options->resume, "go on with an interrupted run in the run directory");
  verb->add_flag("--force", options->force, "overwrite what is in the run directory");
  verb->add_flag("--dry-run", options->dry_run, "print the resolved settings and stop");
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
