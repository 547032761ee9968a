#include "denoiscope/denoiser/denoiser.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {

RowMatrix score(double t, Rows x, Rows mean) { return (std::exp(-t) * mean - x) / noise_variance(t); }

RowMatrix score(const Denoiser& model, double t, Rows x) {
  RowMatrix mean(x.rows(), x.cols());
  model.denoise(t, x, mean);
  return score(t, x, mean);
}

void Posterior::denoise(double t, Rows x, MutRows mean) const {
  Summary out;
  Wanted what;
  what.mean = true;
  summarize(t, x, what, out);
  mean = out.mean;
}

void require_query(const Denoiser& model, double t, Rows x, const char* caller) {
  if (!(t > 0) || std::isinf(t)) throw UsageError("{}: t = {}; expected a finite OU time above 0.", caller, t);
  if (x.cols() != model.dimension())
    throw UsageError("{}: queries have dimension {}, the model has {}.", caller, x.cols(), model.dimension());
}

}  // namespace denoiscope
