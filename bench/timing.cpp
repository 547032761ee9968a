#include "timing.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <system_error>

extern char** environ;

namespace denoiscope::bench {

double seconds_of(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double median_seconds(const std::function<void()>& work) {
  std::vector<double> seconds(kRepeats);
  for (double& s : seconds) s = seconds_of(work);
  return median(seconds);
}

Seconds seconds_each(int count, const std::function<void()>& work) {
  const std::clock_t used = std::clock();
  const double wall = median_seconds(work);
  return {wall / count, static_cast<double>(std::clock() - used) / CLOCKS_PER_SEC / kRepeats / count};
}

Process run_process(std::vector<std::string> words, const std::string& out) {
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  pid_t child = 0;
  int status = 0, failed = 0;
  rusage used{};
  Process result;
  result.seconds = seconds_of([&] {
    failed = posix_spawnp(&child, argv[0], &actions, nullptr, argv.data(), environ);
    if (failed == 0) wait4(child, &status, 0, &used);
  });
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::system_error(failed, std::generic_category(), argv[0]);
  result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  result.peak_rss_mib = static_cast<double>(used.ru_maxrss) / 1024;
  return result;
}

std::string python() {
  const char* debian = "/usr/bin/python3";  // where Debian's modules are, whatever comes first in PATH
  return std::filesystem::exists(debian) ? debian : "python3";
}

Scratch::Scratch(const std::string& name)
    : folder_((std::filesystem::temp_directory_path() / fmt::format("{}-{}", name, getpid())).string()) {
  std::filesystem::create_directory(folder_);
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace denoiscope::bench
