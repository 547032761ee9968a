// Covariance spectrum of a data set, whole and by pairs of classes. Covariances divide by n.
#pragma once

#include <optional>
#include <vector>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::observables {

struct Spectrum {
  std::vector<double> eigenvalues;  ///< descending; all min(d, n) of them, or the leading ones
  bool complete = true;             ///< false: the rest of the trace is spread over eigenvalues not listed
  double trace = 0;
  double participation_dimension = 0;  ///< (tr C)^2 / tr C^2
  /// The d eigenvalues for closed forms that want all: where incomplete, the remaining trace spread evenly over the
  /// rest of min(d, n - 1) directions, none above the last one known; zeros beyond.
  std::vector<double> all(Index d, Index n) const;
};

/// Two classes as one data set: what the spectral criterion sees, and what the class means say.
struct PairSpectrum {
  double eigenvalue = 0;      ///< largest eigenvalue of the covariance of the two classes together
  double half_distance2 = 0;  ///< squared half-distance of the class means
  double overlap = 0;         ///< |cosine| between that eigenvector and the difference of the means
};

/// Everything that one pass over the data yields.
struct Covariances {
  Spectrum spectrum;
  /// (K, K), a < b; empty where there are no pairs of classes or they would need more than 512 MiB.
  std::vector<std::vector<PairSpectrum>> pairs;
};

/// Full spectrum for d <= 1536 or n <= 1536 (Gram matrix); up to d = 4096 the leading 64 eigenvalues with exact trace
/// and participation dimension. Throws UsageError beyond, where neither d nor n fits.
Covariances covariances(const Dataset& data);

}  // namespace denoiscope::observables
