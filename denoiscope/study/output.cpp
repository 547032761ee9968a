#include "denoiscope/study/output.hpp"

#include <fmt/ranges.h>

#include <filesystem>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

namespace fs = std::filesystem;

Record record_of(const Dataset& data) {
  Record classes = Record::list();
  for (const ClassInfo& c : data.classes())
    classes.push_back({{"label", c.label}, {"name", c.name}, {"count", c.count}});
  return {{"data", data.name()}, {"rows", data.rows()}, {"shape", data.shape()}, {"type", scalar_name(data.scalar())},
          {"hash", data.hash()}, {"classes", classes}};
}

}  // namespace

void require_free(const std::string& file, bool force) {
  std::error_code fault;
  if (fs::is_directory(file, fault)) throw UsageError("{}: a folder, expected the name of a file.", file);
  if (!force && fs::exists(file, fault))
    throw UsageError("{}: exists; use --force to overwrite it, or another name.", file);
}

void check_output(const Request& request) {
  const std::string &out = request.text("out"), &labels_out = request.text("labels_out");
  const data::FileKind kind = data::kind_of(out);
  require_free(out, request.flag("force"));
  if (request.flag("compress") && kind != data::FileKind::npz)
    throw UsageError("--compress: {} is not compressed by it, expected a .npz.", out);
  if (labels_out.empty()) return;
  if (data::kind_of(labels_out) == data::FileKind::png)
    throw UsageError("--labels-out: {} would be a picture, expected .npy, .npz, .safetensors or .csv.", labels_out);
  require_free(labels_out, request.flag("force"));
  if (fs::path(out).lexically_normal() == fs::path(labels_out).lexically_normal())
    throw UsageError("--labels-out: {} is the file of the data, expected another.", labels_out);
}

Record write_output(const Request& request, const Dataset& data, const data::Notes& notes) {
  const std::string& out = request.text("out");
  Record record = record_of(data);
  record["file"] = out;
  record["bytes"] = data::write(out, data, notes, request.flag("compress"));
  const bool beside = data.labelled() && data::holds_labels(data::kind_of(out));
  record["labels_file"] = beside ? Record(out) : Record();
  if (request.has("labels_out")) {
    data::write_labels(request.text("labels_out"), data, notes);
    record["labels_file"] = request.text("labels_out");
  }
  return record;
}

void show_output(const Record& output, Frame& frame) {
  Table file{"written", {"file", "bytes", "rows", "shape", "type", "labels in"}};
  file.add({output["file"], output["bytes"], output["rows"],
            fmt::format("{}", fmt::join(output["shape"].wholes(), " x ")), output["type"], output["labels_file"]});
  frame.table(file);
  if (output["classes"].empty()) return frame.text("no labels");
  Table classes{"classes", {"label", "name", "rows"}};
  for (const Record& c : output["classes"]) classes.add({c["label"], c["name"], c["count"]});
  frame.table(classes);
  if (output["labels_file"].is_null()) frame.next("--labels-out FILE writes the labels too");
}

}  // namespace denoiscope
