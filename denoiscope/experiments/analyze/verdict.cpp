// What it means, in plain words.
#include "denoiscope/experiments/analyze/verdict.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/text.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/observables/records.hpp"

namespace denoiscope::experiments {

namespace {

double sigma_of(double t) { return clock_record(t).at("sigma").number(); }

// "t = 1.23 (sigma 3.3)"
std::string at(double t) { return fmt::format("t = {:.2f} (sigma {:.2f})", t, sigma_of(t)); }

Record line(const char* level, std::string text) { return {{"level", level}, {"text", std::move(text)}}; }

// A count that may be astronomically large.
std::string about(double log10_n) {
  return log10_n < 9 ? fmt::format("{:.3g}", std::pow(10.0, log10_n)) : fmt::format("10^{:.0f}", log10_n);
}

double coarsest(const Record& result) {
  const Record& tree = result.at("speciation").at("tree");
  if (!tree.is_null() && !tree.empty()) return tree.back().at("t").number();
  return number_from(result.at("speciation").at("half_log"));
}

void add_data(const Record& result, Record& verdict) {
  const Record& duplicates = result.at("data").at("duplicates");
  const auto exact = duplicates.at("exact").whole();
  if (exact > 0)
    verdict.push_back(line("warn", fmt::format("Remove {} exact duplicate row{} ({} group{}): a repeated datum is "
                                               "memorized earlier, and its copies can never be told apart.",
                                               exact, exact == 1 ? "" : "s", duplicates.at("groups").whole(),
                                               duplicates.at("groups") == 1 ? "" : "s")));
  const auto near = duplicates.at("near").whole(), checked = duplicates.at("near_checked").whole();
  if (near > 0)
    verdict.push_back(line("note", fmt::format("{} of {} examined rows have a near-duplicate (closer than a quarter of "
                                               "the typical nearest-neighbour distance); look at them before training.",
                                               near, checked)));
  const auto constant = result.at("data").at("constant_features").whole();
  if (constant > 0)
    verdict.push_back(
        line("note", fmt::format("{} feature{} no information: {}.", constant, constant == 1 ? " carries" : "s carry",
                                 constant == 1 ? "it never varies" : "they never vary")));
}

void add_collapse(const Record& result, Record& verdict) {
  const Record& collapse = result.at("collapse");
  if (collapse.at("t_c").is_null()) {
    verdict.push_back(line("warn", "No collapse time: " + collapse.at("reason").text() + "."));
    return;
  }
  const double t_c = collapse.at("t_c").number(), coarse = coarsest(result);
  if (std::isfinite(coarse) && t_c < coarse)
    verdict.push_back(line("good", fmt::format("Between {} and {} a perfectly trained model still generalizes: the "
                                               "coarsest structure is decided, the training datum is not.",
                                               at(coarse), at(t_c))));
  verdict.push_back(line(
      "warn",
      fmt::format("Below {} a perfectly trained model only copies one of the {} training points. If copies matter, "
                  "stop training before the model has learned noise levels below sigma {:.2f}, or regularize it there.",
                  at(t_c), result.at("data").at("rows").whole(), sigma_of(t_c))));
  if (collapse.at("samples").is_null()) return;
  for (const Record& target : collapse.at("samples").at("targets")) {
    if (target.at("log10_n").is_null()) continue;
    const double log10_n = target.at("log10_n").number(), now = std::log10(result.at("data").at("rows").number());
    const std::string what = fmt::format("{} ({})", target.at("what").text(), at(target.at("t").number()));
    const int decades = static_cast<int>(std::ceil(log10_n - now));
    verdict.push_back(
        log10_n <= now
            ? line("good", fmt::format("Enough data already for {}.", what))
            : line("note", fmt::format("About {} data would be needed for {} (extrapolated over {} decade{}){}.",
                                       about(log10_n), what, decades, decades == 1 ? "" : "s",
                                       log10_n > now + 2 ? ": no data set will do it, regularization must" : "")));
  }
}

void add_classes(const Record& result, Record& verdict) {
  const Record& speciation = result.at("speciation");
  const Record& guidance = result.at("guidance");
  if (!guidance.at("t_high").is_null() && !guidance.at("t_low").is_null())
    verdict.push_back(
        line("good", fmt::format("Guide only between {} and {}: outside, guidance cannot change the class.",
                                 at(guidance.at("t_high").number()), at(guidance.at("t_low").number()))));
  if (speciation.at("pairs").is_null()) return;
  std::string overlapping;
  int count = 0;
  for (const Record& pair : speciation.at("pairs")) {
    // Only a curve that was measured and stays below its deviation shows overlap; other missing roots have other
    // reasons.
    if (pair.at("reason_loo").is_null() || pair.at("reason_loo").text().find("no root") == std::string::npos) continue;
    if (++count <= 3)
      overlapping += fmt::format("{}{} | {}", count > 1 ? ", " : "", shortened(pair.at("a_name").text()),
                                 shortened(pair.at("b_name").text()));
  }
  if (count > 0)
    verdict.push_back(
        line("warn", fmt::format("{} pair{} of classes overlap ({}{}): leave-one-out never tells them apart; where the "
                                 "perfect machine does, that is collapse on training points, not speciation.",
                                 count, count == 1 ? "" : "s", overlapping, count > 3 ? ", ..." : "")));
  if (!speciation.at("trust").is_null() && speciation.at("trust").at("which") == "bayes")
    verdict.push_back(line("note",
                           "Spectral and Bayes speciation times disagree; trust the Bayes times (the speciation "
                           "section says where they part)."));
}

// Curves move by less than their stderr long before this, nats.
constexpr double kCoarse = 1e-2;

void add_arithmetic(const Record& result, Record& verdict) {
  const Record& arithmetic = result.at("arithmetic");
  const std::string precision = arithmetic.at("precision").text();
  const double bound = number_from(arithmetic.at("largest_bound"));
  if (precision == "f64") return;
  verdict.push_back(line(bound <= kCoarse ? "note" : "warn",
                         fmt::format("Computed in {}: log densities are certified to {:.1g} nats.{}", precision, bound,
                                     bound <= kCoarse ? "" : " Repeat with --precision f64 before you rely on them.")));
}

}  // namespace

Record verdict_record(const Record& result) {
  Record verdict = Record::list();
  add_collapse(result, verdict);
  add_classes(result, verdict);
  add_data(result, verdict);
  add_arithmetic(result, verdict);
  return verdict;
}

Record window_record(const Record& result) {
  Record window = {{"coarsest", nullptr}, {"finest", nullptr}};
  const Record& tree = result.at("speciation").at("tree");
  const Record& t_c = result.at("collapse").at("t_c");
  if (tree.is_null() || tree.empty()) return window;
  const auto span = [&](const Record& merge) -> Record {
    const double t = merge.at("t").number();
    if (!(t > 0))
      return {{"t_speciation", nullptr},
              {"t_collapse", t_c},
              {"width", nullptr},
              {"basis", merge.at("basis")},
              {"reason", "these classes are not told apart at any t"}};
    return {{"t_speciation", t},
            {"t_collapse", t_c},
            {"width", t_c.is_null() ? Record(nullptr) : Record(t - t_c.number())},
            {"basis", merge.at("basis")}};
  };
  window["coarsest"] = span(tree.back());
  window["finest"] = span(tree.front());
  return window;
}

Record regimes_record(const Record& result) {
  const Record& guidance = result.at("guidance");
  const double t_c = number_from(result.at("collapse").at("t_c"));
  double high = number_from(guidance.at("t_high")), low = number_from(guidance.at("t_low"));
  const bool by_classes = std::isfinite(high) && std::isfinite(low);
  if (!by_classes) high = low = number_from(result.at("speciation").at("half_log"));
  Record regimes = Record::list();
  double from = kNaN;  // infinity
  const auto add = [&](const char* name, double to, const char* text) {
    regimes.push_back(
        {{"name", name}, {"t_from", finite(from)}, {"t_to", to > 0 ? finite(to) : Record(nullptr)}, {"text", text}});
    from = to;
  };
  const double floor = std::isfinite(t_c) ? t_c : 0.0;
  if (!std::isfinite(high) && floor > 0) add("noise", floor, "no class or direction stands out before collapse");
  if (std::isfinite(high) && high > floor)
    add("noise", high, "nothing is decided: every datum and every class is as likely as at the start");
  if (by_classes && std::max(low, floor) < high)
    add("speciation", std::max(low, floor), "trajectories commit to a class; guidance acts here");
  if (std::isfinite(low) && low > floor && floor > 0)
    add("generalization", floor,
        by_classes ? "the class is decided, the datum is not: new samples of the class form"
                   : "the coarsest structure is decided, the datum is not: new samples form");
  if (std::isfinite(t_c))
    add("collapse", 0, "the trajectory belongs to one training datum");
  else if (std::isfinite(from))
    add("generalization", 0, "no collapse is seen on this grid");
  return regimes;
}

}  // namespace denoiscope::experiments
