// What an audit of samples catches and what it takes for copies by mistake, where the truth is planted.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/gallery/functions.hpp"
#include "denoiscope/observables/copy_tests.hpp"
#include "denoiscope/observables/near_duplicates.hpp"
#include "denoiscope/observables/nearest_data.hpp"

namespace denoiscope::gallery {
namespace {

using observables::kCopyRatio;

constexpr double kLevel = 0.05;             // of p-values, and of the share of false discoveries
constexpr std::uint64_t kSetsApart = 1000;  // seeds of sets of data

// Rows moved by Gaussian noise whose length is `length` on average (root mean square).
RowMatrix with_noise(Rows rows, double length, std::uint64_t seed) {
  RowMatrix z(rows.rows(), rows.cols());
  Noise(seed).normal({Stream::query, numbered(rows.rows()), 0}, z);
  return rows + length / std::sqrt(static_cast<double>(rows.cols())) * z;
}

double share_below(std::span<const double> values, double limit) {
  return observables::copied_fraction(values, limit).value;
}

double called_share(const std::vector<double>& p) {
  return static_cast<double>(std::count_if(p.begin(), p.end(), [](double v) { return v <= kLevel; })) /
         static_cast<double>(p.size());
}

template <class Item, class Value>
Estimate mean_over(const std::vector<Item>& items, Value value) {
  std::vector<double> values(items.size());
  std::transform(items.begin(), items.end(), values.begin(), value);
  return mean_of(values);
}

data::NearDuplicates near_distances(const Dataset& data, std::uint64_t seed) {
  constexpr Index kRows = 2048;
  return observables::near_duplicates(data, kRows, Noise(seed));
}

// The ratios of a training set's own copies, of exact draws and of held-out ones.
class Scene {
 public:
  Scene(const Model& model, Index n, std::uint64_t seed)
      : n_(n),
        seed_(seed),
        all_(points_of(model, 3 * n, seed)),
        train_(Dataset::from_rows(all_.topRows(n))),
        near_(train_) {
    fresh = observables::gap_ratios(near_.find(all_.middleRows(n, n)));
    held_out = observables::gap_ratios(near_.find(all_.bottomRows(n)));
    std::vector<Index> itself(static_cast<std::size_t>(n));
    std::iota(itself.begin(), itself.end(), Index{0});
    for (const observables::TwoNearest& two : near_.find(all_.topRows(n), itself)) nearest.push_back(two.distance[0]);
    std::vector<double> sorted = nearest;
    std::nth_element(sorted.begin(), sorted.begin() + n / 2, sorted.end());
    typical = sorted[n / 2];
  }

  // Every training datum, moved by noise of this length in typical distances.
  std::vector<double> copies(double noise) const {
    return observables::gap_ratios(near_.find(with_noise(all_.topRows(n_), noise * typical, seed_ + 1)));
  }

  std::vector<double> fresh, held_out;
  std::vector<double> nearest;  ///< distance of every training datum to its nearest other
  double typical = 0;           ///< their median

 private:
  Index n_;
  std::uint64_t seed_;
  RowMatrix all_;
  Dataset train_;
  observables::NearestData near_;
};

// Copies that make up `rate` of all samples, called where the expected share of false discoveries is 0.05.
struct Called {
  double copies = 0;  ///< share of the copies that is called
  double wrong = 0;   ///< share of what is called that is no copy; 0 where nothing is
  double f_mem = 0;   ///< of all samples, by the ratio
};

Called call(const std::vector<double>& copies, const Scene& scene, double rate) {
  const double wanted = rate / (1 - rate) * static_cast<double>(scene.fresh.size());
  const auto count = std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(wanted)), 1, copies.size());
  std::vector<double> all(copies.begin(), copies.begin() + static_cast<std::ptrdiff_t>(count));
  all.insert(all.end(), scene.fresh.begin(), scene.fresh.end());
  const std::vector<double> q =
      observables::false_discovery_rates(observables::conformal_p_values(all, scene.held_out));
  const auto called = [&](std::size_t from, std::size_t to) {
    return static_cast<double>(std::count_if(q.begin() + static_cast<std::ptrdiff_t>(from),
                                             q.begin() + static_cast<std::ptrdiff_t>(to),
                                             [](double v) { return v <= kLevel; }));
  };
  const double right = called(0, count), wrong = called(count, q.size());
  return {right / static_cast<double>(count), right + wrong > 0 ? wrong / (right + wrong) : 0,
          share_below(all, kCopyRatio)};
}

}  // namespace

// Perfect samples: how often chance alone makes a copy, by the ratio and by held-out data. Every set of samples has
// training and held-out data of its own.
void audit_null(const Entry& entry, Observed& out) {
  constexpr Index kSamples = 400, kHeldOut = 399;
  const Index n = entry.many("samples"), sets = entry.many("starts");
  for (const Sweep::Place& place : entry.sweep("vary").places) {
    const Model model = entry.model(place);
    const double d = model.arguments["d"];
    std::vector<double> copied, alarms, thresholds;
    std::vector<std::vector<double>> below;
    for (Index set = 0; set < sets; ++set) {
      const RowMatrix all =
          points_of(model, n + kSamples + kHeldOut, entry.seed() + kSetsApart * static_cast<std::uint64_t>(set));
      const observables::NearestData near(Dataset::from_rows(all.topRows(n)));
      const std::vector<double> ratios = observables::gap_ratios(near.find(all.middleRows(n, kSamples)));
      copied.push_back(share_below(ratios, kCopyRatio));
      alarms.push_back(called_share(
          observables::conformal_p_values(ratios, observables::gap_ratios(near.find(all.bottomRows(kHeldOut))))));
      const observables::ThresholdCurve curve = observables::threshold_curve(ratios);
      thresholds = curve.threshold;
      below.resize(thresholds.size());
      for (std::size_t k = 0; k < thresholds.size(); ++k) below[k].push_back(curve.fraction[k].value);
    }
    const double chance = observables::null_rate(kCopyRatio, d);
    out.number(fmt::format("f_mem d={:g}", d), mean_of(copied), chance, allowed_where_rare(chance, sets * kSamples));
    // floor(0.05 (H + 1)) / (H + 1) of the p-values of samples that are as the held-out data lie at 0.05 or below.
    out.number(fmt::format("called at p <= 0.05 d={:g}", d), mean_of(alarms), kLevel);
    for (std::size_t k = 1; k < thresholds.size(); k += 2)  // enough to see
      out.point(fmt::format("perfect samples, d = {:g}", d), thresholds[k], mean_of(below[k]));
    out.line(fmt::format("threshold^{:g}", d), thresholds, [d](double at) { return observables::null_rate(at, d); });
  }
}

// Copies with noise of growing length among exact draws. In high dimension a copy with noise of length s keeps the
// distance sqrt(D^2 + s^2) to the datum at D from its own, and the ratio is below 1/3 where s < D / sqrt 8.
void audit_power(const Entry& entry, Observed& out) {
  constexpr double kRates[] = {0.5, 0.1, 0.01};  // share of copies among samples
  const Model model = entry.model();
  const std::vector<double> noises = entry.values();
  std::vector<Scene> scenes;
  for (Index set = 0; set < entry.many("starts"); ++set)
    scenes.emplace_back(model, entry.many("samples"), entry.seed() + kSetsApart * static_cast<std::uint64_t>(set));
  out.number("false alarms by ratio",
             mean_over(scenes, [](const Scene& s) { return share_below(s.fresh, kCopyRatio); }));
  for (const double noise : noises) {
    std::vector<std::vector<double>> copies;
    for (const Scene& scene : scenes) copies.push_back(scene.copies(noise));
    const Estimate seen = mean_over(copies, [](const auto& ratios) { return share_below(ratios, kCopyRatio); });
    out.number(fmt::format("caught by ratio noise={:g}", noise), seen);
    out.point("copies caught: ratio below 1/3", noise, seen);
    for (const double rate : kRates) {
      std::vector<Called> calls;
      for (std::size_t i = 0; i < scenes.size(); ++i) calls.push_back(call(copies[i], scenes[i], rate));
      const Estimate right = mean_over(calls, [](const Called&c) { return c.copies; }),
                     wrong = mean_over(calls, [](const Called&c) { return c.wrong; });
      const std::string where = fmt::format("rate={:g} noise={:g}", rate, noise);
      out.number("f_mem " + where, mean_over(calls, [](const Called& c) { return c.f_mem; }));
      out.number("caught by held-out data " + where, right);
      out.number("false share above 0.05 " + where,  // promised: 0.05 at most
                 {std::max(0.0, wrong.value - kLevel), wrong.standard_error, wrong.n}, 0.0);
      out.point(fmt::format("caught: q <= 0.05, {:g} % copies", 100 * rate), noise, right);
      if (rate < 0.5)  // of the rarer copies, where it is larger
        out.point(fmt::format("false among these, {:g} % copies", 100 * rate), noise, wrong);
    }
  }
  out.line("noise below nearest / sqrt 8", spaced(noises, 80), [&](double noise) {
    return mean_over(scenes,
                     [&](const Scene& s) { return 1 - share_below(s.nearest, std::sqrt(8.0) * noise * s.typical); })
        .value;
  });
}

// Training data that stand twice, the second time with noise of their own; and samples that copy the first ones.
void audit_repeats(const Entry& entry, Observed& out) {
  constexpr double kNoises[] = {0.05, 0.2};  // of a copy, in typical distances
  constexpr const char* kWays[] = {"each counts", "equal ones count once", "near ones count once"};
  const Index n = entry.many("samples"), m = entry.many("starts");
  const std::uint64_t seed = entry.seed();
  const RowMatrix once = points_of(entry.model(), n, seed);
  const double typical = near_distances(Dataset::from_rows(once), seed).typical_distance;
  for (const double noise : kNoises) {
    const RowMatrix copies = with_noise(once.topRows(m), noise * typical, seed + 1);
    for (const double apart : entry.values()) {
      RowMatrix twice(n + m, once.cols());
      twice << once, with_noise(once.topRows(m), apart * typical, seed + 2);
      const Dataset train = Dataset::from_rows(twice);
      std::vector<observables::TwoNearest> each = observables::NearestData(train).find(copies), equal = each,
                                           near = each;
      observables::join_clusters(train, copies, 0, equal);
      observables::join_clusters(train, copies, near_distances(train, seed).threshold, near);
      const std::vector<observables::TwoNearest>* found[] = {&each, &equal, &near};
      for (std::size_t way = 0; way < std::size(kWays); ++way) {
        const Estimate caught = copied_share(observables::gap_ratios(*found[way]));
        out.number(fmt::format("{} noise={:g} apart={:g}", kWays[way], noise, apart), caught);
        out.point(fmt::format("{}, noise {:g}", kWays[way], noise), apart, caught);
      }
    }
  }
}

}  // namespace denoiscope::gallery
