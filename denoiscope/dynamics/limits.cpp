#include "denoiscope/dynamics/limits.hpp"

#include <fmt/format.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>

#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

constexpr Index kNumbers = Index{1} << 22;  // of a batch of points: 32 MiB
constexpr Index kPoints = 4;                // where the score's Jacobian is looked at
constexpr Index kKrylov = 12;               // steps of Lanczos' method
constexpr std::size_t kLooks = 16;          // intervals in which it is
constexpr double kWorst = 0.99;             // of the largest that there can be: no need to look further

std::vector<std::uint64_t> names_from(Index begin, Index rows) {
  std::vector<std::uint64_t> names(rows);
  std::iota(names.begin(), names.end(), static_cast<std::uint64_t>(begin));
  return names;
}

// The largest eigenvalue, from below, of A = I - e^{-2t} Cov / Delta_t over points x, (m, d): A <= I. Lanczos' method
// from random vectors, all points at once, every new vector made orthogonal to all before it.
double steepest(const Posterior& model, double t, Rows x, const Noise& noise) {
  const Index m = x.rows(), d = x.cols(), most = std::min(d, kKrylov);
  const double snr = channel_snr(t);
  std::vector<RowMatrix> basis;
  RowMatrix v(m, d), product(m, d);
  noise.normal({Stream::test, names_from(0, m), 1}, v);
  v.rowwise().normalize();
  RowMatrix diagonal(m, most), beside(m, most);
  double largest = -kInfinity;
  for (Index k = 0; k < most; ++k) {
    model.covariance_apply(t, x, v, product);
    product = v - snr * product;
    basis.push_back(v);
    diagonal.col(k) = product.cwiseProduct(v).rowwise().sum();
    for (int twice = 0; twice < 2; ++twice)
      for (const RowMatrix& old : basis) {
        const Vector along = product.cwiseProduct(old).rowwise().sum();
        product -= along.asDiagonal() * old;
      }
    beside.col(k) = product.rowwise().norm();
    for (Index row = 0; row < m; ++row) {
      Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> ritz;
      ritz.computeFromTridiagonal(diagonal.row(row).head(k + 1).transpose(), beside.row(row).head(k).transpose(),
                                  Eigen::EigenvaluesOnly);
      largest = std::max(largest, ritz.eigenvalues()[k]);
    }
    // Where a point's space is exhausted its next vector is 0, and so are its further entries: A <= I is not exceeded.
    for (Index row = 0; row < m; ++row)
      v.row(row) = beside(row, k) > 1e-10 ? RowMatrix(product.row(row) / beside(row, k)) : RowMatrix::Zero(1, d);
    if (largest >= kWorst || beside.col(k).maxCoeff() <= 1e-10) break;
  }
  return std::min(largest, 1.0);
}

// The rate where the steepest direction of the score has minus the slope a / Delta_t.
double rate(const Stepper& stepper, double t, double a) {
  const bool sde = std::isnan(stepper.ode_order);
  return std::max(0.0, (sde ? 2 : 1) * a / noise_variance(t) - 1);
}

struct Step {
  double from, to, t;  // t: where the score is steepest, of the times at which the step asks for it
  double share(const Stepper& stepper, double a) const {
    const double h = from - to;
    return (stepper.exact_drift ? std::expm1(h) : h) * rate(stepper, t, a) / stepper.stability;
  }
};

// Those that can grow. Steppers of higher order ask for the score at both ends; their step to 0 is one of ddim.
std::vector<Step> steps_of(const Stepper& stepper, std::span<const double> times, const StepperSettings& settings) {
  std::vector<Step> steps;
  if (std::isinf(stepper.stability) || (stepper.adaptive && settings.tolerance > 0)) return steps;
  const bool both = stepper.ode_order > 1;
  for (std::size_t k = 1; k < times.size(); ++k)
    if (!both || times[k] > 0) steps.push_back({times[k - 1], times[k], both ? times[k] : times[k - 1]});
  return steps;
}

Stiffness worst(const Stepper& stepper, const std::vector<Step>& steps, const std::function<double(double t)>& slope) {
  Stiffness found;
  for (const Step& step : steps) {
    if (step.share(stepper, 1) <= found.share) continue;
    const double share = step.share(stepper, slope(step.t));
    if (share > found.share) found = {share, step.from, step.to};
  }
  return found;
}

}  // namespace

std::string advice(const Stiffness& stiffness, const Stepper& stepper) {
  return fmt::format(
      "{} is unstable from t = {:.4g} to {:.4g}, a step {:.3g} times as long as it may be: use more steps, a grid that "
      "is "
      "finer there (log, karras), a larger last time, or ddim, ddpm or another stepper that is stable at any step.",
      stepper.name, stiffness.from, stiffness.to, stiffness.share);
}

double start_bias(const Posterior& model, double t, const Noise& noise, Index points) {
  const Index d = model.dimension(), most = std::clamp<Index>(kNumbers / d, 1, points);
  const double constant = 0.5 * static_cast<double>(d) * std::log(2 * std::numbers::pi);
  std::vector<double> ratio;
  for (Index begin = 0; begin < points; begin += most) {
    RowMatrix x(std::min(most, points - begin), d);
    noise.normal({Stream::test, names_from(begin, x.rows()), 0}, x);
    Summary s;
    model.summarize(t, x, {}, s);
    for (Index i = 0; i < x.rows(); ++i)
      ratio.push_back(s.all.log_density[i] + 0.5 * x.row(i).squaredNorm() + constant);
  }
  return 0.5 * deviation_of(ratio);
}

Stiffness stiffness(const Posterior& model, const Stepper& stepper, std::span<const double> times,
                    const StepperSettings& settings, const Noise& noise) {
  const std::vector<Step> all = steps_of(stepper, times, settings);
  std::vector<Step> looked;
  for (std::size_t k = 0; k < std::min(kLooks, all.size()); ++k)
    looked.push_back(all.size() <= kLooks ? all[k] : all[k * (all.size() - 1) / (kLooks - 1)]);
  const auto bound = [&](const Step& step) { return step.share(stepper, 1); };
  if (!all.empty())
    looked.push_back(
        *std::max_element(all.begin(), all.end(), [&](const Step& a, const Step& b) { return bound(a) < bound(b); }));
  std::stable_sort(looked.begin(), looked.end(), [&](const Step& a, const Step& b) { return bound(a) > bound(b); });
  return worst(stepper, looked, [&](double t) {
    const Bridge points(model, t, noise, names_from(0, kPoints));
    return steepest(model, t, points.points(), noise);
  });
}

Stiffness stiffness(const Stepper& stepper, std::span<const double> times, const StepperSettings& settings) {
  return worst(stepper, steps_of(stepper, times, settings), [](double) { return 1.0; });
}

}  // namespace denoiscope
