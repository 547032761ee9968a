// Collapse times of single data: which are memorized first.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <span>

#include "denoiscope/data/pixels.hpp"
#include "denoiscope/experiments/collapse/collapse_parts.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/datum_collapse.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

using observables::DatumCollapse;

namespace {

constexpr Index kDataOfUnit = 240;
constexpr double kRatio = 1.25;  // of times at which own weights are measured; they fall over a factor of about 2
constexpr std::size_t kMostListed = 10000;  // data in the record; data_times.csv has all
constexpr std::size_t kMostDrawn = 12;

const ClassInfo& class_of(const Dataset& data, Index row) { return data.classes()[data.labels()[row]]; }

// Larger: memorized earlier on the way from noise to data.
double rank_of(const Record& datum) {
  if (!datum["t_c"].is_null()) return datum["t_c"].number();
  return datum["always"].flag() ? kInfinity : 0;
}

Record datum_record(const Dataset& data, const DatumCollapse& datum, Index copies, bool two) {
  const bool above = two || (!datum.t_c.t && datum.weight.back().value >= 0.5);
  Record reason;
  if (copies > 1)
    reason = fmt::format("{} rows are equal: the own weight of each stays below 1/{}", copies, copies);
  else if (two)
    reason = "of two data the own weight is above 1/2 on average at any time";
  else if (!datum.t_c.t)
    reason = "the own weight is " + datum.t_c.reason;
  const bool known = datum.t_c.t && copies == 1 && !two;
  return {{"row", data.original_row(datum.row)},
          {"class", data.labelled() ? Record(class_of(data, datum.row).label) : Record()},
          {"t_c", known ? finite(datum.t_c.t) : Record()},
          {"t_c_stderr", known ? finite(datum.t_c.standard_error) : Record()},
          {"nearest", datum.nearest < 0 ? Record() : Record(data.original_row(datum.nearest))},
          {"distance", finite(datum.distance)},
          {"copies", copies},
          {"always", above && copies == 1},
          {"reason", reason}};
}

std::string csv_of(const Record& list) {
  std::string text = "row,class,t_c,t_c_stderr,nearest,distance,copies,reason\n";
  const auto cell = [](const Record& value) { return value.is_null() ? std::string() : json_text(value); };
  for (const Record& datum : list)
    text += fmt::format("{},{},{},{},{},{},{},{}\n", cell(datum["row"]), cell(datum["class"]), cell(datum["t_c"]),
                        cell(datum["t_c_stderr"]), cell(datum["nearest"]), cell(datum["distance"]),
                        cell(datum["copies"]), cell(datum["reason"]));
  return text;
}

Record draw_first(const Dataset& data, const Record& range, const Record& list, const std::vector<Index>& row_of,
                  Run& run) {
  Record images = Record::list();
  if (!data.is_image() || !run.kept()) return images;
  RowMatrix row(1, data.dimension());
  for (std::size_t i = 0; i < std::min(list.size(), kMostDrawn); ++i) {
    if (list[i]["t_c"].is_null()) continue;
    data.read(row_of[i], row);
    const std::string file = fmt::format("samples/first-{:02}.png", i);
    run.write(file, data::picture(data, range, row.row(0)));
    std::string text = fmt::format("row {}", list[i]["row"].whole());
    if (data.labelled()) text += ", " + class_of(data, row_of[i]).name;
    images.push_back({{"file", file}, {"text", fmt::format("{}: t_C = {:.2f}", text, list[i]["t_c"].number())}});
  }
  return images;
}

}  // namespace

Record data_times_record(const Dataset& data, const CollapseSettings& settings, const std::vector<Index>& same,
                         const Record& range, double from, double to, const Noise& noise, Run& run) {
  Record record = {{"rows", 0}, {"noises", settings.noises}, {"reason", nullptr}};
  for (const char* name : {"t_low", "t_high", "quantiles", "undefined", "histogram", "data"}) record[name] = nullptr;
  record["images"] = Record::list();
  if (settings.data_times == 0) {
    record["reason"] = "no single data were asked for";
    return record;
  }
  std::vector<Index> rows = noise.permutation(data.rows(), Order::few);
  rows.resize(std::min(settings.data_times, data.rows()));
  std::map<Index, Index> copies;
  for (const Index first : same) ++copies[first];
  const std::vector<double> times = log_times(from, to, 2 + static_cast<int>(std::log(to / from) / std::log(kRatio)));
  const auto many = static_cast<Index>(rows.size());
  const auto some_times = [&](Index block) {
    const Index begin = block * kDataOfUnit;
    const auto some = std::span<const Index>(rows).subspan(
        static_cast<std::size_t>(begin), static_cast<std::size_t>(std::min(kDataOfUnit, many - begin)));
    Record made = Record::list();
    for (const DatumCollapse& datum : observables::datum_collapse(data, some, times, settings.noises, noise))
      made.push_back(datum_record(data, datum, copies.at(same[datum.row]), data.rows() == 2));
    return made;
  };
  Record list = Record::list();
  for (const Record& unit : run.map("data-times", units_of(many, kDataOfUnit), some_times))
    for (const Record& datum : unit) list.push_back(datum);
  std::vector<std::size_t> order(rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return rank_of(list[a]) > rank_of(list[b]); });
  Record sorted = Record::list(), listed = Record::list();
  std::vector<double> ranks;
  std::vector<Index> sorted_rows;
  for (const std::size_t i : order) {
    sorted.push_back(list[i]);
    sorted_rows.push_back(rows[i]);
    ranks.push_back(rank_of(list[i]));
  }
  record["rows"] = rows.size();
  record["t_low"] = from;
  record["t_high"] = to;
  record["quantiles"] = quantiles(ranks);
  record["undefined"] = std::count_if(list.begin(), list.end(), [](const Record& d) { return d["t_c"].is_null(); });
  record["histogram"] = histogram(ranks, from, to);
  record["images"] = draw_first(data, range, sorted, sorted_rows, run);
  run.write("data_times.csv", csv_of(sorted));
  for (std::size_t i = 0; i < std::min<std::size_t>(sorted.size(), kMostListed); ++i) listed.push_back(sorted[i]);
  record["data"] = std::move(listed);
  return record;
}

}  // namespace denoiscope::experiments
