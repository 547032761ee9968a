// The terminal: results on stdout, everything else on stderr. Only apps/ touches it.
#pragma once

#include <chrono>
#include <string>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/progress.hpp"
#include "denoiscope/study/frame.hpp"

namespace denoiscope::app {

/// Whoever read stdout has seen enough (`denoiscope list | head -1`): the program ends with the code of output that
/// cannot be written, but a line about it would help nobody.
struct ReaderGone : ResourceError {
  using ResourceError::ResourceError;
};

/// To be called first: a pipe that closes is an error of that write and not a signal that ends a long job, and no file
/// of ours is opened under the number of a standard stream that the caller closed.
void guard_streams();

/// Writes to stdout and makes sure it arrived. Throws ResourceError when it did not (a full disk), ReaderGone when
/// nobody reads it.
void print(const std::string& text);
/// The same of a frame, as the result of an experiment is printed.
void print(const Frame& frame);

/// Whether stdout is a terminal that shows colours and NO_COLOR (no-color.org) does not ask for none.
bool colours();

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
