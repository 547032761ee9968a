#include "denoiscope/dynamics/steppers.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/ode.hpp"
#include "denoiscope/dynamics/bridge.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::stepping {
namespace {

void denoise(const Denoiser& model, double t, Walkers& w) {
  w.mean.resize(w.x.rows(), w.x.cols());
  model.denoise(t, w.x, w.mean);
}

// One-step methods are affine in the point, the denoised point and the noise.
struct Affine {
  double point, mean, noise;
};

void take(const Denoiser& model, const TimeInterval& i, const Normals& normals, const Affine& a, Walkers& w) {
  denoise(model, i.from, w);
  w.scratch.resize(w.x.rows(), w.x.cols());
  if (a.noise != 0)
    normals(i.number, w.scratch);
  else
    w.scratch.setZero();
  w.x = a.point * w.x + a.mean * w.mean + a.noise * w.scratch;
}

// x -> of_x x + of_score s + noise z, as a sum of point and denoised point by Tweedie's formula.
Affine by_score(double t, double of_x, double of_score, double noise) {
  const double variance = noise_variance(t);
  return {of_x - of_score / variance, of_score * std::exp(-t) / variance, noise};
}

// dx/d(-t) = x + s(x, t), (m, d).
RowMatrix flow(const Denoiser& model, double t, const RowMatrix& x) { return x + score(model, t, x); }

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
  const RowMatrix first = flow(model, i.from, w.x), second = flow(model, i.to, w.x + h * first);
  w.x += 0.5 * h * (first + second);
}

void rk4(const Denoiser& model, const TimeInterval& i, const Normals& normals, const StepperSettings& settings,
         Walkers& w) {
  if (i.to == 0) return ddim(model, i, normals, settings, w);
  const double h = i.from - i.to, middle = i.from - 0.5 * h;
  const RowMatrix k1 = flow(model, i.from, w.x);
  const RowMatrix k2 = flow(model, middle, w.x + 0.5 * h * k1);
  const RowMatrix k3 = flow(model, middle, w.x + 0.5 * h * k2);
  const RowMatrix k4 = flow(model, i.to, w.x + h * k3);
  w.x += h / 6 * (k1 + 2 * k2 + 2 * k3 + k4);
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
  double raised = sigma;
  RowMatrix y = std::exp(i.from) * w.x;
  if (settings.churn > 0 && sigma >= settings.churn_from && sigma <= settings.churn_to) {
    raised = sigma * (1 + std::min(settings.churn / settings.intervals, std::sqrt(2.0) - 1));
    w.scratch.resize(w.x.rows(), w.x.cols());
    normals(i.number, w.scratch);
    y += settings.churn_noise * std::sqrt((raised - sigma) * (raised + sigma)) * w.scratch;
  }
  const auto slope = [&](double at, const RowMatrix& point) {
    const double t = t_of_sigma(at);
    w.x = std::exp(-t) * point;
    denoise(model, t, w);
    return RowMatrix((point - w.mean) / at);
  };
  const RowMatrix first = slope(raised, y);
  RowMatrix predicted = y + (next - raised) * first;
  if (i.to > 0) predicted = y + 0.5 * (next - raised) * (first + slope(next, predicted));
  w.x = std::exp(-i.to) * predicted;
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
    w.x = ratio * w.x + gain * ((1 + half) * w.mean - half * w.previous_mean);
  } else {
    w.x = ratio * w.x + gain * w.mean;
  }
  std::swap(w.previous_mean, w.mean);
  w.previous_from = i.from;
}

}  // namespace denoiscope::stepping
