#include "terminal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "denoiscope/base/error.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::app {
namespace {

// Units end the job in order. One that takes longer than this is given up: what is stored is whole at every instant,
// so that leaving amid a unit costs that unit and nothing else.
constexpr unsigned kPatience = 4;  // seconds

volatile std::sig_atomic_t stop_signal = 0;

void leave(int) {
  constexpr char said[] =
      "\ndenoiscope: stopped within a unit, which is lost; a run directory keeps the others for --resume.\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, said, sizeof said - 1);
  ::_exit(static_cast<int>(ExitCode::stopped));
}

void remember(int signal) {
  if (stop_signal == 0) ::alarm(kPatience);
  stop_signal = signal;
}

std::string clock_text(double seconds) {
  const long whole = std::lround(seconds);
  return fmt::format("{:02d}:{:02d}", whole / 60, whole % 60);
}

}  // namespace

void guard_streams() {
  std::signal(SIGPIPE, SIG_IGN);
  // The lowest free number is taken, so each closed stream gets its own; opened for reading only, it still refuses what
  // is written to it.
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (fcntl(stream, F_GETFD) == -1 && open("/dev/null", O_RDONLY) != stream)
      throw ResourceError("standard stream {}: closed, and /dev/null cannot be opened in its place.", stream);
}

void print(const std::string& text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0) return;
  if (errno == EPIPE) throw ReaderGone("standard output: nobody reads it.");
  throw ResourceError("standard output: cannot write: {}.", std::strerror(errno));
}

void print(const Frame& frame) {
  print(report::table({{"schema", "denoiscope.experiment/1"}, {"page", frame.record()}}, colours()));
}

bool colours() {
  const char *refused = std::getenv("NO_COLOR"), *terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) && !(refused && *refused) && terminal && *terminal && std::strcmp(terminal, "dumb") != 0;
}

TerminalProgress::TerminalProgress(const std::string& mode, bool quiet) : start_(std::chrono::steady_clock::now()) {
  std::signal(SIGALRM, leave);
  std::signal(SIGINT, remember);
  std::signal(SIGTERM, remember);
  if (quiet || mode == "never") return;
  bar_ = mode == "always" || isatty(STDERR_FILENO);
  lines_ = !bar_;
}

void TerminalProgress::at(int done, int total, const std::string& unit) {
  const double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const double left = done > 0 ? elapsed / done * (total - done) : 0;
  const int percent = total > 0 ? 100 * done / total : 100;
  if (bar_) {
    const int filled = percent / 5;
    const std::string text = fmt::format(
        "\r{:3d}%|{}{}| {}/{} [{}<{}, {:.2f}units/s] {:<10}", percent,
        std::string(static_cast<std::size_t>(filled), '#'), std::string(static_cast<std::size_t>(20 - filled), ' '),
        done, total, clock_text(elapsed), done > 0 ? clock_text(left) : "?", elapsed > 0 ? done / elapsed : 0.0, unit);
    std::fputs(text.c_str(), stderr);
    if (done == total) std::fputc('\n', stderr);
  } else if (lines_ && done > 0 && percent / 10 > last_tenth_) {
    last_tenth_ = percent / 10;
    std::fputs(fmt::format("{:3d}% {}/{} [{}] {}\n", percent, done, total, clock_text(elapsed), unit).c_str(), stderr);
  }
}

void TerminalProgress::note(const std::string& text) { std::fputs(("denoiscope: " + text + "\n").c_str(), stderr); }

bool TerminalProgress::stop_requested() const { return stop_signal != 0; }

}  // namespace denoiscope::app
