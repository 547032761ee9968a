// What an experiments::audit of samples catches and what it takes for copies by mistake, where the truth is planted.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/gallery/experiments.hpp"
#include "denoiscope/observables/copy_tests.hpp"
#include "denoiscope/observables/near_duplicates.hpp"
#include "denoiscope/observables/nearest_data.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::gallery {
namespace {

using observables::kCopyRatio;

constexpr double kLevel = 0.05;  // of p-values, and of the share of false discoveries

std::uint64_t seed_of(const Arguments& entry, std::uint64_t set = 0) {
  return static_cast<std::uint64_t>(entry.whole("seed")) + 1000 * set;
}

Model law_of(const Arguments& entry, const std::string& more = "") {
  std::vector<std::string> words = words_of(entry.text("parameters"));
  if (!more.empty()) words.push_back(more);
  return make_model(entry.text("model"), words);
}

RowMatrix points_of(const Model& model, Index rows, std::uint64_t seed) {
  RowMatrix out(rows, model.posterior().dimension());
  synthesize(model, rows, seed).read(0, out);
  return out;
}

// Rows moved by Gaussian noise whose length is `length` on average (root mean square).
RowMatrix with_noise(Rows rows, double length, std::uint64_t seed) {
  RowMatrix z(rows.rows(), rows.cols());
  Noise(seed).normal({Stream::query, numbered(rows.rows()), 0}, z);
  return rows + length / std::sqrt(static_cast<double>(rows.cols())) * z;
}

double share_below(std::span<const double> values, double limit) {
  return observables::copied_fraction(values, limit).value;
}

// Share of ratios that call a copy.
Estimate caught_of(std::span<const double> ratios) {
  const double f = share_below(ratios, kCopyRatio), m = static_cast<double>(ratios.size());
  return {f, std::sqrt(f * (1 - f) / m), static_cast<Index>(ratios.size())};
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
Observed run_audit_null(const Arguments& entry, Scale scale) {
  constexpr Index kSamples = 400, kHeldOut = 399;
  const auto n = static_cast<Index>(at_scale(entry, "samples", scale));
  const auto sets = static_cast<std::uint64_t>(at_scale(entry, "starts", scale));
  Observed out;
  for (const double d : entry.numbers("values")) {
    const Model model = law_of(entry, fmt::format("{}={:g}", entry.text("vary"), d));
    std::vector<double> copied, alarms, authentic;
    std::vector<std::vector<double>> below;
    std::vector<double> thresholds;
    for (std::uint64_t set = 0; set < sets; ++set) {
      const RowMatrix all = points_of(model, n + kSamples + kHeldOut, seed_of(entry, set));
      const observables::NearestData near(Dataset::from_rows(all.topRows(n)));
      const std::vector<double> ratios = observables::gap_ratios(near.find(all.middleRows(n, kSamples))),
                                held_out = observables::gap_ratios(near.find(all.bottomRows(kHeldOut)));
      copied.push_back(share_below(ratios, kCopyRatio));
      const std::vector<double> p = observables::conformal_p_values(ratios, held_out);
      alarms.push_back(static_cast<double>(std::count_if(p.begin(), p.end(), [](double v) { return v <= kLevel; })) /
                       kSamples);
      const observables::ThresholdCurve curve = observables::threshold_curve(ratios);
      thresholds = curve.threshold;
      below.resize(thresholds.size());
      for (std::size_t k = 0; k < thresholds.size(); ++k) below[k].push_back(curve.fraction[k].value);
    }
    Quantity rate{fmt::format("f_mem d={:g}", d), mean_of(copied)};
    compare_with(observables::null_rate(kCopyRatio, d), static_cast<Index>(sets) * kSamples, rate);
    out.quantities.push_back(rate);
    // floor(0.05 (H + 1)) / (H + 1) of the p-values of samples that are as the held-out data lie at 0.05 or below.
    out.quantities.push_back({fmt::format("called at p <= 0.05 d={:g}", d), mean_of(alarms), kLevel});
    Curve measured{fmt::format("perfect samples, d = {:g}", d), true}, law{fmt::format("threshold^{:g}", d)};
    for (std::size_t k = 0; k < thresholds.size(); ++k) {
      const Estimate f = mean_of(below[k]);
      if (k % 2 == 1) measured.rows.push_back({thresholds[k], f.value, f.standard_error});  // enough to see
      law.rows.push_back({thresholds[k], observables::null_rate(thresholds[k], d), 0});
    }
    out.curves.push_back(measured);
    out.curves.push_back(law);
  }
  return out;
}

// Copies with noise of growing length among exact draws. In high dimension a copy with noise of length s keeps the
// distance sqrt(D^2 + s^2) to the datum at D from its own, and the ratio is below 1/3 where s < D / sqrt 8.
Observed run_audit_power(const Arguments& entry, Scale scale) {
  const Model model = law_of(entry);
  std::vector<Scene> scenes;
  for (std::uint64_t set = 0; set < static_cast<std::uint64_t>(at_scale(entry, "starts", scale)); ++set)
    scenes.emplace_back(model, static_cast<Index>(at_scale(entry, "samples", scale)), seed_of(entry, set));
  const std::vector<double> rates = entry.numbers("rates"), noises = entry.numbers("values");
  Curve by_ratio{"copies caught: ratio below 1/3", true}, rule{"noise below nearest / sqrt 8"};
  std::vector<Curve> caught, wrong;
  for (const double rate : rates) {
    caught.push_back({fmt::format("caught: q <= 0.05, {:g} % copies", 100 * rate), true});
    wrong.push_back({fmt::format("false among these, {:g} % copies", 100 * rate), true});
  }
  Observed out;
  out.quantities.push_back(
      {"false alarms by ratio", mean_over(scenes, [](const Scene& s) { return share_below(s.fresh, kCopyRatio); })});
  for (const double noise : noises) {
    std::vector<std::vector<double>> copies;
    copies.reserve(scenes.size());
    for (const Scene& scene : scenes) copies.push_back(scene.copies(noise));
    const Estimate seen = mean_over(copies, [](const auto& ratios) { return share_below(ratios, kCopyRatio); });
    out.quantities.push_back({fmt::format("caught by ratio noise={:g}", noise), seen});
    by_ratio.rows.push_back({noise, seen.value, seen.standard_error});
    for (std::size_t k = 0; k < rates.size(); ++k) {
      std::vector<Called> calls;
      for (std::size_t i = 0; i < scenes.size(); ++i) calls.push_back(call(copies[i], scenes[i], rates[k]));
      const Estimate right = mean_over(calls, [](const Called&c) { return c.copies; }),
                     false_share = mean_over(calls, [](const Called&c) { return c.wrong; });
      const std::string where = fmt::format("rate={:g} noise={:g}", rates[k], noise);
      out.quantities.push_back({"f_mem " + where, mean_over(calls, [](const Called& c) { return c.f_mem; })});
      out.quantities.push_back({"caught by held-out data " + where, right});
      // Promised: 0.05 at most.
      out.quantities.push_back({"false share above 0.05 " + where,
                                {std::max(0.0, false_share.value - kLevel), false_share.standard_error, false_share.n},
                                0.0});
      caught[k].rows.push_back({noise, right.value, right.standard_error});
      wrong[k].rows.push_back({noise, false_share.value, false_share.standard_error});
    }
  }
  for (const double noise : spaced(noises.front(), noises.back(), 80)) {
    const Estimate below = mean_over(
        scenes, [&](const Scene& s) { return 1 - share_below(s.nearest, std::sqrt(8.0) * noise * s.typical); });
    rule.rows.push_back({noise, below.value, 0});
  }
  out.curves = {by_ratio, rule};
  out.curves.insert(out.curves.end(), caught.begin(), caught.end());
  out.curves.insert(out.curves.end(), wrong.begin() + 1, wrong.end());  // of the rarer copies, where it is larger
  return out;
}

// Training data that stand twice, the second time with noise of their own; and samples that copy the first ones.
Observed run_audit_repeats(const Arguments& entry, Scale scale) {
  constexpr double kNoises[] = {0.05, 0.2};  // of a copy, in typical distances
  const auto n = static_cast<Index>(at_scale(entry, "samples", scale)),
             m = static_cast<Index>(at_scale(entry, "starts", scale));
  const std::uint64_t seed = seed_of(entry);
  const RowMatrix once = points_of(law_of(entry), n, seed);
  const double typical = near_distances(Dataset::from_rows(once), seed).typical_distance;
  struct Way {
    const char* name;
    std::function<double(const Dataset&)> radius;  // below 0: each datum counts
  };
  const Way ways[] = {
      {"each counts", [](const Dataset&) { return -1.0; }},
      {"equal ones count once", [](const Dataset&) { return 0.0; }},
      {"near ones count once", [seed](const Dataset& data) { return near_distances(data, seed).threshold; }}};
  Observed out;
  for (const double noise : kNoises) {
    const RowMatrix copies = with_noise(once.topRows(m), noise * typical, seed + 1);
    std::vector<Curve> curves;
    for (const Way& way : ways) curves.push_back({fmt::format("{}, noise {:g}", way.name, noise)});
    for (const double apart : entry.numbers("values")) {
      RowMatrix twice(n + m, once.cols());
      twice << once, with_noise(once.topRows(m), apart * typical, seed + 2);
      const Dataset train = Dataset::from_rows(twice);
      const std::vector<observables::TwoNearest> nearest = observables::NearestData(train).find(copies);
      for (std::size_t k = 0; k < std::size(ways); ++k) {
        std::vector<observables::TwoNearest> found = nearest;
        const double radius = ways[k].radius(train);
        if (radius >= 0) observables::join_clusters(train, copies, radius, found);
        const Estimate caught = caught_of(observables::gap_ratios(found));
        out.quantities.push_back({fmt::format("{} noise={:g} apart={:g}", ways[k].name, noise, apart), caught});
        curves[k].rows.push_back({apart, caught.value, caught.standard_error});
      }
    }
    out.curves.insert(out.curves.end(), curves.begin(), curves.end());
  }
  return out;
}

}  // namespace denoiscope::gallery
