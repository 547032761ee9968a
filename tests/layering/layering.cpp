// Arrows between rooms point down only, the folders inside a room are its own, and each library that is read through
// one file is read by that file alone. The linker cannot see an include of a header-only file, so the includes
// themselves are read.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// Every room and the rooms it may use, besides itself. The theory stands apart below study: it and what is measured
// are two routes to the same number.
const std::map<std::string, std::set<std::string>> kMayUse = {
    {"base", {}},
    {"process", {"base"}},
    {"data", {"base"}},
    {"denoiser", {"base", "process", "data"}},
    {"theory", {"base", "process"}},
    {"models", {"base", "process", "data", "denoiser"}},
    {"engine", {"base", "process", "data", "denoiser"}},
    {"dynamics", {"base", "process", "data", "denoiser", "models", "engine"}},
    {"observables", {"base", "process", "data", "denoiser", "models", "engine"}},
    {"study", {"base", "process", "data", "denoiser", "theory", "models", "engine", "dynamics", "observables"}},
    {"experiments",
     {"base", "process", "data", "denoiser", "theory", "models", "engine", "dynamics", "observables", "study"}},
    {"gallery",
     {"base", "process", "data", "denoiser", "theory", "models", "engine", "dynamics", "observables", "study",
      "experiments"}},
    {"report", {"base", "process"}},
};

// Libraries that are read through one file: their headers are long to compile, or strangers' bytes reach them.
struct Door {
  const char* headers;  // a regular expression of the names included
  std::string file;
  bool in_tests;  // where tests may use the library too, as an independent route to a number
};
const std::vector<Door> kDoors = {
    {R"(nlohmann/.*)", "denoiscope/base/record.cpp", false},
    {R"(CLI/.*)", "apps/denoiscope/command_line.cpp", false},
    {R"(Eigen/(?!(Core|Geometry)$).*|unsupported/Eigen/.*|Spectra/.*)", "denoiscope/base/linear_algebra.cpp", true},
};

// One file: its place below the top folder, and what it includes with the numbers of the lines.
struct Source {
  std::string place;
  std::vector<std::pair<int, std::string>> includes;

  std::string folder(int depth) const {  // 0: denoiscope, apps, tests, ...; 1: a room
    std::istringstream parts(place);
    std::string part;
    for (int i = 0; i <= depth; ++i) std::getline(parts, part, '/');
    return part;
  }
};

Source read(const std::string& place, std::istream& text) {
  static const std::regex include(R"(^\s*#\s*include\s*["<]([^">]+)[">].*)");
  Source out{place, {}};
  std::string line;
  std::smatch found;
  for (int number = 1; std::getline(text, line); ++number)
    if (std::regex_match(line, found, include)) out.includes.emplace_back(number, found[1]);
  return out;
}

std::string at(const Source& source, int line) { return source.place + ":" + std::to_string(line) + ": "; }

// What is wrong with the arrows of one file of a room, a line each.
std::vector<std::string> upward(const Source& source) {
  static const std::regex of_room(R"(denoiscope/([^/]+)/.*)");
  const std::string room = source.folder(1);
  std::vector<std::string> out;
  std::smatch found;
  for (const auto& [line, name] : source.includes) {
    if (name.starts_with("..")) out.push_back(at(source, line) + "a relative path hides the room it leads to");
    if (!std::regex_match(name, found, of_room) || found[1] == room) continue;
    if (!kMayUse.at(room).contains(found[1])) out.push_back(at(source, line) + room + " may not use " + found[1].str());
  }
  return out;
}

// Includes of folders that are private to another room. A room's own tests may see them, and so may the fuzz targets
// of parsers.
std::vector<std::string> prying(const Source& source) {
  static const std::regex of_folder(R"(denoiscope/([^/]+)/[^/]+/.*)");
  const bool inside = source.folder(0) == "denoiscope" || source.folder(0) == "tests";
  std::vector<std::string> out;
  std::smatch found;
  for (const auto& [line, name] : source.includes) {
    if (!std::regex_match(name, found, of_folder) || (inside && found[1] == source.folder(1))) continue;
    if (source.folder(0) == "fuzz" && name.starts_with("denoiscope/data/formats/")) continue;
    out.push_back(at(source, line) + name + " is private to the room " + found[1].str());
  }
  return out;
}

// Includes of a library beside its door.
std::vector<std::string> around_doors(const Source& source) {
  std::vector<std::string> out;
  for (const auto& [line, name] : source.includes)
    for (const Door& door : kDoors) {
      if (source.place == door.file || (door.in_tests && source.folder(0) == "tests")) continue;
      if (std::regex_match(name, std::regex(door.headers)))
        out.push_back(at(source, line) + name + " is seen by " + door.file + " alone");
    }
  return out;
}

std::vector<Source> sources(const std::vector<std::string>& folders) {
  const fs::path top(DENOISCOPE_SOURCE);
  std::vector<Source> out;
  for (const std::string& folder : folders)
    for (const auto& entry : fs::recursive_directory_iterator(top / folder)) {
      if (entry.path().extension() != ".hpp" && entry.path().extension() != ".cpp") continue;
      std::ifstream text(entry.path());
      out.push_back(read(fs::relative(entry.path(), top).string(), text));
    }
  return out;
}

Source made_up(const std::string& place, const std::string& text) {
  std::istringstream stream(text);
  return read(place, stream);
}

TEST(Layering, EveryIncludePointsDown) {
  const std::vector<Source> files = sources({"denoiscope"});
  EXPECT_GT(files.size(), kMayUse.size());
  for (const Source& file : files)
    for (const std::string& what : upward(file)) ADD_FAILURE() << what;
}

TEST(Layering, FoldersInsideARoomAreItsOwn) {
  for (const Source& file : sources({"denoiscope", "apps", "bench", "fuzz", "tests", "examples"}))
    for (const std::string& what : prying(file)) ADD_FAILURE() << what;
}

TEST(Layering, LibrariesAreSeenThroughTheirDoors) {
  for (const Source& file : sources({"denoiscope", "apps", "bench", "fuzz", "tests", "examples"}))
    for (const std::string& what : around_doors(file)) ADD_FAILURE() << what;
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
  const auto count = [](const std::string& room, const std::string& text) {
    return upward(made_up("denoiscope/" + room + "/made_up.cpp", text)).size();
  };
  EXPECT_EQ(count("base", "#include \"denoiscope/data/open.hpp\"\n"), 1u);            // upward
  EXPECT_EQ(count("theory", "\n# include <denoiscope/engine/empirical.hpp>\n"), 1u);  // sideways
  EXPECT_EQ(count("observables", "#include \"denoiscope/theory/rem.hpp\"\n"), 1u);    // the other route
  EXPECT_EQ(count("report", "#include \"../study/records.hpp\"\n"), 1u);
  EXPECT_EQ(count("theory", "#include \"denoiscope/nowhere/x.hpp\"\n"), 1u);
  EXPECT_EQ(count("theory", "#include \"denoiscope/theory/rem.hpp\"\n#include <cmath>\n"), 0u);
  EXPECT_EQ(count("theory", "#include \"denoiscope/process/clock.hpp\"\n"), 0u);
}

TEST(Layering, PryingIncludesAreFound) {
  const auto count = [](const char* place, const char* text) { return prying(made_up(place, text)).size(); };
  const char* dense = "#include \"denoiscope/engine/dense/panels.hpp\"\n";
  EXPECT_EQ(count("denoiscope/observables/made_up.cpp", dense), 1u);
  EXPECT_EQ(count("apps/denoiscope/made_up.cpp", dense), 1u);
  EXPECT_EQ(count("apps/engine/made_up.cpp", dense), 1u);
  EXPECT_EQ(count("tests/models/made_up.cpp", dense), 1u);
  EXPECT_EQ(count("fuzz/targets/made_up.cpp", dense), 1u);
  EXPECT_EQ(count("denoiscope/engine/path/made_up.cpp", dense), 0u);
  EXPECT_EQ(count("tests/engine/made_up.cpp", dense), 0u);
  const char* format = "#include \"denoiscope/data/formats/formats.hpp\"\n";
  EXPECT_EQ(count("fuzz/targets/made_up.cpp", format), 0u);
  EXPECT_EQ(count("denoiscope/study/made_up.cpp", format), 1u);
  EXPECT_EQ(count("denoiscope/study/made_up.cpp", "#include \"denoiscope/data/open.hpp\"\n"), 0u);
}

TEST(Layering, IncludesAroundDoorsAreFound) {
  const auto count = [](const char* place, const char* text) { return around_doors(made_up(place, text)).size(); };
  EXPECT_EQ(count("denoiscope/report/made_up.cpp", "#include <nlohmann/json.hpp>\n"), 1u);
  EXPECT_EQ(count("denoiscope/base/record.hpp", "#include <nlohmann/json_fwd.hpp>\n"), 1u);
  EXPECT_EQ(count("denoiscope/base/record.cpp", "#include <nlohmann/json.hpp>\n"), 0u);
  EXPECT_EQ(count("apps/denoiscope/clone.cpp", "#include <CLI/CLI.hpp>\n"), 1u);
  EXPECT_EQ(count("apps/denoiscope/command_line.cpp", "#include <CLI/CLI.hpp>\n"), 0u);
  EXPECT_EQ(count("tests/report/made_up.cpp", "#include <nlohmann/json.hpp>\n"), 1u);
  EXPECT_EQ(count("denoiscope/models/made_up.cpp", "#include <Eigen/Core>\n#include <Eigen/Dense>\n"), 1u);
  EXPECT_EQ(count("denoiscope/base/made_up.hpp", "#include <Spectra/SymEigsSolver.h>\n#include <Eigen/QR>\n"), 2u);
  EXPECT_EQ(count("denoiscope/base/linear_algebra.cpp", "#include <Eigen/Eigenvalues>\n"), 0u);
  EXPECT_EQ(count("tests/models/made_up.cpp", "#include <Eigen/Cholesky>\n"), 0u);
}

}  // namespace
