#include "denoiscope/dynamics/steppers.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/ode.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::stepping {
namespace {

void denoise(const Denoiser& model, double t, Walkers& w) {
  w.mean.resize(w.x.rows(), w.x.cols());
  model.denoise(t, w.x, w.mean);
}

// Stretches of rows that fit into a core's cache, shared by the threads: update(first, count).
template <class Update>
void by_stretches(const RowMatrix& x, Update&& update) {
  const Index rows = std::max<Index>(1, 16384 / std::max<Index>(1, x.cols()));
  parallel_for((x.rows() + rows - 1) / rows, [&](Index i) { update(i * rows, std::min(rows, x.rows() - i * rows)); });
}

// One-step methods are affine in the point, the denoised point and the noise.
struct Affine {
  double point, mean, noise;
};

void take(const Denoiser& model, const TimeInterval& i, const Normals& normals, const Affine& a, Walkers& w) {
  denoise(model, i.from, w);
  if (a.noise == 0) {
    by_stretches(w.x, [&](Index first, Index n) {
      w.x.middleRows(first, n) = a.point * w.x.middleRows(first, n) + a.mean * w.mean.middleRows(first, n);
    });
    return;
  }
  w.scratch.resize(w.x.rows(), w.x.cols());
  normals(i.number, w.scratch);
  by_stretches(w.x, [&](Index first, Index n) {
    w.x.middleRows(first, n) = a.point * w.x.middleRows(first, n) + a.mean * w.mean.middleRows(first, n) +
                               a.noise * w.scratch.middleRows(first, n);
  });
}

// x -> of_x x + of_score s + noise z, as a sum of point and denoised point by Tweedie's formula.
Affine by_score(double t, double of_x, double of_score, double noise) {
  const double variance = noise_variance(t);
  return {of_x - of_score / variance, of_score * std::exp(-t) / variance, noise};
}

// dx/d(-t) = x + s(x, t), (m, d).
RowMatrix flow(const Denoiser& model, double t, const RowMatrix& x) { return x + score(model, t, x); }

// The same at w.x from w.mean, of rows first .. first + n - 1, to be summed without being stored.
auto flow_of(const Affine& a, const Walkers& w, Index first, Index n) {
  return a.point * w.x.middleRows(first, n) + a.mean * w.mean.middleRows(first, n);
}

}  // namespace

void euler_maruyama(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings&,
                    Walkers& w) {
  const double h = i.from - i.to;
  take(model, i, normals, by_score(i.from, 1 + h, 2 * h, std::sqrt(2 * h)), w);
}

// x_{t-h} = e^h x + 2 (e^h - 1) s + sqrt(e^{2h} - 1) z
void exponential(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings&,
                 Walkers& w) {
  const double h = i.from - i.to;
  take(model, i, normals, by_score(i.from, std::exp(h), 2 * std::expm1(h), std::sqrt(std::expm1(2 * h))), w);
}

// beta = 1 - e^{-2h}: x_{t-h} = (x + beta s) / sqrt(1 - beta) + sqrt(beta) z
void ddpm(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings&, Walkers& w) {
  const double h = i.from - i.to, beta = noise_variance(h);
  take(model, i, normals, by_score(i.from, std::exp(h), beta * std::exp(h), std::sqrt(beta)), w);
}

// p(x_to | x_from, x_0 = E[x_0|x]): the bridge to the denoised point.
void ddpm_tilde(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings&,
                Walkers& w) {
  const BridgeLaw law = bridge_law(i.to, i.from);
  take(model, i, normals, {law.noisy, law.clean, std::sqrt(law.variance)}, w);
}

// x = e^{-t} x_0 + sqrt(Delta_t) eps with x_0 and eps as denoised at the start.
void ddim(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings&, Walkers& w) {
  const double ratio = std::sqrt(noise_variance(i.to) / noise_variance(i.from));
  take(model, i, normals, {ratio, std::exp(-i.to) - ratio * std::exp(-i.from), 0}, w);
}

void heun(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings& settings,
          Walkers& w) {
  if (i.to == 0) return ddim(model, i, normals, settings, w);
  const double h = i.from - i.to;
  w.scratch.resize(w.x.rows(), w.x.cols());  // the slope at the start
  denoise(model, i.from, w);
  by_stretches(w.x, [&, at = by_score(i.from, 1, 1, 0)](Index first, Index n) {
    w.scratch.middleRows(first, n) = flow_of(at, w, first, n);
    w.x.middleRows(first, n) += h * w.scratch.middleRows(first, n);
  });
  denoise(model, i.to, w);
  by_stretches(w.x, [&, at = by_score(i.to, 1, 1, 0)](Index first, Index n) {
    w.x.middleRows(first, n) += 0.5 * h * (flow_of(at, w, first, n) - w.scratch.middleRows(first, n));
  });
}

void rk4(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings& settings,
         Walkers& w) {
  if (i.to == 0) return ddim(model, i, normals, settings, w);
  const double h = i.from - i.to, middle = i.from - 0.5 * h;
  w.scratch = w.x;
  w.sum.setZero(w.x.rows(), w.x.cols());
  const struct {
    double t, next, weight;  // where a slope is taken, how far it leads to the next one, its share of the step
  } stages[] = {{i.from, 0.5 * h, h / 6}, {middle, 0.5 * h, h / 3}, {middle, h, h / 3}, {i.to, 0, h / 6}};
  for (const auto& stage : stages) {
    denoise(model, stage.t, w);
    by_stretches(w.x, [&, at = by_score(stage.t, 1, 1, 0)](Index first, Index n) {
      auto x = w.x.middleRows(first, n), sum = w.sum.middleRows(first, n);
      w.mean.middleRows(first, n) = flow_of(at, w, first, n);
      sum += stage.weight * w.mean.middleRows(first, n);
      x = w.scratch.middleRows(first, n) + stage.next * w.mean.middleRows(first, n);
    });
  }
  w.x += w.sum;
}

// Every row chooses its own steps, or its path would depend on its companions. Threads are the model's affair.
void dormand_prince(const Denoiser& model, const TimeInterval& i, const Normals& normals,
                    const StepperSettings& settings, Walkers& w) {
  if (i.to == 0) return ddim(model, i, normals, settings, w);
  const Index d = w.x.cols();
  for (Index row = 0; row < w.x.rows(); ++row) {
    std::vector<double> y(w.x.row(row).begin(), w.x.row(row).end());
    RowMatrix point(1, d), slope(1, d);
    const auto f = [&](const std::vector<double>& at, std::vector<double>& out, double s) {
      std::copy(at.begin(), at.end(), point.data());
      slope = flow(model, i.from - s, point);
      std::copy(slope.data(), slope.data() + d, out.begin());
    };
    integrate_dormand_prince(f, y, 0, i.from - i.to, settings.tolerance);
    std::copy(y.begin(), y.end(), w.x.row(row).data());
  }
}

// y = e^t x = x_0 + sigma z, dy/dsigma = (y - E[x_0|y]) / sigma.
void edm_heun(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings& settings,
              Walkers& w) {
  const double sigma = sigma_of_t(i.from), next = sigma_of_t(i.to);
  double raised = sigma, added = 0;
  w.scratch.resize(w.x.rows(), w.x.cols());  // y
  if (settings.churn > 0 && sigma >= settings.churn_from && sigma <= settings.churn_to) {
    raised = sigma * (1 + std::min(settings.churn / settings.intervals, std::sqrt(2.0) - 1));
    added = settings.churn_noise * std::sqrt((raised - sigma) * (raised + sigma));
    normals(i.number, w.scratch);
  } else {
    w.scratch.setZero();
  }
  const double t = t_of_sigma(raised), h = next - raised;
  by_stretches(w.x, [&](Index first, Index n) {
    auto y = w.scratch.middleRows(first, n);
    y = std::exp(i.from) * w.x.middleRows(first, n) + added * y;
    w.x.middleRows(first, n) = std::exp(-t) * y;
  });
  denoise(model, t, w);
  // From here on w.x is e^{-t} y at the end, and w.sum the slope at the start.
  w.sum.resize(w.x.rows(), w.x.cols());
  by_stretches(w.x, [&](Index first, Index n) {
    const auto y = w.scratch.middleRows(first, n);
    w.sum.middleRows(first, n) = (y - w.mean.middleRows(first, n)) / raised;
    w.x.middleRows(first, n) = std::exp(-i.to) * (y + h * w.sum.middleRows(first, n));
  });
  if (i.to == 0) return;
  denoise(model, i.to, w);
  by_stretches(w.x, [&](Index first, Index n) {
    auto x = w.x.middleRows(first, n);
    // The predicted y is e^t x; the corrected one adds h/2 (second slope - first slope).
    x += 0.5 * h * std::exp(-i.to) *
         ((std::exp(i.to) * x - w.mean.middleRows(first, n)) / next - w.sum.middleRows(first, n));
  });
}

// In lambda = log(alpha / sigma), half the log SNR, with alpha = e^{-t} and sigma = sqrt(Delta_t): the denoised point
// is extrapolated linearly from this interval's start and the last one's. The first step and one to 0 are of ddim.
void dpm_solver_2m(const Denoiser& model, const TimeInterval& i, const Normals&, const StepperSettings&, Walkers& w) {
  denoise(model, i.from, w);
  const double ratio = std::sqrt(noise_variance(i.to) / noise_variance(i.from));
  const double gain = std::exp(-i.to) - ratio * std::exp(-i.from);
  if (w.previous_mean.size() > 0 && i.to > 0) {
    const double lambda = 0.5 * log_snr_of_t(i.from);
    const double h = 0.5 * log_snr_of_t(i.to) - lambda, before = lambda - 0.5 * log_snr_of_t(w.previous_from);
    const double half = 0.5 * h / before;
    by_stretches(w.x, [&](Index first, Index n) {
      w.x.middleRows(first, n) =
          ratio * w.x.middleRows(first, n) +
          gain * ((1 + half) * w.mean.middleRows(first, n) - half * w.previous_mean.middleRows(first, n));
    });
  } else {
    w.x = ratio * w.x + gain * w.mean;
  }
  std::swap(w.previous_mean, w.mean);
  w.previous_from = i.from;
}

}  // namespace denoiscope::stepping
