// Speciation, collapse and data: figures first, numbers behind them.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "denoiscope/base/text.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"

namespace denoiscope::report {
namespace {

constexpr std::size_t kMostRows = 2000;  // of one table; beyond that a page is no place to look things up

std::string pair_table(const Reading& pairs, const ClassNames& names) {
  const auto all = pairs.list();
  if (all.empty()) return {};
  std::string text = fmt::format(
      "<details><summary>All {} pairs in numbers</summary>\n<div "
      "class=\"scroll\"><table><thead><tr><th>pair</th><th>leave-one-out</th><th>perfect machine</th><th>spectral</th>"
      "<th>means</th><th>overlap</th><th>accuracy</th><th class=\"left\">remark</th></tr></thead><tbody>\n",
      count(static_cast<double>(all.size())));
  for (std::size_t i = 0; i < std::min(all.size(), kMostRows); ++i) {
    const Reading& p = all[i];
    const std::string remark = p["reason_loo"].null() ? p["reason"].text() : p["reason_loo"].text();
    text += fmt::format(
        "<tr><th>{} | {}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td "
        "class=\"left\">{}</td></tr>\n",
        escape_html(names.of(p["a"].text())), escape_html(names.of(p["b"].text())),
        with_error(p["t_rs_loo"].number(), p["t_rs_loo_stderr"].number()),
        with_error(p["t_rs"].number(), p["t_rs_stderr"].number()), number(p["spectral"].number()),
        number(p["means"].number()), number(p["overlap"].number(), 2), number(p["accuracy_loo"].number()),
        escape_html(remark));
  }
  text += "</tbody></table></div>\n";
  if (all.size() > kMostRows)
    text += fmt::format("<p class=\"remark\">The first {} pairs; result.json holds all of them.</p>\n", kMostRows);
  return text + "</details>\n";
}

std::string joined(const Reading& labels, const ClassNames& names) {
  std::string text;
  for (const Reading& label : labels.list()) text += (text.empty() ? "" : ", ") + names.of(label.text());
  return text;
}

std::string tree_table(const Reading& tree, const ClassNames& names) {
  const auto merges = tree.list();
  if (merges.empty()) return {};
  std::string text = "<details><summary>The forks in every clock</summary>\n<div class=\"scroll\"><table>" +
                     clock_head("what parts, first to last") + "<tbody>\n";
  for (auto merge = merges.rbegin(); merge != merges.rend(); ++merge)
    text += clock_row(fmt::format("{} <b>|</b> {}", escape_html(joined((*merge)["classes_a"], names)),
                                  escape_html(joined((*merge)["classes_b"], names))),
                      (*merge)["t"].number());
  return text + "</tbody></table></div>\n</details>\n";
}

std::string spectral_table(const Reading& speciation) {
  if (speciation["half_log"].null() && speciation["modes"].list().empty()) return {};
  std::string text =
      "<details><summary>Spectral estimates of the speciation time</summary>\n<div "
      "class=\"scroll\"><table><thead><tr><th>mode</th><th>eigenvalue Λ</th><th>½ log Λ</th>"
      "<th>½ log(1 + Λ)</th><th>½ asinh Λ/2</th></tr></thead><tbody>\n";
  int rank = 0;
  for (const Reading& mode : speciation["modes"].list())
    text += fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", rank++,
                        number(mode["eigenvalue"].number()), number(mode["half_log"].number()),
                        number(mode["half_log1p"].number()), number(mode["half_asinh"].number()));
  return text + "</tbody></table></div>\n</details>\n";
}

std::string sample_table(const Reading& samples) {
  std::string text;
  for (const Reading& target : samples["targets"].list()) {
    const bool interval = !target["n_low"].null() && !target["n_high"].null();
    text += fmt::format(
        "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td class=\"left\">{}</td></tr>\n",
        escape_html(target["what"].text()), number(target["t"].number()),
        target["n"].null() ? "–" : about(target["n"].number()),
        interval ? fmt::format("{} … {}", about(target["n_low"].number()), about(target["n_high"].number())) : "–",
        escape_html(target["reason"].text()));
  }
  if (text.empty()) return {};
  std::string law;
  if (!samples["law"].null())
    law = fmt::format("<p class=\"remark\">Law: {}{}.</p>\n", escape_html(samples["law"].text()),
                      samples["slope"].null()
                          ? ""
                          : ", slope " + with_error(samples["slope"].number(), samples["slope_stderr"].number()));
  return "<h3>Data needed</h3>\n<div class=\"scroll\"><table><thead><tr><th>to push the collapse "
         "below</th><th><i>t</i></th><th>data</th><th>interval</th><th "
         "class=\"left\">remark</th></tr></thead><tbody>\n" +
         text + "</tbody></table></div>\n" + law;
}

std::string fact(const std::string& name, const std::string& value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", name, escape_html(value));
}

std::string facts(const Reading& data) {
  const Reading doubles = data["duplicates"];
  std::string text = "<dl class=\"facts\">\n";
  text += fact("stored as", data["stored_type"].text().empty() ? "–" : data["stored_type"].text());
  const auto range = data["range"].list();
  if (range.size() == 2)
    text += fact("range", fmt::format("{} … {}", number(range[0].number()), number(range[1].number())));
  text += fact("scale", data["scale"].text().empty() ? "–" : data["scale"].text());
  text += fact("total variance", number(data["trace"].number(), 4)) +
          fact("participation dimension", number(data["participation_dimension"].number()));
  text +=
      fact("non-finite values", nonfinite(data)) + fact("constant features", count(data["constant_features"].number()));
  if (!doubles.null()) {
    text += fact("exact duplicates",
                 fmt::format("{} in {} groups, largest {}", count(doubles["exact"].number()),
                             count(doubles["groups"].number()), count(doubles["largest_group"].number())));
    text += fact("duplicates across classes", count(doubles["cross_class"].number()));
    text += fact("near duplicates", fmt::format("{} of {} looked at", count(doubles["near"].number()),
                                                count(doubles["near_checked"].number())));
    text += fact("typical distance", number(doubles["typical_distance"].number()));
  }
  if (!data["test"].null()) text += fact("test rows", count(data["test"]["rows"].number()));
  return text + "</dl>\n";
}

std::string class_table(const Reading& classes) {
  const auto all = classes.list();
  if (all.empty()) return {};
  double most = 1;
  for (const Reading& c : all) most = std::max(most, c["count"].number().value_or(0));
  std::string text =
      "<div class=\"scroll\"><table class=\"classes\"><thead><tr><th>label</th><th "
      "class=\"left\">class</th><th>rows</th><th></th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < std::min(all.size(), kMostRows); ++i) {
    const Reading& c = all[i];
    text += fmt::format(
        "<tr><th>{}</th><td class=\"left\">{}</td><td>{}</td><td class=\"bar\"><span "
        "style=\"width:{:.1f}%\"></span></td></tr>\n",
        escape_html(c["label"].text()), escape_html(shortened(c["name"].text())), count(c["count"].number()),
        100 * c["count"].number().value_or(0) / most);
  }
  text += "</tbody></table></div>\n";
  return all.size() > 30 ? fmt::format("<details><summary>The {} classes</summary>\n{}</details>\n", all.size(), text)
                         : text;
}

}  // namespace

std::string speciation_part(const Page& page) {
  const Reading speciation = page.result["speciation"];
  const ClassNames names(page.result["data"]["classes"]);
  std::string text =
      "<section id=\"speciation\">\n<h2>Speciation: when classes form</h2>\n" + absent(speciation["reason"]);
  if (!speciation["trust"]["text"].null())
    text += fmt::format("<p class=\"lead\">{}</p>\n", escape_html(speciation["trust"]["text"].text()));
  text += figure_places(page, {"phi"}) + figure_places(page, {"class_tree"}) + tree_table(speciation["tree"], names);
  text += figure_places(page, {"pairs"}) + pair_table(speciation["pairs"], names) + figure_places(page, {"confusion"}) +
          figure_places(page, {"class_entropy", "accuracy"});
  return text + spectral_table(speciation) + "</section>\n";
}

std::string collapse_part(const Page& page) {
  const Reading collapse = page.result["collapse"];
  std::string text = "<section id=\"collapse\">\n<h2>Collapse: when single data are reproduced</h2>\n" +
                     absent(collapse["reason"]) + figure_places(page, {"collapse"});
  text += "<div class=\"scroll\"><table>" + clock_head("") + "<tbody>\n" +
          clock_row("collapse t<sub>C</sub>", collapse["t_c"].number());
  text += clock_row("f/α = ½", collapse["t_c_half"].number()) +
          clock_row("Gaussian of the same spectrum", collapse["t_c_gaussian"].number());
  const auto band = collapse["band"].list();
  if (band.size() == 2)
    text += clock_row("band of the finite size, low", band[0].number()) +
            clock_row("band of the finite size, high", band[1].number());
  text += "</tbody></table></div>\n" + figure_places(page, {"subsets", "samples"}) + sample_table(collapse["samples"]);
  return text + figure_places(page, {"cross_entropy"}) + "</section>\n";
}

std::string data_part(const Page& page) {
  const Reading data = page.result["data"];
  return "<section id=\"data\">\n<h2>The data</h2>\n" + facts(data) + figure_places(page, {"spectrum"}) +
         class_table(data["classes"]) + "</section>\n";
}

}  // namespace denoiscope::report
