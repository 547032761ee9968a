#include "description.hpp"

#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/theory/registry.hpp"

namespace denoiscope::app {
namespace {

// Placeholders are the one place where the parser says what kind of value it takes.
void offer_values(Slot& slot) {
  if (slot.value.find('|') != std::string::npos) slot.words = split(slot.value, '|');
  slot.file = slot.value == "FILE" || slot.value == "DIR";
}

void offer_arguments(Slot& slot) {
  const std::string& name = slot.names.front();
  if (name == "DATA")
    for (const data::Known& known : data::known_datasets()) slot.words.emplace_back(known.name);
  if (name == "NAME")
    for (const theory::Theory& known : theory::theories()) slot.words.emplace_back(known.name);
  if (slot.words.empty()) slot.words = split(slot.value, '|');
  // What has no words of its own is a path, but for parameters.
  slot.file = name == "DATA" || (slot.words.empty() && name.find('=') == std::string::npos);
  slot.value.clear();
}

Slot describe(const CLI::Option& option) {
  Slot slot;
  const std::string type = option.get_type_name();
  slot.value = type.substr(0, type.find(':'));  // the parser appends what it checks
  slot.help = option.get_description();
  slot.fallback = option.get_default_str();
  slot.required = option.get_required();
  slot.repeated = option.get_expected_max() > 1;
  if (option.get_positional()) {
    slot.names = {option.get_name(true)};
    offer_arguments(slot);
    return slot;
  }
  for (const std::string& name : option.get_snames()) slot.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) slot.names.push_back("--" + name);
  if (option.get_type_size_max() == 0) slot.value.clear();  // a switch
  offer_values(slot);
  return slot;
}

VerbDescription describe_verb(const CLI::App& verb) {
  VerbDescription out{verb.get_name(), verb.get_description(), {}, {}};
  for (const CLI::Option* option : verb.get_options())
    (option->get_positional() ? out.positionals : out.flags).push_back(describe(*option));
  return out;
}

}  // namespace

ProgramDescription describe(const CLI::App& program) {
  ProgramDescription out{describe_verb(program), {}};
  for (const CLI::App* verb : program.get_subcommands({})) out.verbs.push_back(describe_verb(*verb));
  return out;
}

std::string usage_of(const ProgramDescription& program, const VerbDescription& verb) {
  std::string line = program.program.name + " " + verb.name + " [OPTIONS]";
  for (const Slot& slot : verb.positionals) {
    const std::string name = slot.names.front() + (slot.repeated ? "..." : "");
    line += slot.required ? " " + name : " [" + name + "]";
  }
  return line;
}

const std::vector<ExitMeaning>& exit_meanings() {
  static const std::vector<ExitMeaning> table = {
      {static_cast<int>(ExitCode::ok), "done"},
      {static_cast<int>(ExitCode::check_failed), "a check that was asked for did not hold"},
      {static_cast<int>(ExitCode::usage), "command line or configuration"},
      {static_cast<int>(ExitCode::data), "input missing, unreadable, malformed or unusable"},
      {static_cast<int>(ExitCode::numerical), "numerical failure"},
      {static_cast<int>(ExitCode::resources), "memory or disk exhausted, or output that cannot be written"},
      {static_cast<int>(ExitCode::internal), "a bug of ours"},
      {static_cast<int>(ExitCode::stopped), "stopped by SIGINT or SIGTERM; --resume goes on"}};
  return table;
}

const std::vector<Variable>& variables() {
  static const std::vector<Variable> table = {
      {"NO_COLOR", "set and not empty: no colours. They are sent to a terminal only."},
      {"TERM", "unset or \"dumb\": no colours."}};
  return table;
}

}  // namespace denoiscope::app
