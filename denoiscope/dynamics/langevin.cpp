#include "denoiscope/dynamics/langevin.hpp"

#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope {
namespace {

constexpr Index kBlock = 256;  // walkers that take a step together: enough to fill the lanes of the noise

constexpr StepperEntry kSteppers[] = {
    {LangevinStepper::ula, "ula", "Euler-Maruyama, stationary law biased by O(dt)"},
    {LangevinStepper::mala, "mala", "Metropolis-adjusted, exact at any dt"},
    {LangevinStepper::baoab, "baoab", "inertial splitting, positions exact in a harmonic well"},
};

void require_positive(double value, const char* what) {
  if (!(value > 0) || std::isinf(value))
    throw UsageError("Langevin: {} {}, expected a finite number above 0.", what, value);
}

}  // namespace

std::span<const StepperEntry> langevin_steppers() { return kSteppers; }

LangevinStepper langevin_stepper(std::string_view name) {
  for (const StepperEntry& entry : kSteppers)
    if (entry.name == name) return entry.stepper;
  throw UsageError("unknown stepper '{}'; known: {}.{}", name, fmt::join(names_of(kSteppers), ", "),
                   did_you_mean(name, names_of(kSteppers)));
}

double harmonic_variance(double k, const LangevinSettings& s) {
  const double exact = s.temperature / k;
  if (s.stepper == LangevinStepper::ula) return k * s.dt < 2 ? exact / (1 - 0.5 * k * s.dt) : kNaN;
  if (s.stepper == LangevinStepper::baoab) return k * s.dt * s.dt < 4 ? exact : kNaN;
  return exact;
}

Langevin::Langevin(const Potential& energy, const LangevinSettings& settings, Rows start, const Noise& noise,
                   std::span<const std::uint64_t> trajectory)
    : energy_(energy),
      settings_(settings),
      noise_(noise),
      trajectory_(trajectory.begin(), trajectory.end()),
      x_(start),
      taken_(trajectory.size(), 0) {
  require_temperature(settings.temperature, "Langevin");
  require_positive(settings.dt, "a step of");
  require_positive(settings.friction, "a friction of");
  if (start.rows() != static_cast<Index>(trajectory.size()))
    throw UsageError("Langevin: {} points for {} trajectories.", start.rows(), trajectory.size());
  if (settings.stepper != LangevinStepper::baoab) return;
  v_.resize(x_.rows(), x_.cols());
  noise_.normal({Stream::langevin, trajectory_, 0}, v_);
  v_ *= std::sqrt(settings.temperature);
}

void Langevin::block(Index begin, Index count, Index steps) {
  const Index d = x_.cols();
  const std::span<const std::uint64_t> who(trajectory_.data() + begin, count);
  RowMatrix z(count, d);
  Vector proposal(d);
  for (Index k = 1; k <= steps; ++k) {
    const auto step = step_ + static_cast<std::uint32_t>(k);
    noise_.normal({Stream::langevin, who, step}, z);
    for (Index i = 0; i < count; ++i) {
      double* x = x_.row(begin + i).data();
      if (settings_.stepper == LangevinStepper::ula) {
        for (Index j = 0; j < d; ++j) x[j] = ula_step(energy_, settings_, x[j], z(i, j));
      } else if (settings_.stepper == LangevinStepper::baoab) {
        for (Index j = 0; j < d; ++j) baoab_step(energy_, settings_, x[j], v_(begin + i, j), z(i, j));
      } else {
        double log_ratio = 0;
        for (Index j = 0; j < d; ++j) {
          proposal[j] = ula_step(energy_, settings_, x[j], z(i, j));
          log_ratio += mala_log_ratio(energy_, settings_, x[j], proposal[j]);
        }
        const double u = noise_.uniform(Stream::accept, who[i], step);
        if (!(std::log(u) < log_ratio)) continue;
        std::copy_n(proposal.data(), d, x);
        taken_[begin + i] += 1;
      }
    }
  }
}

void Langevin::advance(Index steps) {
  if (steps < 0 || steps > static_cast<Index>(UINT32_MAX - step_))
    throw UsageError("Langevin: {} more steps after {}, expected at most 2^32 - 1 in all.", steps, step_);
  const Index m = x_.rows();
  parallel_for((m + kBlock - 1) / kBlock, [&](Index b) { block(b * kBlock, std::min(kBlock, m - b * kBlock), steps); });
  step_ += static_cast<std::uint32_t>(steps);
  for (Index i = 0; i < m; ++i)
    if (!x_.row(i).allFinite())
      throw NumericalError(
          "Langevin: walker {} left for infinity before time {:.6g}; the step {} is too long here, take "
          "a shorter one or mala.",
          trajectory_[i], time(), settings_.dt);
}

Estimate Langevin::acceptance() const {
  std::vector<double> share(taken_);
  for (double& value : share)
    value = settings_.stepper == LangevinStepper::mala ? value / std::max<double>(1, step_) : 1.0;
  return mean_of(share);
}

RowMatrix equilibrium_draws(const Potential& energy, double temperature, Index d, const Noise& noise,
                            std::span<const std::uint64_t> trajectory) {
  require_temperature(temperature, "equilibrium draws");
  const LineInterval range = reach(energy, 40 * temperature);
  constexpr Index cells = 1 << 14;
  const double h = (range.high - range.low) / cells;
  const auto edge = [&](Index i) { return range.low + static_cast<double>(i) * h; };
  std::vector<double> sums(cells + 1, 0);  // Simpson's rule a cell; levels relative to the lowest on the grid
  double lowest = kInfinity;
  for (Index i = 0; i <= cells; ++i) lowest = std::min(lowest, energy.value(edge(i)));
  const auto weight = [&](double x) { return std::exp((lowest - energy.value(x)) / temperature); };
  for (Index i = 0; i < cells; ++i)
    sums[i + 1] = sums[i] + weight(edge(i)) + 4 * weight(edge(i) + 0.5 * h) + weight(edge(i + 1));
  RowMatrix out(static_cast<Index>(trajectory.size()), d);
  for (Index i = 0; i < out.rows(); ++i) {
    Vector u(d);
    noise.uniform(Stream::prior, trajectory[i], 0, {u.data(), static_cast<std::size_t>(d)});
    for (Index j = 0; j < d; ++j) {
      const double target = u[j] * sums.back();
      const auto at = std::upper_bound(sums.begin(), sums.end() - 1, target);
      const double low = *(at - 1), part = (target - low) / (*at - low);
      out(i, j) = edge(at - 1 - sums.begin()) + part * h;
    }
  }
  return out;
}

std::vector<double> autocorrelation(Rows series, double mean, Index lags) {
  const Index frames = series.cols();
  if (lags < 0 || lags >= frames)
    throw UsageError("autocorrelation: {} lags of {} frames, expected fewer lags than frames.", lags, frames);
  const RowMatrix off = series.array() - mean;
  std::vector<double> rho;
  for (Index l = 0; l <= lags; ++l)
    rho.push_back(off.leftCols(frames - l).cwiseProduct(off.rightCols(frames - l)).mean());
  const double scale = rho.front();
  for (double& value : rho) value = scale > 0 ? value / scale : kNaN;
  return rho;
}

Estimate integrated_time(Rows series) {
  const Index walkers = series.rows(), frames = series.cols();
  const RowMatrix off = series.array() - series.mean();
  const auto at_lag = [&](Index l) {  // of each walker, and of all
    return Vector(off.leftCols(frames - l).cwiseProduct(off.rightCols(frames - l)).rowwise().mean());
  };
  const Vector none = at_lag(0);
  Vector sum = 0.5 * none;
  if (!(none.mean() > 0)) return {};
  for (Index l = 1; l <= frames / 4; ++l) {
    sum += at_lag(l);
    const double time = sum.mean() / none.mean();
    if (static_cast<double>(l) < 8 * time) continue;
    const Vector influence = (sum - time * none) / none.mean();
    return {time, mean_of({influence.data(), static_cast<std::size_t>(walkers)}).standard_error, walkers};
  }
  return {};
}

Looks::Looks(Index steps, Index span, Index walkers) : steps_(steps) {
  constexpr Index most_looks = 1024, most_walkers = 1024;
  for (Index stride = 1, looks = most_looks; looks == most_looks; stride *= 2) {
    looks = std::min(most_looks, span / stride);
    series_.push_back(RowMatrix::Constant(std::min(walkers, most_walkers), looks, kNaN));
  }
}

Index Looks::next(Index now) const {
  Index soonest = steps_;
  for (std::size_t k = 0; k < series_.size(); ++k) {
    const Index stride = Index{1} << k, first = steps_ - (series_[k].cols() - 1) * stride;
    soonest = std::min(soonest, now < first ? first : now + stride - (now - first) % stride);
  }
  return soonest;
}

void Looks::take(Index now, Rows x) {
  for (std::size_t k = 0; k < series_.size(); ++k) {
    const Index left = steps_ - now, stride = Index{1} << k, looks = series_[k].cols(), back = left / stride;
    if (left % stride == 0 && back < looks) series_[k].col(looks - 1 - back) = x.col(0).head(series_[k].rows());
  }
}

Estimate Looks::integrated_time() const {
  for (std::size_t k = 0; k < series_.size(); ++k) {
    const Estimate found = denoiscope::integrated_time(series_[k]);
    const double stride = std::ldexp(1.0, static_cast<int>(k));
    if (std::isfinite(found.value)) return {found.value * stride, found.standard_error * stride, found.n};
  }
  return {};
}

}  // namespace denoiscope
