#include "denoiscope/study/plan.hpp"

#include <chrono>

#include "denoiscope/base/error.hpp"

namespace denoiscope::study {

nlohmann::json Plan::unit(const std::string& name, const std::function<nlohmann::json()>& compute) {
  progress_.at(done_, total_, name);
  if (progress_.stop_requested())
    throw Stopped("{}: stopped after {} of {} units; repeat the command with --resume --out {} to go on.",
                  run_.path().string(), done_, total_, run_.path().string());
  const auto start = std::chrono::steady_clock::now();
  const bool stored = run_.done(name);
  nlohmann::json record = run_.unit(name, compute);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  run_.log(stored ? fmt::format("{}: already done", name) : fmt::format("{}: {:.2f} s", name, seconds));
  ++done_;
  return record;
}

}  // namespace denoiscope::study
