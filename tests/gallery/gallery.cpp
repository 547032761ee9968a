// The gallery: entries are well formed, numbers that are wrong are seen, and the page says what the entries say.
#include "denoiscope/gallery/gallery.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"

namespace denoiscope::gallery {
namespace {

TEST(Gallery, EveryEntryIsReadAndSaysWhereItIsFrom) {
  std::set<std::string_view> names;
  for (const GalleryText& text : gallery()) {
    EXPECT_TRUE(names.insert(text.name).second) << text.name;
    EXPECT_NO_THROW(read_entry(text)) << text.name;
  }
  EXPECT_GE(names.size(), 24u);
  EXPECT_THROW(gallery_entry("clone-colapse"), UsageError);
}

TEST(Gallery, RefusesTextsThatAreNoEntries) {
  const std::string good = "title = 'a'\ncaption = 'b'\nsource = 'c'\nexperiment = 'uturn'\n";
  EXPECT_NO_THROW(read_entry({"x", good}));
  const auto refused = [&](const std::string& text) { EXPECT_THROW(read_entry({"x", text}), UsageError) << text; };
  refused("title = 'a'\n");
  refused(good + "colour = 'red'\n");
  refused(good + "tolerance = 0.1\n");
  refused(good + "function = 'uturns'\n");
  refused(good + "expected = ['a = 1 +- 0']\n");
  refused("title = 'a'\ncaption = 'b'\nsource = 'c'\nexperiment = 'uturns'\n");
}

TEST(Gallery, AComparisonHoldsWithinErrorsAndTolerance) {
  Comparison c;
  c.expected = 1;
  c.measured = 1.4;
  c.error = 0.08;
  c.expected_error = 0.06;
  EXPECT_NEAR(c.sigmas(), 4, 1e-12);
  EXPECT_TRUE(c.holds());
  c.measured = 1.5;
  EXPECT_FALSE(c.holds());
  c.tolerance = 0.02;
  EXPECT_TRUE(c.holds());
  c.measured = std::nan("");
  EXPECT_FALSE(c.holds());
  EXPECT_TRUE(std::isnan((Comparison{"", "", 1, 0, 1, 0, 0}.sigmas())));
}

/// The entry with texts replaced, by others that are wrong or make it short.
Record spoilt(std::string_view name, const std::vector<std::pair<std::string, std::string>>& changes) {
  for (const GalleryText& text : gallery()) {
    if (text.name != name) continue;
    std::string toml(text.text);
    for (const auto& [from, to] : changes) {
      const std::size_t at = toml.find(from);
      EXPECT_NE(at, std::string::npos) << name << ": " << from;
      if (at != std::string::npos) toml.replace(at, from.size(), to);
    }
    return reproduce(name, read_entry({name, toml}), Scale::fast);
  }
  ADD_FAILURE() << name;
  return {};
}

Record spoilt(std::string_view name, const std::string& from, const std::string& to) {
  return spoilt(name, {{from, to}});
}

// Null: the entries hold; each of their comparisons fails by chance in 1e-6 of seeds, and seeds are fixed. Broken
// variants: wrong printed numbers, a theory of another distance, a model of another coupling or barrier,
// another grid.
TEST(Gallery, WhatIsRightHoldsAndWhatIsWrongDoesNot) {
  for (const char* name : {"effective-potential", "learned-gaussian"}) {  // all of them: the test `gallery`
    const Record record = reproduce(name, gallery_entry(name), Scale::fast);
    EXPECT_TRUE(record["holds"].flag()) << json_text(record, 1);
    EXPECT_FALSE(record["comparisons"].empty());
    EXPECT_FALSE(record["figure"]["curves"].empty());
  }
  EXPECT_FALSE(spoilt("effective-potential", "wells = 3.119162", "wells = 2.772589")["holds"].flag());
  EXPECT_FALSE(spoilt("random-energy", "limit f t=1 = 0.427", "limit f t=1 = 0.497")["holds"].flag());
  EXPECT_FALSE(spoilt("uturn-nested", "norm2=1024", "norm2=900")["holds"].flag());
  EXPECT_FALSE(spoilt("uturn-ising-classes", "couplings=1,0.25", "couplings=1,0.5")["holds"].flag());
  EXPECT_FALSE(spoilt("speciation-covariances",
                      {{"t_rs_1 d={N} v1=1 v2=2", "t_rs_1 d={N} v1=1 v2=4"}, {"N=100,300,1000", "N=100"}})["holds"]
                   .flag());
  EXPECT_FALSE(
      spoilt("speciation-ising", {{"couplings=1,0.5", "couplings=1,0"}, {"queries=1500", "queries=300"}})["holds"]
          .flag());
  EXPECT_FALSE(spoilt("speciation-orthogonal", "K=10 kappa=2 = 0.554", "K=10 kappa=2 = 0.574")["holds"].flag());
  EXPECT_FALSE(spoilt("uturn-covariances", "v2=2", "v2=2.1")["holds"].flag());
  EXPECT_FALSE(spoilt("generalization-time", {{"variance=1", "variance=1.3"},
                                              {"0.2,0.25,0.3,0.35,0.4; n=55,148,403,1097,2981", "0.3; n=403"},
                                              {"repeat = [4", "repeat = [2"}})["holds"]
                   .flag());
  EXPECT_FALSE(
      spoilt("trap-radius", {{"t=0.626381 = 0.428", "t=0.626381 = 0.438"}, {"starts = [200", "starts = [20"}})["holds"]
          .flag());
  EXPECT_FALSE(spoilt("learned-gaussian", "gamma=0.5 = 0.1534264097", "gamma=0.5 = 0.1534264197")["holds"].flag());
  EXPECT_FALSE(
      spoilt("spin-collapse", "m=0.85856 alpha=0.2 = 0.15524308", "m=0.85856 alpha=0.2 = 0.37080790")["holds"].flag());
  EXPECT_FALSE(spoilt("critical-window", "after eps=0.05 = 1.666", "after eps=0.05 = 1.667")["holds"].flag());
  EXPECT_FALSE(spoilt("audit-null",
                      {{"gaussian-mixture", "sphere"}, {"mu2=1 variance=1", "radius=1"}, {"d=2,4,8", "d=4"}})["holds"]
                   .flag());
  EXPECT_FALSE(spoilt("audit-repeats",
                      {{"near ones count once noise=0.05 apart=0.05 = 1", "each counts noise=0.05 apart=0.05 = 1"},
                       {"0.1,0.14,0.18,0.22,0.26,0.3,0.4,0.6", "0.6"}})["holds"]
                   .flag());
  EXPECT_FALSE(spoilt("ornstein-uhlenbeck", "3000,400", "3000,380")["holds"].flag());
  EXPECT_FALSE(spoilt("double-well", "barrier=0.25", "barrier=0.2500001")["holds"].flag());
  EXPECT_FALSE(spoilt("symmetry-breaking", {{"lambda=1 = 0.4406867935", "lambda=1 = 0.3465735903"},
                                            {"starts = [100000", "starts = [1000"}})["holds"]
                   .flag());
  EXPECT_FALSE(
      spoilt("clone-sde", {{"mu2=1 variance=1", "mu2=4 variance=1"}, {"pairs=1500", "pairs=200"}})["holds"].flag());
  EXPECT_FALSE(spoilt("euler-bias",
                      {{"phi h=0.2 t=3 = 0.6962", "phi h=0.2 t=3 = 0.7962"}, {"pairs=10000", "pairs=1000"}})["holds"]
                   .flag());
  EXPECT_FALSE(spoilt("langevin-bias",
                      {{"ula dt=0.1 = 1.0526", "ula dt=0.1 = 1.3526"}, {"walkers=10000", "walkers=1000"}})["holds"]
                   .flag());
  EXPECT_FALSE(spoilt("guidance-ode", {{"law shift d=16 omega=1 = 0.649113", "law shift d=16 omega=1 = 1.046674"},
                                       {"starts = [1000", "starts = [50"}})["holds"]
                   .flag());
  EXPECT_FALSE(spoilt("jarzynski", {{"free energy tau=1 = 0.693", "free energy tau=1 = 0.993"},
                                    {"starts = [4000", "starts = [400"}})["holds"]
                   .flag());
  EXPECT_THROW(spoilt("random-energy", "limit psi t=0.1 =", "limit psi t=0.15 ="), UsageError);
  // What a record or a theory does not have is no number.
  EXPECT_THROW(spoilt("uturn-ising", "autocorrelation.exact", "autocorelation.exact"), UsageError);
  EXPECT_THROW(spoilt("random-energy", "rem.psi alpha=0.5", "rem.phi alpha=0.5"), UsageError);
}

TEST(Gallery, DataThatAreNotHereAreSkippedAndNotFailed) {
  const Record record = spoilt("uturn-fashion-mnist", "data=fashion-mnist", "data=/nowhere.npy");
  EXPECT_TRUE(record["skipped"].is_text());
  EXPECT_TRUE(record["figure"].is_null());
}

TEST(Gallery, ThePageIsWhatTheEntriesSay) {
  const Bytes page = map_file(DENOISCOPE_SOURCE "/docs/gallery.md");
  EXPECT_EQ(page.text(), gallery_page()) << "docs/gallery.md is old; run ./dev docs";
}

TEST(Gallery, ThePageHasItsPicturesAndNoOthers) {
  std::set<std::string> wanted, there;
  for (const GalleryText& text : gallery()) wanted.insert(std::string(text.name) + ".svg");
  for (const auto& picture : std::filesystem::directory_iterator(DENOISCOPE_SOURCE "/docs/gallery")) {
    there.insert(picture.path().filename().string());
    EXPECT_LT(picture.file_size(), 60000u) << picture.path();  // they are in the repository
  }
  EXPECT_EQ(there, wanted) << "run ./dev docs";
}

}  // namespace
}  // namespace denoiscope::gallery
