// What an audit found, as tables, figures and pictures.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/data/pixels.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/experiments/audit.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::experiments {

namespace {

constexpr int kBins = 40;
constexpr std::size_t kInTable = 12;
constexpr std::size_t kDrawn = 16;  // worst samples that are drawn
constexpr Index kGap = 2;           // pixels between pictures

// Shares of `values` in bins of [low, high], at their middles.
Curve histogram(const char* name, const std::vector<double>& values, double low, double high) {
  std::vector<double> counts(kBins, 0.0);
  double total = 0;
  for (const double v : values) {
    if (!std::isfinite(v)) continue;
    ++total;
    const int bin = static_cast<int>((v - low) / (high - low) * kBins);
    ++counts[std::clamp(bin, 0, kBins - 1)];
  }
  Curve curve{name, false};
  for (int b = 0; b < kBins && total > 0; ++b)
    curve.rows.push_back({low + (high - low) * (b + 0.5) / kBins, counts[b] / total, 0});
  return curve;
}

std::vector<double> column(const Record& rows, const char* name) {
  std::vector<double> out;
  for (const Record& row : rows) out.push_back(number_from(row[name]));
  return out;
}

std::vector<double> list(const Record& values) {
  std::vector<double> out;
  for (const Record& v : values) out.push_back(number_from(v));
  return out;
}

std::string field(const Record& row, const char* name) {
  const Record* value = row.find(name);
  return value == nullptr || value->is_null() ? "" : json_text(*value);
}

}  // namespace

std::string audit_csv(const Record& record) {
  std::vector<const char*> columns = {"index", "nearest", "second", "d1", "d2", "ratio", "copied"};
  if (!record["held_out"].is_null())
    columns.insert(columns.end(), {"p_value", "q_value", "likelihood_ratio", "authentic"});
  std::string text;
  for (std::size_t c = 0; c < columns.size(); ++c) text += (c > 0 ? "," : "") + std::string(columns[c]);
  text += "\n";
  for (const Record& row : record["samples"]) {
    for (std::size_t c = 0; c < columns.size(); ++c) text += (c > 0 ? "," : "") + field(row, columns[c]);
    text += "\n";
  }
  return text;
}

std::vector<std::size_t> worst_samples(const Record& record, std::size_t most) {
  std::vector<std::size_t> order;
  const std::vector<double> ratios = column(record["samples"], "ratio"), d1 = column(record["samples"], "d1");
  for (std::size_t i = 0; i < ratios.size(); ++i)
    if (std::isfinite(ratios[i])) order.push_back(i);
  const std::size_t kept = std::min(most, order.size());
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(kept), order.end(),
      [&](std::size_t a, std::size_t b) { return std::tuple(ratios[a], d1[a], a) < std::tuple(ratios[b], d1[b], b); });
  order.resize(kept);
  return order;
}

namespace {

std::vector<CurveFigure> audit_figures(const Record& record) {
  const Record& held_out = record["held_out"];
  CurveFigure curve{
      "threshold", "Share of samples called copies, by threshold",
      "A sample is a copy where its nearest datum is nearer than the threshold times its second nearest. By "
      "chance: threshold to the power of the data's own dimension.",
      "threshold on d1/d2", "share"};
  Curve samples{"samples", true}, chance{"by chance", false}, others{"held-out data", true};
  for (const Record& row : record["threshold_curve"]) {
    const double x = row["threshold"].number();
    samples.rows.push_back({x, number_from(row["f"]), number_from(row["stderr"])});
    chance.rows.push_back({x, number_from(row["chance"]), 0});
    others.rows.push_back({x, number_from(row["held_out"]), 0});
  }
  curve.curves = {samples, chance};
  CurveFigure ratios{"ratios", "Gap ratios", "Share of samples in bins of d1/d2. Copies lie at the left.",
                     "d1/d2, distance to the nearest over that to the second nearest training datum", "share"};
  ratios.curves = {histogram("samples", column(record["samples"], "ratio"), 0, 1)};
  CurveFigure distances{"distances", "Distance to the nearest training datum", "Share of samples in bins.",
                        "distance d1", "share"};
  const std::vector<double> d1 = column(record["samples"], "d1");
  std::vector<double> fresh;
  if (!held_out.is_null()) {
    curve.curves.push_back(others);
    ratios.curves.push_back(histogram("held-out data", list(held_out["ratios"]), 0, 1));
    fresh = list(held_out["distances"]);
  }
  double most = 0;
  for (const std::vector<double>& some : {d1, fresh})
    for (const double d : some) most = std::max(most, std::isfinite(d) ? d : 0);
  if (most == 0) return {curve, ratios};
  distances.curves = {histogram("samples", d1, 0, most)};
  if (!fresh.empty()) distances.curves.push_back(histogram("held-out data", fresh, 0, most));
  return {curve, ratios, distances};
}

// Pictures of the worst samples where data are pictures, in a file each: sample and nearest, below them second nearest
// and how the sample differs from the nearest.
void draw_worst(const AuditSets& sets, const Record& record, Run& run) {
  const Dataset& train = sets.train;
  if (!train.is_image() || !run.kept()) return;
  int drawn = 0;
  const data::Range range = usable_range(train);
  const data::Contrast contrast =
      train.scalar() == Scalar::u8 ? data::Contrast{} : data::Contrast{range.minimum, range.maximum};
  const Index height = train.shape()[0], width = train.shape()[1];
  const Index channels = train.shape().size() > 2 ? train.shape()[2] : 1, line = width * channels;
  RowMatrix panels(4, train.dimension());
  const auto place_of = [](const Dataset& data, const Record& file_row) {  // selections keep the order of the file
    Index low = 0, high = data.rows() - 1;
    while (low < high) {
      const Index middle = (low + high) / 2;
      (data.original_row(middle) < file_row.whole() ? low = middle + 1 : high = middle);
    }
    return low;
  };
  for (const std::size_t i : worst_samples(record, kDrawn)) {
    const Record& row = record["samples"][i];
    const auto read = [&](const Dataset& data, Index from, Index to) { data.read(from, panels.middleRows(to, 1)); };
    read(sets.samples, static_cast<Index>(i), 0);
    read(train, place_of(train, row["nearest"]), 1);
    read(train, place_of(train, row["second"]), 2);
    panels.row(3) = (panels.row(0) - panels.row(1)).cwiseAbs().array() + contrast.black;
    if (channels == 4)  // opaque
      for (Index k = 3; k < train.dimension(); k += 4) panels(3, k) = contrast.white;
    const Index step = line + kGap * channels, across = step + line, down = 2 * height + kGap;
    std::vector<unsigned char> tiles(static_cast<std::size_t>(down * across), 255);
    for (Index p = 0; p < 4; ++p) {
      const auto pixels =
          data::pixels_of(train, contrast, {panels.row(p).data(), static_cast<std::size_t>(train.dimension())});
      for (Index y = 0; y < height; ++y)
        std::copy_n(pixels.begin() + y * line, line,
                    tiles.begin() + (p / 2 * (height + kGap) + y) * across + p % 2 * step);
    }
    const std::string file = fmt::format("samples/worst-{:02}.png", drawn++);
    run.write(file, data::encode_png(tiles, down, 2 * width + kGap, channels));
    run.frame().image(
        file, fmt::format("sample {} and nearest {}; second {} and the difference to the nearest: d1 = {:.4g}, "
                          "d2 = {:.4g}, ratio {:.3f}{}",
                          row["index"].whole(), row["nearest"].whole(), row["second"].whole(), row["d1"].number(),
                          row["d2"].number(), row["ratio"].number(), row["copied"].flag() ? ", a copy" : ""));
  }
}

std::string percent(const Record& value) {
  const double p = 100 * number_from(value);
  return std::isfinite(p) ? fmt::format("{:.3g} %", p) : "undefined";
}

void show_verdicts(const Record& record, Frame& frame) {
  const long long copies = record["copies"].whole();
  frame.verdict(
      record["failed"].flag() ? Level::warn
      : copies > 0            ? Level::note
                              : Level::good,
      fmt::format("{} samples have d1/d2 < {:.4g}: f_mem = {} (95 %: {} to {})", copies, record["threshold"].number(),
                  percent(record["f_mem"]), percent(record["f_mem_low"]), percent(record["f_mem_high"])));
  const Record& h = record["held_out"];
  if (h.is_null()) {
    frame.next("no held-out data: --test FILE gives p-values and a test of copying");
    return;
  }
  const long long found = h["discoveries"]["count"].whole();
  frame.verdict(found > 0 ? Level::note : Level::good,
                fmt::format("samples nearer than held-out data show, at a false-discovery rate of {}: {}",
                            percent(h["discoveries"]["q"]), found));
  frame.number("test of data copying: z", h["data_copying"]["z"]);
  frame.number("its p", h["data_copying"]["p"]);
  frame.number("area of membership",
               measured(number_from(h["membership"]["area"]), number_from(h["membership"]["stderr"])));
}

void show_shares(const Record& record, Frame& frame) {
  const Record &null = record["null"], &h = record["held_out"];
  Table table{"shares, with 95 % intervals", {"", "share", "low", "high"}};
  const auto add = [&](const std::string& name, const Record& f) {
    table.add({name, f["value"], f["low"], f["high"]});
  };
  table.add({"samples called copies: f_mem", record["f_mem"], record["f_mem_low"], record["f_mem_high"]});
  if (!h.is_null()) add("held-out data called copies", h["f_mem"]);
  table.add({fmt::format("by chance alone, smooth data in {} dimensions", null["dimension"].whole()), null["rate"],
             nullptr, nullptr});
  if (!null["intrinsic_rate"].is_null())
    table.add({fmt::format("in the {:.1f} dimensions that the {} show", null["intrinsic_dimension"].number(),
                           null["from"].text()),
               null["intrinsic_rate"], nullptr, nullptr});
  if (!h.is_null()) {
    add("authentic samples", h["authentic"]);
    add("authentic held-out data", h["authentic_held_out"]);
  }
  frame.table(table);
  if (!h.is_null())
    frame.text(
        "z far below 0: samples lie nearer the training data than held-out data do. An area of 1/2: the distance to "
        "the nearest sample tells nothing of membership.");
}

void show_remarks(const Record& record, Frame& frame) {
  const Record &null = record["null"], &h = record["held_out"];
  if (null["intrinsic_rate"].is_null()) frame.text(null["reason"].text());
  if (const auto leaked = h.is_null() ? 0 : h["in_training_data"].whole(); leaked > 0)
    frame.text(fmt::format("{} of the held-out rows are in the training data and would hide copies: they are left out",
                           leaked));
  if (const auto joined = record["joined"].whole(); joined > 0)
    frame.text(fmt::format(
        "{} samples have a nearest datum that repeats in the training data ({}), which counts once", joined,
        record["duplicates"].text() == "near" ? fmt::format("within {:.4g}", record["radius"].number()) : "exactly"));
  if (const auto undefined = record["undefined"].whole(); undefined > 0)
    frame.text(fmt::format(
        "{} samples have no ratio, 0/0: their nearest datum repeats; --duplicates equal counts it once", undefined));
  for (const Record& note : record["notes"]) frame.text(note.text());
}

void show_worst(const Record& record, Frame& frame) {
  const bool tested = !record["held_out"].is_null();
  Table table{"the nearest, by ratio", {"sample", "nearest", "second", "d1", "d2", "ratio"}};
  if (tested) table.columns.insert(table.columns.end(), {"p", "q"});
  table.columns.emplace_back("");
  for (const std::size_t i : worst_samples(record, kInTable)) {
    const Record& row = record["samples"][i];
    Record::List cells = {row["index"], row["nearest"], row["second"], row["d1"], row["d2"], row["ratio"]};
    if (tested) cells.insert(cells.end(), {row["p_value"], row["q_value"]});
    cells.emplace_back(row["copied"].flag() ? "copy" : "");
    table.add(std::move(cells));
  }
  frame.table(table);
}

}  // namespace

void show_audit(const AuditSets& sets, const Record& record, Run& run) {
  Frame& frame = run.frame();
  frame.title("Audit of " + record["samples_file"].text());
  frame.question(fmt::format("Are they copies of training data? {} samples against {} rows of {}, by {}.",
                             record["count"].whole(), record["train_rows"].whole(), record["train"].text(),
                             record["metric_note"].text()));
  show_verdicts(record, frame);
  show_shares(record, frame);
  show_remarks(record, frame);
  show_worst(record, frame);
  for (const CurveFigure& figure : audit_figures(record)) frame.figure(figure);
  draw_worst(sets, record, run);
}

}  // namespace denoiscope::experiments
