#include "denoiscope/experiments/audit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/observables/near_duplicates.hpp"
#include "denoiscope/observables/nearest_data.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

using observables::NearestData;
using observables::TwoNearest;

namespace {

constexpr Index kBlock = 2048;       // rows of a unit: seconds of 60,000 pictures
constexpr Index kAlone = 512;        // training data, each left out, that the dimension is read off
constexpr Index kMembers = 10000;    // training and held-out data each whose nearest sample is sought, at most
constexpr Index kNearSample = 2048;  // training data that tell what is near
constexpr double kFalse = 0.05;      // expected share of false discoveries among the samples that are counted

// What was found for rows of one set, as columns: a unit's record.
struct Found {
  std::vector<Index> row, second;
  std::vector<double> d1, d2;
  std::vector<double> ratios() const {
    std::vector<double> out;
    for (std::size_t i = 0; i < d1.size(); ++i) out.push_back(observables::gap_ratio(d1[i], d2[i]));
    return out;
  }
};

Record numbers(const std::vector<double>& values) {
  Record out = Record::list();
  for (const double v : values) out.push_back(finite(v));
  return out;
}

// Infinite distances (there is no second datum) come back as NaN: gap_ratio knows both.
void append(const Record& values, std::vector<double>& to) {
  for (const Record& v : values) to.push_back(number_from(v));
}

std::vector<Index> some_rows(Index n, Index most, std::uint64_t seed, Order name) {
  std::vector<Index> rows = Noise(seed).permutation(n, name);
  rows.resize(std::min(n, most));
  std::sort(rows.begin(), rows.end());
  return rows;
}

RowMatrix rows_of(const Dataset& data, std::span<const Index> rows) {
  RowMatrix x(static_cast<Index>(rows.size()), data.dimension());
  data.read(rows, x);
  return x;
}

Index blocks_of(Index rows) { return (rows + kBlock - 1) / kBlock; }

std::vector<Index> block_rows(Index rows, Index block) {
  std::vector<Index> out(static_cast<std::size_t>(std::min(kBlock, rows - block * kBlock)));
  std::iota(out.begin(), out.end(), block * kBlock);
  return out;
}

class Comparison {
 public:
  Comparison(const AuditSets& sets, const AuditSettings& settings, Run& run)
      : sets_(sets), settings_(settings), run_(run), near_(sets.train) {
    if (settings.repeats == Repeats::equal) radius_ = 0;
    if (settings.repeats != Repeats::near) return;
    radius_ =
        settings.radius > 0
            ? settings.radius
            : run.unit("near",
                       [&] {
                         return Record{
                             {"radius",
                              observables::near_duplicates(sets.train, kNearSample, Noise(settings.seed)).threshold}};
                       })["radius"]
                  .number();
  }

  double radius() const { return radius_; }
  Index joined() const { return joined_; }

  // Every row of `some` beside its two nearest training data, in units called `name`.
  Found compare(const Dataset& some, const char* name) {
    Found all;
    const auto nearest = [&](Index block) {
      const RowMatrix x = rows_of(some, block_rows(some.rows(), block));
      std::vector<TwoNearest> found = near_.find(x);
      const Index joined =
          settings_.repeats == Repeats::each ? 0 : observables::join_clusters(sets_.train, x, radius_, found);
      return to_record(found, joined);
    };
    for (const Record& unit : run_.map(name, blocks_of(some.rows()), nearest)) {
      joined_ += unit["joined"].whole();
      for (const Record& row : unit["nearest"]) all.row.push_back(row.whole());
      for (const Record& row : unit["second"]) all.second.push_back(row.whole());
      append(unit["d1"], all.d1);
      append(unit["d2"], all.d2);
    }
    return all;
  }

  // Gap ratios of training data, each left out.
  std::vector<double> left_out_ratios() {
    std::vector<double> ratios;
    append(
        run_.unit(
            "alone",
            [&] {
              const auto rows = some_rows(sets_.train.rows(), kAlone, settings_.seed, Order::alone);
              return Record{{"ratios", numbers(observables::gap_ratios(near_.find(rows_of(sets_.train, rows), rows)))}};
            })["ratios"],
        ratios);
    return ratios;
  }

  // Distance from each of the training data to its nearest other, by row.
  std::vector<double> to_other(const std::vector<Index>& rows) {
    const auto many = static_cast<Index>(rows.size());
    const auto distances = [&](Index block) {
      std::vector<Index> some;
      for (const Index place : block_rows(many, block)) some.push_back(rows[place]);
      std::vector<double> found;
      for (const TwoNearest& two : near_.find(rows_of(sets_.train, some), some)) found.push_back(two.distance[0]);
      return Record{{"distances", numbers(found)}};
    };
    std::vector<double> out;
    for (const Record& unit : run_.map("others", blocks_of(many), distances)) append(unit["distances"], out);
    return out;
  }

  // Distances of training and of held-out data, as many of each, to their nearest sample.
  std::pair<std::vector<double>, std::vector<double>> to_samples(const Dataset& held_out) {
    const Record unit = run_.unit("members", [&] {
      const Index most = std::min({kMembers, sets_.train.rows(), held_out.rows()});
      const NearestData samples(sets_.samples);
      const auto distances = [&](const Dataset& data) {
        std::vector<double> out;
        const auto rows = some_rows(data.rows(), most, settings_.seed, Order::members);
        for (const TwoNearest& two : samples.find(rows_of(data, rows))) out.push_back(two.distance[0]);
        return numbers(out);
      };
      return Record{{"train", distances(sets_.train)}, {"held_out", distances(held_out)}};
    });
    std::pair<std::vector<double>, std::vector<double>> out;
    append(unit["train"], out.first);
    append(unit["held_out"], out.second);
    return out;
  }

 private:
  Record to_record(const std::vector<TwoNearest>& found, Index joined) const {
    Record unit = {{"nearest", Record::list()}, {"second", Record::list()}, {"joined", joined}};
    std::vector<double> d1, d2;
    for (const TwoNearest& two : found) {
      unit["nearest"].push_back(two.row[0]);
      unit["second"].push_back(two.row[1]);
      d1.push_back(two.distance[0]);
      d2.push_back(two.distance[1]);
    }
    unit["d1"] = numbers(d1);
    unit["d2"] = numbers(d2);
    return unit;
  }

  const AuditSets& sets_;
  const AuditSettings& settings_;
  Run& run_;
  NearestData near_;
  double radius_ = -1;
  Index joined_ = 0;
};

Record fraction_record(const observables::Fraction& f) {
  return {{"value", finite(f.value)}, {"low", finite(f.low)}, {"high", finite(f.high)}, {"count", f.count}, {"n", f.n}};
}

Record null_record(const AuditSettings& settings, Index d, std::span<const double> ratios, const char* from) {
  const Estimate own = observables::two_nn_dimension(ratios);
  const bool known = own.value > 0;
  return {{"dimension", d},
          {"rate", observables::null_rate(settings.threshold, static_cast<double>(d))},
          {"intrinsic_dimension", finite(known ? own.value : kNaN)},
          {"intrinsic_dimension_stderr", finite(known ? own.standard_error : kNaN)},
          {"intrinsic_rate", finite(known ? observables::null_rate(settings.threshold, own.value) : kNaN)},
          {"from", from},
          {"reason", known ? Record() : Record("the gap ratios of these data fit no dimension: many of them repeat")}};
}

Record curve_record(std::span<const double> ratios, std::span<const double> held_out, double dimension) {
  const observables::ThresholdCurve own = observables::threshold_curve(ratios);
  const observables::ThresholdCurve other = observables::threshold_curve(held_out);
  Record out = Record::list();
  for (std::size_t i = 0; i < own.threshold.size(); ++i)
    out.push_back({{"threshold", own.threshold[i]},
                   {"f", finite(own.fraction[i].value)},
                   {"stderr", finite(own.fraction[i].standard_error)},
                   {"chance", finite(dimension > 0 ? observables::null_rate(own.threshold[i], dimension) : kNaN)},
                   {"held_out", held_out.empty() ? Record() : finite(other.fraction[i].value)}});
  return out;
}

// Leaves out what lies on a training datum: held-out data that are none would hide every exact copy.
Dataset without_leaked(const Dataset& held_out, Found& found) {
  Found kept;
  std::vector<Index> rows;
  for (std::size_t i = 0; i < found.d1.size(); ++i) {
    if (found.d1[i] == 0) continue;
    rows.push_back(static_cast<Index>(i));
    kept.row.push_back(found.row[i]);
    kept.second.push_back(found.second[i]);
    kept.d1.push_back(found.d1[i]);
    kept.d2.push_back(found.d2[i]);
  }
  if (rows.empty())
    throw DataError("{}: all {} rows are training data, and none is held out. Give fresh data.", held_out.name(),
                    held_out.rows());
  found = std::move(kept);
  return held_out.select(rows);
}

// What held-out data say; adds p_value, q_value, likelihood_ratio and authentic to the samples.
Record held_out_record(const Dataset& fresh, const AuditSettings& settings, const Found& samples, const Found& held_out,
                       Comparison& comparison, Record& rows) {
  const std::vector<double> ratios = samples.ratios(), others = held_out.ratios();
  const std::vector<double> p = observables::conformal_p_values(ratios, others),
                            q = observables::false_discovery_rates(p),
                            likelihood = observables::likelihood_ratios(ratios, others);
  std::vector<Index> nearest = samples.row;
  nearest.insert(nearest.end(), held_out.row.begin(), held_out.row.end());
  std::sort(nearest.begin(), nearest.end());
  nearest.erase(std::unique(nearest.begin(), nearest.end()), nearest.end());
  const std::vector<double> to_other = comparison.to_other(nearest);
  const auto between_data = [&](const Found& of) {
    std::vector<double> out;
    for (const Index row : of.row)
      out.push_back(to_other[std::lower_bound(nearest.begin(), nearest.end(), row) - nearest.begin()]);
    return out;
  };
  const std::vector<double> between = between_data(samples);
  Index found = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i]["p_value"] = p[i];
    rows[i]["q_value"] = q[i];
    rows[i]["likelihood_ratio"] = finite(likelihood[i]);
    rows[i]["authentic"] = samples.d1[i] > between[i];
    found += q[i] <= kFalse ? 1 : 0;
  }
  const observables::RankTest copying = observables::rank_test(samples.d1, held_out.d1);
  const auto [members, strangers] = comparison.to_samples(fresh);
  const Estimate area = observables::membership_area(members, strangers);
  return {
      {"name", fresh.name()},
      {"rows", fresh.rows()},
      {"f_mem", fraction_record(observables::copied_fraction(others, settings.threshold))},
      {"discoveries", {{"q", kFalse}, {"count", found}}},
      {"data_copying", {{"z", finite(copying.z)}, {"p", finite(copying.below)}}},
      {"membership", {{"area", finite(area.value)}, {"stderr", finite(area.standard_error)}, {"n", members.size()}}},
      {"authentic", fraction_record(observables::authentic_fraction(samples.d1, between))},
      {"authentic_held_out", fraction_record(observables::authentic_fraction(held_out.d1, between_data(held_out)))},
      {"ratios", numbers(others)},
      {"distances", numbers(held_out.d1)}};
}

}  // namespace

Record audit(const AuditSets& sets, const AuditSets& seen, const AuditSettings& settings, Run& run) {
  Comparison comparison(seen, settings, run);
  const Found samples = comparison.compare(seen.samples, "samples");
  const Index joined = comparison.joined();
  if (std::all_of(samples.second.begin(), samples.second.end(), [](Index row) { return row < 0; }))
    throw DataError(
        "{}: all {} training data count as one{}, and there is no second one to compare with. Give "
        "--duplicates each, or other data.",
        seen.train.name(), seen.train.rows(),
        settings.repeats == Repeats::near ? fmt::format(" within {:g}", comparison.radius()) : "");
  const std::vector<double> ratios = samples.ratios();
  const observables::Fraction f = observables::copied_fraction(ratios, settings.threshold);
  Record rows = Record::list();
  const auto file_row = [&](Index row) { return row < 0 ? Record() : Record(sets.train.original_row(row)); };
  for (std::size_t i = 0; i < ratios.size(); ++i)
    rows.push_back({{"index", sets.samples.original_row(static_cast<Index>(i))},
                    {"nearest", file_row(samples.row[i])},
                    {"second", file_row(samples.second[i])},
                    {"d1", finite(samples.d1[i])},
                    {"d2", finite(samples.d2[i])},
                    {"ratio", finite(ratios[i])},
                    {"copied", ratios[i] < settings.threshold}});
  Record record = {{"f_mem", finite(f.value)},
                   {"f_mem_low", finite(f.low)},
                   {"f_mem_high", finite(f.high)},
                   {"threshold", settings.threshold},
                   {"copies", f.count},
                   {"undefined", f.undefined},
                   {"joined", joined},
                   {"radius", comparison.radius() < 0 ? Record() : Record(comparison.radius())},
                   {"held_out", nullptr}};
  std::vector<double> others;
  if (seen.held_out) {
    Found held_out = comparison.compare(*seen.held_out, "held-out");
    const Dataset fresh = without_leaked(*seen.held_out, held_out);
    others = held_out.ratios();
    record["held_out"] = held_out_record(fresh, settings, samples, held_out, comparison, rows);
    record["held_out"]["in_training_data"] = seen.held_out->rows() - fresh.rows();
  }
  const std::vector<double> perfect = seen.held_out ? others : comparison.left_out_ratios();
  record["null"] =
      null_record(settings, seen.train.dimension(), perfect, seen.held_out ? "held-out data" : "training data");
  record["null_rate"] = record["null"]["rate"];
  record["threshold_curve"] = curve_record(ratios, others, number_from(record["null"]["intrinsic_dimension"]));
  record["samples"] = rows;
  return record;
}

}  // namespace denoiscope::experiments
