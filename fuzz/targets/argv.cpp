#include <sstream>
#include <vector>

#include "apps/denoiscope/command_line.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Arguments lie one a line. Verbs that read or write files stop once their options are read; what is pure runs.
  std::vector<std::string> words{"denoiscope"};
  std::istringstream lines(std::string(fuzz::text_of(data, size)));
  for (std::string line; std::getline(lines, line);) words.push_back(line.substr(0, line.find('\0')));
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  const int argc = static_cast<int>(argv.size());
  argv.push_back(nullptr);
  const auto pure = [](std::string_view verb) { return verb == "theory" || verb == "list"; };
  return fuzz::orderly(
      [&] {
        try {
          denoiscope::app::run_command_line(argc, argv.data(), pure);
        } catch (const denoiscope::UsageError& error) {
          if (std::string_view(error.what()).empty()) __builtin_trap();
          throw;
        }
      },
      false);
}
