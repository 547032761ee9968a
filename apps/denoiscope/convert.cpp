#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/json.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/study/analyze.hpp"
#include "denoiscope/study/provenance.hpp"
#include "settings_options.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct Options {
  std::unique_ptr<SettingsOptions> settings;
  std::string out, labels_out;
  bool compress = false, force = false;
};

// Before anything is read or written: what is asked must be possible.
void check(const Options& options) {
  const data::FileKind kind = data::kind_of(options.out);
  require_free(options.out, options.force);
  if (options.compress && kind != data::FileKind::npz)
    throw UsageError("--compress: {} is not compressed by it, expected a .npz.", options.out);
  if (options.labels_out.empty()) return;
  if (data::kind_of(options.labels_out) == data::FileKind::png)
    throw UsageError("--labels-out: {} would be a picture, expected .npy, .npz, .safetensors or .csv.",
                     options.labels_out);
  require_free(options.labels_out, options.force);
  if (fs::path(options.out).lexically_normal() == fs::path(options.labels_out).lexically_normal())
    throw UsageError("--labels-out: {} is the file of the data, expected another.", options.labels_out);
}

json record_of(const Dataset& data) {
  constexpr const char* kTypes[] = {"u8", "i32", "i64", "f32", "f64"};
  json classes = json::array();
  for (const ClassInfo& c : data.classes())
    classes.push_back({{"label", c.label}, {"name", c.name}, {"count", c.count}});
  return {{"data", data.name()},   {"rows", data.rows()},
          {"shape", data.shape()}, {"type", kTypes[static_cast<int>(data.scalar())]},
          {"hash", data.hash()},   {"classes", classes}};
}

std::string summary(const json& record) {
  std::string text =
      fmt::format("{} rows of shape ({}), type {}\n", record["rows"].get<Index>(),
                  fmt::join(record["shape"].get<std::vector<Index>>(), ", "), record["type"].get<std::string>());
  text += fmt::format("{}, {} bytes\n", report::plain(record["file"].get<std::string>()),
                      record["bytes"].get<std::size_t>());
  if (record["classes"].empty()) return text + "no labels\n";
  text += record["labels_file"].is_null()
              ? "labels not written; --labels-out FILE writes them\n"
              : "labels in " + report::plain(record["labels_file"].get<std::string>()) + "\n";
  for (const json& c : record["classes"])
    text += fmt::format("  {:>6}  {}, {} rows\n", c["label"].get<long long>(),
                        report::plain(c["name"].get<std::string>()), c["count"].get<Index>());
  return text;
}

void run(const Options& options, const Call& call) {
  check(options);
  set_threads(call.threads);
  const Dataset data = study::load_stored(options.settings->resolve()).data;
  if (!options.labels_out.empty() && !data.labelled())
    throw UsageError("--labels-out: {} has no labels. Give them with --labels.", data.name());
  json record = record_of(data);
  const data::Notes notes = {
      {"source", data.name()}, {"hash", record["hash"].get<std::string>()}, {"denoiscope", study::version()}};
  const bool beside = data.labelled() && data::holds_labels(data::kind_of(options.out));
  record["file"] = options.out;
  record["bytes"] = data::write(options.out, data, notes, options.compress);
  record["labels_file"] = nullptr;
  if (beside) record["labels_file"] = options.out;
  if (!options.labels_out.empty()) {
    data::write_labels(options.labels_out, data, notes);
    record["labels_file"] = options.labels_out;
  }
  print(call.json ? json_text(record) + "\n" : summary(record));
}

}  // namespace

void add_convert(CLI::App& program, Call& call) {
  CLI::App* verb = program.add_subcommand(
      "convert", "a data set, or part of it, in another format: .npy, .npz, .safetensors, .csv, or a .png grid");
  auto options = std::make_shared<Options>();
  const std::vector<std::string> keys = {"data", "labels",  "class_names", "resize",         "gray",
                                         "rgb",  "classes", "rows",        "drop_nonfinite", "seed"};
  options->settings = std::make_unique<SettingsOptions>(*verb, study::analyze_settings(), keys);
  verb->add_option("OUT", options->out, "file to write; its extension says the format")->required()->type_name("");
  verb->add_option("--labels-out", options->labels_out, "a file for the labels: .npy, .npz, .safetensors or .csv")
      ->type_name("FILE");
  verb->add_flag("--compress", options->compress, "deflate the arrays of a .npz");
  verb->add_flag("--force", options->force, "overwrite existing files");
  add_common(*verb, call);
  verb->callback([options, &call] { run(*options, call); });
}

}  // namespace denoiscope::app
