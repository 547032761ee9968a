#include "verbs.hpp"

#include <algorithm>
#include <filesystem>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"

namespace denoiscope::app {

void add_verbs(CLI::App& program, Call& call) {
  add_analyze(program, call);
  add_info(program, call);
  add_convert(program, call);
  add_denoise(program, call);
  add_sample(program, call);
  add_synth(program, call);
  add_langevin(program, call);
  add_fokker_planck(program, call);
  add_speciation(program, call);
  add_collapse(program, call);
  add_clone(program, call);
  add_guide(program, call);
  add_audit(program, call);
  add_theory(program, call);
  add_uturn(program, call);
  add_list(program, call);
  add_report(program, call);
  add_reproduce(program, call);
  add_selftest(program, call);
  add_completion(program);
  add_man(program);
}

void require_free(const std::string& file, bool force) {
  std::error_code fault;
  if (std::filesystem::is_directory(file, fault)) throw UsageError("{}: a folder, expected the name of a file.", file);
  if (!force && std::filesystem::exists(file, fault))
    throw UsageError("{}: exists; use --force to overwrite it, or another name.", file);
}

std::string explain(const CLI::App& program, const CLI::ParseError& error, int argc, char** argv) {
  const CLI::App* verb = &program;
  std::vector<std::string> names;
  for (const CLI::App* sub : program.get_subcommands({})) {
    names.push_back(sub->get_name());
    if (argc > 1 && sub->get_name() == argv[1]) verb = sub;
  }
  if (verb == &program && argc > 1 && argv[1][0] != '-')
    return std::string("unknown verb '") + argv[1] + "'." + did_you_mean(argv[1], names) + " See denoiscope --help.";
  std::vector<std::string> flags;
  for (const CLI::Option* option : verb->get_options())
    for (const std::string& name : option->get_lnames()) flags.push_back("--" + name);
  for (int i = 1; i < argc; ++i) {
    const std::string typed = std::string(argv[i]).substr(0, std::string(argv[i]).find('='));
    if (typed.rfind("--", 0) == 0 && std::find(flags.begin(), flags.end(), typed) == flags.end())
      return "unknown option '" + typed + "'." + did_you_mean(typed, flags) + " See denoiscope " + verb->get_name() +
             " --help.";
  }
  return std::string(error.what()) + ". See denoiscope " + (verb == &program ? "" : verb->get_name() + " ") + "--help.";
}

}  // namespace denoiscope::app
