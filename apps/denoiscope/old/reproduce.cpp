// reproduce: the gallery, each figure held to what was published or is exact.
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <optional>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/gallery/gallery.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/plan.hpp"
#include "denoiscope/study/run_directory.hpp"
#include "run_output.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

struct Options {
  std::string name, scale = "fast";
  bool markdown = false;
  RunOutput run;
};

void list(const Options& options, const Call& call) {
  if (options.markdown) return print(gallery::gallery_page());
  Record record = {{"entries", Record::list()}};
  std::string text;
  for (const gallery::GalleryText& one : gallery::gallery()) {
    const Settings entry = gallery::gallery_entry(one.name);
    record["entries"].push_back({{"name", one.name}, {"title", entry.text("title")}, {"source", entry.text("source")}});
    text += fmt::format("{}\n      {} ({})\n", one.name, entry.text("title"), entry.text("source"));
  }
  print(call.json ? json_text(record) + "\n" : text);
}

// A figure an entry, reproduce.json and one page.
void write(const std::filesystem::path& folder, const Record& record) {
  for (const Record& entry : record["entries"])
    if (const Record figure = report::gallery_figure(entry); !figure.is_null())
      write_atomically(folder / "figures" / (entry["name"].text() + ".vl.json"), json_text(figure, 1) + "\n");
  write_atomically(folder / "reproduce.json", json_text(record, 1) + "\n");
  write_atomically(folder / "gallery.html", report::gallery_html(record["entries"]));
}

void check(const Options& options) {
  if (options.markdown && options.name != "list")
    throw UsageError("--markdown: it is about list, not {}; leave it out.", options.name);
  if (options.scale != "fast" && options.scale != "full")
    throw UsageError("--scale: {}, expected fast or full.", options.scale);
}

std::vector<std::string> names_of(const Options& options) {
  std::vector<std::string> names;
  if (options.name == "all")
    for (const gallery::GalleryText& one : gallery::gallery()) names.emplace_back(one.name);
  else
    names.push_back(options.name);
  for (const std::string& name : names) static_cast<void>(gallery::gallery_entry(name));  // refused before work begins
  return names;
}

// The entries, one after another. With --out each is kept there when it is done.
Record entries_of(const Options& options, const std::vector<std::string>& names, Progress& progress) {
  const gallery::Scale scale = options.scale == "fast" ? gallery::Scale::fast : gallery::Scale::full;
  const auto compute = [&](const std::string& name) {
    return gallery::reproduce(name, gallery::gallery_entry(name), scale);
  };
  const IfExists if_exists = options.run.if_exists();
  std::optional<RunDirectory> run;
  if (!options.run.out.empty())
    run.emplace(options.run.out, gallery::gallery_config(scale), if_exists);
  else if (if_exists != IfExists::refuse)
    throw UsageError("{}: of which run? Give its --out DIR.", options.run.resume ? "--resume" : "--force");
  Plan plan(run ? &*run : nullptr, progress, static_cast<int>(names.size()));
  Record entries = Record::list();
  for (const std::string& name : names) {
    const bool kept = run && run->done(name);
    Record entry = plan.unit(name, [&] { return compute(name); });
    if (kept && !entry["skipped"].is_null()) entry = compute(name);  // its data may have been installed since
    entries.push_back(std::move(entry));
  }
  plan.finish();
  return entries;
}

void run(const Options& options, const Call& call) {
  check(options);
  if (options.name == "list") return list(options, call);
  set_threads(call.threads);
  const std::vector<std::string> names = names_of(options);
  TerminalProgress progress(call.progress, call.quiet);
  Record record = {{"scale", options.scale}, {"entries", entries_of(options, names, progress)}};
  std::string text;
  std::vector<std::string> failed;
  for (const Record& entry : record["entries"]) {
    if (!entry["holds"].flag()) failed.push_back(entry["name"].text());
    text += report::gallery_table(entry, colours());
  }
  record["holds"] = failed.empty();
  if (!options.run.out.empty()) {
    write(options.run.out, record);
    text += fmt::format("Page: {}\n", (std::filesystem::path(options.run.out) / "gallery.html").string());
  }
  print(call.json ? json_text(record) + "\n" : text);
  if (!failed.empty())
    throw ErrorOf<ExitCode::check_failed>("reproduce: {} of {} entries do not hold: {}.", failed.size(), names.size(),
                                          fmt::join(failed, ", "));
}

}  // namespace

void add_reproduce(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "reproduce", "figures of the literature computed again, each number beside what was published or is exact");
  auto options = std::make_shared<Options>();
  verb->add_option("NAME", options->name, "which entry of the gallery; all: every one; list: which there are")
      ->required()
      ->type_name("");
  verb->add_option("--scale", options->scale,
                   "how much is computed: seconds for all, or the size of a figure for print")
      ->default_str("fast")
      ->type_name("fast|full");
  verb->add_option("--out", options->run.out,
                   "folder for gallery.html, reproduce.json and a figures/NAME.vl.json an entry; it "
                   "keeps what is done")
      ->type_name("DIR");
  add_run_flags(*verb, options->run);
  verb->add_flag("--markdown", options->markdown, "with list: docs/gallery.md");
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
