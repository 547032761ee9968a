// Tasks over threads. Which thread runs a task never changes its result: tasks write to places of their own and are
// combined by the caller in a fixed order.
#pragma once

#include <functional>

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// Number of threads that parallel_for uses from now on; 0 means one a core. Set once, by the program or the bindings.
void set_threads(int threads);
int threads();

/// Runs task(0) ... task(count - 1) in any order, on threads() threads. The first exception thrown is rethrown.
/// Within a task it runs them one after another, on the same thread.
void parallel_for(Index count, const std::function<void(Index)>& task);

}  // namespace denoiscope
