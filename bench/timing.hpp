// What all benchmarks share: seconds, medians, programs run in a process of their own.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace denoiscope::bench {

inline constexpr int kRepeats = 3;

/// Wall-clock seconds of one call.
double seconds_of(const std::function<void()>& work);

/// Median of an odd number of values; the upper of the middle two otherwise.
double median(std::vector<double> values);

/// Median of kRepeats calls.
double median_seconds(const std::function<void()>& work);

/// On the wall and of the processors; the second are disturbed less by other programs.
struct Seconds {
  double wall = 0, processor = 0;
};

/// Of one of `count` calls that `work` makes: median on the wall of kRepeats, mean of the processors.
Seconds seconds_each(int count, const std::function<void()>& work);

/// How a process of its own went.
struct Process {
  int exit_code = 0;  ///< -1 where a signal ended it
  double seconds = 0;
  double peak_rss_mib = 0;  ///< or that of the caller when it started the process, where that is larger
};

/// Runs a program, found in PATH unless its name has a slash; its stdout goes to `out`. Throws std::system_error where
/// it cannot be started.
Process run_process(std::vector<std::string> words, const std::string& out = "/dev/null");

/// The Python that peers run in.
std::string python();

/// A folder for the files of this process; gone with it.
class Scratch {
 public:
  explicit Scratch(const std::string& name);
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  std::string file(const std::string& name) const { return folder_ + "/" + name; }

 private:
  std::string folder_;
};

}  // namespace denoiscope::bench
