#include "denoiscope/study/run.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/study/provenance.hpp"

namespace denoiscope {
namespace {

// The resolved request, less what is for models where it is about data and the other way round: what --config takes.
About about(const Request& request) { return request.has("model") ? About::model : About::data; }
std::string resolved(const Request& request) { return request.toml(about(request)); }

// All that results depend on, as one TOML text: the resolved request, and in comments what the input was.
std::string configuration(const Request& request, const Record& identity) {
  std::string text = resolved(request);
  for (const auto& [name, value] : identity.fields())
    text += fmt::format("# {} {}\n", name, value.is_text() ? one_line(value.text()) : json_text(value));
  return text + fmt::format("# denoiscope {}\n", version());
}

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

Run::Run(const Request& request, RunOutput output, Progress& progress)
    : request_(request), output_(std::move(output)), progress_(progress), start_(std::chrono::steady_clock::now()) {}

void Run::start(const Record& identity) {
  identity_ = identity;
  started_ = true;
  start_ = std::chrono::steady_clock::now();
  if (!output_.folder.empty())
    directory_ = std::make_unique<RunDirectory>(output_.folder, configuration(request_, identity), output_.if_exists);
}

void Run::expect(int units) { total_ = std::max(total_, done_ + units); }

Record Run::unit(const std::string& name, const std::function<Record()>& compute) {
  if (!started_) throw InternalError("unit '{}' before the run was started", name);
  expect(1);
  progress_.at(done_, total_, name);
  if (progress_.stop_requested()) {
    if (!kept()) throw Stopped("stopped after {} of {} units; with --out DIR they would be kept.", done_, total_);
    const std::string where = output_.folder.string();
    throw Stopped("{}: stopped after {} of {} units; repeat the command with --resume --out {} to go on.", where, done_,
                  total_, where);
  }
  ++done_;
  if (!kept()) return parse_record(json_text(compute()));
  const auto start = std::chrono::steady_clock::now();
  const bool stored = directory_->done(name);
  Record record = directory_->unit(name, compute);
  directory_->log(stored ? fmt::format("{}: already done", name)
                         : fmt::format("{}: {:.2f} s", name, seconds_since(start)));
  return record;
}

std::vector<Record> Run::map(const std::string& name, Index count, const std::function<Record(Index)>& compute) {
  expect(static_cast<int>(count));
  std::vector<Record> records;
  for (Index i = 0; i < count; ++i)
    records.push_back(unit(fmt::format("{}-{:03}", name, i), [&] { return compute(i); }));
  return records;
}

void Run::write(const std::string& file, std::string_view content) {
  if (!started_) throw InternalError("file '{}' before the run was started", file);
  if (kept()) directory_->write(file, content);
}

Record Run::finish(Record record) {
  if (!started_) throw InternalError("the run ends before it was started");
  progress_.at(total_, total_, "done");
  if (!record.contains("schema")) record["schema"] = "denoiscope.experiment/1";
  if (!frame_.empty()) record["page"] = frame_.record();
  if (!kept()) return record;
  directory_->write("result.json", json_text(record, 1));
  Record made = provenance(output_.command_line);
  made.update(identity_);
  if (request_.has("precision")) made["precision"] = request_.text("precision");
  if (request_.has("seed")) made["seed"] = request_.whole("seed");
  Record settings = Record::object();
  for (const Parameter& p : request_.table())
    if (request_.has(p.name) && (p.about == About::any || p.about == about(request_)))
      settings[p.name] = request_.text(p.name);
  made["settings"] = settings;
  made["config_sha256"] = sha256(resolved(request_));
  directory_->write("provenance.json", json_text(made, 1));
  return record;
}

double Run::seconds() const { return seconds_since(start_); }

}  // namespace denoiscope
