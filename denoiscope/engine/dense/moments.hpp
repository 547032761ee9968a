// Posterior means from what a sweep has collected. Private to this room.
#pragma once

#include "denoiscope/engine/dense/sweep.hpp"

namespace denoiscope {

/// Means of x, (m, d), whose sums are known, into rows `begin` on of out.mean: from lists where they are complete,
/// otherwise by a second sweep. tolerance: as Wanted's.
void fill_means(const Prepared& model, double t, const RowMatrix& x, const Totals& totals, double tolerance,
                Index begin, Summary& out);

}  // namespace denoiscope
