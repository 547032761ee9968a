// The frame of a result at the terminal and on the page: what is shown of each cell, and that names stay text.
#include <gtest/gtest.h>

#include <sstream>

#include "denoiscope/base/error.hpp"
#include "denoiscope/report/report.hpp"

namespace {

namespace report = denoiscope::report;
using denoiscope::Record;

constexpr const char* kHostile = "</script><script>alert(1)</script>";

Record framed() {
  const Record numbers = {
      {{"name", "rows"}, {"value", 60000}, {"stderr", nullptr}, {"unit", nullptr}},
      {{"name", "adjusted Rand index with the labels"}, {"value", 0.25}, {"stderr", nullptr}, {"unit", nullptr}},
      {{"name", "work"}, {"value", 1.5}, {"stderr", 0.25}, {"unit", "kT"}},
      {{"name", "split 1"}, {"value", 2.0}, {"stderr", nullptr}, {"unit", "OU time"}},
      {{"name", "collapse"}, {"value", nullptr}, {"stderr", nullptr}, {"unit", "OU time"}}};
  const Record rows = Record::list({Record::list({"Bag", 1, 0.5}),
                                    Record::list({"Sandal", nullptr, Record{{"value", 0.25}, {"stderr", 0.01}}}),
                                    Record::list({"Shirt", 1e-5, Record{{"value", 12345.0}, {"stderr", nullptr}}})});
  const Record sections =
      Record::list({Record{{"title", "classes"}, {"columns", Record::list({"name", "t", "phi"})}, {"rows", rows}},
                    Record{{"text", "Other landmarks find 2 classes."}}});
  return {{"schema", "denoiscope.experiment/1"},
          {"page",
           {{"title", "Speciation of x.npy"},
            {"question", "Which classes part when?"},
            {"verdicts", Record::list({Record{{"level", "warn"}, {"text", "40 rows repeat others."}}})},
            {"numbers", numbers},
            {"sections", sections},
            {"figures", Record::list()},
            {"images", Record::list()},
            {"next", Record::list({"denoiscope collapse x.npy"})}}}};
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

bool has_line(const std::string& text, const std::string& wanted) {
  for (const std::string& line : lines_of(text))
    if (line == wanted) return true;
  return false;
}

TEST(Frame, TablesAreAlignedAndNumbersAsShortAsTheyAre) {
  const std::string text = report::table(framed());
  for (const char* line : {"classes", "  name        t            phi", "  Bag         1            0.5",
                           "  Sandal      –  0.250 ± 0.010", "  Shirt   1e-05          12345"})
    EXPECT_TRUE(has_line(text, line)) << line << "\nin\n" << text;
  for (const std::string& line : lines_of(text)) EXPECT_TRUE(line.empty() || line.back() != ' ') << line;
}

TEST(Frame, KeyNumbersAreALineEachAndTimesInEveryClock) {
  const std::string text = report::table(framed());
  for (const char* line :
       {"  rows                                 60000", "  adjusted Rand index with the labels  0.25",
        "  work                                 1.50 ± 0.25 kT", "  collapse                             –"})
    EXPECT_TRUE(has_line(text, line)) << line << "\nin\n" << text;
  bool clocks = false;  // sigma = sqrt(e^4 - 1) = 7.32, log-SNR = -log(e^4 - 1) = -3.98
  for (const std::string& line : lines_of(text))
    clocks |= line.find("  split 1") == 0 && line.find(" 2.00 ") != std::string::npos &&
              line.find(" 7.32 ") != std::string::npos && line.find(" -3.98 ") != std::string::npos;
  EXPECT_TRUE(clocks) << text;
}

TEST(Frame, StandsInItsOrder) {
  const std::string text = report::table(framed());
  std::size_t last = 0;
  for (const char* part : {"Speciation of x.npy", "Which classes part when?", "40 rows repeat others.", "rows  ",
                           "split 1", "classes\n", "Other landmarks find", "denoiscope collapse x.npy"}) {
    const std::size_t at = text.find(part, last);
    ASSERT_NE(at, std::string::npos) << part << " after byte " << last << " of\n" << text;
    last = at;
  }
}

TEST(Frame, ThePageShowsTheSame) {
  const std::string page = report::html(framed(), "/nowhere");
  for (const char* part :
       {"<h1>Speciation of x.npy</h1>", "Which classes part when?", "40 rows repeat others.", "<dt>rows</dt><dd>60000",
        "1.50 ± 0.25 kT", "<h2>classes</h2>", "<th class=\"left\">name</th>", "<td class=\"number\">0.250 ± 0.010</td>",
        "<td class=\"number\">–</td>", "<p>Other landmarks find 2 classes.</p>", "<li>denoiscope collapse x.npy</li>"})
    EXPECT_NE(page.find(part), std::string::npos) << part;
}

TEST(Frame, NamesStayText) {
  Record result = framed();
  Record& page = result["page"];
  page["title"] = page["question"] = kHostile;
  page["numbers"][0]["name"] = page["numbers"][2]["unit"] = kHostile;
  page["sections"][0]["title"] = page["sections"][0]["columns"][0] = page["sections"][1]["text"] = kHostile;
  page["sections"][0]["rows"][0][0] = kHostile;
  page["next"][0] = kHostile;
  EXPECT_EQ(report::html(result, "/nowhere").find("<script>alert(1)"), std::string::npos);
  page["sections"][0]["rows"][0][0] = "a\x1b[31mred\nline";
  page["title"] = "title\x1b[2J";
  const std::string text = report::table(result);
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "no command reaches the terminal";
  EXPECT_EQ(text.find("red\nline"), std::string::npos) << "a cell is one line";
}

TEST(Frame, RowsOfAnotherLengthFillTheirColumns) {
  Record result = framed();
  Record& rows = result["page"]["sections"][0]["rows"];
  rows[0] = Record::list({"Bag"});
  rows[1] = Record::list({"Sandal", 1, 2, 3, 4});
  EXPECT_TRUE(has_line(report::table(result), "  Bag")) << report::table(result);
  EXPECT_NE(report::html(result, "/nowhere").find("<td class=\"number\">2</td></tr>"), std::string::npos);
}

TEST(Frame, WhatIsMalformedIsNamedWithItsPlace) {
  Record result = framed();
  result["page"]["numbers"][3]["value"] = "late";
  try {
    report::table(result);
    FAIL() << "accepted";
  } catch (const denoiscope::DataError& error) {
    EXPECT_NE(std::string(error.what()).find("page.numbers[3].value"), std::string::npos) << error.what();
  }
}

}  // namespace
