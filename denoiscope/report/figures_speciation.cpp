// Speciation: how two clones come to share their class, which pairs of classes part when, and the tree they form.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "denoiscope/base/error.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/plot.hpp"

namespace denoiscope::report {
namespace {

/// The classes as leaves of the tree, in an order in which no two branches cross, and the branches as line segments.
struct Drawing {
  std::vector<std::string> leaves;
  Record segments = Record::list();  ///< of {t, until, y, y_until, basis, merge}
};

struct Node {
  double t = 0, y = 0;
  std::vector<std::string> leaves;
};

std::string joined(const std::vector<std::string>& labels, const ClassNames& names) {
  std::string text;
  for (const std::string& label : labels) text += (text.empty() ? "" : ", ") + names.of(label);
  return text;
}

/// Merges joined bottom up: the leaves of the later root follow those of the earlier one.
std::map<std::string, Node> leaves_of(const Reading& classes) {
  std::map<std::string, Node> nodes;
  for (const Reading& c : classes.list()) nodes[c["label"].text()].leaves = {c["label"].text()};
  return nodes;
}

}  // namespace

std::vector<std::string> leaf_order(const Reading& classes, const std::vector<Reading>& tree) {
  std::map<std::string, Node> nodes = leaves_of(classes);
  for (const Reading& merge : tree) {
    const auto [place, fresh] = nodes.try_emplace(merge["id"].text());
    if (!fresh)
      throw DataError("{}: found '{}' again, expected an id that no class or merge has. Run the analysis again.",
                      merge["id"].place(), merge["id"].text());
    Node& joint = place->second;
    for (const char* side : {"a", "b"}) {
      const auto part = nodes.find(merge[side].text());
      if (part == nodes.end())
        throw DataError(
            "{}: found '{}', expected the label of a class or the id of an earlier merge. Run the analysis again.",
            merge[side].place(), merge[side].text());
      joint.leaves.insert(joint.leaves.end(), part->second.leaves.begin(), part->second.leaves.end());
      nodes.erase(part);
    }
  }
  std::vector<std::string> order;
  for (const auto& root : nodes) order.insert(order.end(), root.second.leaves.begin(), root.second.leaves.end());
  return order;
}

namespace {

Drawing draw_tree(const Reading& result, const std::vector<Reading>& tree, const TimeAxis& axis,
                  const ClassNames& names) {
  Drawing drawing{leaf_order(result["data"]["classes"], tree)};
  std::map<std::string, Node> nodes = leaves_of(result["data"]["classes"]);
  for (std::size_t i = 0; i < drawing.leaves.size(); ++i) {
    nodes[drawing.leaves[i]].t = axis.low();
    nodes[drawing.leaves[i]].y = static_cast<double>(i);
  }
  const auto segment = [&](double t, double until, double y, double y_until, const std::string& basis,
                           const std::string& text) {
    drawing.segments.push_back(
        {{"t", t}, {"until", until}, {"y", y}, {"y_until", y_until}, {"basis", basis}, {"merge", text}});
  };
  for (const Reading& merge : tree) {
    const Node a = nodes[merge["a"].text()], b = nodes[merge["b"].text()];
    const double t = std::clamp(merge["t"].number().value_or(axis.low()), axis.low(), axis.high());
    const std::string basis = merge["basis"].text();
    const std::string text =
        fmt::format("{} | {}: t = {}", joined(a.leaves, names), joined(b.leaves, names), number(merge["t"].number()));
    segment(a.t, t, a.y, a.y, basis, text);
    segment(b.t, t, b.y, b.y, basis, text);
    segment(t, t, a.y, b.y, basis, text);
    Node& joint = nodes[merge["id"].text()];
    joint = {t, 0.5 * (a.y + b.y), a.leaves};
    joint.leaves.insert(joint.leaves.end(), b.leaves.begin(), b.leaves.end());
  }
  return drawing;
}

Record leaf_names(const std::vector<std::string>& leaves, const ClassNames& names, const Record& y) {
  Record rows = Record::list();
  for (std::size_t i = 0; i < leaves.size(); ++i)
    rows.push_back({{"y", static_cast<double>(i)}, {"name", names.of(leaves[i])}});
  return {{"data", {{"values", rows}}},
          {"mark", {{"type", "text"}, {"align", "right"}, {"baseline", "middle"}, {"limit", 190}, {"tooltip", false}}},
          {"encoding", {{"x", {{"value", -8}}}, {"y", y}, {"text", {{"field", "name"}}}}}};
}

void add_tree(const Reading& result, const ClassNames& names, Figures& out) {
  const auto tree = result["speciation"]["tree"].list();
  if (tree.empty()) return;
  const TimeAxis axis(result);
  const Drawing drawing = draw_tree(result, tree, axis, names);
  const double many = static_cast<double>(drawing.leaves.size());
  const Record y = {{"field", "y"},
                    {"type", "quantitative"},
                    {"axis", nullptr},
                    {"scale", {{"domain", Record::list({many - 0.4, -0.6})}, {"nice", false}}}};
  Record bases = Record::list(), shades = Record::list();
  for (const auto& basis : {std::pair("leave-one-out", kColours.leave_one_out), std::pair("between", kColours.weights),
                            std::pair("empirical", kColours.own)}) {
    const auto uses = [&](const Reading& merge) { return merge["basis"].text() == basis.first; };
    if (std::none_of(tree.begin(), tree.end(), uses)) continue;
    bases.push_back(basis.first);
    shades.push_back(basis.second);
  }
  const Record colour = {
      {"field", "basis"}, {"type", "nominal"}, {"title", nullptr}, {"scale", {{"domain", bases}, {"range", shades}}}};
  Record layers = axis.background(result);
  layers.push_back(
      {{"data", {{"values", drawing.segments}}},
       {"mark", {{"type", "rule"}, {"strokeWidth", 2}, {"strokeCap", "round"}, {"opacity", 1}}},
       {"encoding",
        {{"x", axis.x()},
         {"x2", {{"field", "until"}}},
         {"y", y},
         {"y2", {{"field", "y_until"}}},
         {"color", colour},
         {"tooltip", Record::list({Record{{"field", "merge"}, {"title", "parts"}}, Record{{"field", "basis"}}})}}}});
  layers.push_back(leaf_names(drawing.leaves, names, y));
  out.emplace_back(
      "class_tree",
      over_time(
          "Class tree",
          "Read from right to left, as generation runs: each fork is the time at which a cloud of trajectories decides "
          "between the classes on its two branches. Leave-one-out: both versions of the posterior agree on it; "
          "between: "
          "it is the middle of the two; empirical: only the perfect machine ever parts them.",
          kWide, static_cast<int>(std::clamp(26 * many, 120.0, 1400.0)), std::move(layers)));
}

Record pair_rows(const Reading& pairs, const ClassNames& names) {
  Record rows = Record::list();
  for (const Reading& pair : pairs.list()) {
    Record row = {{"own", nullptr}, {"loo", nullptr}, {"spectral", nullptr}};
    if (const auto t = pair["t_rs"].number()) row["own"] = *t;
    if (const auto t = pair["t_rs_loo"].number()) row["loo"] = *t;
    if (const auto t = pair["spectral"].number()) row["spectral"] = *t;
    const std::string a = names.of(pair["a"].text()), b = names.of(pair["b"].text());
    row["why"] = pair["reason_loo"].null() ? pair["reason"].text() : pair["reason_loo"].text();
    row["a"] = a, row["b"] = b;
    rows.push_back(row);
    row["a"] = b, row["b"] = a;
    rows.push_back(std::move(row));
  }
  return rows;
}

struct Panel {
  const char *field, *title;
  bool first;
};

Record pair_panel(const Panel& panel, const Record& order, const Record& range) {
  const std::string field = panel.field;
  const auto many = static_cast<int>(order.size());
  const int side = std::clamp(270 / many, 3, 64) * many;
  const auto names = [&](const char* channel, bool shown) {
    Record axis = {{"title", nullptr}, {"labelAngle", std::string_view(channel) == "a" ? -90 : 0},
                   {"labelLimit", 90}, {"domain", false},
                   {"ticks", false},   {"grid", false}};
    // No `sort`: Vega-Lite writes it into an expression, and names have no place there (see figures_confusion.cpp).
    return Record{{"field", channel},
                  {"type", "nominal"},
                  {"sort", nullptr},
                  {"scale", {{"domain", order}}},
                  {"axis", shown ? axis : Record(nullptr)}};
  };
  const Record known = {{"filter", "isValid(datum." + field + ")"}};
  const Record tip =
      Record::list({Record{{"field", "a"}, {"title", "class"}}, Record{{"field", "b"}, {"title", "from"}},
                    Record{{"field", "own"}, {"title", "t of the perfect machine"}, {"format", ".3~g"}},
                    Record{{"field", "loo"}, {"title", "t, leave-one-out"}, {"format", ".3~g"}},
                    Record{{"field", "spectral"}, {"title", "t, spectral"}, {"format", ".3~g"}},
                    Record{{"field", "why"}, {"title", "remark"}}});
  const Record x = names("a", many <= 40), y = names("b", many <= 40 && panel.first);
  Record legend = {{"title", "t"}, {"gradientLength", 150}, {"orient", "right"}, {"format", ".2~g"}};
  Record layers = Record::list();
  layers.push_back({{"mark", {{"type", "rect"}, {"fill", "#888"}, {"opacity", 0.18}}},
                    {"encoding", {{"x", x}, {"y", y}, {"tooltip", tip}}}});
  layers.push_back({{"transform", Record::list({known})},
                    {"mark", {{"type", "rect"}, {"opacity", 1}}},
                    {"encoding",
                     {{"x", x},
                      {"y", y},
                      {"tooltip", tip},
                      {"color",
                       {{"field", field},
                        {"type", "quantitative"},
                        {"scale", {{"scheme", "viridis"}, {"domain", range}}},
                        {"legend", field == "spectral" ? legend : Record(nullptr)}}}}}});
  if (many <= 11) {
    const double light = range[0].number() + 0.55 * (range[1].number() - range[0].number());
    layers.push_back({{"transform", Record::list({known})},
                      {"mark", {{"type", "text"}, {"fontSize", 9}}},
                      {"encoding",
                       {{"x", x},
                        {"y", y},
                        {"text", {{"field", field}, {"type", "quantitative"}, {"format", ".2f"}}},
                        {"color",
                         {{"condition", {{"test", fmt::format("datum.{} > {}", field, light)}, {"value", "#111"}}},
                          {"value", "#fff"}}}}}});
  }
  return {{"title", {{"text", panel.title}, {"fontSize", 12}, {"fontWeight", "normal"}, {"anchor", "middle"}}},
          {"width", side},
          {"height", side},
          {"layer", layers}};
}

void add_pairs(const Reading& result, const ClassNames& names, Figures& out) {
  const Reading pairs = result["speciation"]["pairs"];
  Record rows = pair_rows(pairs, names);
  if (rows.empty()) return;
  Record order = Record::list();
  for (const std::string& label : leaf_order(result["data"]["classes"], result["speciation"]["tree"].list()))
    order.push_back(names.of(label));
  double least = HUGE_VAL, most = -HUGE_VAL;
  for (const Record& row : rows)
    for (const char* field : {"own", "loo", "spectral"})
      if (row[field].is_number())
        least = std::min(least, row[field].number()), most = std::max(most, row[field].number());
  if (least > most || order.empty()) return;
  const Record range = Record::list({least, std::max(most, least + 1e-6)});
  Record figure = specification("Speciation times of pairs",
                                "Bright pairs part early in generation, dark ones late; where the spectral guess (half "
                                "the log of the pair's first "
                                "eigenvalue) differs from the posterior, classes do not part along the direction of "
                                "largest variance; grey: no root.");
  figure["data"] = {{"values", std::move(rows)}};
  figure["hconcat"] = Record::list({pair_panel({"loo", "leave-one-out", true}, order, range),
                                    pair_panel({"own", "perfect machine", false}, order, range),
                                    pair_panel({"spectral", "spectral", false}, order, range)});
  figure["spacing"] = 14;
  figure["resolve"] = {{"scale", {{"color", "independent"}}}};
  out.emplace_back("pairs", std::move(figure));
}

void add_small(const Reading& result, const char* name, const char* title, const char* caption, const Record& y,
               const std::vector<Series>& series, Figures& out) {
  const TimeAxis axis(result);
  Record layers = axis.background(result);
  const std::size_t before = layers.size();
  add_curves(series, axis, y, layers);
  if (layers.size() > before) out.emplace_back(name, over_time(title, caption, kHalf, 230, std::move(layers)));
}

}  // namespace

void add_speciation(const Reading& result, Figures& out) {
  const Reading speciation = result["speciation"];
  const TimeAxis axis(result);
  const std::vector<Series> series = {
      {"leave-one-out", kColours.leave_one_out, {}, curve(speciation["phi_loo"], "phi")},
      {"perfect machine", kColours.own, {6, 3}, curve(speciation["phi"], "phi")},
      {"test data", kColours.test, {2, 2}, curve(speciation["phi_test"], "phi")}};
  const Record domain = Record::list({0.0, 1.02});
  Record layers = axis.background(result);
  const std::size_t before = layers.size();
  add_curves(series, axis,
             {{"title", "φ"}, {"domain", domain}, {"axis", {{"values", Record::list({0, 0.2, 0.4, 0.6, 0.8, 1.0})}}}},
             layers);
  if (layers.size() > before) {
    if (const auto chance = speciation["chance"].number())
      layers.push_back(level(*chance, fmt::format("chance {}", number(chance, 2)), domain));
    out.emplace_back("phi", over_time("Two clones in one class",
                                      "φ is the probability that two clones branching at t end in the same class; the "
                                      "gap between the perfect machine and "
                                      "leave-one-out is what the posterior owes to having seen the datum.",
                                      kWide, 280, std::move(layers)));
  }
  const ClassNames names(result["data"]["classes"]);
  add_tree(result, names, out);
  add_pairs(result, names, out);
  add_confusion(result, out);
  add_small(result, "class_entropy", "Entropy of the class",
            "Nats left to decide about the class: it falls where classes form.",
            {{"title", "nats"}, {"domain", nullptr}},
            {{"leave-one-out", kColours.leave_one_out, {}, curve(speciation["class_entropy_loo"], "value")},
             {"perfect machine", kColours.own, {6, 3}, curve(speciation["class_entropy"], "value"), false}},
            out);
  add_small(result, "accuracy", "Accuracy of the class",
            "How often the likeliest class of the leave-one-out posterior is the true one. Where noise has hidden the "
            "classes this falls below chance: without its own datum the true class is the rarer one.",
            {{"title", "accuracy"}, {"domain", domain}},
            {{"leave-one-out", kColours.leave_one_out, {}, curve(speciation["accuracy_loo"], "value")}}, out);
}

}  // namespace denoiscope::report
