// One pass of queries over the data in single precision, everything at once: sums of every cell, the weighted mean, the
// two nearest data. Private to this room.
//
// Where single precision would be seen (small t: logits are large and few data share the weight), the data within
// kExactReach nats of the best are summed apart, in double precision and from differences.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "denoiscope/engine/dense/collected.hpp"
#include "denoiscope/engine/dense/prepared.hpp"
#include "denoiscope/engine/kernels/half.hpp"

namespace denoiscope {

/// Whether the scores of this model at t would show single precision, more than 2e-6 of them.
bool shows_single(const Prepared& model, double t);

/// Queries of a batch, so that memory does not grow with m: every one carries d sums for each part of the data.
Index single_batch(Index d, bool mean);

class SingleSweep {
 public:
  struct Task;  // single_task.hpp
  /// x: (m, d); left_out: rows of the ordered data, or empty. In bfloat16 where the model has half panels.
  SingleSweep(const Prepared& model, double t, const RowMatrix& x, std::span<const Index> left_out);
  /// Whether logits of these queries stay within single precision; others need the double one.
  bool representable() const { return representable_; }
  std::vector<Collected> collect(bool mean, bool neighbours) const;
  /// -|x - e^{-t} a|^2 / (2 Delta_t) from differences; datum: (1, d).
  double exact_logit(Index query, const RowMatrix& datum) const;
  /// Bound on the error of the log density of one query; total: log of its summed weights, whose nearest datum is at
  /// that squared distance.
  double bound(const Collected& query, double nearest_square, double total) const;

 private:
  friend struct Task;
  const Prepared& model_;
  const Panels* panels_;
  const HalfPanels* half_;
  const RowMatrix& x_;
  std::span<const Index> left_out_;
  double exact_above() const;
  double product_error() const;
  void pack_half(Index q, const Vector& v);
  const kernel::Single& kernel_;
  const kernel::Half* half_kernel_ = kernel::best_half();
  double t_, shrink_, delta_;
  Index groups_, depth_, height_, count_;                          // of the panels: padded dimension, rows, number
  std::unique_ptr<float[], void (*)(void*)> packed_;               // (groups * depth, 32)
  std::unique_ptr<std::uint16_t[], void (*)(void*)> packed_half_;  // (groups * depth / 2, 32, 2)
  std::vector<double> offset_, error_;                             // (m)
  std::vector<float> term_;                                        // of every row of the panels
  bool representable_ = true;
};

}  // namespace denoiscope
