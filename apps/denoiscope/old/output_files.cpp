#include "output_files.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "denoiscope/base/error.hpp"
#include "denoiscope/report/format.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

namespace fs = std::filesystem;
Record record_of(const Dataset& data) {
  Record classes = Record::list();
  for (const ClassInfo& c : data.classes())
    classes.push_back({{"label", c.label}, {"name", c.name}, {"count", c.count}});
  return {{"data", data.name()},   {"rows", data.rows()},
          {"shape", data.shape()}, {"type", scalar_name(data.scalar())},
          {"hash", data.hash()},   {"classes", classes}};
}

}  // namespace

void add_output_files(CLI::App& verb, OutputFiles& files) {
  verb.add_option("--labels-out", files.labels_out, "a file for the labels: .npy, .npz, .safetensors or .csv")
      ->type_name("FILE");
  verb.add_flag("--compress", files.compress, "deflate the arrays of a .npz");
  verb.add_flag("--force", files.force, "overwrite existing files");
}

void check_output(const OutputFiles& files) {
  const data::FileKind kind = data::kind_of(files.out);
  require_free(files.out, files.force);
  if (files.compress && kind != data::FileKind::npz)
    throw UsageError("--compress: {} is not compressed by it, expected a .npz.", files.out);
  if (files.labels_out.empty()) return;
  if (data::kind_of(files.labels_out) == data::FileKind::png)
    throw UsageError("--labels-out: {} would be a picture, expected .npy, .npz, .safetensors or .csv.",
                     files.labels_out);
  require_free(files.labels_out, files.force);
  if (fs::path(files.out).lexically_normal() == fs::path(files.labels_out).lexically_normal())
    throw UsageError("--labels-out: {} is the file of the data, expected another.", files.labels_out);
}

Record write_output(const OutputFiles& files, const Dataset& data, const data::Notes& notes) {
  Record record = record_of(data);
  record["file"] = files.out;
  record["bytes"] = data::write(files.out, data, notes, files.compress);
  const bool beside = data.labelled() && data::holds_labels(data::kind_of(files.out));
  record["labels_file"] = beside ? Record(files.out) : Record();
  if (!files.labels_out.empty()) {
    data::write_labels(files.labels_out, data, notes);
    record["labels_file"] = files.labels_out;
  }
  return record;
}

std::string describe_output(const Record& record) {
  std::string text = fmt::format("{} rows of shape ({}), type {}\n", record["rows"].whole(),
                                 fmt::join(record["shape"].wholes(), ", "), record["type"].text());
  text += fmt::format("{}, {} bytes\n", report::plain(record["file"].text()),
                      static_cast<std::size_t>(record["bytes"].whole()));
  if (record["classes"].empty()) return text + "no labels\n";
  text += record["labels_file"].is_null() ? "labels not written; --labels-out FILE writes them\n"
                                          : "labels in " + report::plain(record["labels_file"].text()) + "\n";
  for (const Record& c : record["classes"])
    text +=
        fmt::format("  {:>6}  {}, {} rows\n", c["label"].whole(), report::plain(c["name"].text()), c["count"].whole());
  return text;
}

}  // namespace denoiscope::app
