#include "denoiscope/study/plan.hpp"

#include <chrono>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/record.hpp"

namespace denoiscope {

Record Plan::unit(const std::string& name, const std::function<Record()>& compute) {
  progress_.at(done_, total_, name);
  if (progress_.stop_requested()) {
    if (!run_) throw Stopped("stopped after {} of {} units; with --out DIR they would be kept.", done_, total_);
    const std::string folder = run_->path().string();
    throw Stopped("{}: stopped after {} of {} units; repeat the command with --resume --out {} to go on.", folder,
                  done_, total_, folder);
  }
  ++done_;
  if (!run_) return parse_record(json_text(compute()));
  const auto start = std::chrono::steady_clock::now();
  const bool stored = run_->done(name);
  Record record = run_->unit(name, compute);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  run_->log(stored ? fmt::format("{}: already done", name) : fmt::format("{}: {:.2f} s", name, seconds));
  return record;
}

}  // namespace denoiscope
