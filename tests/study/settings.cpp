// Settings: what people type, what is refused and how, and that what is printed reads back.
#include "denoiscope/study/settings.hpp"

#include <gtest/gtest.h>

#include "denoiscope/experiments/analyze/analyze.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::Folder;
using testing::has;
using testing::refusal;

constexpr Setting kTable[] = {
    {"name", SettingKind::text, "", "NAME", ""},        {"queries", SettingKind::integer, "512", "M", ""},
    {"step", SettingKind::number, "0.1", "H", ""},      {"times", SettingKind::numbers, "", "t,t", ""},
    {"class_names", SettingKind::names, "", "a,b", ""}, {"gray", SettingKind::flag, "false", "", ""}};

std::string refused(const std::string& key, const std::string& value) {
  Settings settings(kTable);
  return refusal<UsageError>([&] { settings.set(key, value, "--set"); });
}

TEST(Settings, StartFromTheTable) {
  const Settings settings(kTable);
  EXPECT_EQ(settings.integer("queries"), 512);
  EXPECT_EQ(settings.number("step"), 0.1);
  EXPECT_FALSE(settings.given("name"));
  EXPECT_TRUE(settings.numbers("times").empty());
  EXPECT_FALSE(settings.flag("gray"));
}

TEST(Settings, TakeEveryKind) {
  Settings settings(kTable);
  settings.set("queries", "+64", "--set");
  settings.set("step", "1e-3", "--set");
  settings.set("times", "0.5,1,2e0", "--set");
  settings.set("class_names", "a b,c", "--set");
  settings.set("gray", "true", "--set");
  EXPECT_TRUE(settings.flag("gray"));
  EXPECT_EQ(settings.integer("queries"), 64);
  EXPECT_EQ(settings.number("step"), 1e-3);
  EXPECT_EQ(settings.numbers("times"), (std::vector<double>{0.5, 1, 2}));
  EXPECT_EQ(settings.names("class_names"), (std::vector<std::string>{"a b", "c"}));
}

TEST(Settings, RefuseUnknownKeysWithASuggestion) {
  EXPECT_TRUE(has(refused("querys", "3"), {"--set", "unknown setting 'querys'", "Did you mean 'queries'?"}));
  const std::string far = refused("zzzzzzzzzzzz", "3");
  EXPECT_TRUE(has(far, {"unknown setting"}));
  EXPECT_EQ(far.find("Did you mean"), std::string::npos);
}

TEST(Settings, RefuseTheWrongKind) {
  EXPECT_TRUE(has(refused("queries", "many"), {"queries", "'many'", "whole number"}));
  EXPECT_TRUE(has(refused("queries", "3.5"), {"'3.5'"}));
  EXPECT_TRUE(has(refused("queries", "99999999999999999999"), {"queries"}));
  EXPECT_TRUE(has(refused("step", "fast"), {"step", "'fast'"}));
  EXPECT_TRUE(has(refused("step", "nan"), {"finite"}));
  EXPECT_TRUE(has(refused("step", "inf"), {"finite"}));
  EXPECT_TRUE(has(refused("times", "1,,2"), {"times", "''"}));
  EXPECT_TRUE(has(refused("times", "1,2,"), {"times"}));
  for (const char* value : {"yes", "", "1"})
    EXPECT_TRUE(has(refused("gray", value), {"--set: gray: ", "neither true nor false"})) << value;
}

TEST(Settings, ReadToml) {
  const Folder folder;
  Settings settings(kTable);
  settings.read_toml(folder.write("run.toml",
                                  "# a run\nqueries = 64\nstep = 0.25\ntimes = [0.5, 1, 2.5]\nclass_names = ['a', "
                                  "\"b\"]\nname = 'x'\ngray = true\n"));
  EXPECT_TRUE(settings.flag("gray"));
  EXPECT_EQ(settings.integer("queries"), 64);
  EXPECT_EQ(settings.number("step"), 0.25);
  EXPECT_EQ(settings.numbers("times"), (std::vector<double>{0.5, 1, 2.5}));
  EXPECT_EQ(settings.names("class_names"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(settings.text("name"), "x");
  settings.parse_toml("name = 'a\\b'", "file");
  EXPECT_EQ(settings.text("name"), "a\\b") << "no escape within single quotes";
  settings.parse_toml("gray = false\ntimes = []\n\t# a tab, and no line end", "file");
  EXPECT_FALSE(settings.flag("gray"));
  EXPECT_TRUE(settings.numbers("times").empty());
}

TEST(Settings, ListsOfIntegers) {
  Settings settings(kTable);
  settings.set("times", "3,-1", "--set");
  EXPECT_EQ(settings.integers("times"), (std::vector<long long>{3, -1}));
  settings.set("times", "0.5", "--set");
  EXPECT_TRUE(has(refusal<UsageError>([&] { settings.integers("times"); }), {"times: '0.5'", "whole number"}));
}

TEST(Settings, PrintWhatReadsBackToTheSame) {
  const Folder folder;
  Settings settings(kTable);
  settings.set("queries", "7", "");
  settings.set("step", "0.30000000000000004", "");
  settings.set("times", "0.1,1e-2", "");
  settings.set("name", "quote \" backslash \\ tab \t line \n delete \x7f umlaut \xc3\xbc 'single'", "");
  settings.set("class_names", "T-shirt/top,B", "");
  settings.set("gray", "true", "");
  Settings again(kTable);
  again.read_toml(folder.write("run.toml", settings.toml()));
  EXPECT_EQ(again.toml(), settings.toml());
  EXPECT_EQ(again.text("name"), settings.text("name"));
  EXPECT_EQ(again.number("step"), 0.30000000000000004);
  settings.set("name", "no quote, but a \t", "");
  settings.set("queries", "", "");
  again.read_toml(folder.write("run.toml", settings.toml()));
  EXPECT_EQ(again.text("name"), "no quote, but a \t");
  EXPECT_FALSE(again.given("queries"));
  const Settings untouched(analyze_settings());
  Settings reread(analyze_settings());
  reread.read_toml(folder.write("defaults.toml", untouched.toml()));
  EXPECT_EQ(reread.toml(), untouched.toml());
}

std::string refused_toml(const std::string& content) {
  const Folder folder;
  const std::string file = folder.write("run.toml", content);
  Settings settings(kTable);
  const std::string said = refusal<UsageError>([&] { settings.read_toml(file); });
  EXPECT_TRUE(has(said, {file})) << "names the file";
  return said;
}

TEST(Settings, NameFileAndLineOfWhatIsWrongInToml) {
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
TEST(Settings, RefuseWhatTomlPlusPlusCannotBear) {
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
  Settings settings(kTable);
  settings.parse_toml("name = \"a\\\"[\xc3\xa9\" # \xc3\xa9 [[[\r\nclass_names = [\n  'a', # one\n  \"b\",\n]\n",
                      "file");
  EXPECT_EQ(settings.text("name"), "a\"[\xc3\xa9");
  EXPECT_EQ(settings.text("class_names"), "a,b");
}

TEST(Settings, RefuseAMissingTomlAsUsage) {
  Settings settings(kTable);
  EXPECT_TRUE(has(refusal<UsageError>([&] { settings.read_toml("/nowhere/run.toml"); }), {"/nowhere/run.toml"}));
}

TEST(Settings, RefuseTomlMadeToExhaust) {
  EXPECT_TRUE(has(refused_toml("times = " + std::string(100000, '[')), {"line 1", "deep"}));
  EXPECT_TRUE(has(refused_toml("times = " + std::string(100000, '{')), {"line 1", "deep"}));
  std::string dotted = "a";
  for (int i = 0; i < 5000; ++i) dotted += ".a";
  EXPECT_TRUE(has(refused_toml(dotted + " = 1\n"), {"line 1"}));
  EXPECT_TRUE(has(refused_toml(std::string((1 << 20) + 1, '\n')), {"bytes"}));
}

}  // namespace
}  // namespace denoiscope
