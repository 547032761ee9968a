// What an audit compares, made comparable or refused.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/experiments/audit.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::experiments {

using observables::Metric;

namespace {

// How people store pictures. Values may miss an end by a twentieth of the width, as those of models do.
struct Convention {
  const char* name;
  double low, high;
};
constexpr Convention kConventions[] = {{"0..1", 0, 1}, {"-1..1", -1, 1}, {"0..255", 0, 255}};
constexpr double kBeyond = 0.05;  // of the width
constexpr double kUsed = 0.2;     // of the width, from the middle of the upper end on: the narrower one would hold it
constexpr double kApart = 0.25;   // of the wider range, by which ends differ where conventions do

const Convention* convention_of(const Dataset& data, const data::Range& range) {
  if (data.scalar() == Scalar::u8) return &kConventions[2];
  for (const Convention& c : kConventions) {
    const double width = c.high - c.low;
    if (range.minimum >= c.low - kBeyond * width && range.maximum <= c.high + kBeyond * width &&
        range.maximum > kUsed * width)
      return &c;
  }
  return nullptr;
}

bool ends_differ(const data::Range& a, const data::Range& b) {
  const double width = std::max(a.maximum - a.minimum, b.maximum - b.minimum);
  return std::abs(a.minimum - b.minimum) > kApart * width || std::abs(a.maximum - b.maximum) > kApart * width;
}

std::string said(const data::Range& range) { return fmt::format("{:.4g} to {:.4g}", range.minimum, range.maximum); }

// Extents that are 1 say nothing.
std::vector<Index> squeezed(std::vector<Index> shape) {
  std::erase(shape, 1);
  return shape;
}

void require_shape(const Dataset& some, const Dataset& train) {
  const std::vector<Index> a = squeezed(some.shape()), b = squeezed(train.shape());
  const bool flat = a.size() < 2 || b.size() < 2;
  if (some.dimension() == train.dimension() && (flat || a == b)) return;
  throw DataError("{}: rows of shape ({}), expected those of {}: ({}). Bring both to one shape{}.", some.name(),
                  fmt::join(some.shape(), ", "), train.name(), fmt::join(train.shape(), ", "),
                  some.is_image() && train.is_image() ? ", for example by --resize or --gray" : "");
}

void require_different(const Dataset& a, const Dataset& b, const char* so) {
  if (a.rows() == b.rows() && a.scalar() == b.scalar() && a.hash() == b.hash())
    throw DataError("{}: the same data as {}, {}. Give other data.", a.name(), b.name(), so);
}

data::Range range_in(const Dataset& data, const Convention* convention) {
  if (convention) return {convention->low, convention->high};
  return usable_range(data);
}

// Says, or refuses, where `some` are not stored as the training data are.
void compare_ranges(const Dataset& some, const Dataset& train, const char* remedy, std::vector<std::string>& notes) {
  const data::Range own = usable_range(some), theirs = usable_range(train);
  const Convention *a = convention_of(some, own), *b = convention_of(train, theirs);
  if (!ends_differ(own, theirs)) return;
  const std::string both =
      fmt::format("{}: values from {}, {} has {}", some.name(), said(own), train.name(), said(theirs));
  if (a && b && a != b)
    throw DataError("{}; the one reads as {}, the other as {}, and distances between them mean nothing. {}", both,
                    a->name, b->name, remedy);
  notes.push_back(both + "; nothing is rescaled");
}

Dataset features_of(const Dataset& all, Index begin, const Dataset& of) {
  std::vector<Index> rows(static_cast<std::size_t>(of.rows()));
  std::iota(rows.begin(), rows.end(), begin);
  Dataset out = all.select(rows);
  out.set_name(of.name());
  return out;
}

AuditSets from_features(const AuditSets& sets, const std::string& file) {
  const Dataset all = data::open(file);
  usable_range(all);
  const Index m = sets.samples.rows(), n = sets.train.rows(), h = sets.held_out ? sets.held_out->rows() : 0;
  if (all.rows() != m + n + h)
    throw DataError("{}: {} rows of features, expected {}: {} of the samples, then {} of the training data{}.", file,
                    all.rows(), m + n + h, m, n, h > 0 ? fmt::format(", then {} of the held-out data", h) : "");
  AuditSets out{features_of(all, 0, sets.samples), features_of(all, m, sets.train), std::nullopt};
  if (h > 0) out.held_out = features_of(all, m + n, *sets.held_out);
  return out;
}

template <class Transform>
AuditSets each(const AuditSets& sets, Transform&& transform) {
  AuditSets out{transform(sets.samples), transform(sets.train), std::nullopt};
  if (sets.held_out) out.held_out = transform(*sets.held_out);
  return out;
}

}  // namespace

Metric metric_of(const std::string& name, const std::string& what) {
  const auto known = observables::metrics();
  for (const observables::MetricEntry& entry : known)
    if (entry.name == name) return entry.metric;
  throw UsageError("{}: '{}', expected {}.{}", what, name, fmt::join(names_of(known), ", "),
                   did_you_mean(name, names_of(known)));
}

std::vector<std::string> prepare(AuditSets& sets, const std::optional<SampleRange>& range) {
  std::vector<std::string> notes;
  Dataset &samples = sets.samples, &train = sets.train;
  require_shape(samples, train);
  if (train.rows() < 2)
    throw DataError(
        "{}: one training datum, expected two or more: a copy is told by how much nearer the nearest is "
        "than the second.",
        train.name());
  if (range) {
    if (!(range->low < range->high) || !std::isfinite(range->high - range->low))
      throw UsageError("samples-range: {},{}; expected LOW,HIGH with LOW < HIGH.", range->low, range->high);
    const data::Range own = usable_range(train), to = range_in(train, convention_of(train, own));
    const double factor = (to.maximum - to.minimum) / (range->high - range->low);
    // (raw - shift) * factor is `to` at the ends of the range.
    samples.set_preprocess({{range->low - to.minimum / factor}, {factor}, "range"});
    notes.push_back(fmt::format("{}: values {:g} to {:g} are taken for {:g} to {:g} of {}", samples.name(), range->low,
                                range->high, to.minimum, to.maximum, train.name()));
  }
  require_different(samples, train, "and every sample its own copy");
  compare_ranges(samples, train, "Give --samples-range LOW,HIGH.", notes);
  if (sets.held_out) {
    require_shape(*sets.held_out, train);
    require_different(*sets.held_out, train, "which are not held out");
    require_different(*sets.held_out, samples, "and nothing is told apart");
    compare_ranges(*sets.held_out, train, "Store them alike.", notes);
  }
  return notes;
}

std::pair<AuditSets, std::string> in_metric(const AuditSets& sets, const AuditSettings& settings) {
  switch (settings.metric) {
    case Metric::pixels:
      return {sets, "Euclidean distance of the stored numbers"};
    case Metric::standardized:
      return {each(sets, observables::standardized), "each row less its mean, over its deviation"};
    case Metric::pca: {
      const observables::PrincipalAxes axes(sets.train, settings.components, Noise(settings.seed));
      return {each(sets, [&](const Dataset& data) { return axes.project(data); }),
              fmt::format("{} principal axes of the training data, {:.1f} % of their variance", axes.count(),
                          100 * axes.share())};
    }
    case Metric::features:
      return {from_features(sets, settings.features), "features from " + settings.features};
  }
  throw InternalError("metric {} is unknown", static_cast<int>(settings.metric));
}

}  // namespace denoiscope::experiments
