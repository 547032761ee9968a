// When classes form, and which of the two criteria to believe.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/observables/speciation.hpp"
#include "denoiscope/process/clock.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::experiments {

using observables::ClassCurves;
using observables::ClassPair;
using observables::Crossing;
using observables::Slice;

Record clock_record(double t) {
  const Clock clock = clock_at(t);
  return {{"t", t},
          {"sigma", finite(clock.sigma)},
          {"log_snr", finite(clock.log_snr)},
          {"alpha_bar", clock.alpha_bar},
          {"ddpm_step", finite(clock.ddpm_step)},
          {"flow_s", clock.flow_s}};
}

namespace {

constexpr std::size_t kModes = 10;   // leading modes whose three times are listed
constexpr double kAgreement = 0.15;  // spectral and Bayes times closer than this, or than two errors, agree

Record curve(const std::vector<Slice>& slices, ClassCurves Slice::*version, Estimate ClassCurves::*what,
             const char* name) {
  Record out = Record::list();
  for (const Slice& slice : slices) {
    const Estimate& e = slice.*version.*what;
    out.push_back({{"t", slice.t}, {name, finite(e.value)}, {"stderr", finite(e.standard_error)}});
  }
  return out;
}

Record modes_of(const Record& data) {
  Record modes = Record::list();
  for (const Record& eigenvalue : data.at("eigenvalues")) {
    if (modes.size() == kModes) break;
    const auto times = theory::critical_times(eigenvalue.number());
    modes.push_back({{"eigenvalue", eigenvalue},
                     {"half_log", finite(times.half_log)},
                     {"reason", std::isfinite(times.half_log)
                                    ? Record(nullptr)
                                    : Record("an eigenvalue below 1 has no half_log; half_log1p is defined")},
                     {"half_log1p", finite(times.half_log1p)},
                     {"half_asinh", finite(times.half_asinh)}});
  }
  return modes;
}

Record pair_record(const ClassPair& pair, const Record& data) {
  const Record& a = data.at("classes").at(pair.a);
  const Record& b = data.at("classes").at(pair.b);
  Record record = {{"a", a.at("label")},
                   {"b", b.at("label")},
                   {"a_name", a.at("name")},
                   {"b_name", b.at("name")},
                   {"t_rs_ab", finite(pair.as_is.ab.t)},
                   {"t_rs_ba", finite(pair.as_is.ba.t)},
                   {"t_rs", finite(pair.as_is.both.t)},
                   {"t_rs_stderr", finite(pair.as_is.both.standard_error)},
                   {"reason", pair.as_is.both.t ? Record(nullptr) : Record(pair.as_is.both.reason)},
                   {"t_rs_loo", finite(pair.left_out.both.t)},
                   {"t_rs_loo_stderr", finite(pair.left_out.both.standard_error)},
                   {"reason_loo", pair.left_out.both.t ? Record(nullptr) : Record(pair.left_out.both.reason)},
                   {"saturation_loo", finite(pair.left_out.saturation)},
                   {"accuracy_loo", finite(pair.left_out.accuracy)},
                   {"spectral", nullptr},
                   {"means", nullptr},
                   {"overlap", nullptr}};
  for (const Record& p : data.at("pair_spectra")) {
    if (p.at("a") != pair.a || p.at("b") != pair.b) continue;
    record["spectral"] = finite(0.5 * std::log(p.at("eigenvalue").number()));
    record["means"] = finite(0.5 * std::log(p.at("half_distance2").number()));
    record["overlap"] = p.at("overlap");
  }
  return record;
}

constexpr const char* kBasis[] = {"leave-one-out", "between", "empirical"};

// Numbers that no class has, for merges: from above the largest label, or from 0 where those above would overflow.
class FreeIds {
 public:
  explicit FreeIds(const Record& classes) {
    for (const Record& c : classes) taken_.insert(c.at("label").whole());
    const long long largest = *taken_.rbegin();
    next_ = largest < std::numeric_limits<long long>::max() / 2 ? largest + 1 : 0;
  }
  long long take() {
    while (taken_.count(next_) > 0) ++next_;
    return next_++;
  }

 private:
  std::set<long long> taken_;
  long long next_;
};

Record tree_record(const std::vector<ClassPair>& pairs, const Record& data, double largest_time) {
  const Record& classes = data.at("classes");
  const auto k = static_cast<Index>(classes.size());
  FreeIds ids(classes);
  std::vector<Record> members, labels;
  for (const Record& c : classes) {
    members.push_back(Record::list({c.at("label")}));
    labels.push_back(c.at("label"));
  }
  Record tree = Record::list();
  for (const observables::Merge& merge : observables::class_tree(pairs, k, largest_time)) {
    const Record &a = members[merge.a], &b = members[merge.b];
    Record both = a;
    for (const Record& label : b) both.push_back(label);
    const long long id = ids.take();
    tree.push_back({{"a", labels[merge.a]},
                    {"b", labels[merge.b]},
                    {"t", merge.t},
                    {"basis", kBasis[static_cast<int>(merge.basis)]},
                    {"id", id},
                    {"classes_a", a},
                    {"classes_b", b}});
    members.push_back(both);
    labels.emplace_back(id);
  }
  return tree;
}

// The coarsest split by both criteria, and how many pairs they part on.
Record trust_record(const Record& speciation) {
  const Record& tree = speciation.at("tree");
  if (tree.is_null() || tree.empty() || speciation.at("half_log").is_null()) return nullptr;
  const double bayes = tree.back().at("t").number(), spectral = speciation.at("half_log").number();
  int compared = 0, apart = 0, unresolved = 0;
  for (const Record& pair : speciation.at("pairs")) {
    if (pair.at("spectral").is_null()) continue;
    ++compared;
    if (pair.at("t_rs_loo").is_null()) {
      ++unresolved;
      continue;
    }
    const double error = number_from(pair.at("t_rs_loo_stderr"));
    if (std::abs(pair.at("spectral").number() - pair.at("t_rs_loo").number()) > std::max(kAgreement, 2 * error))
      ++apart;
  }
  const bool agree = std::abs(bayes - spectral) <= kAgreement && apart == 0 && unresolved == 0;
  std::string text = fmt::format(
      "The spectral criterion places speciation at t = {:.2f}, the Bayes posterior the coarsest split of classes at t "
      "= {:.2f}.",
      spectral, bayes);
  if (compared > 0)
    text += fmt::format(
        " Of {} pairs of classes the two part on {}, and {} have no leave-one-out root although the spectral criterion "
        "names a time.",
        compared, apart, unresolved);
  text += agree ? " They agree here; either serves."
                : " Trust the Bayes times: the leading mode of the covariance is a direction of large variance, and "
                  "only where it is also the "
                  "direction between the class means (overlap near 1) is its time one of speciation.";
  return {
      {"which", agree ? "either" : "bayes"}, {"text", text},         {"spectral", spectral},          {"bayes", bayes},
      {"pairs_compared", compared},          {"pairs_apart", apart}, {"pairs_unresolved", unresolved}};
}

void add_confusion(const std::vector<Slice>& slices, Record& record) {
  record["confusion"] = Record::list();
  for (const Slice& slice : slices)
    record["confusion"].push_back({{"t", slice.t},
                                   {"matrix", matrix_record(slice.as_is.confusion)},
                                   {"matrix_loo", matrix_record(slice.left_out.confusion)}});
}

}  // namespace

Record speciation_record(const Measured& measured) {
  const std::vector<Slice>& slices = measured.slices;
  const Record modes = modes_of(measured.data);
  Record record = {{"half_log", nullptr},
                   {"half_log1p", nullptr},
                   {"half_asinh", nullptr},
                   {"modes", modes},
                   {"chance", nullptr},
                   {"phi", nullptr},
                   {"phi_loo", nullptr},
                   {"phi_test", nullptr},
                   {"accuracy_loo", nullptr},
                   {"class_entropy", nullptr},
                   {"class_entropy_loo", nullptr},
                   {"confusion", nullptr},
                   {"pairs", nullptr},
                   {"tree", nullptr},
                   {"trust", nullptr},
                   {"reason", nullptr},
                   {"half_log_reason", nullptr}};
  if (!modes.empty()) {
    for (const char* name : {"half_log", "half_log1p", "half_asinh"}) record[name] = modes[0].at(name);
    record["half_log_reason"] = modes[0].at("reason");
  }
  if (!slices.front().has_classes) {
    record["reason"] = measured.data.at("classes").empty() ? "the data have no labels; give --labels FILE"
                                                           : "the data have one class only";
    return record;
  }
  double chance = 0;
  const double n = measured.data.at("rows").number();
  for (const Record& c : measured.data.at("classes")) chance += std::pow(c.at("count").number() / n, 2);
  record["chance"] = chance;
  record["phi"] = curve(slices, &Slice::as_is, &ClassCurves::phi, "phi");
  record["phi_loo"] = curve(slices, &Slice::left_out, &ClassCurves::phi, "phi");
  record["accuracy_loo"] = curve(slices, &Slice::left_out, &ClassCurves::accuracy, "value");
  record["class_entropy"] = curve(slices, &Slice::as_is, &ClassCurves::class_entropy, "value");
  record["class_entropy_loo"] = curve(slices, &Slice::left_out, &ClassCurves::class_entropy, "value");
  if (slices.front().has_test) {
    record["phi_test"] = Record::list();
    for (const Slice& slice : slices)
      record["phi_test"].push_back(
          {{"t", slice.t}, {"phi", finite(slice.test_phi.value)}, {"stderr", finite(slice.test_phi.standard_error)}});
  }
  const auto k = static_cast<Index>(measured.data.at("classes").size());
  if (k > observables::kMaxPairClasses) {
    record["reason"] = fmt::format("{} classes are too many for pair times (at most {}); choose some with --classes", k,
                                   observables::kMaxPairClasses);
    return record;
  }
  add_confusion(slices, record);
  const std::vector<ClassPair> pairs = observables::pair_times(slices, k);
  record["pairs"] = Record::list();
  for (const ClassPair& pair : pairs) record["pairs"].push_back(pair_record(pair, measured.data));
  const std::vector<Index>& queries = slices.front().class_queries;
  const Index fewest = *std::min_element(queries.begin(), queries.end());
  if (fewest < observables::kFewestForBalance) {
    record["reason"] =
        fmt::format("only {} queries from a class, at least {} are needed for pair times; raise --queries", fewest,
                    observables::kFewestForBalance);
    return record;
  }
  record["tree"] = tree_record(pairs, measured.data, slices.back().t);
  record["trust"] = trust_record(record);
  return record;
}

Record guidance_record(const Measured& measured, const Record& speciation) {
  Record record = {{"t_high", nullptr},
                   {"t_low", nullptr},
                   {"t_high_loo", nullptr},
                   {"t_low_loo", nullptr},
                   {"clocks", {{"high", nullptr}, {"low", nullptr}}},
                   {"convention", "score = S_c + omega (S_c - S_u); diffusers' guidance_scale = 1 + omega"},
                   {"reason", nullptr},
                   {"reason_loo", nullptr}};
  if (speciation.at("chance").is_null()) {
    record["reason"] = speciation.at("reason");
    return record;
  }
  std::vector<double> times;
  std::vector<Estimate> phi, phi_loo;
  for (const Slice& slice : measured.slices) {
    times.push_back(slice.t);
    phi.push_back(slice.as_is.phi);
    phi_loo.push_back(slice.left_out.phi);
  }
  const double chance = speciation.at("chance").number();
  const auto window = observables::guidance_window(times, phi, chance),
             own = observables::guidance_window(times, phi_loo, chance);
  record["t_high"] = finite(window.high.t);
  record["t_low"] = finite(window.low.t);
  record["t_high_loo"] = finite(own.high.t);
  record["t_low_loo"] = finite(own.low.t);
  if (window.high.t) record["clocks"]["high"] = clock_record(*window.high.t);
  if (window.low.t) record["clocks"]["low"] = clock_record(*window.low.t);
  if (!window.high.t)
    record["reason"] = "phi is " + window.high.reason;
  else if (!window.low.t)
    record["reason"] = "phi is " + window.low.reason;
  if (!own.high.t)
    record["reason_loo"] = "phi_loo is " + own.high.reason;
  else if (!own.low.t)
    record["reason_loo"] = "phi_loo is " + own.low.reason;
  return record;
}

}  // namespace denoiscope::experiments
