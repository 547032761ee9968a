// Errors name the culprit (file, function or option), what was found, what was expected and what to do, in one line.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string>
#include <utility>

namespace denoiscope {

/// Exit codes of the program; every error carries the one it leads to.
enum class ExitCode : int {
  ok = 0,
  check_failed = 1,  ///< a check the user asked for did not hold
  usage = 2,         ///< command line or configuration
  data = 3,          ///< input missing, unreadable, malformed or unusable
  numerical = 4,     ///< numerical failure, or an uncertified number under --strict
  resources = 5,     ///< memory or disk exhausted, output not writable
  internal = 70,     ///< a bug of ours
  stopped = 75,      ///< stopped by a signal, resumable
};

/// `message` with control characters spelt \xNN: names and contents of files may hold line ends and worse.
inline std::string one_line(const std::string& message) {
  std::string line;
  for (const char c : message) {
    if ((c >= 0 && c < ' ') || c == '\x7f')
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    else
      line += c;
  }
  return line;
}

class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(one_line(message)), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  ExitCode code_;
};

template <ExitCode Code>
struct ErrorOf : Error {
  template <class... Args>
  explicit ErrorOf(fmt::format_string<Args...> text, Args&&... args)
      : Error(Code, fmt::format(text, std::forward<Args>(args)...)) {}
};

using UsageError = ErrorOf<ExitCode::usage>;
using DataError = ErrorOf<ExitCode::data>;
using NumericalError = ErrorOf<ExitCode::numerical>;
using ResourceError = ErrorOf<ExitCode::resources>;
using InternalError = ErrorOf<ExitCode::internal>;
using Stopped = ErrorOf<ExitCode::stopped>;

}  // namespace denoiscope
