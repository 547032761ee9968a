// The findings for a terminal: the verdict first, every found time in every clock, columns that line up.
#include "denoiscope/report/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::report {
namespace {

std::string data_summary(const Reading& data) {
  std::string shape;
  for (const Reading& side : data["shape"].list()) shape += (shape.empty() ? "" : " x ") + side.text();
  std::string text = heading("data  " + plain(data["name"].text()));
  text +=
      row("rows, dimension", fmt::format("{}, {}{}", count(data["rows"].number()), count(data["dimension"].number()),
                                         data["shape"].list().size() < 2 ? "" : " (" + shape + ")"));
  const auto classes = data["classes"].list();
  if (!classes.empty()) {
    double least = HUGE_VAL, most = 0;
    for (const Reading& c : classes)
      least = std::min(least, c["count"].number().value_or(0)), most = std::max(most, c["count"].number().value_or(0));
    text += row("classes", fmt::format("{}, of {} to {} rows", classes.size(), count(least), count(most)));
  }
  const Reading doubles = data["duplicates"];
  if (!doubles.null())
    text += row("duplicates", fmt::format("{} exact ({} across classes), {} near of {} looked at",
                                          count(doubles["exact"].number()), count(doubles["cross_class"].number()),
                                          count(doubles["near"].number()), count(doubles["near_checked"].number())));
  const auto range = data["range"].list();
  if (range.size() == 2)
    text +=
        row("range, scale", fmt::format("{} … {}, {} ({})", number(range[0].number(), 4), number(range[1].number(), 4),
                                        plain(data["scale"].text()), plain(data["stored_type"].text())));
  std::string leading;
  for (const Reading& eigenvalue : data["eigenvalues"].list()) {
    if (leading.size() > 50) break;
    leading += (leading.empty() ? "" : ", ") + number(eigenvalue.number(), 4);
  }
  if (!leading.empty()) text += row("leading eigenvalues", leading);
  text += row("trace, participation dim.", fmt::format("{}, {}", number(data["trace"].number(), 4),
                                                       number(data["participation_dimension"].number())));
  text += row("non-finite, constant features",
              fmt::format("{}, {}", nonfinite(data), count(data["constant_features"].number())));
  if (!data["test"].null()) text += row("test rows", count(data["test"]["rows"].number()));
  return text;
}

std::string found_times(const Reading& result) {
  const Reading speciation = result["speciation"], collapse = result["collapse"], guidance = result["guidance"];
  std::string rows = time_row("speciation of the first mode", speciation["half_log"].number());
  const auto tree = speciation["tree"].list();
  if (!tree.empty()) rows += time_row("first classes part", tree.back()["t"].number());
  if (tree.size() > 1) rows += time_row("last classes part", tree.front()["t"].number());
  rows += time_row("guidance window, from", guidance["t_high"].number()) +
          time_row("guidance window, until", guidance["t_low"].number());
  rows += time_row("guidance window, from, leave-one-out", guidance["t_high_loo"].number()) +
          time_row("guidance window, until, leave-one-out", guidance["t_low_loo"].number());
  rows += time_row("collapse", collapse["t_c"].number()) +
          time_row("collapse, f/alpha = 1/2", collapse["t_c_half"].number());
  rows += time_row("collapse, Gaussian of the same spectrum", collapse["t_c_gaussian"].number());
  return rows.empty() ? "" : "\n" + time_head() + rows;
}

std::string joined(const Reading& labels, const ClassNames& names) {
  std::string text;
  for (const Reading& label : labels.list()) text += (text.empty() ? "" : ", ") + names.of(label.text());
  return text;
}

/// The time by which pairs are ranked: leave-one-out where it has a root, for it owes nothing to having seen the datum.
std::optional<double> rank_of(const Reading& pair) {
  return pair["t_rs_loo"].null() ? pair["t_rs"].number() : pair["t_rs_loo"].number();
}

std::string pair_lines(const Reading& pairs, const ClassNames& names) {
  std::vector<Reading> known;
  for (const Reading& pair : pairs.list())
    if (rank_of(pair)) known.push_back(pair);
  if (known.empty()) return {};
  std::stable_sort(known.begin(), known.end(),
                   [](const Reading& a, const Reading& b) { return rank_of(a) > rank_of(b); });
  constexpr std::size_t kEnds = 4;
  std::string text =
      "  " +
      fit(fmt::format("pairs, earliest to latest ({} of {})", std::min(known.size(), 2 * kEnds), pairs.list().size()),
          kName) +
      right("leave-one-out", 18) + right("perfect machine", 18) + right("spectral", 12) + "\n";
  for (std::size_t i = 0; i < known.size(); ++i) {
    if (known.size() > 2 * kEnds && i >= kEnds && i < known.size() - kEnds) {
      if (i == kEnds) text += "    ...\n";
      continue;
    }
    const Reading& p = known[i];
    text += "    " + fit(plain(names.of(p["a"].text()) + " | " + names.of(p["b"].text())), kName - 2) +
            right(with_error(p["t_rs_loo"].number(), p["t_rs_loo_stderr"].number()), 18) +
            right(with_error(p["t_rs"].number(), p["t_rs_stderr"].number()), 18) +
            right(number(p["spectral"].number()), 12) + "\n";
  }
  return text;
}

/// The forks of the class tree, those that part first on top, each below the fork it comes from.
void fork_lines(const std::string& id, std::map<std::string, Reading>& forks, const ClassNames& names,
                std::size_t depth, std::string& text) {
  const auto fork = forks.extract(id);  // taken out, so that a record that bites its own tail ends here
  if (fork.empty()) return;
  const Reading& merge = fork.mapped();
  const std::string indent(2 + 2 * std::min<std::size_t>(depth, 12), ' ');
  const std::string sides = joined(merge["classes_a"], names) + " | " + joined(merge["classes_b"], names);
  const std::string named = merge["basis"].text();
  const std::string basis = named == "empirical" ? "  (perfect machine)" : named == "between" ? "  (between)" : "";
  text += indent + fit(number(merge["t"].number()), 6) + "  " +
          fit(plain(sides), std::min(columns(sides), kWidth - indent.size() - 9 - basis.size())) + basis + "\n";
  fork_lines(merge["a"].text(), forks, names, depth + 1, text);
  fork_lines(merge["b"].text(), forks, names, depth + 1, text);
}

std::string tree_lines(const Reading& tree, const ClassNames& names) {
  const auto merges = tree.list();
  std::map<std::string, Reading> forks;
  std::set<std::string> below;  // forks that hang from another
  for (const Reading& merge : merges) {
    forks.emplace(merge["id"].text(), merge);
    below.insert({merge["a"].text(), merge["b"].text()});
  }
  std::string text;
  for (auto merge = merges.rbegin(); merge != merges.rend(); ++merge)
    if (below.count((*merge)["id"].text()) == 0) fork_lines((*merge)["id"].text(), forks, names, 0, text);
  if (text.empty()) return {};
  constexpr std::ptrdiff_t kMost = 24;  // lines: a terminal shows the coarse forks, the page shows all
  std::size_t end = 0;
  for (std::ptrdiff_t i = 0; i < kMost && end != std::string::npos; ++i) end = text.find('\n', end + 1);
  if (end != std::string::npos && end + 1 < text.size())
    text = text.substr(0, end + 1) + "    ... all forks are in report.html\n";
  return "  class tree: t, what parts\n" + text;
}

std::string speciation(const Reading& result) {
  const Reading speciation = result["speciation"];
  const ClassNames names(result["data"]["classes"]);
  std::string text;
  if (!speciation["reason"].null()) text += wrapped("  ", speciation["reason"].text());
  if (!speciation["trust"]["text"].null()) text += wrapped("  ", speciation["trust"]["text"].text());
  text += pair_lines(speciation["pairs"], names) + tree_lines(speciation["tree"], names);
  return text.empty() ? "" : heading("speciation") + text;
}

std::string collapse(const Reading& collapse) {
  std::string text;
  if (!collapse["reason"].null()) text += wrapped("  ", collapse["reason"].text());
  if (!collapse["alpha"].null()) text += row("alpha = log n / d", number(collapse["alpha"].number(), 4) + " nats");
  if (!collapse["t_c"].null())
    text += row("t_C", with_error(collapse["t_c"].number(), collapse["t_c_stderr"].number()));
  if (!collapse["t_c_half"].null())
    text += row("t at f/alpha = 1/2", with_error(collapse["t_c_half"].number(), collapse["t_c_half_stderr"].number()));
  std::string subsets;
  for (const Reading& subset : collapse["subsets"].list())
    subsets += fmt::format("{}{}: {}", subsets.empty() ? "" : ", ", count(subset["n"].number()),
                           number(subset["t_c"].number()));
  if (!subsets.empty()) text += wrapped("  " + fit("t_C of subsets of n data", 30) + "  ", subsets);
  for (const Reading& target : collapse["samples"]["targets"].list()) {
    const std::string n = target["n"].null() ? "–" : about(target["n"].number());
    const std::string interval =
        target["n_low"].null() || target["n_high"].null()
            ? ""
            : fmt::format(" ({} … {})", about(target["n_low"].number()), about(target["n_high"].number()));
    const std::string why = target["reason"].null() ? "" : "; " + target["reason"].text();
    text += wrapped("  " + fit("data to reach t " + number(target["t"].number()), 30) + "  ",
                    fmt::format("{}{}: {}{}", n, interval, target["what"].text(), why));
  }
  return text.empty() ? "" : heading("collapse") + text;
}

std::string guidance(const Reading& guidance) {
  std::string text;
  if (!guidance["convention"].null()) text += wrapped("  ", guidance["convention"].text());
  if (!guidance["reason"].null()) text += wrapped("  ", guidance["reason"].text());
  return text.empty() ? "" : heading("guidance window") + text;
}

std::string regimes(const Reading& regimes) {
  std::string text;
  for (const Reading& regime : regimes.list()) {
    const std::string from = regime["t_from"].null() ? "inf" : number(regime["t_from"].number()),
                      to = regime["t_to"].null() ? "0" : number(regime["t_to"].number());
    text += wrapped("  " + fit(plain(regime["name"].text()), 20) + right(from, 6) + " > t > " + fit(to, 7),
                    regime["text"].text());
  }
  return text.empty() ? "" : heading("regimes, as generation meets them") + text;
}

std::string windows(const Reading& window) {
  std::string text;
  for (const char* which : {"coarsest", "finest"})
    if (!window[which]["width"].null()) text += row(fmt::format("{} classes", which), window_text(window[which]));
  return text.empty() ? "" : heading("window between speciation and collapse") + text;
}

}  // namespace

std::string table(const Record& result, bool colours) {
  const Reading record(result, "result.json: ");
  if (is_of_experiment(record)) return replaced(frame_text(record["page"], colours), "−", "-");
  if (is_of_model(record)) return replaced(model_table(record, colours), "−", "-");
  std::string text = verdict(record["verdict"], colours) + found_times(record) + data_summary(record["data"]) +
                     speciation(record) + collapse(record["collapse"]) + guidance(record["guidance"]) +
                     regimes(record["regimes"]) + windows(record["window"]);
  // The page sets a minus sign; whoever cuts columns out of a terminal needs the hyphen.
  return replaced(std::move(text), "−", "-");
}

std::string data_table(const Record& data) {
  const Reading record(data, "data: ");
  std::string text = data_summary(record).substr(1);
  for (const Reading& c : record["classes"].list())
    text += row("  class " + c["label"].text(),
                fmt::format("{}, {} rows", plain(c["name"].text()), count(c["count"].number())));
  return replaced(std::move(text), "−", "-");
}

}  // namespace denoiscope::report
