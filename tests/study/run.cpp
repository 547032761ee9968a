// A run in units: the same numbers whole, in blocks, kept, and resumed; what it leaves and what it leaves alone.
#include "denoiscope/study/run.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "denoiscope/base/files.hpp"
#include "denoiscope/experiments/clone.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

namespace fs = std::filesystem;
using experiments::CloneSubject;
using testing::Folder;
using testing::has;
using testing::refusal;

constexpr Parameter kTable[] = {
    parameter::about(About::data, parameter::text("data", "", "DATA", "a data set")),
    parameter::about(About::data, parameter::whole("rows", 0, 0, 1e9, "N", "of the data")),
    parameter::about(About::model, parameter::text("model", "", "NAME", "a model")),
    parameter::about(About::model, parameter::list("samples", "1e3", 2, 1e300, false, "n,n", "numbers of data")),
    parameter::whole("seed", 3, 0, 1e9, "S", "of every random choice"),
};

Request request_of(const char* seed) {
  Request request(kTable);
  request.set("data", "points.npy", "test");
  request.set("seed", seed, "test");
  return request;
}

std::string text_of(const fs::path& file) { return std::string(map_file(file).text()); }

// Of a text of several lines.
bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What was said on the way, and a wish to stop before unit number `limit`.
struct Watcher final : Progress {
  int limit = 1 << 20, total = 0;
  std::vector<std::string> units, notes;
  void at(int, int all, const std::string& unit) override {
    total = all;
    units.push_back(unit);
  }
  void note(const std::string& text) override { notes.push_back(text); }
  bool stop_requested() const override { return static_cast<int>(units.size()) > limit; }
};

CloneSettings clone_settings() {
  CloneSettings s;
  s.times = {1, 2};
  s.pairs = 100;
  s.method = CloneMethod::sde;
  s.stepper = &find_stepper("euler-maruyama");
  s.steps = 40;
  return s;
}

void expect_same(const std::vector<ClonePoint>& a, const std::vector<ClonePoint>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t k = 0; k < a.size(); ++k) {
    EXPECT_EQ(a[k].phi.value, b[k].phi.value);
    EXPECT_EQ(a[k].phi.standard_error, b[k].phi.standard_error);
    EXPECT_EQ(a[k].expected.value, b[k].expected.value);
  }
}

TEST(Run, ClonesAreTheSameWholeInBlocksKeptAndResumed) {
  CloneSubject made = experiments::clone_subject(
      make_model("gaussian-mixture", std::vector<std::string>{"d=16", "mu2=1", "variance=1"}), false);
  made.work = 4e7;  // units of a few pairs
  const CloneSettings settings = clone_settings();
  const Noise noise(3);
  const auto whole = clone(*made.posterior, *made.score, settings, noise);
  Silent silent;
  const Folder folder;
  const Request request = request_of("3");
  const auto in_units = [&](const fs::path& where, IfExists if_exists) {
    denoiscope::Run run(request, {where, if_exists, "test"}, silent);
    run.start({{"kernel", "avx"}});
    return experiments::clone_in_units(made, settings, noise, run);
  };
  expect_same(whole, in_units({}, IfExists::refuse));
  const fs::path kept = folder.path("kept");
  expect_same(whole, in_units(kept, IfExists::refuse));
  // One unit is gone and one is damaged: both are computed again.
  std::vector<fs::path> units;
  for (const auto& file : fs::directory_iterator(kept / "units")) units.push_back(file.path());
  ASSERT_GT(units.size(), 4u);
  fs::remove(units[0]);
  folder.write("kept/units/" + units[1].filename().string(), "{}");
  expect_same(whole, in_units(kept, IfExists::resume));
  EXPECT_TRUE(fs::exists(units[0]));
  EXPECT_GT(text_of(units[1]).size(), 2u);
  EXPECT_THROW(in_units(kept, IfExists::refuse), UsageError);
}

// Three squares and their sum; counts what it computes.
struct Squares {
  int computed = 0;
  Record operator()(Run& run) {
    run.start({{"data_sha256", "00ff"}});
    Record sum = {{"sum", 0.0}};
    for (const Record& unit : run.map("square", 3, [&](Index i) {
           ++computed;
           return Record{{"value", static_cast<double>(i * i) / 3}, {"undefined", std::nan("")}};
         })) {
      EXPECT_TRUE(unit["undefined"].is_null()) << "a fresh record has gone through JSON like a stored one";
      sum["sum"] = sum["sum"].number() + unit["value"].number();
    }
    run.write("table.csv", "i,square\n");
    return sum;
  }
};

TEST(Run, UnitsAreNamedCountedAndResumed) {
  const Folder folder;
  const Request request = request_of("3");
  Squares squares;
  Watcher first;
  {
    denoiscope::Run run(request, {folder.path("run"), IfExists::refuse, "the command"}, first);
    const Record result = run.finish(squares(run));
    EXPECT_EQ(result["sum"], 1.0 / 3 + 4.0 / 3);
    EXPECT_EQ(result, parse_record(text_of(folder.path("run/result.json"))));
  }
  EXPECT_EQ(first.units, (std::vector<std::string>{"square-000", "square-001", "square-002", "done"}));
  EXPECT_EQ(first.total, 3);
  EXPECT_TRUE(fs::exists(folder.path("run/units/square-002.json")));
  const std::string result = text_of(folder.path("run/result.json"));
  fs::remove(folder.path("run/units/square-001.json"));
  fs::remove(folder.path("run/result.json"));
  Watcher again;
  denoiscope::Run run(request, {folder.path("run"), IfExists::resume, "the command"}, again);
  run.finish(squares(run));
  EXPECT_EQ(squares.computed, 4);
  EXPECT_EQ(text_of(folder.path("run/result.json")), result);
  const std::string log = text_of(folder.path("run/log.txt"));
  EXPECT_TRUE(holds(log, "square-000: already done\nsquare-001: ")) << log;
  EXPECT_FALSE(holds(log, "square-001: already done")) << log;
}

TEST(Run, StopsBetweenUnitsAndSaysHowToGoOn) {
  const Folder folder;
  const Request request = request_of("3");
  Squares squares;
  Watcher watcher;
  watcher.limit = 1;
  {
    denoiscope::Run run(request, {folder.path("run"), IfExists::refuse, ""}, watcher);
    EXPECT_TRUE(has(refusal<Stopped>([&] { squares(run); }),
                    {folder.path("run"), "stopped after 1 of 3 units", "--resume --out"}));
  }
  EXPECT_EQ(squares.computed, 1);
  EXPECT_FALSE(fs::exists(folder.path("run/result.json")));
  watcher.units.clear();
  denoiscope::Run unkept(request, {}, watcher);
  EXPECT_TRUE(has(refusal<Stopped>([&] { squares(unkept); }), {"1 of 3 units", "with --out DIR"}));
}

TEST(Run, UnkeptWritesNothingAndGivesTheSame) {
  const Folder folder;
  const Request request = request_of("3");
  Silent silent;
  Squares squares;
  denoiscope::Run kept(request, {folder.path("run"), IfExists::refuse, ""}, silent), unkept(request, {}, silent);
  EXPECT_FALSE(unkept.kept());
  const Record a = kept.finish(squares(kept)), b = unkept.finish(squares(unkept));
  EXPECT_TRUE(kept.kept());
  EXPECT_EQ(a, b);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder.path()), {}), 1);
}

TEST(Run, LeavesNothingBeforeItStarts) {
  const Folder folder;
  const Request request = request_of("3");
  Silent silent;
  denoiscope::Run run(request, {folder.path("run"), IfExists::refuse, ""}, silent);
  EXPECT_THROW(run.unit("early", [] { return Record(1); }), InternalError);
  EXPECT_FALSE(fs::exists(folder.path("run")));
}

TEST(Run, OtherRequestsAndOtherInputsAreNotResumed) {
  const Folder folder;
  const fs::path path = folder.path("run");
  Silent silent;
  const auto open = [&](const char* seed, const char* hash, IfExists if_exists) {
    const Request request = request_of(seed);
    denoiscope::Run run(request, {path, if_exists, ""}, silent);
    run.start({{"data_sha256", hash}});
  };
  open("1", "aa", IfExists::refuse);
  open("1", "aa", IfExists::resume);
  EXPECT_THROW(open("2", "aa", IfExists::resume), UsageError);
  EXPECT_THROW(open("1", "bb", IfExists::resume), UsageError);
  open("2", "bb", IfExists::overwrite);
  EXPECT_THROW(open("1", "aa", IfExists::resume), UsageError);
}

TEST(Run, ItsSettingsFileHoldsTheRequestLessWhatIsAboutOthers) {
  const Folder folder;
  const Request request = request_of("7");
  Silent silent;
  denoiscope::Run run(request, {folder.path("run"), IfExists::refuse, "denoiscope squares"}, silent);
  run.start({{"data_sha256", "00ff"}, {"steps", 5}});
  run.finish(Record::object());
  const std::string config = text_of(folder.path("run/config.resolved.toml"));
  for (const char* line : {"data = 'points.npy'\n", "seed = 7\n", "# data_sha256 00ff\n", "# steps 5\n"})
    EXPECT_TRUE(holds(config, line)) << config;
  EXPECT_FALSE(holds(config, "samples")) << config;
  Request again(kTable);
  again.read_toml(folder.path("run/config.resolved.toml"));
  again.require_only(About::data, "data");
  EXPECT_EQ(again.toml(), request.toml());
  const Record made = parse_record(text_of(folder.path("run/provenance.json")));
  EXPECT_EQ(made["command_line"], "denoiscope squares");
  EXPECT_EQ(made["seed"], 7);
  EXPECT_EQ(made["data_sha256"], "00ff");
  EXPECT_EQ(made["settings"], (Record{{"data", "points.npy"}, {"rows", "0"}, {"seed", "7"}}));
}

// The manifest says what is of the run: that goes where the run is overwritten, all else stays.
TEST(Run, OverwrittenTakesItsFilesAwayAndLeavesForeignOnes) {
  const Folder folder;
  Silent silent;
  Squares squares;
  {
    const Request request = request_of("1");
    denoiscope::Run run(request, {folder.path("run"), IfExists::refuse, ""}, silent);
    run.finish(squares(run));
  }
  folder.write("run/notes.txt", "mine");
  const std::string manifest = text_of(folder.path("run/manifest.txt"));
  for (const char* name : {"table.csv", "result.json", "provenance.json"})
    EXPECT_TRUE(holds(manifest, std::string(name) + "\n")) << name;
  const Request request = request_of("2");
  denoiscope::Run run(request, {folder.path("run"), IfExists::overwrite, ""}, silent);
  run.start();
  for (const char* name : {"table.csv", "result.json", "provenance.json", "manifest.txt", "units/square-000.json"})
    EXPECT_FALSE(fs::exists(folder.path("run") + "/" + name)) << name;
  EXPECT_EQ(text_of(folder.path("run/notes.txt")), "mine");
}

TEST(Run, WhatFailedIsKeptThenRaised) {
  const Folder folder;
  const Request request = request_of("1");
  Watcher watcher;
  denoiscope::Run run(request, {folder.path("run"), IfExists::refuse, ""}, watcher);
  run.raise();  // nothing failed
  run.start();
  run.note("look at this");
  run.fail(ExitCode::check_failed, "more copies than 1 %");
  run.finish(Record{{"copies", 3}});
  EXPECT_TRUE(fs::exists(folder.path("run/result.json")));
  try {
    run.raise();
    FAIL() << "not raised";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ExitCode::check_failed);
    EXPECT_STREQ(error.what(), "more copies than 1 %");
  }
  EXPECT_EQ(watcher.notes, std::vector<std::string>{"look at this"});
}

}  // namespace
}  // namespace denoiscope
