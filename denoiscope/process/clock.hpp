// The clocks people use for one and the same noise level.
//   OU time t:      x_t = e^{-t} x_0 + sqrt(Delta_t) z,  Delta_t = 1 - e^{-2t}
//   alpha_bar:      e^{-2t} (DDPM signal power)
//   sigma:          sqrt(e^{2t} - 1) (EDM: x = x_0 + sigma z)
//   log_snr:        -2 ln sigma
//   flow_s:         sigma = s / (1 - s) (flow matching: x = (1 - s) x_0 + s z)
//   ddpm_step:      linear schedule beta = 1e-4 .. 0.02 over 1000 steps, counted from 0 and continued between steps
#pragma once

#include <cmath>
#include <string_view>
#include <vector>

namespace denoiscope {

/// Variance of the added noise; expm1 keeps it exact for small t.
inline double noise_variance(double t) { return -std::expm1(-2.0 * t); }
/// Signal-to-noise ratio of the channel x_0 -> x_t, lambda_t = e^{-2t} / Delta_t.
inline double channel_snr(double t) { return 1.0 / std::expm1(2.0 * t); }

double sigma_of_t(double t);
double t_of_sigma(double sigma);
double log_snr_of_t(double t);
double t_of_log_snr(double log_snr);
double alpha_bar_of_t(double t);
double t_of_alpha_bar(double alpha_bar);
double flow_of_t(double t);
double t_of_flow(double s);
/// DDPM step (fractional) of OU time t: monotone interpolation, linear in t between steps. NaN outside the schedule,
/// which spans t = 5.0e-5 (step 0) to 5.0589 (step 999).
double ddpm_step_of_t(double t);
double t_of_ddpm_step(double step);
/// OU times of the 1000 steps of the linear schedule (denoising-diffusion papers' T = 1000, beta 1e-4 .. 0.02).
const std::vector<double>& ddpm_times();

/// One noise level in every clock.
struct Clock {
  double t, sigma, log_snr, alpha_bar, ddpm_step, flow_s;
};
Clock clock_at(double t);

/// OU time of `value` read on the clock called `name` ("t", "sigma", "log_snr", "alpha_bar", "ddpm_step", "flow_s").
/// Throws UsageError for an unknown clock or a value that clock cannot show.
double t_of(std::string_view name, double value);

}  // namespace denoiscope
