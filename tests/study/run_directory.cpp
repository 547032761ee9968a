// The run directory: what is done is not done again, what is damaged is, and nothing of anybody else is touched.
#include "denoiscope/study/run_directory.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/base/files.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

namespace fs = std::filesystem;
using testing::Folder;
using testing::has;
using testing::refusal;

std::string content_of(const fs::path& file) { return std::string(map_file(file).text()); }

// Runs unit "a", which counts how often it was computed.
struct Unit {
  int computed = 0;
  Record run(RunDirectory& directory) {
    return directory.unit("a", [&] {
      ++computed;
      return Record{{"third", 1.0 / 3}, {"undefined", std::nan("")}, {"list", {1, 2, 3}}};
    });
  }
};

TEST(RunDirectory, StoresAUnitOnceAndGivesTheSameBitsBack) {
  const Folder folder;
  Unit unit;
  Record first, second;
  {
    RunDirectory run(folder.path("run"), "config", IfExists::refuse);
    EXPECT_FALSE(run.done("a"));
    first = unit.run(run);
    EXPECT_TRUE(run.done("a"));
  }
  RunDirectory again(folder.path("run"), "config", IfExists::resume);
  EXPECT_TRUE(again.done("a"));
  second = unit.run(again);
  EXPECT_EQ(unit.computed, 1);
  EXPECT_EQ(first, second) << "a fresh record has gone through JSON like a stored one: NaN is null in both";
  EXPECT_TRUE(first.at("undefined").is_null());
  EXPECT_EQ(first.at("third").number(), 1.0 / 3);
}

TEST(RunDirectory, ComputesDamagedUnitsAgain) {
  const Folder folder;
  Unit unit;
  Record whole;
  {
    RunDirectory run(folder.path("run"), "config", IfExists::refuse);
    whole = unit.run(run);
  }
  const fs::path file = folder.path("run") + "/units/a.json";
  const std::string intact = content_of(file);
  RunDirectory run(folder.path("run"), "config", IfExists::resume);
  // Bytes flipped in turn (every fifth: a store is synced to disk): none may pass for the record.
  for (std::size_t i = 0; i < intact.size(); i += 5) {
    std::string damaged = intact;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    folder.write("run/units/a.json", damaged);
    const int before = unit.computed;
    EXPECT_EQ(unit.run(run), whole) << "byte " << i;
    // The unit's own name within the record is for people, and flipped digits may spell the same number.
    if (unit.computed == before) {
      EXPECT_EQ(parse_record(damaged).at("content"), whole) << "byte " << i;
    }
  }
  for (const std::string& damaged :
       {std::string(), intact.substr(0, intact.size() / 2), std::string("null"), std::string("[]"), std::string("{}"),
        std::string("{\"content\":1,\"sha256\":2,\"config\":3}"), std::string("{\"content\":1}"),
        std::string("{\"content\":1,\"sha256\":2}"), std::string(64, '\0'), std::string(100, '[')}) {
    folder.write("run/units/a.json", damaged);
    const int before = unit.computed;
    EXPECT_EQ(unit.run(run), whole);
    EXPECT_EQ(unit.computed, before + 1);
    EXPECT_EQ(content_of(file), intact);
  }
}

TEST(RunDirectory, DoesNotTakeUnitsOfAnotherConfiguration) {
  const Folder folder;
  Unit unit;
  {
    RunDirectory one(folder.path("one"), "config 1", IfExists::refuse);
    unit.run(one);
  }
  RunDirectory two(folder.path("two"), "config 2", IfExists::refuse);
  fs::copy_file(folder.path("one/units/a.json"), folder.path("two/units/a.json"));
  EXPECT_FALSE(two.done("a"));
  unit.run(two);
  EXPECT_EQ(unit.computed, 2);
}

TEST(RunDirectory, RefusesWhatItMayNotTouch) {
  const Folder folder;
  folder.write("mine/thesis.tex", "years of work");
  EXPECT_TRUE(has(refusal<UsageError>([&] { RunDirectory run(folder.path("mine"), "config", IfExists::refuse); }),
                  {folder.path("mine"), "--resume", "--force"}));
  EXPECT_FALSE(fs::exists(folder.path("mine/units")));
  folder.write("file", "x");
  EXPECT_TRUE(has(refusal<UsageError>([&] { RunDirectory run(folder.path("file"), "config", IfExists::overwrite); }),
                  {folder.path("file"), "not a folder"}));
  EXPECT_EQ(content_of(folder.path("file")), "x");
  fs::create_directory(folder.path("empty"));
  RunDirectory taken(folder.path("empty"), "config", IfExists::refuse);  // an empty folder is free
  EXPECT_EQ(content_of(folder.path("empty/config.resolved.toml")), "config");
}

TEST(RunDirectory, ResumesOnlyTheSameConfiguration) {
  const Folder folder;
  { RunDirectory run(folder.path("run"), "config 1", IfExists::refuse); }
  EXPECT_TRUE(has(refusal<UsageError>([&] { RunDirectory run(folder.path("run"), "config 2", IfExists::resume); }),
                  {folder.path("run"), "other settings or data"}));
  EXPECT_EQ(content_of(folder.path("run/config.resolved.toml")), "config 1");
}

TEST(RunDirectory, OverwritesUnitsButNothingElse) {
  const Folder folder;
  Unit unit;
  {
    RunDirectory run(folder.path("run"), "config 1", IfExists::refuse);
    unit.run(run);
  }
  folder.write("run/notes.txt", "mine");
  RunDirectory run(folder.path("run"), "config 2", IfExists::overwrite);
  EXPECT_FALSE(run.done("a"));
  EXPECT_FALSE(fs::exists(folder.path("run/units/a.json")));
  EXPECT_EQ(content_of(folder.path("run/notes.txt")), "mine");
}

TEST(RunDirectory, NeitherOverwritesNorResumesWhatIsNoRun) {
  const Folder folder;
  folder.write("home/thesis.tex", "years of work");
  folder.write("units/units/mine.json", "not a unit");  // only the name is ours
  folder.write("file/units", "only the name is ours, and it is no folder");
  folder.write("other/thesis.0123456789abcdef.tmp", "a temporary of somebody else");
  for (const char* name : {"home", "units", "file", "other"})
    for (const IfExists how : {IfExists::overwrite, IfExists::resume})
      EXPECT_TRUE(has(refusal<UsageError>([&] { RunDirectory run(folder.path(name), "config", how); }),
                      {folder.path(name), "config.resolved.toml", "--out"}));
  EXPECT_EQ(content_of(folder.path("home/thesis.tex")), "years of work");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path("home")), {}), 1);
  EXPECT_EQ(content_of(folder.path("units/units/mine.json")), "not a unit");
  // A run that was killed before it wrote its mark is one of ours.
  folder.write("killed/config.resolved.toml.0123456789abcdef.tmp", "con");
  fs::create_directory(folder.path("killed/units"));
  RunDirectory run(folder.path("killed"), "config", IfExists::resume);
  EXPECT_EQ(content_of(folder.path("killed/config.resolved.toml")), "config");
  EXPECT_FALSE(fs::exists(folder.path("killed/config.resolved.toml.0123456789abcdef.tmp")));
}

TEST(RunDirectory, LeavesNoResultOfAnotherConfiguration) {
  const Folder folder;
  { RunDirectory run(folder.path("run"), "config 1", IfExists::refuse); }
  folder.write("run/result.json", "{}");
  folder.write("run/report.html", "");
  RunDirectory run(folder.path("run"), "config 2", IfExists::overwrite);
  EXPECT_FALSE(fs::exists(folder.path("run/result.json")));
  EXPECT_FALSE(fs::exists(folder.path("run/report.html")));
}

// A manifest from strangers names no file outside of its folder.
TEST(RunDirectory, RemovesNothingOutsideWhateverTheManifestSays) {
  const Folder folder;
  { RunDirectory(folder.path("run"), "config 1", IfExists::refuse).write("table.csv", "1"); }
  folder.write("outside.txt", "mine");
  folder.write("run/manifest.txt",
               "../outside.txt\n" + folder.path("outside.txt") + "\nunits/../../outside.txt\n\ntable.csv\n");
  const RunDirectory run(folder.path("run"), "config 2", IfExists::overwrite);
  EXPECT_EQ(content_of(folder.path("outside.txt")), "mine");
  EXPECT_FALSE(fs::exists(folder.path("run/table.csv")));
}

TEST(RunDirectory, SaysWhatItCannotRemove) {
  const Folder folder;
  { RunDirectory run(folder.path("run"), "config", IfExists::refuse); }
  folder.write("run/units/a.json/mine", "a folder in place of a unit");
  EXPECT_TRUE(has(refusal<ResourceError>([&] { RunDirectory run(folder.path("run"), "config", IfExists::overwrite); }),
                  {folder.path("run/units/a.json"), "cannot remove: Directory not empty"}));
  EXPECT_EQ(content_of(folder.path("run/units/a.json/mine")), "a folder in place of a unit");
}

TEST(RunDirectory, LogsForPeople) {
  const Folder folder;
  const RunDirectory run(folder.path("run"), "config", IfExists::refuse);
  run.log("one");
  run.log("two");
  EXPECT_EQ(content_of(folder.path("run/log.txt")), "one\ntwo\n");
}

TEST(RunDirectory, SaysWhereItCannotWrite) {
  const Folder folder;
  folder.write("file", "x");
  EXPECT_TRUE(
      has(refusal<ResourceError>([&] { RunDirectory run(folder.path("file/run"), "config", IfExists::refuse); }),
          {folder.path("file/run")}));
}

TEST(FreshFolder, IsTheFirstThatDoesNotExist) {
  const Folder folder;
  const fs::path base = folder.path("run");
  EXPECT_EQ(fresh_folder(base), base);
  fs::create_directory(base);
  EXPECT_EQ(fresh_folder(base), folder.path("run-2"));
  folder.write("run-2", "a file counts");
  EXPECT_EQ(fresh_folder(base), folder.path("run-3"));
}

}  // namespace
}  // namespace denoiscope
