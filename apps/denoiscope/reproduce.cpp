// reproduce: the gallery, each figure held to what was published or is exact.
#include <fmt/format.h>

#include <filesystem>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/gallery/gallery.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/run.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

constexpr Parameter kParameters[] = {
    parameter::positional("name", true, "NAME", "which entry of the gallery; all: every one; list: which there are"),
    parameter::word("scale", "fast|full", "fast",
                    "how much is computed: seconds for all, or the size of a figure for print"),
    parameter::text("out", "", "DIR",
                    "folder for gallery.html, reproduce.json and a figures/NAME.vl.json an entry; it keeps what is "
                    "done"),
    parameter::flag("resume", "go on with an interrupted run in the folder"),
    parameter::flag("force", "overwrite what is in the folder"),
    parameter::flag("markdown", "with list: docs/gallery.md"),
};

void list(bool markdown, const Call& call) {
  if (markdown) return print(gallery::gallery_page());
  Record record = {{"entries", Record::list()}};
  std::string text;
  for (const gallery::GalleryText& one : gallery::gallery()) {
    const Arguments entry = gallery::gallery_entry(one.name);
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

IfExists if_exists(const Request& request) {
  const bool resume = request.flag("resume"), force = request.flag("force");
  if (resume && force) throw UsageError("--resume and --force contradict each other; give one.");
  if ((resume || force) && !request.has("out"))
    throw UsageError("{}: of which run? Give its --out DIR.", resume ? "--resume" : "--force");
  return resume ? IfExists::resume : force ? IfExists::overwrite : IfExists::refuse;
}

std::vector<std::string> names_of(const std::string& name) {
  std::vector<std::string> names;
  if (name == "all")
    for (const gallery::GalleryText& one : gallery::gallery()) names.emplace_back(one.name);
  else
    names.push_back(name);
  for (const std::string& one : names) static_cast<void>(gallery::gallery_entry(one));  // refused before work begins
  return names;
}

// The entries, one after another. What is kept of one counts among all, so the run is named by the scale alone.
Record entries_of(const Request& request, const std::vector<std::string>& names, Progress& progress) {
  constexpr Parameter kScale[] = {kParameters[1]};
  Request scale(kScale);
  scale.set("scale", request.text("scale"), "--scale");
  Run run(scale, {request.text("out"), if_exists(request), {}}, progress);
  run.start(gallery::gallery_identity());
  run.expect(static_cast<int>(names.size()));
  Record entries = Record::list();
  for (const std::string& name : names) {
    const auto compute = [&] {
      return gallery::reproduce(name, gallery::gallery_entry(name), static_cast<gallery::Scale>(request["scale"]));
    };
    Record entry = run.unit(name, compute);
    if (run.kept() && !entry["skipped"].is_null()) entry = compute();  // its data may have been installed since
    entries.push_back(std::move(entry));
  }
  progress.at(static_cast<int>(names.size()), static_cast<int>(names.size()), "done");
  return entries;
}

void run(const Request& request, const Call& call) {
  if (request.flag("markdown") && request.text("name") != "list")
    throw UsageError("--markdown: it is about list, not {}; leave it out.", request.text("name"));
  if (request.text("name") == "list") return list(request.flag("markdown"), call);
  const std::vector<std::string> names = names_of(request.text("name"));
  TerminalProgress progress(call.progress, call.quiet);
  Record record = {{"scale", request.text("scale")}, {"entries", entries_of(request, names, progress)}};
  std::string text;
  std::vector<std::string> failed;
  for (const Record& entry : record["entries"]) {
    if (!entry["holds"].flag()) failed.push_back(entry["name"].text());
    text += report::gallery_table(entry, colours());
  }
  record["holds"] = failed.empty();
  if (request.has("out")) {
    write(request.text("out"), record);
    text += fmt::format("Page: {}\n", (std::filesystem::path(request.text("out")) / "gallery.html").string());
  }
  print(call.json ? json_text(record) + "\n" : text);
  if (!failed.empty())
    throw ErrorOf<ExitCode::check_failed>("reproduce: {} of {} entries do not hold: {}.", failed.size(), names.size(),
                                          fmt::join(failed, ", "));
}

}  // namespace

Verb reproduce_verb() {
  return {"reproduce", "figures of the literature computed again, each number beside what was published or is exact",
          joined({kParameters}), run};
}

}  // namespace denoiscope::app
