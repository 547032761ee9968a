// Arrows between rooms point down only. The linker cannot see an include of a header-only file, so the includes
// themselves are read.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// Every room and the rooms it may use, besides itself.
const std::map<std::string, std::set<std::string>> kMayUse = {
    {"base", {}},
    {"process", {"base"}},
    {"data", {"base"}},
    {"denoiser", {"base", "process", "data"}},
    {"theory", {"base", "process"}},
    {"dynamics", {"base", "process", "data", "denoiser"}},
    {"observables", {"base", "process", "data", "denoiser"}},
    {"study", {"base", "process", "data", "denoiser", "theory", "dynamics", "observables"}},
    {"report", {"base", "process"}},
};

// What is wrong with the includes of one file, a line each.
std::vector<std::string> unlawful(const std::string& room, const std::string& file, std::istream& text) {
  static const std::regex include(R"(^\s*#\s*include\s*["<](.*/)?denoiscope/([^/">]+)/.*)");
  std::vector<std::string> out;
  std::string line;
  std::smatch found;
  for (int number = 1; std::getline(text, line); ++number) {
    if (line.find("#include \"..") != std::string::npos)
      out.push_back(file + ":" + std::to_string(number) + ": a relative path hides the room it leads to");
    if (!std::regex_match(line, found, include) || found[2] == room) continue;
    if (!kMayUse.at(room).contains(found[2]))
      out.push_back(file + ":" + std::to_string(number) + ": " + room + " may not use " + found[2].str());
  }
  return out;
}

std::vector<std::string> unlawful(const std::string& room, const std::string& text) {
  std::istringstream stream(text);
  return unlawful(room, "made-up.cpp", stream);
}

TEST(Layering, EveryIncludePointsDown) {
  int files = 0;
  for (const auto& [room, lower] : kMayUse)
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(DENOISCOPE_SOURCE) / "denoiscope" / room)) {
      if (entry.path().extension() != ".hpp" && entry.path().extension() != ".cpp") continue;
      ++files;
      std::ifstream text(entry.path());
      for (const std::string& what : unlawful(room, entry.path().string(), text)) ADD_FAILURE() << what;
    }
  EXPECT_GT(files, static_cast<int>(kMayUse.size()));
}

TEST(Layering, EveryFolderIsARoom) {
  for (const auto& entry : fs::directory_iterator(fs::path(DENOISCOPE_SOURCE) / "denoiscope"))
    EXPECT_TRUE(!entry.is_directory() || kMayUse.contains(entry.path().filename().string())) << entry.path();
}

TEST(Layering, TheTableHasNoCycle) {  // each room below is lawful in the rooms above: the relation is transitive
  for (const auto& [room, lower] : kMayUse)
    for (const std::string& below : lower) {
      EXPECT_FALSE(kMayUse.at(below).contains(room)) << room << " and " << below;
      for (const std::string& lowest : kMayUse.at(below)) EXPECT_TRUE(lower.contains(lowest)) << room << " " << lowest;
    }
}

TEST(Layering, UnlawfulIncludesAreFound) {
  EXPECT_EQ(unlawful("base", "#include \"denoiscope/data/open.hpp\"\n").size(), 1u);            // upward
  EXPECT_EQ(unlawful("theory", "\n# include <denoiscope/engine/empirical.hpp>\n").size(), 1u);  // sideways
  EXPECT_EQ(unlawful("report", "#include \"../study/records.hpp\"\n").size(), 1u);
  EXPECT_EQ(unlawful("theory", "#include \"denoiscope/nowhere/x.hpp\"\n").size(), 1u);
  EXPECT_TRUE(unlawful("theory", "#include \"denoiscope/theory/rem.hpp\"\n#include <cmath>\n").empty());
  EXPECT_TRUE(unlawful("theory", "#include \"denoiscope/process/clock.hpp\"\n").empty());
}

}  // namespace
