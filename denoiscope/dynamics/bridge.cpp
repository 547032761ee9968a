#include "denoiscope/dynamics/bridge.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

// sinh a / sinh b for 0 <= a <= b, b > 0: no overflow at large, no cancellation at small arguments.
double sinh_ratio(double a, double b) { return std::exp(a - b) * (std::expm1(-2 * a) / std::expm1(-2 * b)); }

void require_names(Index rows, std::size_t names) {
  if (rows != static_cast<Index>(names)) throw UsageError("bridge: {} points for {} trajectories.", rows, names);
}

}  // namespace

BridgeLaw bridge_law(double t, double u) {
  if (!(t >= 0 && t <= u && u > 0) || std::isinf(u))
    throw UsageError("bridge: from u = {} to t = {}; expected finite times 0 <= t <= u, u > 0.", u, t);
  // 2 sinh t e^{-t} = Delta_t, and sinh(u - t) e^t / sinh u tends to one as u grows: no factor overflows.
  const double gap = u - t, rest = std::expm1(-2 * gap) / std::expm1(-2 * u);
  return {sinh_ratio(gap, u), sinh_ratio(t, u), noise_variance(t) * rest};
}

Bridge::Bridge(const Posterior& model, double t, Rows x, const Noise& noise, std::span<const std::uint64_t> trajectory)
    : noise_(noise), trajectory_(trajectory.begin(), trajectory.end()), t_(t), x_(x), x0_(x.rows(), x.cols()) {
  require_query(model, t, x, "bridge");
  require_names(x.rows(), trajectory.size());
  model.draw(t, x, noise, {Stream::bridge, trajectory_, steps_}, x0_);
}

Bridge::Bridge(const Posterior& model, double t, const Noise& noise, std::span<const std::uint64_t> trajectory)
    : noise_(noise),
      trajectory_(trajectory.begin(), trajectory.end()),
      t_(t),
      x_(RowMatrix::Zero(static_cast<Index>(trajectory.size()), model.dimension())),
      x0_(x_.rows(), x_.cols()) {
  require_query(model, t, x_, "bridge");
  model.sample_prior(noise, {Stream::prior, trajectory_, 0}, x0_, {});
  noise_into(steps_, std::exp(-t), 0, std::sqrt(noise_variance(t)));
}

void Bridge::step(double t) {
  if (t_ == 0 && t == 0) return;
  const BridgeLaw law = bridge_law(t, t_);
  noise_into(++steps_, law.clean, law.noisy, std::sqrt(law.variance));
  if (t == 0) x_ = x0_;
  t_ = t;
}

void Bridge::noise_into(std::uint32_t step, double of_clean, double of_noisy, double deviation) {
  parallel_for(x_.rows(), [&](Index i) {
    Vector z(x_.cols());
    noise_.normal(Stream::bridge, trajectory_[i], step, {z.data(), static_cast<std::size_t>(z.size())});
    for (Index k = 0; k < x_.cols(); ++k) x_(i, k) = of_clean * x0_(i, k) + of_noisy * x_(i, k) + deviation * z[k];
  });
}

}  // namespace denoiscope
