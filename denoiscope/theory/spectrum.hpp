// Sums over the eigenvalues of a covariance. Private to this room.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"

namespace denoiscope::theory {

inline double softplus(double v) { return log_add(0.0, v); }
inline double sigmoid(double v) { return 1.0 / (1.0 + std::exp(-v)); }

/// The positive eigenvalues, each occurring `count` times. Logarithms, because c lambda_t spans hundreds of decades
/// over the times a root is sought in, and its logarithm does not.
struct Spectrum {
  std::vector<double> logs;
  double count = 1;

  double rank() const { return count * static_cast<double>(logs.size()); }
  double largest_log() const { return *std::max_element(logs.begin(), logs.end()); }
  double log_trace() const { return log_sum_exp(logs) + std::log(count); }

  /// sum_i log(1 + c_i lambda): twice the information that x_t carries about the clean point.
  double log_volume(double log_snr) const {
    double sum = 0;
    for (double log_c : logs) sum += softplus(log_snr + log_c);
    return count * sum;
  }
  /// sum_i c_i lambda / (1 + c_i lambda): the number of directions that the noise leaves standing.
  double standing(double log_snr) const {
    double sum = 0;
    for (double log_c : logs) sum += sigmoid(log_snr + log_c);
    return count * sum;
  }
};

inline Spectrum spectrum_of(std::span<const double> eigenvalues, double count = 1) {
  Spectrum spectrum;
  spectrum.count = count;
  for (double c : eigenvalues)
    if (c > 0) spectrum.logs.push_back(std::log(c));
  return spectrum;
}

inline Spectrum isotropic(double d, double variance) { return spectrum_of(std::span(&variance, 1), d); }

}  // namespace denoiscope::theory
