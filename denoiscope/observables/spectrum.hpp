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

/// Full spectrum for d <= 1536 or n <= 1536 (Gram matrix); the leading 64 eigenvalues with exact trace and
/// participation dimension up to d = 4096 or n = 4096; beyond, streamed_spectrum with 12.
Covariances covariances(const Dataset& data);

/// The leading eigenvalues without forming a matrix, by Lanczos with the data read once a product; exact trace; the
/// part of tr C^2 beside the leading eigenvalues is estimated from 16 random probes, so that the participation
/// dimension of data with a flat spectrum errs by a few per cent. leading: at least 1, below d. Throws NumericalError
/// without convergence.
Spectrum streamed_spectrum(const Dataset& data, Index leading);

}  // namespace denoiscope::observables
