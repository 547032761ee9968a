// The page of an experiment: hostile names stay text, files stay where they belong, what is malformed is named.
#include <gtest/gtest.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/report/report.hpp"

namespace {

namespace report = denoiscope::report;
using denoiscope::json_text;
using denoiscope::Record;

constexpr const char* kHostile = "</script><script>alert(1)</script>";

Record experiment() {
  const Record rows = {{{"x", 1.0}, {"value", 0.5}, {"low", 0.4}, {"high", 0.6}},
                       {{"x", 2.0}, {"value", 0.7}, {"low", 0.7}, {"high", 0.7}}};
  const Record curves = {{{"name", kHostile}, {"points", true}, {"rows", rows}},
                         {{"name", "theory"}, {"points", false}, {"rows", rows}}};
  Record figure = {{"x_title", "t"}, {"y_title", "phi"}, {"log_x", true}, {"curves", curves}};
  const Record figures = {{{"name", "clone"}, {"title", kHostile}, {"caption", kHostile}, {"figure", figure}}};
  return {{"schema", "denoiscope.experiment/1"},
          {"seed", 3},
          {"page", {{"title", kHostile}, {"table", kHostile}, {"figures", figures}, {"images", Record::list()}}}};
}

void expect_refused(const Record& result, const std::string& part) {
  try {
    report::html(result, "/nowhere");
    FAIL() << "accepted";
  } catch (const denoiscope::DataError& error) {
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

TEST(ExperimentReport, DrawsPointsOverLinesAndNamesStayText) {
  const auto figures = report::figures(experiment());
  ASSERT_EQ(figures.size(), 1u);
  EXPECT_EQ(figures[0].first, "clone");
  const Record& layers = figures[0].second["layer"];
  EXPECT_EQ(layers[0]["data"]["values"].size(), 2u);
  EXPECT_EQ(layers[0]["data"]["values"][0]["curve"], "theory");
  EXPECT_EQ(layers[2]["data"]["values"][1]["value"], 0.7);
  EXPECT_EQ(layers[0]["encoding"]["x"]["scale"]["type"], "log");
  const std::string page = report::html(experiment(), "/nowhere");
  EXPECT_NE(page.find("data-figure=\"clone\""), std::string::npos);
  EXPECT_EQ(page.find("<script>alert(1)"), std::string::npos);
}

TEST(ExperimentReport, RecordsFromElsewhereReachNoOtherFiles) {
  Record result = experiment();
  result["page"]["figures"][0]["name"] = "../../outside";
  expect_refused(result, "page.figures[0].name");
  result = experiment();
  result["page"]["images"] = {{{"file", "../secret.png"}, {"text", "x"}}};
  expect_refused(result, "page.images[0].file");
}

TEST(ExperimentReport, MalformedRecordsAreNamedWithTheirPlace) {
  Record result = experiment();
  result["page"]["figures"][0]["figure"]["curves"][1]["rows"][0]["value"] = "much";
  expect_refused(result, "page.figures[0].figure.curves[1].rows[0].value");
  EXPECT_NE(report::html({{"schema", "denoiscope.experiment/1"}}, "/nowhere").find("<main>"), std::string::npos);
}

}  // namespace
