#include "denoiscope/process/clock.hpp"

#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope {

double sigma_of_t(double t) { return std::sqrt(std::expm1(2.0 * t)); }

double t_of_sigma(double sigma) {
  // Above 1e8 the square is all that is left, and sigma * sigma could overflow.
  return sigma > 1e8 ? std::log(sigma) : 0.5 * std::log1p(sigma * sigma);
}

double log_snr_of_t(double t) { return -std::log(std::expm1(2.0 * t)); }

double t_of_log_snr(double log_snr) {
  return log_snr < 0 ? 0.5 * (-log_snr + std::log1p(std::exp(log_snr))) : 0.5 * std::log1p(std::exp(-log_snr));
}

double alpha_bar_of_t(double t) { return std::exp(-2.0 * t); }
double t_of_alpha_bar(double alpha_bar) { return -0.5 * std::log(alpha_bar); }

double flow_of_t(double t) {
  const double sigma = sigma_of_t(t);
  return std::isinf(sigma) ? 1.0 : sigma / (1.0 + sigma);
}

double t_of_flow(double s) { return t_of_sigma(s / (1.0 - s)); }

const std::vector<double>& ddpm_times() {
  static const std::vector<double> times = [] {
    std::vector<double> table(1000);
    double log_alpha_bar = 0;
    for (int k = 0; k < 1000; ++k) {
      const double beta = 1e-4 + (2e-2 - 1e-4) * k / 999.0;
      log_alpha_bar += std::log1p(-beta);
      table[k] = -0.5 * log_alpha_bar;
    }
    return table;
  }();
  return times;
}

double ddpm_step_of_t(double t) {
  const std::vector<double>& table = ddpm_times();
  if (!(t >= table.front() && t <= table.back())) return kNaN;
  const auto after = std::min(std::upper_bound(table.begin(), table.end(), t), table.end() - 1);
  const double low = *(after - 1);
  return static_cast<double>(after - 1 - table.begin()) + (t - low) / (*after - low);
}

double t_of_ddpm_step(double step) {
  const std::vector<double>& table = ddpm_times();
  if (!(step >= 0 && step <= 999)) return kNaN;
  const auto below = std::min(static_cast<std::size_t>(step), table.size() - 2);
  return table[below] + (step - static_cast<double>(below)) * (table[below + 1] - table[below]);
}

Clock clock_at(double t) {
  return {t, sigma_of_t(t), log_snr_of_t(t), alpha_bar_of_t(t), ddpm_step_of_t(t), flow_of_t(t)};
}

namespace {

struct Dial {
  const char* name;
  double (*to_t)(double);
  double low, high;
  bool open_low, open_high;  // whether the end itself is no noise level
  const char* range;
};

constexpr Dial kDials[] = {
    {"t", [](double t) { return t; }, 0, kInfinity, true, true, "above 0"},
    {"sigma", t_of_sigma, 0, kInfinity, true, true, "above 0"},
    {"log_snr", t_of_log_snr, -kInfinity, kInfinity, true, true, "any finite number"},
    {"alpha_bar", t_of_alpha_bar, 0, 1, true, true, "between 0 and 1"},
    {"ddpm_step", t_of_ddpm_step, 0, 999, false, false, "0 to 999"},
    {"flow_s", t_of_flow, 0, 1, true, true, "between 0 and 1"},
};

}  // namespace

double t_of(std::string_view name, double value) {
  std::vector<std::string> names;
  for (const Dial& dial : kDials) {
    names.emplace_back(dial.name);
    if (name != dial.name) continue;
    const bool inside = (dial.open_low ? value > dial.low : value >= dial.low) &&
                        (dial.open_high ? value < dial.high : value <= dial.high);
    if (!inside) throw UsageError("clock: {} = {} is no noise level; expected {}.", name, value, dial.range);
    return dial.to_t(value);
  }
  throw UsageError("clock: unknown clock '{}'; known: t, sigma, log_snr, alpha_bar, ddpm_step, flow_s.{}", name,
                   did_you_mean(name, names));
}

}  // namespace denoiscope
