// reproduce: the gallery, each figure held to what was published or is exact.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/file_system.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/json.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/gallery.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

using nlohmann::json;

struct Options {
  std::string name, scale = "fast", out;
  bool markdown = false;
};

void list(const Options& options, const Call& call) {
  if (options.markdown) return print(study::gallery_page());
  json record = {{"entries", json::array()}};
  std::string text;
  for (const study::GalleryText& one : study::gallery()) {
    const study::Settings entry = study::gallery_entry(one.name);
    record["entries"].push_back({{"name", one.name}, {"title", entry.text("title")}, {"source", entry.text("source")}});
    text += fmt::format("{}\n      {} ({})\n", one.name, entry.text("title"), entry.text("source"));
  }
  print(call.json ? json_text(record) + "\n" : text);
}

// NAME.vl.json of every entry, reproduce.json and one page.
void write(const std::filesystem::path& folder, const json& record) {
  make_folders(folder);
  for (const json& entry : record["entries"])
    if (const json figure = report::gallery_figure(entry); !figure.is_null())
      write_atomically(folder / (entry["name"].get<std::string>() + ".vl.json"), json_text(figure, 1) + "\n");
  write_atomically(folder / "reproduce.json", json_text(record, 1) + "\n");
  write_atomically(folder / "gallery.html", report::gallery_html(record["entries"]));
}

void run(const Options& options, const Call& call) {
  if (options.markdown && options.name != "list")
    throw UsageError("--markdown: it is about list, not {}; leave it out.", options.name);
  if (options.scale != "fast" && options.scale != "full")
    throw UsageError("--scale: {}, expected fast or full.", options.scale);
  if (options.name == "list") return list(options, call);
  set_threads(call.threads);
  const study::Scale scale = options.scale == "fast" ? study::Scale::fast : study::Scale::full;
  std::vector<std::string> names;
  if (options.name == "all")
    for (const study::GalleryText& one : study::gallery()) names.emplace_back(one.name);
  else
    names.push_back(options.name);
  for (const std::string& name : names) static_cast<void>(study::gallery_entry(name));  // refused before work begins
  TerminalProgress progress(call.progress, call.quiet);
  json record = {{"scale", options.scale}, {"entries", json::array()}, {"holds", true}};
  std::string text;
  std::vector<std::string> failed;
  const int many = static_cast<int>(names.size());
  for (int i = 0; i < many; ++i) {
    const std::string& name = names[static_cast<std::size_t>(i)];
    json entry = study::reproduce(name, study::gallery_entry(name), scale);
    if (!entry["holds"]) failed.push_back(name);
    text += report::gallery_table(entry, colours());
    record["entries"].push_back(std::move(entry));
    progress.at(i + 1, many, name);
    if (progress.stop_requested()) throw Stopped("reproduce: stopped after {} of {} entries.", i + 1, many);
  }
  record["holds"] = failed.empty();
  if (!options.out.empty()) {
    write(options.out, record);
    text += fmt::format("Page: {}\n", (std::filesystem::path(options.out) / "gallery.html").string());
  }
  print(call.json ? json_text(record) + "\n" : text);
  if (!failed.empty())
    throw ErrorOf<ExitCode::check_failed>("reproduce: {} of {} entries do not hold: {}.", failed.size(), many,
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
  verb->add_option("--out", options->out, "folder for gallery.html, reproduce.json and a NAME.vl.json a figure")
      ->type_name("DIR");
  verb->add_flag("--markdown", options->markdown, "with list: docs/gallery.md");
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
