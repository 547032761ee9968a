// Records: what is written reads back to the same bits, and what is wrong is named.
#include "denoiscope/base/record.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>

#include "denoiscope/base/noise.hpp"

namespace denoiscope {
namespace {

std::string refusal(const auto& call) {
  try {
    call();
  } catch (const RecordError& error) {
    return error.what();
  }
  return "accepted";
}

TEST(Record, WritesEveryKindWithNamesInOrder) {
  const Record record = {{"text", "a \"b\""},
                         {"list", {1.5, 2, nullptr}},
                         {"flag", true},
                         {"whole", -3},
                         {"object", {{"b", 1}, {"a", 2}}},
                         {"nothing", nullptr},
                         {"empty", Record::list()},
                         {"bare", Record::object()}};
  EXPECT_EQ(json_text(record),
            R"({"bare":{},"empty":[],"flag":true,"list":[1.5,2,null],"nothing":null,"object":{"a":2,"b":1},)"
            R"("text":"a \"b\"","whole":-3})");
  EXPECT_EQ(parse_record(json_text(record)), record);
  EXPECT_EQ(json_text({{"a", Record::list({1})}}, 1), "{\n \"a\": [\n  1\n ]\n}");
}

TEST(Record, AListOfPairsThatBeginWithATextIsAnObject) {
  EXPECT_TRUE(Record({{"a", 1}, {"b", 2}}).is_object());
  EXPECT_TRUE(Record({{1, 2}, {3, 4}}).is_list());
  EXPECT_TRUE(Record({"a", "b"}).is_list());
  EXPECT_EQ(Record({{"a", 1}, {"a", 2}})["a"].whole(), 1) << "the first of two";
}

TEST(Record, HoldsRangesAndOptionals) {
  EXPECT_EQ(json_text(std::vector<double>{0.5, 1}), "[0.5,1.0]");
  EXPECT_EQ(json_text(std::array<int, 2>{1, 2}), "[1,2]");
  EXPECT_EQ(json_text(std::vector<std::string>{"x"}), "[\"x\"]");
  EXPECT_EQ(json_text(std::vector<bool>{true, false}), "[true,false]");
  EXPECT_EQ(json_text(std::optional<double>()), "null");
  EXPECT_EQ(json_text(std::optional<double>(2)), "2.0");
  EXPECT_EQ(json_text(~std::uint64_t{0}), "18446744073709551615");
  EXPECT_EQ(parse_record("18446744073709551615"), Record(~std::uint64_t{0}));
}

TEST(Record, NumbersComeBackBitForBit) {
  const Noise noise(7);
  for (std::uint32_t k = 0; k < 2000; ++k) {
    double z[2];
    noise.normal(Stream::test, k, 0, z);
    const double value = z[0] * std::exp(40 * z[1]);
    const double back = parse_record(json_text(value)).number();
    ASSERT_EQ(std::bit_cast<std::uint64_t>(back), std::bit_cast<std::uint64_t>(value)) << value;
  }
  for (const double value : {0.0, -0.0, 5e-324, 1.7976931348623157e308, 0.1, 1e22})
    EXPECT_EQ(std::bit_cast<std::uint64_t>(parse_record(json_text(value)).number()),
              std::bit_cast<std::uint64_t>(value));
}

TEST(Record, WhatIsNotFiniteIsNull) {
  EXPECT_EQ(json_text(std::nan("")), "null");
  EXPECT_EQ(json_text({1.0, HUGE_VAL}), "[1.0,null]");
  EXPECT_TRUE(finite(std::nan("")).is_null());
  EXPECT_TRUE(finite(std::optional<double>()).is_null());
  EXPECT_EQ(finite(2.5).number(), 2.5);
  EXPECT_TRUE(std::isnan(number_from(nullptr)));
  EXPECT_TRUE(std::isnan(Record({1, nullptr}).numbers()[1]));
}

TEST(Record, CopiesAreApartAndMovesLeaveNull) {
  Record first = {{"list", {1, 2}}, {"text", "x"}};
  Record second = first;
  second["list"].push_back(3);
  second["text"] = "y";
  EXPECT_EQ(first["list"].size(), 2u);
  EXPECT_EQ(first["text"].text(), "x");
  const Record third = std::move(second);
  EXPECT_TRUE(second.is_null());  // NOLINT(bugprone-use-after-move): that is what is tested
  EXPECT_EQ(third["list"].size(), 3u);
  first["self"] = first;
  EXPECT_EQ(first["self"]["text"].text(), "x");
}

TEST(Record, FieldsAreFoundSetErasedAndTakenOver) {
  Record record;
  EXPECT_TRUE(record["a"].is_null());
  EXPECT_TRUE(record.is_object()) << "null becomes an object";
  record.update({{"b", 1}, {"a", 2}});
  EXPECT_EQ(record["a"].whole(), 2);
  EXPECT_TRUE(record.contains("b"));
  record.erase("b");
  EXPECT_EQ(record.find("b"), nullptr);
  Record list;
  list.push_back(1);
  EXPECT_TRUE(list.is_list()) << "null becomes a list";
  EXPECT_EQ(list.back().whole(), 1);
}

TEST(Record, WrongTypesAreNamed) {
  const Record record = {{"text", "x"}, {"number", 1.5}, {"list", {1}}};
  EXPECT_EQ(refusal([&] { record["text"].number(); }), "string, expected a number");
  EXPECT_EQ(refusal([&] { record["number"].whole(); }), "number, expected a whole number");
  EXPECT_EQ(refusal([&] { record["number"].text(); }), "number, expected a text");
  EXPECT_EQ(refusal([&] { record["list"].flag(); }), "array, expected true or false");
  EXPECT_EQ(refusal([&] { static_cast<void>(record["none"]); }), "no field 'none', expected one");
  EXPECT_EQ(refusal([&] { static_cast<void>(record["list"][1]); }), "a list of 1, expected more");
  EXPECT_EQ(refusal([&] { Record(1).push_back(2); }), "number, expected a list");
  EXPECT_EQ(Record(3.0).whole(), 3);
}

std::size_t byte_of(std::string_view text) {
  try {
    static_cast<void>(parse_record(text));
  } catch (const RecordError& error) {
    return error.byte;
  }
  return 999;
}

TEST(Record, TextsThatAreNoJsonAreRefusedWithTheByte) {
  EXPECT_EQ(byte_of(""), 0u);
  EXPECT_EQ(byte_of("[1, 2"), 5u);
  EXPECT_EQ(byte_of("{\"a\": }"), 6u);
  EXPECT_EQ(byte_of("[1] 2"), 4u);
  EXPECT_EQ(refusal([] { parse_record("[1e999]"); }), "a number beyond 1e308, expected finite numbers");
}

TEST(Record, TextsFromStrangers) {
  std::map<std::string, std::size_t> places;
  const std::string text = R"({"a": [1, {"b": 2}], "c": 3})";
  const Record value = parse_record(text, 3, places);
  EXPECT_EQ(value["a"][1]["b"].whole(), 2);
  EXPECT_EQ(places, (std::map<std::string, std::size_t>{{"a", 3}, {"c", 23}}));
  EXPECT_EQ(refusal([&] { parse_record(text, 2, places); }), "more than 2 levels, expected fewer");
  EXPECT_EQ(refusal([&] { parse_record(R"({"a":1,"a":2})", 3, places); }), "'a' twice, expected every name once");
  EXPECT_EQ(refusal([&] { parse_record(R"([{"a":1},{"a":2}])", 3, places); }), "accepted");
}

TEST(Record, NamesThatAreNoUtf8SpoilThemselvesOnly) {
  EXPECT_EQ(json_text({{"file", "a\xff"}, {"n", 1}}), "{\"file\":\"a\xef\xbf\xbd\",\"n\":1}");
}

}  // namespace
}  // namespace denoiscope
