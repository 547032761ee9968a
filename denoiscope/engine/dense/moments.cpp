// Posterior mean and covariance of the empirical measure: a first sweep for the normaliser, a second for the weighted
// sums.
#include "denoiscope/engine/dense/moments.hpp"

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/empirical.hpp"

namespace denoiscope {
namespace {

constexpr Index kMeanBatch = 8 * kLanes;  // fewer where every query carries d sums for each part of the data
constexpr Index kParts = 8;               // parts of the data whose weighted sums are added in order

// Over the data of a list, less the lightest, which weigh at most half of the tolerance together. False where the list
// is incomplete.
bool mean_of_list(const Prepared& model, const Totals& totals, Index q, double tolerance, Index at, Summary& out) {
  const Candidates& list = totals.lists[q];
  if (!list.complete()) return false;
  const double total = totals.log_total(q);
  const double least = tolerance / 2 / static_cast<double>(list.data().size());
  double kept = 0;
  Vector sum = Vector::Zero(model.dimension());
  RowMatrix datum(1, model.dimension());
  for (const Candidates::Datum& it : list.data()) {
    const double weight = std::exp(it.logit - total);
    if (!(weight >= least)) continue;
    model.data.read(it.row, datum);
    sum += weight * (datum.row(0).transpose() - model.centre);
    kept += weight;
  }
  if (!(kept > 0)) return false;
  out.mean.row(at) = (sum / kept + model.centre).transpose();
  // What is missing, measured; weights err by less than twice the bound, relative, and so does what is kept.
  out.mean_variation[at] = std::min(1.0, std::max(0.0, 1 - kept) + 3 * out.bound[at]);
  return true;
}

// sum_mu w_mu (a_mu - centre) g_mu, with g = 1, or g_mu = (a_mu - centre) . v for each query's own direction v. Of a
// sweep that leaves nothing out, and its totals.
void weighted_sums(const Prepared& model, const Sweep& sweep, Totals& totals, const RowMatrix* v, RowMatrix& out) {
  const Index m = sweep.queries(), d = model.dimension(), groups = sweep.groups();
  AlignedRows shift(groups, kLanes), direction(v ? groups * d : 0, kLanes);
  for (Index q = 0; q < m; ++q) {
    shift.row(q / kLanes)[q % kLanes] = totals.log_total(q);
    for (Index k = 0; v && k < d; ++k) direction.row(q / kLanes * d + k)[q % kLanes] = (*v)(q, k);
  }
  std::vector<AlignedRows> parts(kParts);
  const Index tiles = (model.rows() + kTile - 1) / kTile;
  parallel_for(kParts, [&](Index part) {
    AlignedRows& sums = parts[part];
    sums = AlignedRows(groups * d, kLanes);
    AlignedRows factor(kTile, kLanes);
    TileBuffer tile(d);
    for (Index at = part * tiles / kParts; at < (part + 1) * tiles / kParts; ++at) {
      sweep.load(at * kTile, tile);
      for (Index group = 0; group < groups; ++group) {
        sweep.logits(tile, group, totals.of_group(group), 0);
        sweep.kernel().weights(tile.logits, tile.rows, shift.row(group));
        if (v) {
          sweep.kernel().multiply(tile.centred.data(), d, 1, tile.rows, d, direction.row(group * d), factor.row(0),
                                  false);
          for (Index i = 0; i < tile.rows * kLanes; ++i) tile.logits[i] *= factor.row(0)[i];
        }
        sweep.kernel().multiply(tile.centred.data(), 1, d, d, tile.rows, tile.logits, sums.row(group * d), true);
      }
    }
  });
  out.resize(m, d);
  for (Index q = 0; q < m; ++q)
    for (Index k = 0; k < d; ++k) {
      double sum = 0;
      for (AlignedRows& part : parts) sum += part.row(q / kLanes * d + k)[q % kLanes];
      out(q, k) = sum;
    }
}

}  // namespace

void fill_means(const Prepared& model, double t, const RowMatrix& x, const Totals& totals, double tolerance,
                Index begin, Summary& out) {
  std::vector<char> done(x.rows(), 0);
  if (!totals.lists.empty())
    parallel_for(x.rows(), [&](Index q) { done[q] = mean_of_list(model, totals, q, tolerance, begin + q, out); });
  std::vector<Index> rest;
  for (Index q = 0; q < x.rows(); ++q)
    if (done[q] == 0) rest.push_back(q);
  for (std::size_t first = 0; first < rest.size(); first += kMeanBatch) {
    const std::vector<Index> some(rest.begin() + static_cast<std::ptrdiff_t>(first),
                                  rest.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                     rest.size(), first + static_cast<std::size_t>(kMeanBatch))));
    const RowMatrix queries = x(some, Eigen::all);
    const Sweep sweep(model, t, queries, {});
    Totals theirs = totals.of(some);
    RowMatrix sum;
    weighted_sums(model, sweep, theirs, nullptr, sum);
    for (std::size_t i = 0; i < some.size(); ++i) {
      const Index at = begin + some[i];
      out.mean.row(at) = sum.row(static_cast<Index>(i)) + model.centre.transpose();
      out.mean_variation[at] = std::min(1.0, out.bound[at]);  // weights err by less than twice that, relative
    }
  }
}

void Empirical::denoise(double t, Rows x, MutRows mean) const {
  require_query(*this, t, x, "empirical");
  const Prepared& model = *prepared_;
  if (model.in_one_pass()) return Posterior::denoise(t, x, mean);
  for (Index begin = 0; begin < x.rows(); begin += kMeanBatch) {
    const Index m = std::min(kMeanBatch, x.rows() - begin);
    const RowMatrix queries = x.middleRows(begin, m);
    const Sweep sweep(model, t, queries, {});
    Totals totals = collect(sweep, model.cells, {});
    RowMatrix sum;
    weighted_sums(model, sweep, totals, nullptr, sum);
    mean.middleRows(begin, m) = sum.rowwise() + model.centre.transpose();
  }
}

void Empirical::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  require_query(*this, t, x, "empirical");
  const Prepared& model = *prepared_;
  for (Index begin = 0; begin < x.rows(); begin += kMeanBatch) {
    const Index m = std::min(kMeanBatch, x.rows() - begin);
    const RowMatrix direction = v.middleRows(begin, m), queries = x.middleRows(begin, m);
    const Sweep sweep(model, t, queries, {});
    Totals totals = collect(sweep, model.cells, {});
    RowMatrix mean, second;
    weighted_sums(model, sweep, totals, nullptr, mean);
    weighted_sums(model, sweep, totals, &direction, second);
    const Vector along = mean.cwiseProduct(direction).rowwise().sum();
    cov_v.middleRows(begin, m) = second - along.asDiagonal() * mean;
  }
}

}  // namespace denoiscope
