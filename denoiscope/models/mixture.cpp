#include "denoiscope/models/mixture.hpp"

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/models/choice.hpp"

namespace denoiscope {

Mixture::Mixture(std::vector<Part> parts) : parts_(std::move(parts)) {
  if (parts_.empty()) throw UsageError("mixture: no parts; expected at least 1.");
  log_weights_.resize(classes());
  double total = 0;
  for (std::size_t c = 0; c < parts_.size(); ++c) {
    const Part& part = parts_[c];
    if (!part.model) throw UsageError("mixture: part {} has no model.", c);
    if (part.model->dimension() != dimension())
      throw UsageError("mixture: part {} has dimension {}, the first has {}.", c, part.model->dimension(), dimension());
    if (!(part.weight > 0) || std::isinf(part.weight))
      throw UsageError("mixture: part {} has weight {}; expected a positive number.", c, part.weight);
    total += part.weight;
  }
  for (std::size_t c = 0; c < parts_.size(); ++c)
    log_weights_[static_cast<Index>(c)] = std::log(parts_[c].weight / total);
}

std::shared_ptr<const Posterior> Mixture::given(Index c) const {
  if (c < 0 || c >= classes()) throw UsageError("mixture: class {}; expected 0 to {}.", c, classes() - 1);
  return parts_[c].model;
}

std::vector<Summary> Mixture::summaries(double t, Rows x, bool mean) const {
  require_query(*this, t, x, "mixture");
  Wanted what;
  what.mean = mean;
  std::vector<Summary> out(parts_.size());
  for (std::size_t c = 0; c < parts_.size(); ++c) parts_[c].model->summarize(t, x, what, out[c]);
  return out;
}

// log P_t(x) and log p(c | x).
void Mixture::weigh(const std::vector<Summary>& parts, Weights& out) const {
  const Index m = parts.front().all.log_density.size();
  out.log_density.resize(m);
  out.class_log_weight.resize(m, classes());
  for (Index c = 0; c < classes(); ++c)
    out.class_log_weight.col(c) = parts[c].all.log_density.array() + log_weights_[c];
  for (Index q = 0; q < m; ++q) {  // relative to the largest: densities may be e^{-1e10}
    auto row = out.class_log_weight.row(q);
    const double top = row.maxCoeff();
    row.array() -= top;
    const double sum = log_sum_exp({row.data(), static_cast<std::size_t>(row.size())});
    row.array() -= sum;
    out.log_density[q] = top + sum;
  }
}

void Mixture::summarize(double t, Rows x, const Wanted& what, Summary& out) const {
  const std::vector<Summary> parts = summaries(t, x, what.mean);
  weigh(parts, out.all);
  out.bound = Vector::Zero(x.rows());
  for (const Summary& part : parts) out.bound = out.bound.cwiseMax(part.bound);
  if (!what.mean) return;
  out.mean = RowMatrix::Zero(x.rows(), dimension());
  for (std::size_t c = 0; c < parts.size(); ++c) {
    const Vector share = out.all.class_log_weight.col(static_cast<Index>(c)).array().exp();
    out.mean += share.asDiagonal() * parts[c].mean;
  }
}

// The class by a uniform of the caller's names, then the part under the same names with noise of its own.
// choose_class(row, u); draw_part(class, rows, its noise, its names, x0 of those rows).
template <class Choose, class Draw>
void Mixture::draw_rows(const Noise& noise, const Names& who, Index m, Choose&& choose_class, Draw&& draw_part) const {
  std::vector<std::vector<Index>> rows(parts_.size());
  for (Index q = 0; q < m; ++q)
    rows[choose_class(q, noise.uniform(who.stream, who.trajectory[q], who.step))].push_back(q);
  for (std::size_t c = 0; c < parts_.size(); ++c) {
    if (rows[c].empty()) continue;
    std::vector<std::uint64_t> names;
    for (Index q : rows[c]) names.push_back(who.trajectory[q]);
    draw_part(c, rows[c], noise.derived(c), Names{who.stream, names, who.step});
  }
}

void Mixture::draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const {
  Weights weights;
  weigh(summaries(t, x, false), weights);
  draw_rows(
      noise, who, x.rows(),
      [&](Index q, double u) {
        return choose(u, {weights.class_log_weight.row(q).data(), parts_.size()}, 0.0);
      },
      [&](std::size_t c, const std::vector<Index>& rows, const Noise& own, const Names& names) {
        RowMatrix part(static_cast<Index>(rows.size()), dimension());
        parts_[c].model->draw(t, x(rows, Eigen::all), own, names, part);
        x0(rows, Eigen::all) = part;
      });
}

void Mixture::sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const {
  draw_rows(
      noise, who, x0.rows(),
      [&](Index, double u) {
        return choose(u, {log_weights_.data(), parts_.size()}, 0.0);
      },
      [&](std::size_t c, const std::vector<Index>& rows, const Noise& own, const Names& names) {
        RowMatrix part(static_cast<Index>(rows.size()), dimension());
        parts_[c].model->sample_prior(own, names, part, {});
        if (!label.empty())
          for (const Index q : rows) label[q] = static_cast<int>(c);
        x0(rows, Eigen::all) = part;
      });
}

// Law of total covariance.
void Mixture::covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const {
  const std::vector<Summary> parts = summaries(t, x, true);
  Weights weights;
  weigh(parts, weights);
  RowMatrix mean = RowMatrix::Zero(x.rows(), dimension()), within(x.rows(), dimension());
  const auto share = [&](std::size_t c) -> Vector {
    return weights.class_log_weight.col(static_cast<Index>(c)).array().exp();
  };
  for (std::size_t c = 0; c < parts.size(); ++c) mean += share(c).asDiagonal() * parts[c].mean;
  cov_v.setZero();
  for (std::size_t c = 0; c < parts.size(); ++c) {
    parts_[c].model->covariance_apply(t, x, v, within);
    const RowMatrix apart = parts[c].mean - mean;
    const Vector between = apart.cwiseProduct(v).rowwise().sum();
    cov_v += share(c).asDiagonal() * (within + between.asDiagonal() * apart);
  }
}

}  // namespace denoiscope
