#include "description.hpp"

#include <algorithm>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/theory/registry.hpp"

namespace denoiscope::app {
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
