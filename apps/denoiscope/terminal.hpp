// The terminal: results on stdout, everything else on stderr. Only apps/ touches it.
#pragma once

#include <chrono>
#include <string>

#include "denoiscope/base/progress.hpp"

namespace denoiscope::app {

/// Writes to stdout and makes sure it arrived. Throws ResourceError when it did not (a full disk, a closed pipe).
void print(const std::string& text);

/// A bar on a terminal, a plain line every tenth part elsewhere; stops the job within 5 s of
/// SIGINT or SIGTERM.
class TerminalProgress final : public Progress {
 public:
  /// mode: auto | always | never.
  TerminalProgress(const std::string& mode, bool quiet);
  void at(int done, int total, const std::string& unit) override;
  void note(const std::string& text) override;
  bool stop_requested() const override;

 private:
  std::chrono::steady_clock::time_point start_;
  bool bar_ = false, lines_ = false;
  int last_tenth_ = -1;
};

}  // namespace denoiscope::app
