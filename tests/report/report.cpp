#include "denoiscope/report/report.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "denoiscope/base/error.hpp"

namespace {

namespace report = denoiscope::report;
using denoiscope::json_text;
using denoiscope::parse_record;
using denoiscope::Record;

constexpr const char* kHostile = "</script><script>alert(1)</script>";

/// A 1 x 1 PNG.
const std::string kPng(
    "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\0\0\0\0:~\x9bU\0\0\0\nIDATx\x9c"
    "c`\0\0\0\x02\0\x01H\xaf\xa4q\0\0\0\0IEND\xae"
    "B`\x82",
    67);

Record curve(const char* field, double first, double last) {
  Record points = Record::list();
  for (int i = 0; i < 5; ++i)
    points.push_back({{"t", 0.05 * (1 << i)}, {field, first + 0.25 * i * (last - first)}, {"stderr", 0.01}});
  return points;
}

Record pair(int a, int b, double t) {
  return {{"a", a},
          {"b", b},
          {"t_rs", t},
          {"t_rs_stderr", 0.01},
          {"t_rs_loo", t - 0.1},
          {"t_rs_loo_stderr", 0.02},
          {"spectral", t + 0.1},
          {"means", t},
          {"overlap", 0.5},
          {"accuracy_loo", 0.9},
          {"reason", nullptr},
          {"reason_loo", nullptr}};
}

/// Five times; at the first the classes are certain, at the last all alike. No query came from class 2 at the second.
Record confusion() {
  Record times = Record::list();
  for (int i = 0; i < 5; ++i) {
    const double other = i / 12.0, own = 1 - 2 * other;
    const Record rows = {{own, other, other}, {other, own, other}, {other, other, own}};
    times.push_back({{"t", 0.05 * (1 << i)}, {"matrix", rows}, {"matrix_loo", rows}});
  }
  times[1]["matrix_loo"][2] = {nullptr, nullptr, nullptr};
  return times;
}

Record labelled_speciation() {
  Record speciation = {
      {"half_log", 0.7}, {"half_log1p", 0.71}, {"half_asinh", 0.7}, {"chance", 0.34}, {"reason", nullptr}};
  speciation["modes"] =
      Record::list({Record{{"eigenvalue", 4.0}, {"half_log", 0.7}, {"half_log1p", 0.8}, {"half_asinh", 0.72}}});
  speciation["phi"] = curve("phi", 1, 0.34);
  speciation["phi_loo"] = curve("phi", 0.9, 0.34);
  speciation["accuracy_loo"] = curve("value", 0.95, 0.34);
  speciation["class_entropy"] = speciation["class_entropy_loo"] = curve("value", 0, 1.1);
  speciation["pairs"] = Record::list({pair(0, 1, 0.3), pair(0, 2, 0.6), pair(1, 2, 0.6)});
  speciation["pairs"][0]["t_rs_loo"] = nullptr;
  speciation["pairs"][0]["reason_loo"] = "the log-odds never reach one deviation";
  speciation["confusion"] = confusion();
  speciation["tree"] = Record::list(
      {Record{
           {"a", 0}, {"b", 1}, {"t", 0.3}, {"basis", "empirical"}, {"id", 3}, {"classes_a", {0}}, {"classes_b", {1}}},
       Record{{"a", 3},
              {"b", 2},
              {"t", 0.6},
              {"basis", "leave-one-out"},
              {"id", 4},
              {"classes_a", {0, 1}},
              {"classes_b", {2}}}});
  speciation["trust"] = {{"which", "leave-one-out"}, {"text", "trust the leave-one-out times"}};
  return speciation;
}

Record collapse() {
  Record record = {{"alpha", 0.5},    {"t_c", 0.2},           {"t_c_stderr", 0.004},
                   {"t_c_half", 0.3}, {"t_c_gaussian", 0.15}, {"band", {0.18, 0.24}}};
  for (const char* field : {"f", "f_published", "f_gaussian", "f_softplus"})
    record[field] = curve("f_over_alpha", 0, 1);
  record["phi_c"] = curve("value", 1, 0);
  record["subsets"] = Record::list();
  for (const int n : {500, 1000})
    record["subsets"].push_back(
        {{"n", n}, {"t_c", 0.4 - 0.0001 * n}, {"t_c_stderr", 0.01}, {"f", curve("f_over_alpha", 0, 1)}});
  record["samples"] = {
      {"law", "linear in log n"},
      {"slope", -0.05},
      {"slope_stderr", 0.01},
      {"targets", Record::list({Record{
                      {"what", "the last classes"}, {"t", 0.1}, {"n", 8000}, {"n_low", 5000}, {"n_high", 20000}}})}};
  record["cross_entropy_test"] = curve("value", 0.1, 0.4);
  return record;
}

Record full() {
  Record result = {
      {"schema", "denoiscope.analyze/1"}, {"seed", 7}, {"collapse", collapse()}, {"speciation", labelled_speciation()}};
  result["verdict"] = Record::list({Record{{"level", "warn"}, {"text", "Stop above t = 0.2."}},
                                    Record{{"level", "good"}, {"text", "The rows are clean."}}});
  result["data"] = {{"name", "three & <b>classes</b>"},
                    {"rows", 2000},
                    {"dimension", 4},
                    {"shape", {2, 2}},
                    {"eigenvalues", {4.0, 1.0, 0.5, 0.0}},
                    {"participation_dimension", 2.0},
                    {"trace", 5.5},
                    {"test", nullptr},
                    {"duplicates", {{"exact", 1}, {"groups", 1}, {"largest_group", 2}, {"cross_class", 0}}}};
  result["data"]["classes"] = Record::list({Record{{"label", 0}, {"name", kHostile}, {"count", 700}},
                                            Record{{"label", 1}, {"name", "\x1b[31mred"}, {"count", 700}},
                                            Record{{"label", 2}, {"name", "plain"}, {"count", 600}}});
  result["times"] = Record::list();
  for (int i = 0; i < 5; ++i) result["times"].push_back({{"t", 0.05 * (1 << i)}});
  result["guidance"] = {{"t_high", 0.6}, {"t_low", 0.3}, {"convention", "from chance to certainty"}};
  result["regimes"] =
      Record::list({Record{{"name", "noise"}, {"t_from", nullptr}, {"t_to", 0.6}, {"text", "nothing decided"}},
                    Record{{"name", "identity"}, {"t_from", 0.6}, {"t_to", nullptr}, {"text", "all decided"}}});
  result["strips"] =
      Record::list({Record{{"label", 0},
                           {"row", 12},
                           {"images", Record::list({Record{{"t", 0.3}, {"noisy", "a.png"}, {"mean", "a.png"}}})}}});
  return result;
}

/// Data without labels, without images, without a collapse in the range.
Record minimal() {
  Record result = {{"schema", "denoiscope.analyze/1"},
                   {"seed", 0},
                   {"guidance", nullptr},
                   {"strips", nullptr},
                   {"regimes", Record::list()}};
  result["verdict"] = Record::list({Record{{"level", "note"}, {"text", "Too few rows to say more."}}});
  result["data"] = {{"name", "bare"},   {"rows", 3},          {"dimension", 2},
                    {"shape", nullptr}, {"classes", nullptr}, {"eigenvalues", {1.0, 0.5}},
                    {"test", nullptr}};
  result["times"] = Record::list({Record{{"t", 0.1}}, Record{{"t", 1.0}}});
  result["speciation"] = {{"half_log", nullptr},
                          {"phi", nullptr},
                          {"pairs", nullptr},
                          {"tree", nullptr},
                          {"reason", "the rows have no labels"}};
  result["collapse"] = {{"alpha", 0.5}, {"f", nullptr}, {"t_c", nullptr}, {"reason", "no root in the range of times"}};
  return result;
}

class Report : public testing::Test {
 protected:
  void SetUp() override {
    folder = std::filesystem::path(testing::TempDir()) / testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    put("a.png", kPng);
  }
  void put(const std::string& name, const std::string& content) {
    std::ofstream(folder / name, std::ios::binary) << content;
  }
  std::string get(const std::string& name) {
    std::ifstream in(folder / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  /// What a DataError says, or "" where none is thrown.
  template <class Call>
  std::string complaint(Call call) {
    try {
      call();
    } catch (const denoiscope::DataError& error) {
      return error.what();
    }
    return {};
  }
  std::filesystem::path folder;
};

std::size_t occurrences(const std::string& text, const std::string& part) {
  std::size_t many = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++many;
  return many;
}

/// Inline data sets below `node`; every one must hold rows.
void inspect(const Record& node, const std::string& name, int& sets) {
  if (node.is_object() && node.contains("data")) {
    ASSERT_TRUE(node["data"]["values"].is_list()) << name;
    EXPECT_FALSE(node["data"]["values"].empty()) << name << ": " << json_text(node).substr(0, 200);
    ++sets;
  }
  if (node.is_list())
    for (const Record& child : node) inspect(child, name, sets);
  if (node.is_object())
    for (const auto& [field, child] : node.fields()) inspect(child, name, sets);
}

TEST_F(Report, VerdictStandsFirst) {
  const std::string page = report::html(full(), folder), text = report::table(full());
  const std::size_t verdict = page.find("Stop above t = 0.2.");
  ASSERT_NE(verdict, std::string::npos);
  EXPECT_LT(verdict, page.find("The rows are clean."));
  EXPECT_LT(verdict, page.find("data-figure"));
  EXPECT_NE(text.substr(0, text.find('\n')).find("Stop above t = 0.2."), std::string::npos);
}

TEST_F(Report, NothingInTheDataBecomesMarkup) {
  const std::string page = report::html(full(), folder);
  EXPECT_EQ(page.find("<script>alert"), std::string::npos);
  EXPECT_EQ(page.find("<b>classes"), std::string::npos);
  EXPECT_NE(page.find("&lt;/script&gt;&lt;script&gt;alert(1)"), std::string::npos);
  // Vega, Vega-Lite, vega-embed, the script of the page, and the block of figures: a sixth end would be a script broken
  // open.
  EXPECT_EQ(occurrences(page, "</script"), 5U);
}

TEST_F(Report, OnlyHashedScriptsAndNoNetwork) {
  const std::string page = report::html(full(), folder);
  const std::size_t policy = page.find("default-src 'none'; script-src 'sha256-");
  ASSERT_NE(policy, std::string::npos);
  const std::string sources = page.substr(policy, page.find('>', policy) - policy);
  EXPECT_EQ(occurrences(sources, "'sha256-"), 4U);
  EXPECT_EQ(sources.find("unsafe-eval"), std::string::npos);
  EXPECT_EQ(page.find("<link"), std::string::npos);
  const std::string markup = page.substr(0, page.find("<script"));
  EXPECT_EQ(occurrences(markup, "src=\"data:image/png;base64,"), 2U);
  EXPECT_EQ(occurrences(markup, "src="), 2U);
  EXPECT_EQ(occurrences(markup, "href="), 0U);
}

TEST_F(Report, FiguresCarryTheirData) {
  const auto figures = report::figures(full());
  std::vector<std::string> names;
  for (const auto& figure : figures) {
    names.push_back(figure.first);
    EXPECT_EQ(figure.second.at("$schema"), "https://vega.github.io/schema/vega-lite/v6.json");
    EXPECT_FALSE(figure.second.at("description").text().empty());
    int sets = 0;
    inspect(figure.second, figure.first, sets);
    EXPECT_GT(sets, 0) << figure.first;
  }
  const std::vector<std::string> expected = {"phase_diagram", "phi",           "class_tree",    "pairs",
                                             "confusion",     "class_entropy", "accuracy",      "collapse",
                                             "subsets",       "samples",       "cross_entropy", "spectrum"};
  EXPECT_EQ(names, expected);
}

TEST_F(Report, TreeIsDrawnAtItsTimes) {
  for (const auto& [name, specification] : report::figures(full())) {
    if (name != "class_tree") continue;
    const std::string text = json_text(specification);
    EXPECT_NE(text.find(R"("t":0.3,"until":0.3,"y":0.0,"y_until":1.0)"), std::string::npos) << text;  // 0 | 1
    EXPECT_NE(text.find(R"("t":0.6,"until":0.6,"y":0.5,"y_until":2.0)"), std::string::npos) << text;  // 0, 1 | 2
  }
}

Record figure_of(const Record& result, const std::string& name) {
  for (const auto& [known, specification] : report::figures(result))
    if (known == name) return specification;
  return nullptr;
}

/// The title of each panel of a figure side by side.
std::vector<std::string> panels(const Record& figure) {
  std::vector<std::string> titles;
  for (const Record& panel : figure.at("hconcat")) titles.push_back(panel.at("title").at("text").text());
  return titles;
}

TEST_F(Report, ConfusionIsDrawnWhereClassesAreToldApart) {
  const Record figure = figure_of(full(), "confusion");
  // Rightness falls linearly from 1 to 1/3 over the five times; wanted are 0.05, 0.35, 0.65, 0.95 of the way up, whose
  // nearest times are the fifth, fourth, second and first. sigma^2 = e^{2t} - 1.
  const std::vector<std::string> titles = {"t = 0.800, σ = 1.99", "t = 0.400, σ = 1.11", "t = 0.100, σ = 0.471",
                                           "t = 0.0500, σ = 0.324"};
  EXPECT_EQ(panels(figure), titles);
  const Record& cells = figure["hconcat"][1]["data"]["values"];  // own = 1 - 2 * 3/12
  ASSERT_EQ(cells.size(), 9U);
  for (const Record& cell : cells)
    EXPECT_NEAR(cell["share"].number(), cell["truth"] == cell["guess"] ? 0.5 : 0.25, 1e-15);
  EXPECT_EQ(figure["hconcat"][2]["data"]["values"].size(), 6U);  // a class without queries has no row

  Record result = full();
  result["speciation"]["confusion"] = nullptr;
  EXPECT_TRUE(figure_of(result, "confusion").is_null());
}

/// Names stand in data and domains only. Vega-Lite builds expressions from everything else, and there a name is code.
void find_names_in_code(const Record& node, const std::string& place) {
  if (node.is_text()) {
    EXPECT_EQ(node.text().find("alert(1)"), std::string::npos) << place << ": " << json_text(node);
  }
  if (node.is_list())
    for (const Record& child : node) find_names_in_code(child, place);
  if (node.is_object())
    for (const auto& [key, child] : node.fields())
      if (key != "domain" && key != "values") find_names_in_code(child, place + "." + key);
}

TEST_F(Report, NamesAreNeverPartOfAnExpression) {
  for (const auto& [name, specification] : report::figures(full())) find_names_in_code(specification, name);
}

TEST_F(Report, NamesCannotTurnOrCrowdOutTheTextBesideThem) {
  Record result = full();
  result["data"]["classes"][0]["name"] = "a\u202Eb\u2066c\u2028d";
  result["data"]["classes"][1]["name"] = std::string(10000, 'n');
  put("result.json", json_text(result));
  report::write(folder);
  const std::string page = get("report.html");
  for (const std::string& shown : {page, report::table(result)}) {
    EXPECT_EQ(shown.find("\u202E"), std::string::npos);
    EXPECT_EQ(shown.find("\u2066"), std::string::npos);
    EXPECT_NE(shown.find("a\uFFFDb\uFFFDc"), std::string::npos);
    EXPECT_NE(shown.find(std::string(20, 'n')), std::string::npos);
    EXPECT_EQ(shown.find(std::string(61, 'n')), std::string::npos);
  }
  EXPECT_NE(page.find("c\\u2028d"), std::string::npos);  // a line separator inside a script is written as an escape
}

TEST_F(Report, ColoursAreLaidOverTheVerdictOnly) {
  const std::string coloured = report::table(full(), true);
  EXPECT_EQ(coloured.find("verdict  \x1b[33mwarn\x1b[0m  Stop above"), 0U);
  std::string bare;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\x1b')
      i = coloured.find('m', i);
    else
      bare += coloured[i];
  }
  EXPECT_EQ(bare, report::table(full()));
  EXPECT_EQ(occurrences(coloured, "\x1b"), 4U);  // two findings, each begun and ended
}

TEST_F(Report, WithoutLabelsTheReasonStands) {
  const std::string page = report::html(minimal(), folder), text = report::table(minimal());
  for (const std::string& shown : {page, text}) {
    EXPECT_NE(shown.find("the rows have no labels"), std::string::npos);
    EXPECT_NE(shown.find("no root in the range of times"), std::string::npos);
  }
  EXPECT_EQ(page.find("class=\"strip\""), std::string::npos);
  const auto figures = report::figures(minimal());
  ASSERT_EQ(figures.size(), 1U);
  EXPECT_EQ(figures[0].first, "spectrum");
}

TEST_F(Report, EveryFoundTimeInEveryClock) {
  const std::string text = report::table(full());
  const std::size_t at = text.find("  collapse  ");
  ASSERT_NE(at, std::string::npos);
  const std::string row = text.substr(at, text.find('\n', at) - at);
  // t = 0.2: sigma^2 = e^0.4 - 1 = 0.4918, alpha_bar = e^-0.4 = 0.6703, s = sigma / (1 + sigma)
  for (const char* number : {"0.200", "0.701", "0.710", "0.670", "0.412"})
    EXPECT_NE(row.find(number), std::string::npos) << row;
}

TEST_F(Report, TableFitsATerminalAndCannotSteerIt) {
  const std::string text = report::table(full());
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("\\x1b[31mred"), std::string::npos);
  EXPECT_NE(text.find("2,000, 4 (2 x 2)"), std::string::npos) << text;
  std::size_t lines = 0;
  for (std::size_t from = 0; from < text.size(); ++lines) {
    const std::size_t end = text.find('\n', from);
    std::size_t wide = 0;
    for (std::size_t i = from; i < end; ++i) wide += (static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U;
    EXPECT_LE(wide, 100U) << text.substr(from, end - from);
    from = end + 1;
  }
  EXPECT_LE(lines, 90U);
}

TEST_F(Report, WritesPageAndFiguresTwiceTheSame) {
  put("result.json", json_text(full()));
  put("provenance.json", R"({"compiler": "<gcc>", "settings": {"times": 24}})");
  report::write(folder);
  const std::string page = get("report.html");
  EXPECT_NE(page.find("&lt;gcc&gt;"), std::string::npos);
  EXPECT_NE(page.find("data:image/png;base64,iVBORw0KGgo"), std::string::npos);
  const Record figure = parse_record(get("figures/phase_diagram.vl.json"));
  EXPECT_TRUE(figure.contains("layer"));
  report::write(folder);
  EXPECT_EQ(get("report.html"), page);
}

TEST_F(Report, MalformedRecordsAreNamedWithTheirPlace) {
  const std::string missing = complaint([&] { report::write(folder); });
  EXPECT_NE(missing.find((folder / "result.json").string()), std::string::npos) << missing;

  put("result.json", "{\"schema\": 1,\n \"data\": }");
  const std::string broken = complaint([&] { report::write(folder); });
  EXPECT_NE(broken.find((folder / "result.json").string()), std::string::npos) << broken;
  EXPECT_NE(broken.find("line 2, column 10"), std::string::npos) << broken;

  Record wrong = full();
  wrong["speciation"]["pairs"][1]["t_rs"] = "soon";
  put("result.json", json_text(wrong));
  const std::string typed = complaint([&] { report::write(folder); });
  EXPECT_NE(typed.find("result.json: speciation.pairs[1].t_rs: found a string, expected a number"), std::string::npos)
      << typed;

  wrong = full();
  wrong["speciation"]["tree"][0]["a"] = 9;
  EXPECT_NE(complaint([&] { report::figures(wrong); }).find("speciation.tree[0].a: found '9'"), std::string::npos);
}

TEST_F(Report, ImagesComeFromTheRunOnly) {
  for (const char* name : {"../outside.png", "/etc/hostname", "b/../../outside.png", "", "text.png", "gone.png"}) {
    put("text.png", "not an image, whatever its name");
    Record result = full();
    result["strips"][0]["images"][0]["noisy"] = name;
    EXPECT_FALSE(complaint([&] { report::html(result, folder); }).empty()) << name;
  }
}

TEST_F(Report, AnIdGivenTwiceIsNamedWithItsPlace) {
  Record result = full();
  result["speciation"]["tree"][0]["id"] = result["speciation"]["tree"][0]["a"];
  const std::string said = complaint([&] { report::figures(result); });
  EXPECT_NE(said.find("speciation.tree[0].id: found"), std::string::npos) << said;
  EXPECT_NE(said.find("again"), std::string::npos) << said;
}

TEST_F(Report, ATreeThatBitesItsTailEnds) {
  Record result = full();
  result["speciation"]["tree"][1]["a"] = 4;  // its own id
  EXPECT_FALSE(report::table(result).empty());
}

}  // namespace
