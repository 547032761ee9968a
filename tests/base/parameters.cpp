// Parameters: what people type on a command line or in TOML, what is refused and how, and that what is printed reads
// back.
#include "denoiscope/base/parameters.hpp"

#include <gtest/gtest.h>

#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::Folder;
using testing::has;
using testing::refusal;

constexpr double kUnbounded = parameter::kUnbounded;
constexpr Parameter kTable[] = {
    parameter::text("name", "", "NAME", "what it is called"),
    parameter::whole("queries", 512, 1, 1e6, "M", "noisy points"),
    parameter::number("step", 0.1, -kUnbounded, kUnbounded, "H", "of the grid"),
    parameter::within("weight", 0.5, 0, 1, "W", "of the first class"),
    parameter::list("times", "", -10, 50, false, "t,t", "OU times"),
    parameter::word("scale", "pm1|unit|none", "unit", "how numbers are scaled"),
    parameter::names("class_names", "a,b", "names of the classes"),
    parameter::flag("gray", "in gray"),
    parameter::about(About::data, parameter::whole("rows", 0, 0, 1e15, "N", "rows used")),
    parameter::about(About::model, parameter::list("samples", "1e3,1e4", 2, 1e300, false, "n,n", "numbers of data")),
    parameter::whole("seed", 0, -9.2e18, 9.2e18, "S", "of every random choice"),
};

std::string refused(const std::string& name, const std::string& value, const std::string& where = "--set") {
  Request request(kTable);
  return refusal<UsageError>([&] { request.set(name, value, where); });
}

TEST(Parameters, StartFromTheTable) {
  const Request request(kTable);
  EXPECT_EQ(request.whole("queries"), 512);
  EXPECT_EQ(request["step"], 0.1);
  EXPECT_FALSE(request.has("name"));
  EXPECT_TRUE(request.numbers("times").empty());
  EXPECT_FALSE(request.flag("gray"));
  EXPECT_EQ(request.text("scale"), "unit");
  EXPECT_EQ(request["scale"], 1) << "the place of the word";
  EXPECT_EQ(request.numbers("samples"), (std::vector<double>{1e3, 1e4}));
  EXPECT_TRUE(request.has("queries"));
  EXPECT_FALSE(request.given("queries")) << "it has a value, by default";
  EXPECT_THROW(static_cast<void>(request["querys"]), InternalError) << "what no table declares is a bug of ours";
}

TEST(Parameters, TakeEveryKind) {
  Request request(kTable);
  request.set("queries", "+64", "--set");
  request.set("step", "1e-3", "--set");
  request.set("times", "0.5,1,2e0", "--set");
  request.set("class_names", "a b,c", "--set");
  request.set("gray", "true", "--set");
  EXPECT_TRUE(request.flag("gray"));
  EXPECT_EQ(request.whole("queries"), 64);
  EXPECT_EQ(request.number("step"), 1e-3);
  EXPECT_EQ(request.numbers("times"), (std::vector<double>{0.5, 1, 2}));
  EXPECT_EQ(request.names("class_names"), (std::vector<std::string>{"a b", "c"}));
}

TEST(Parameters, RefuseUnknownKeysWithASuggestion) {
  EXPECT_TRUE(has(refused("querys", "3"), {"--set", "unknown setting 'querys'", "Did you mean 'queries'?"}));
  const std::string far = refused("zzzzzzzzzzzz", "3");
  EXPECT_TRUE(has(far, {"unknown setting"}));
  EXPECT_EQ(far.find("Did you mean"), std::string::npos);
}

TEST(Parameters, RefuseTheWrongKind) {
  EXPECT_TRUE(has(refused("queries", "many"), {"--set: queries", "'many'", "whole number"}));
  EXPECT_TRUE(has(refused("queries", "3.5"), {"queries = 3.5", "expected a whole number"}));
  EXPECT_TRUE(has(refused("queries", "99999999999999999999"), {"queries"}));
  EXPECT_TRUE(has(refused("step", "fast"), {"step", "'fast'"}));
  EXPECT_TRUE(has(refused("step", "nan"), {"finite"}));
  EXPECT_TRUE(has(refused("step", "inf"), {"finite"}));
  EXPECT_TRUE(has(refused("times", "1,,2"), {"times", "''"}));
  EXPECT_TRUE(has(refused("times", "1,2,"), {"times"}));
  for (const char* value : {"yes", "", "1"})
    EXPECT_TRUE(has(refused("gray", value), {"--set: gray: ", "neither true nor false"})) << value;
}

// The same sentence whatever the range, and the flag or the key it was given by.
TEST(Parameters, RefuseWhatIsOutOfRange) {
  EXPECT_TRUE(has(refused("queries", "0", "--queries"),
                  {"--queries = 0 (noisy points)", "a whole number, at least 1, at most 1000000"}));
  EXPECT_TRUE(has(refused("queries", "1000001"), {"--set: queries = 1000001", "at most 1000000"}));
  EXPECT_TRUE(has(refused("weight", "1"), {"weight = 1", "a finite number, above 0, below 1"}));
  EXPECT_TRUE(has(refused("weight", "0"), {"weight = 0"}));
  EXPECT_TRUE(has(refused("times", "1,50.5,2"), {"times = 50.5", "at least -10, at most 50"})) << "names the element";
  Request ends(kTable);  // the ends of a closed range belong to it
  ends.set("queries", "1000000", "");
  ends.set("times", "-10,50", "");
  ends.set("weight", "1e-300", "");
  EXPECT_EQ(ends.whole("queries"), 1000000);
  EXPECT_EQ(ends.numbers("times"), (std::vector<double>{-10, 50}));
  EXPECT_EQ(ends["weight"], 1e-300);
}

TEST(Parameters, WordsAreThoseOfTheTable) {
  Request request(kTable);
  request.set("scale", "none", "--scale");
  EXPECT_EQ(request.text("scale"), "none");
  EXPECT_EQ(request["scale"], 2);
  EXPECT_TRUE(has(refused("scale", "nune"), {"scale = nune", "pm1 or unit or none", "Did you mean 'none'?"}));
  for (const char* typed : {"PM1", "pm1 ", "pm1|unit", "0"}) EXPECT_TRUE(has(refused("scale", typed), {"scale"}));
  request.set("scale", "", "--scale");
  EXPECT_FALSE(request.has("scale"));
}

TEST(Parameters, WholeNumbersAreExactBeyondDoubles) {
  Request request(kTable);
  request.set("seed", "9007199254740993", "--seed");  // 2^53 + 1
  EXPECT_EQ(request.whole("seed"), 9007199254740993);
  request.set("seed", "-9007199254740993", "--seed");
  EXPECT_EQ(request.whole("seed"), -9007199254740993);
  request.set("seed", "1e3", "--seed");
  EXPECT_EQ(request.whole("seed"), 1000);
  EXPECT_TRUE(has(refused("seed", "9223372036854775808"), {"seed", "at most 9.2e+18"}));
  Request again(kTable);
  request.set("seed", "9007199254740993", "--seed");
  again.parse_toml(request.toml(), "file");
  EXPECT_EQ(again.whole("seed"), 9007199254740993);
}

// One table: what a flag says, a TOML key says, with the same checks.
TEST(Parameters, FlagsAndTomlAreOneTable) {
  Request typed(kTable), read(kTable);
  for (const auto& [name, value] : {std::pair("queries", "7"), std::pair("times", "1,2"), std::pair("scale", "pm1")})
    typed.set(name, value, flag_of(name));
  read.parse_toml("queries = 7\ntimes = [1, 2]\nscale = 'pm1'\n", "file");
  EXPECT_EQ(typed.toml(), read.toml());
  EXPECT_EQ(flag_of("class_names"), "--class-names");
  EXPECT_EQ(typed.source("queries"), "--queries");
  EXPECT_TRUE(has(read.source("queries"), {"file", "line 1"}));
  const auto in_toml = [&](const std::string& text) {
    return refusal<UsageError>([&] { read.parse_toml(text, "file"); });
  };
  EXPECT_TRUE(has(in_toml("queries = 0\n"), {"file: byte 10 (line 1): queries = 0", "at least 1"}));
  EXPECT_TRUE(has(in_toml("scale = 'pm2'\n"), {"line 1", "scale = pm2", "pm1 or unit or none"}));
  EXPECT_TRUE(has(in_toml("times = [1, 60]\n"), {"times = 60", "at most 50"}));
}

TEST(Parameters, TellWhatIsAboutDataAndWhatAboutModels) {
  Request request(kTable);
  request.require_only(About::data, "data");
  request.set("samples", "10", "--samples");
  EXPECT_TRUE(has(refusal<UsageError>([&] { request.require_only(About::data, "data"); }),
                  {"--samples", "'samples' is for models only", "on data"}));
  request.require_only(About::model, "model gaussian");
  EXPECT_EQ(request.toml(About::model).find("rows"), std::string::npos);
  EXPECT_EQ(request.toml(About::data).find("samples"), std::string::npos);
  EXPECT_NE(request.toml(About::data).find("queries = 512\nstep"), std::string::npos);
  EXPECT_NE(request.toml().find("rows = 0\nsamples = '10'\n"), std::string::npos);
  request.clear("samples");
  request.require_only(About::data, "data");
  EXPECT_EQ(request.numbers("samples"), (std::vector<double>{1e3, 1e4}));
}

TEST(Parameters, TablesAreJoinedAndRequiredOnesAskedFor) {
  constexpr Parameter kMore[] = {
      parameter::required(parameter::number("d", parameter::kAbsent, 1, 9, "D", "dimension")),
      parameter::whole("n", 3, 0, 9, "N", "data")};
  const std::vector<Parameter> all = joined({kTable, kMore});
  EXPECT_EQ(all.size(), std::size(kTable) + 2);
  EXPECT_EQ(all.back().name, "n");
  EXPECT_EQ(synopsis("box", kMore), "box d=... [n=3]");
  const Request empty(kMore);
  EXPECT_TRUE(has(refusal<UsageError>([&] { empty.require_all("model box", synopsis("box", kMore)); }),
                  {"model box: d (dimension; a finite number, at least 1, at most 9) is missing", "box d=... [n=3]"}));
  const auto read = [&](std::vector<std::string> words) { return read_arguments("model", "box", kMore, words); };
  EXPECT_EQ(read({"d=2"})["d"], 2);
  EXPECT_TRUE(has(refusal<UsageError>([&] { read({"d=2", "d=3"}); }), {"d is given twice"}));
  EXPECT_TRUE(has(refusal<UsageError>([&] { read({"d"}); }), {"'d' is not key=value"}));
  EXPECT_TRUE(has(refusal<UsageError>([&] { read({"m=2"}); }), {"unknown parameter 'm'", "box d=... [n=3]"}));
  EXPECT_TRUE(has(refusal<UsageError>([&] { read({"d="}); }), {"'' is not a number"}));
}

TEST(Parameters, ReadToml) {
  const Folder folder;
  Request request(kTable);
  request.read_toml(folder.write("run.toml",
                                 "# a run\nqueries = 64\nstep = 0.25\ntimes = [0.5, 1, 2.5]\nclass_names = ['a', "
                                 "\"b\"]\nname = 'x'\ngray = true\n"));
  EXPECT_TRUE(request.flag("gray"));
  EXPECT_EQ(request.whole("queries"), 64);
  EXPECT_EQ(request.number("step"), 0.25);
  EXPECT_EQ(request.numbers("times"), (std::vector<double>{0.5, 1, 2.5}));
  EXPECT_EQ(request.names("class_names"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(request.text("name"), "x");
  request.parse_toml("name = 'a\\b'", "file");
  EXPECT_EQ(request.text("name"), "a\\b") << "no escape within single quotes";
  request.parse_toml("gray = false\ntimes = []\n\t# a tab, and no line end", "file");
  EXPECT_FALSE(request.flag("gray"));
  EXPECT_TRUE(request.numbers("times").empty());
}

TEST(Parameters, ListsOfIntegers) {
  Request request(kTable);
  request.set("times", "3,-1", "--set");
  EXPECT_EQ(request.wholes("times"), (std::vector<long long>{3, -1}));
  request.set("times", "0.5", "--set");
  EXPECT_TRUE(has(refusal<UsageError>([&] { request.wholes("times"); }), {"times: '0.5'", "whole number"}));
}

TEST(Parameters, PrintWhatReadsBackToTheSame) {
  const Folder folder;
  Request request(kTable);
  request.set("queries", "7", "");
  request.set("step", "0.30000000000000004", "");
  request.set("times", "0.1,1e-2", "");
  request.set("name", "quote \" backslash \\ tab \t line \n delete \x7f umlaut \xc3\xbc 'single'", "");
  request.set("class_names", "T-shirt/top,B", "");
  request.set("gray", "true", "");
  Request again(kTable);
  again.read_toml(folder.write("run.toml", request.toml()));
  EXPECT_EQ(again.toml(), request.toml());
  EXPECT_EQ(again.text("name"), request.text("name"));
  EXPECT_EQ(again.number("step"), 0.30000000000000004);
  request.set("name", "no quote, but a \t", "");
  request.set("queries", "", "");
  again.read_toml(folder.write("run.toml", request.toml()));
  EXPECT_EQ(again.text("name"), "no quote, but a \t");
  EXPECT_FALSE(again.has("queries"));
  const Request untouched(kTable);
  Request reread(kTable);
  reread.read_toml(folder.write("defaults.toml", untouched.toml()));
  EXPECT_EQ(reread.toml(), untouched.toml());
}

std::string refused_toml(const std::string& content) {
  const Folder folder;
  const std::string file = folder.write("run.toml", content);
  Request request(kTable);
  const std::string said = refusal<UsageError>([&] { request.read_toml(file); });
  EXPECT_TRUE(has(said, {file})) << "names the file";
  return said;
}

TEST(Parameters, NameFileAndLineOfWhatIsWrongInToml) {
  EXPECT_TRUE(has(refused_toml("queries = 1\nstep = = 2\n"), {"line 2"}));
  EXPECT_TRUE(has(refused_toml("queries = 1\n\nquerys = 2\n"), {"line 3", "Did you mean 'queries'?"}));
  EXPECT_TRUE(has(refused_toml("\nqueries = 'many'\n"), {"line 2", "queries", "'many'"}));
  EXPECT_TRUE(has(refused_toml("queries = 1\nqueries = 2\n"), {"line 2"}));
  EXPECT_TRUE(has(refused_toml("name = \"no end"), {"line 1"}));
  EXPECT_TRUE(has(refused_toml("name = \"\xff\xfe\"\n"), {"line 1"}));
  EXPECT_TRUE(has(refused_toml("queries = true\n"), {"line 1", "queries"}));
  EXPECT_TRUE(has(refused_toml("[queries]\na = 1\n"), {"byte 0 (line 1): a table"}));
  EXPECT_TRUE(has(refused_toml("\ntimes = [1, [2]]\n"), {"line 2", "times", "flat"}));
  EXPECT_TRUE(has(refused_toml("queries = [1, 2]\n"), {"queries"}));
  EXPECT_TRUE(has(refused_toml("times = [{a = 1}]\n"), {"byte 9 (line 1): times", "expected a flat one"}));
  EXPECT_TRUE(has(refused_toml("\nname = 2026-11-22\n"), {"byte 8 (line 2): name is neither text, number"}));
  EXPECT_TRUE(has(refused_toml("name = {a = 1}\n"), {"byte 7 (line 1): name is neither text, number"}));
}

// What the packaged parser must not see; see toml_guard.hpp.
TEST(Parameters, RefuseWhatTomlPlusPlusCannotBear) {
  EXPECT_TRUE(has(refused_toml("queries = 1\n[\x01"), {"byte 12 (line 2): a table"}));
  EXPECT_TRUE(has(refused_toml("qu\xc3\xa9ries = 1\n"), {"byte 2 (line 1): a character outside of ASCII"}));
  EXPECT_TRUE(has(refused_toml("name = \"\"\"a\nb\"\"\"\n"), {"byte 7 (line 1): a text over several lines"}));
  EXPECT_TRUE(has(refused_toml("name = 1\"\xc3\xa9\"\n"), {"byte 8 (line 1): a quote within a value"}));
  EXPECT_TRUE(has(refused_toml("name = \"a\x01\"\n"), {"byte 9 (line 1): a control character"}));
  EXPECT_TRUE(has(refused_toml("# a\xe2\x80\xa8 b\n"), {"byte 3 (line 1): a control character"}));
  EXPECT_TRUE(has(refused_toml("times = " + std::string(31, '[') + "# ]]]]]]\n[["), {"(line 2)", "deep"}));
  for (const char* text : {"name = 'a\xc2\x85'\n", "name = 'a\xe2\x80\xa9'\n", "name = 'a\r'\n", "name = 'a\x7f'\n"})
    EXPECT_TRUE(has(refused_toml(text), {"byte 9 (line 1): a control character"})) << text;
  EXPECT_TRUE(has(refused_toml("name = 'a\n'\n"), {"byte 9 (line 1): the end of the line, expected a closing '"}));
  EXPECT_TRUE(has(refused_toml("name = \"a\\\n\"\n"), {"byte 10 (line 1): the end of the line"}));
  EXPECT_TRUE(has(refused_toml("name = \"a\\"), {"byte 10 (line 1): the end of the file, expected a closing \""}));
  EXPECT_TRUE(has(refused_toml("times = [}\n"), {"byte 0 (line 1): no TOML, expected lines of key = value"}));
  EXPECT_TRUE(has(refused_toml("name = ]\n"), {"line 1"}));
  EXPECT_TRUE(has(refused_toml("name = }\n"), {"line 1"}));
  Request request(kTable);
  request.parse_toml("name = \"a\\\"[\xc3\xa9\" # \xc3\xa9 [[[\r\nclass_names = [\n  'a', # one\n  \"b\",\n]\n",
                     "file");
  EXPECT_EQ(request.text("name"), "a\"[\xc3\xa9");
  EXPECT_EQ(request.text("class_names"), "a,b");
}

TEST(Parameters, RefuseAMissingTomlAsUsage) {
  Request request(kTable);
  EXPECT_TRUE(has(refusal<UsageError>([&] { request.read_toml("/nowhere/run.toml"); }), {"/nowhere/run.toml"}));
}

TEST(Parameters, RefuseTomlMadeToExhaust) {
  EXPECT_TRUE(has(refused_toml("times = " + std::string(100000, '[')), {"line 1", "deep"}));
  EXPECT_TRUE(has(refused_toml("times = " + std::string(100000, '{')), {"line 1", "deep"}));
  std::string dotted = "a";
  for (int i = 0; i < 5000; ++i) dotted += ".a";
  EXPECT_TRUE(has(refused_toml(dotted + " = 1\n"), {"line 1"}));
  EXPECT_TRUE(has(refused_toml(std::string((1 << 20) + 1, '\n')), {"bytes"}));
}

}  // namespace
}  // namespace denoiscope
