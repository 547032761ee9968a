// The report of a model: hostile names stay text, what is missing is left out, what is malformed is named.
#include <gtest/gtest.h>

#include <sstream>

#include "denoiscope/base/error.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"

namespace {

namespace report = denoiscope::report;
using denoiscope::json_text;
using denoiscope::Record;

constexpr const char* kHostile = "</script><script>alert(1)</script>\x1b[2J";

Record curve(const char* field, double first, double last) {
  Record points = Record::list();
  for (int i = 0; i < 5; ++i)
    points.push_back({{"t", 0.05 * (1 << i)}, {field, first + 0.25 * i * (last - first)}, {"stderr", 0.01}});
  return points;
}

Record pair(int a, int b, double t) {
  return {
      {"a", a},
      {"b", b},
      {"t_rs", t},
      {"t_rs_stderr", 0.01},
      {"t_rs_ab", t},
      {"odds_ab", {{{"t", 0.1}, {"mean", 3.0}, {"deviation", 2.0}}, {{"t", 0.5}, {"mean", 1.0}, {"deviation", 1.5}}}}};
}

Record discrete_model() {
  Record result = {{"schema", "denoiscope.analyze-model/1"}, {"seed", 3}, {"queries", 100}};
  result["verdict"] = {{{"level", "good"}, {"text", "All is well."}}};
  result["model"] = {{"name", "spins"},      {"text", kHostile}, {"description", kHostile},
                     {"citation", kHostile}, {"dimension", 10},  {"classes", 4}};
  result["times"] = curve("sigma", 0.1, 2);
  result["speciation"] = {{"chance", 0.25},
                          {"level", 0.66},
                          {"t_s", 0.4},
                          {"t_s_stderr", 0.01},
                          {"t_s_theory", 0.41},
                          {"phi", curve("phi", 1, 0.25)},
                          {"phi_theory", curve("phi", 1, 0.26)}};
  for (int b = 1; b < 4; ++b) result["speciation"]["pairs"].push_back(pair(0, b, 0.1 * b));
  result["speciation"]["pairs"].push_back(pair(1, 2, 0.7));
  result["information"] = {{"i", curve("value", 9, 1)},
                           {"i_theory", curve("value", 9, 1.1)},
                           {"posterior_entropy", curve("value", 0, 8)},
                           {"source_entropy_curve", curve("value", 9, 9)},
                           {"source_entropy", {{"value", 9.0}, {"stderr", 0.1}}},
                           {"largest_bound", 0.0},
                           {"posterior_variance", curve("value", 0, 1)}};
  result["collapse"] = {{{"n", 1000}, {"alpha", 0.69}, {"t_c", 0.2}, {"t_c_stderr", 0.01}},
                        {{"n", 1e9}, {"alpha", 2.07}, {"reason", kHostile}}};
  result["theory"] = {{"citation", "a paper"}, {"times", {{{"name", kHostile}, {"t", 0.5}}}}};
  return result;
}

TEST(ModelReport, DrawsEveryFigureOnce) {
  std::vector<std::string> names;
  for (const auto& figure : report::figures(discrete_model())) names.push_back(figure.first);
  EXPECT_EQ(names, (std::vector<std::string>{"phi", "information", "odds", "entropy", "variance"}));
  const std::string page = report::html(discrete_model(), "/nowhere");
  for (const std::string& name : names) EXPECT_NE(page.find("data-figure=\"" + name + "\""), std::string::npos) << name;
}

// Of many pairs the figure of log-odds shows the two that part first and last.
TEST(ModelReport, ShowsTheOutermostPairs) {
  for (const auto& [name, figure] : report::figures(discrete_model())) {
    if (name != "odds") continue;
    const std::string text = json_text(figure);
    EXPECT_NE(text.find("1 | 2, mean A"), std::string::npos);
    EXPECT_NE(text.find("0 | 1, mean A"), std::string::npos);
    EXPECT_EQ(text.find("0 | 2, mean A"), std::string::npos);
  }
}

TEST(ModelReport, NamesStayText) {
  const std::string page = report::html(discrete_model(), "/nowhere");
  EXPECT_EQ(page.find("<script>alert(1)"), std::string::npos);
  EXPECT_NE(page.find("&lt;script&gt;alert(1)"), std::string::npos);
  const std::string table = report::table(discrete_model());
  EXPECT_EQ(table.find('\x1b'), std::string::npos);
}

TEST(ModelReport, TableFitsATerminal) {
  std::string line;
  int lines = 0;
  for (std::istringstream text(report::table(discrete_model())); std::getline(text, line); ++lines)
    EXPECT_LE(report::columns(line), 100u) << line;
  EXPECT_GT(lines, 15);
}

TEST(ModelReport, LeavesOutWhatIsNotThere) {
  const Record bare = {{"schema", "denoiscope.analyze-model/1"}};
  EXPECT_TRUE(report::figures(bare).empty());
  EXPECT_NE(report::html(bare, "/nowhere").find("<main>"), std::string::npos);
  EXPECT_NE(report::table(bare).find("verdict  none"), std::string::npos);
}

TEST(ModelReport, MalformedRecordsAreNamedWithTheirPlace) {
  Record result = discrete_model();
  result["collapse"][1]["alpha"] = "much";
  try {
    report::html(result, "/nowhere");
    FAIL() << "accepted";
  } catch (const denoiscope::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("collapse[1].alpha"), std::string::npos) << error.what();
  }
}

}  // namespace
