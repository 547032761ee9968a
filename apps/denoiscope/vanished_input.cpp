#include "vanished_input.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "denoiscope/base/error.hpp"

namespace denoiscope::app {
namespace {

// Everything below runs in a signal handler: no memory is allocated, and only async-signal-safe calls are made.

bool read_hexadecimal(std::string_view& text, std::uintptr_t& value) {
  const auto [stop, fault] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (fault != std::errc{}) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return true;
}

struct Place {
  std::string_view file;
  std::uintptr_t byte = 0;
};

// Where in a file `address` lies, by one line of /proc/self/maps: "begin-end rights offset device inode  path".
std::optional<Place> place_in(std::string_view line, std::uintptr_t address) {
  constexpr std::size_t kRights = 6;  // with the spaces around
  std::uintptr_t begin = 0, end = 0, offset = 0;
  if (!read_hexadecimal(line, begin) || !line.starts_with('-')) return std::nullopt;
  line.remove_prefix(1);
  if (!read_hexadecimal(line, end) || address < begin || address >= end || line.size() < kRights) return std::nullopt;
  line.remove_prefix(kRights);
  const std::size_t path = line.find('/');
  if (path == std::string_view::npos || !read_hexadecimal(line, offset)) return std::nullopt;
  return Place{line.substr(line.find('/')), offset + (address - begin)};
}

void say(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
    if (written <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

[[noreturn]] void give_up(const Place& place) {
  char message[8192 + 256];
  std::size_t length = 0;
  const auto append = [&](std::string_view text) {
    std::memcpy(message + length, text.data(), text.size());
    length += text.size();
  };
  append("denoiscope: ");
  append(place.file);
  append(": byte ");
  length =
      static_cast<std::size_t>(std::to_chars(message + length, message + sizeof message, place.byte).ptr - message);
  append(
      " (mapped): gone while it was read, expected the file as it was when opened. Put it back; what a run has done "
      "is kept for --resume.\n");
  say({message, length});
  ::_exit(static_cast<int>(ExitCode::resources));
}

void on_bus_error(int, siginfo_t* info, void*) {
  static std::atomic_flag reporting = ATOMIC_FLAG_INIT;
  if (reporting.test_and_set())
    while (true) ::pause();  // another thread is about to end the process
  const auto address = reinterpret_cast<std::uintptr_t>(info->si_addr);
  const int maps = ::open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
  char buffer[8192];  // a path has at most 4096 bytes
  std::size_t held = 0;
  for (ssize_t got = 0; maps >= 0 && (got = ::read(maps, buffer + held, sizeof buffer - held)) > 0;) {
    held += static_cast<std::size_t>(got);
    std::string_view text(buffer, held);
    for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
      if (const std::optional<Place> place = place_in(text.substr(0, end), address)) give_up(*place);
      text.remove_prefix(end + 1);
    }
    held = text.size();
    std::memmove(buffer, text.data(), held);
  }
  std::signal(SIGBUS, SIG_DFL);  // not in a file: returning repeats the fault, which then kills
}

}  // namespace

void report_vanished_input() {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  ::sigaction(SIGBUS, &action, nullptr);
}

}  // namespace denoiscope::app
