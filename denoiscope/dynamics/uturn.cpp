#include "denoiscope/dynamics/uturn.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope {
namespace {

// Time at which the class of a clean point is read off: no noise is added, and that much is assumed.
constexpr double kClean = 1e-6;
constexpr Index kBlockNumbers = Index{1} << 21;  // of one matrix at a time, 16 MiB

// One entry a start.
struct Pair {
  std::vector<double> drawn, exact;
  void add(double one, double other) {
    drawn.push_back(one);
    exact.push_back(other);
  }
};

// Shares of both and the mean of their difference; or means in units of the mean of `scale` where there is one (a ratio
// of means, whose error is that of its residuals).
Turned turned(const Pair& pair, const std::vector<double>& scale = {}) {
  std::vector<double> gap(pair.drawn.size());
  for (std::size_t q = 0; q < gap.size(); ++q) gap[q] = pair.drawn[q] - pair.exact[q];
  if (scale.empty()) return {share_of(pair.drawn), share_of(pair.exact), mean_of(gap)};
  const double unit = mean_of(scale).value;
  const auto ratio = [&](const std::vector<double>& values) {
    const double r = mean_of(values).value / unit;
    std::vector<double> residual(values.size());
    for (std::size_t q = 0; q < values.size(); ++q) residual[q] = (values[q] - r * scale[q]) / unit;
    return Estimate{r, mean_of(residual).standard_error, static_cast<Index>(values.size())};
  };
  return {ratio(pair.drawn), ratio(pair.exact), ratio(gap)};
}

std::vector<std::uint64_t> names(Index first, Index count) {
  std::vector<std::uint64_t> out(count);
  std::iota(out.begin(), out.end(), static_cast<std::uint64_t>(first));
  return out;
}

RowMatrix noised(double t, const RowMatrix& x0, const Noise& noise, std::span<const std::uint64_t> who) {
  RowMatrix z(x0.rows(), x0.cols());
  noise.normal({Stream::query, who, 0}, z);
  return std::exp(-t) * x0 + std::sqrt(noise_variance(t)) * z;
}

// What all blocks of starts add up to.
struct Gathered {
  explicit Gathered(Vector mean_of_starts) : centre(std::move(mean_of_starts)) {}

  Vector centre;
  Pair classes, overlap, overlap_centred, datum;
  std::vector<Pair> groups;
  std::vector<double> square, square_centred;

  void add_overlap(const RowMatrix& from, const RowMatrix& to, const RowMatrix& mean) {
    for (Index q = 0; q < from.rows(); ++q) {
      overlap.add(from.row(q).dot(to.row(q)), mean.row(q).squaredNorm());
      square.push_back(from.row(q).squaredNorm());
      const auto off = [&](const RowMatrix& x) { return Vector(x.row(q).transpose() - centre); };
      const Vector start = off(from);
      overlap_centred.add(start.dot(off(to)), off(mean).squaredNorm());
      square_centred.push_back(start.squaredNorm());
    }
  }
  UTurn finish(double t, Index starts) const {
    UTurn out;
    out.strength = t;
    out.starts = starts;
    out.has_classes = !classes.drawn.empty();
    if (out.has_classes) out.same_class = turned(classes);
    out.autocorrelation = turned(overlap, square);
    out.autocorrelation_centred = turned(overlap_centred, square_centred);
    out.has_data = !datum.drawn.empty();
    if (out.has_data) out.same_datum = turned(datum);
    for (const Pair& group : groups) out.levels.push_back(turned(group));
    return out;
  }
};

void require_starts(Index starts) {
  if (starts < 2) throw UsageError("uturn: {} starts; expected at least 2, an error needs them.", starts);
}

// Weight that `weights` give to the group of `truth`, and the sum of squares of the groups' weights.
std::pair<double, double> in_group(const Vector& weights, const std::vector<int>& group, int truth) {
  Vector sums = Vector::Zero(*std::max_element(group.begin(), group.end()) + 1);
  for (Index c = 0; c < weights.size(); ++c) sums[group[c]] += weights[c];
  return {sums[group[truth]], sums.squaredNorm()};
}

void add_block(const Posterior& model, double t, Index first, Index count, const Noise& noise,
               std::span<const std::vector<int>> groups, Gathered& out) {
  const std::vector<std::uint64_t> who = names(first, count);
  const bool classes = model.classes() > 1;
  RowMatrix x0(count, model.dimension()), back(count, model.dimension());
  std::vector<int> label(classes ? who.size() : 0);
  model.sample_prior(noise, {Stream::prior, who, 0}, x0, label);
  const RowMatrix x = noised(t, x0, noise, who);
  model.draw(t, x, noise, {Stream::posterior, who, 0}, back);
  Wanted what;
  what.mean = true;
  Summary at, end;
  model.summarize(t, x, what, at);
  out.add_overlap(x0, back, at.mean);
  if (!classes) return;
  model.summarize(kClean, std::exp(-kClean) * back, {}, end);
  for (Index q = 0; q < count; ++q) {
    const int truth = label[q];
    const Vector noisy = at.all.class_log_weight.row(q).array().exp(),
                 clean = end.all.class_log_weight.row(q).array().exp();
    out.classes.add(clean[truth], noisy.squaredNorm());
    for (std::size_t g = 0; g < groups.size(); ++g)
      out.groups[g].add(in_group(clean, groups[g], truth).first, in_group(noisy, groups[g], truth).second);
  }
}

}  // namespace

UTurn uturn(const Posterior& model, double t, Index starts, const Noise& noise,
            std::span<const std::vector<int>> groups) {
  require_starts(starts);
  require_query(model, t, RowMatrix::Zero(1, model.dimension()), "uturn");
  for (const std::vector<int>& group : groups)
    if (static_cast<Index>(group.size()) != model.classes())
      throw UsageError("uturn: a group of {} classes; the model has {}.", group.size(), model.classes());
  const Index block = std::clamp<Index>(kBlockNumbers / model.dimension(), 1, starts);
  Vector sum = Vector::Zero(model.dimension());
  for (Index first = 0; first < starts; first += block) {
    const std::vector<std::uint64_t> who = names(first, std::min(block, starts - first));
    RowMatrix x0(static_cast<Index>(who.size()), model.dimension());
    model.sample_prior(noise, {Stream::prior, who, 0}, x0, {});
    sum += x0.colwise().sum().transpose();
  }
  Gathered all(sum / static_cast<double>(starts));
  all.groups.resize(groups.size());
  for (Index first = 0; first < starts; first += block)
    add_block(model, t, first, std::min(block, starts - first), noise, groups, all);
  return all.finish(t, starts);
}

UTurn uturn(const Dataset& data, const Empirical& model, double t, Index starts, const Noise& noise) {
  require_starts(starts);
  require_query(model, t, RowMatrix::Zero(1, model.dimension()), "uturn");
  Gathered all(data.mean());
  const bool classes = data.labelled();
  const Index block = std::clamp<Index>(kBlockNumbers / model.dimension(), 1, starts);
  for (Index first = 0; first < starts; first += block) {
    const std::vector<std::uint64_t> who = names(first, std::min(block, starts - first));
    std::vector<Index> rows(who.size());
    std::transform(who.begin(), who.end(), rows.begin(), [&](std::uint64_t q) {
      return static_cast<Index>(noise.uniform(Stream::prior, q, 0) * static_cast<double>(data.rows()));
    });
    RowMatrix x0(static_cast<Index>(rows.size()), data.dimension()), back = x0;
    data.read(rows, x0);
    const RowMatrix x = noised(t, x0, noise, who);
    const std::vector<Index> ends = model.draw_rows(t, x, noise, {Stream::posterior, who, 0});
    data.read(ends, back);
    Wanted what;
    what.mean = what.entropy = true;
    Summary at;
    model.summarize(t, x, what, at);
    all.add_overlap(x0, back, at.mean);
    for (std::size_t q = 0; q < rows.size(); ++q) {
      const auto i = static_cast<Index>(q);
      all.datum.add(rows[q] == ends[q] ? 1 : 0, at.all.participation[i]);
      if (!classes) continue;
      const auto label = [&](Index row) { return data.labels()[row]; };
      all.classes.add(label(rows[q]) == label(ends[q]) ? 1 : 0,
                      at.all.class_log_weight.row(i).array().exp().square().sum());
    }
  }
  return all.finish(t, starts);
}

}  // namespace denoiscope
