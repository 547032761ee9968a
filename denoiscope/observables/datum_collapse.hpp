// Which single data are memorized first: the collapse time of every datum by itself.
#pragma once

#include <span>
#include <vector>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/observables/curve.hpp"

namespace denoiscope::observables {

struct DatumCollapse {
  Index row = 0;
  /// Where the mean over noises of the datum's own weight w_mu(e^{-t} a_mu + sqrt(Delta_t) z) falls through 1/2: the
  /// probability that a U-turn from it returns to it (arXiv 2402.18491's phi_C, for one datum). Error: of the noises.
  Crossing t_c;
  std::vector<Estimate> weight;  ///< (times) that mean
  Index nearest = -1;            ///< the nearest other row; -1 where there is none
  double distance = kInfinity;   ///< to it
};

/// Of the given rows, every one against all data, with the same `noises` noises for every row and time, so that rows
/// are compared under the same conditions. times: OU times > 0, ascending. Own weights are summed in double precision
/// from centred products: with u = 2^-53, r the largest distance from the mean of the data and d the dimension a log
/// weight errs by at most 4 (d + 4) u r^2 / Delta_t nats, 1e-8 for pictures at t = 0.01. Memory does not depend on n
/// times the number of rows. noises: 1 to 24, else UsageError; no times likewise.
std::vector<DatumCollapse> datum_collapse(const Dataset& data, std::span<const Index> rows,
                                          const std::vector<double>& times, Index noises, const Noise& noise);

}  // namespace denoiscope::observables
