// The frame that experiments fill: the record it becomes, and what of numbers is undefined.
#include "denoiscope/study/frame.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace denoiscope {
namespace {

TEST(Frame, BecomesItsRecord) {
  Frame frame;
  EXPECT_TRUE(frame.empty());
  frame.title("U-turns of x");
  frame.question("What is left?");
  frame.verdict(Level::warn, "Nothing.");
  frame.number("t_C", measured(0.5, 0.01), "OU time");
  frame.number("rows", 3);
  Table table{"turns", {"t", "phi"}};
  table.add({1.5, measured(Estimate{0.25, 0.125, 9})});
  table.add({"none", nullptr});
  frame.table(table);
  frame.text("A remark.");
  frame.image("samples/a.png", "a datum");
  frame.next("collapse x");
  EXPECT_FALSE(frame.empty());
  const Record record = frame.record();
  EXPECT_EQ(record["title"], "U-turns of x");
  EXPECT_EQ(record["verdicts"][0], (Record{{"level", "warn"}, {"text", "Nothing."}}));
  EXPECT_EQ(record["numbers"][0], (Record{{"name", "t_C"}, {"value", 0.5}, {"stderr", 0.01}, {"unit", "OU time"}}));
  EXPECT_EQ(record["numbers"][1], (Record{{"name", "rows"}, {"value", 3}, {"stderr", nullptr}, {"unit", nullptr}}));
  ASSERT_EQ(record["sections"].size(), 2u) << "tables and remarks in the order in which they came";
  EXPECT_EQ(record["sections"][0]["rows"][0][1], (Record{{"value", 0.25}, {"stderr", 0.125}}));
  EXPECT_TRUE(record["sections"][0]["rows"][1][1].is_null());
  EXPECT_EQ(record["sections"][1], (Record{{"text", "A remark."}}));
  EXPECT_EQ(record["images"][0]["file"], "samples/a.png");
  EXPECT_EQ(record["next"][0], "collapse x");
}

TEST(Frame, WhatIsUndefinedIsNull) {
  EXPECT_TRUE(measured(kNaN, 0.1).is_null());
  EXPECT_TRUE(measured(1.0, kNaN)["stderr"].is_null());
  EXPECT_EQ(measured(1.0, kNaN)["value"], 1.0);
}

TEST(Frame, PointsOfFiguresAreFinite) {
  CurveFigure figure;
  figure.name = "phi";
  figure.curves = {{"a", true, {{1, 2, 0.5}, {2, kNaN, 0.1}, {kNaN, 1, 0.1}, {3, 4, kNaN}}}};
  const Record rows = to_record(figure)["curves"][0]["rows"];
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0]["low"], 1.5);
  EXPECT_EQ(rows[0]["high"], 2.5);
  EXPECT_EQ(rows[1]["high"], 4.0) << "no error, no band";
  Frame frame;
  frame.figure(figure);
  EXPECT_EQ(frame.record()["figures"][0]["figure"]["curves"][0]["rows"], rows);
}

}  // namespace
}  // namespace denoiscope
