#include "denoiscope/base/parallel.hpp"

#include <tbb/global_control.h>
#include <tbb/info.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>

#include <atomic>
#include <memory>

namespace denoiscope {
namespace {
// The one process-wide setting: how many threads, an attribute of the machine and never of a result.
std::atomic<int> thread_count{0};

// Whether this thread is running a task. A task that asks for tasks of its own runs them itself: the others are busy,
// and controls of oneTBB that are made and destroyed within each other's tasks can wait for one another.
thread_local bool within_task = false;

struct Within {
  Within() { within_task = true; }
  ~Within() { within_task = false; }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;
};
}  // namespace

void set_threads(int threads) { thread_count = threads; }

int threads() { return thread_count > 0 ? thread_count.load() : tbb::info::default_concurrency(); }

void parallel_for(Index count, const std::function<void(Index)>& task) {
  if (count <= 1 || within_task) {
    for (Index i = 0; i < count; ++i) task(i);
    return;
  }
  // An arena alone cannot exceed the number of cores; the control lets `--threads 3` mean three on a 2-core machine.
  const tbb::global_control control(tbb::global_control::max_allowed_parallelism, threads());
  tbb::task_arena arena(threads());
  arena.execute([&] {
    tbb::parallel_for(
        tbb::blocked_range<Index>(0, count, 1),
        [&](const tbb::blocked_range<Index>& range) {
          const Within within;
          for (Index i = range.begin(); i < range.end(); ++i) task(i);
        },
        tbb::simple_partitioner{});
  });
}

}  // namespace denoiscope
