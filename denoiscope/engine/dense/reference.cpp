// The obvious computation that the fast path is held to.
#include <numbers>

#include "denoiscope/engine/dense/sweep.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {

Summary summarize_directly(const Dataset& data, double t, Rows x, const Wanted& what) {
  const Index n = data.rows(), d = data.dimension(), m = x.rows();
  const Index k = std::max<Index>(1, static_cast<Index>(data.classes().size()));
  const double shrink = std::exp(-t), delta = noise_variance(t);
  RowMatrix points(n, d);
  data.read(Index{0}, points);
  Summary out;
  const auto weigh = [&](Index q, Index skip, Weights& weights) {
    Vector logit(n);
    for (Index i = 0; i < n; ++i)
      logit[i] = i == skip ? -kInfinity : -(x.row(q) - shrink * points.row(i)).squaredNorm() / (2 * delta);
    const double total = log_sum_exp({logit.data(), static_cast<std::size_t>(n)});
    weights.log_density[q] = total - std::log(static_cast<double>(skip < 0 ? n : n - 1)) -
                             0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi * delta);
    double entropy = 0, participation = 0;
    for (Index i = 0; i < n; ++i) {
      const double w = std::exp(logit[i] - total);
      if (w > 0) entropy -= w * (logit[i] - total);
      participation += w * w;
      double& of_class = weights.class_log_weight(q, data.labelled() ? data.labels()[i] : 0);
      of_class = log_add(of_class, logit[i] - total);
    }
    if (what.entropy) {
      weights.entropy[q] = entropy;
      weights.participation[q] = participation;
    }
    return Vector((logit.array() - total).exp());
  };
  resize(out.all, m, k, what.entropy);
  if (!what.leave_out.empty()) resize(out.without, m, k, what.entropy);
  if (what.mean) out.mean.resize(m, d);
  for (Index q = 0; q < m; ++q) {
    const Vector w = weigh(q, -1, out.all);
    if (what.mean) out.mean.row(q) = w.transpose() * points;
    if (!what.leave_out.empty()) weigh(q, what.leave_out[q], out.without);
  }
  return out;
}

}  // namespace denoiscope
