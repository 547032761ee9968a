#include <sstream>
#include <vector>

#include "apps/denoiscope/verbs.hpp"
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
  denoiscope::app::Call call;
  CLI::App program("", "denoiscope");
  program.require_subcommand(1);
  denoiscope::app::add_verbs(program, call);
  for (CLI::App* verb : program.get_subcommands({}))
    if (verb->get_name() != "theory" && verb->get_name() != "list")
      verb->parse_complete_callback([] { throw CLI::Success(); });
  return fuzz::orderly(
      [&] {
        try {
          program.parse(argc, argv.data());
        } catch (const CLI::ParseError& error) {
          if (error.get_exit_code() != 0 && denoiscope::app::explain(program, error, argc, argv.data()).empty())
            __builtin_trap();
        }
      },
      false);
}
