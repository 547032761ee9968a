// Completion for three shells, made from the description of the command line.
#include <fmt/format.h>

#include "description.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

std::string spaced(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

/// `text` inside the single quotes of a POSIX shell or, with `escape`, of fish.
std::string quoted(const std::string& text, const char* apostrophe = "'\\''") {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string(apostrophe) : std::string(1, c);
  return out + "'";
}

std::vector<std::string> verb_names(const ProgramDescription& program) {
  std::vector<std::string> names;
  for (const VerbDescription& verb : program.verbs) names.push_back(verb.name);
  return names;
}

std::vector<std::string> flag_names(const VerbDescription& verb) {
  std::vector<std::string> names;
  for (const Slot& flag : verb.flags) names.insert(names.end(), flag.names.begin(), flag.names.end());
  return names;
}

// ---- bash ----

std::string bash_choice(const std::string& pattern, const std::vector<std::string>& words, bool files) {
  return fmt::format("    {}) words={} files={} ;;\n", pattern, quoted(spaced(words)), files ? "yes" : "");
}

std::string bash_cases(const VerbDescription& verb, const std::vector<std::string>& first_words) {
  std::string out;
  for (const Slot& flag : verb.flags)
    if (!flag.value.empty())
      for (const std::string& name : flag.names) out += bash_choice(verb.name + ":" + name, flag.words, flag.file);
  std::vector<std::string> words = first_words;
  bool files = false;
  for (const Slot& slot : verb.positionals) {
    words.insert(words.end(), slot.words.begin(), slot.words.end());
    files = files || slot.file;
  }
  return out + fmt::format("    {0}:*) if [[ $word == -* ]]; then words={1}; else words={2} files={3}; fi ;;\n",
                           verb.name, quoted(spaced(flag_names(verb))), quoted(spaced(words)), files ? "yes" : "");
}

std::string bash(const ProgramDescription& program) {
  VerbDescription top = program.program;
  top.name.clear();
  std::string cases;
  for (const VerbDescription& verb : program.verbs) cases += bash_cases(verb, {});
  cases += bash_cases(top, verb_names(program));
  return R"(# bash completion of denoiscope, written by `denoiscope completion bash`
_denoiscope() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} verb= words= files= i
  if [[ $word == = ]]; then
    word=
  elif [[ $before == = ]]; then
    before=${COMP_WORDS[COMP_CWORD - 2]}
  fi
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if [[ ${COMP_WORDS[i]} != -* ]]; then verb=${COMP_WORDS[i]}; break; fi
  done
  case $verb:$before in
)" + cases +
         R"(  esac
  COMPREPLY=()
  [[ -z $words ]] || mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
  [[ -z $files ]] || mapfile -t -O ${#COMPREPLY[@]} COMPREPLY < <(compgen -f -- "$word")
}
complete -o filenames -F _denoiscope denoiscope
)";
}

// ---- zsh ----

/// Text inside the brackets or before the colon of an _arguments specification.
std::string zsh_text(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(const Slot& slot) {
  std::string words = slot.words.empty() ? "" : fmt::format("({})", spaced(slot.words));
  if (!slot.file) return words;
  return words.empty() ? "_files" : fmt::format("{{_alternative 'words:known:{}' 'files:file:_files'}}", words);
}

std::string zsh_flags(const VerbDescription& verb) {
  std::string out;
  for (const Slot& flag : verb.flags)
    for (const std::string& name : flag.names) {
      const bool with_value = !flag.value.empty();
      out +=
          " \\\n        " + quoted(fmt::format("{}{}{}[{}]", flag.repeated ? "*" : "", name,
                                               with_value && name.rfind("--", 0) == 0 ? "=" : "", zsh_text(flag.help)) +
                                   (with_value ? fmt::format(":{}:{}", zsh_text(flag.value), zsh_action(flag)) : ""));
    }
  return out;
}

std::string zsh_verb(const VerbDescription& verb) {
  std::string out = fmt::format("    {})\n      _arguments -s", verb.name) + zsh_flags(verb);
  for (const Slot& slot : verb.positionals)
    out += " \\\n        " +
           quoted(fmt::format("{}:{}:{}", slot.repeated ? "*" : "", zsh_text(slot.names.front()), zsh_action(slot)));
  return out + " ;;\n";
}

std::string zsh(const ProgramDescription& program) {
  std::string verbs, cases;
  for (const VerbDescription& verb : program.verbs) {
    verbs += "    " + quoted(fmt::format("{}:{}", verb.name, zsh_text(verb.help))) + "\n";
    cases += zsh_verb(verb);
  }
  return R"(#compdef denoiscope
# zsh completion of denoiscope, written by `denoiscope completion zsh`
_denoiscope() {
  local -a verbs=(
)" + verbs +
         R"(  )
  if ((CURRENT == 2)); then
    _describe verb verbs
    _arguments)" +
         zsh_flags(program.program) + R"(
    return
  fi
  local verb=$words[2]
  shift words
  ((CURRENT--))
  case $verb in
)" + cases +
         R"(  esac
}
if [[ $funcstack[1] == _denoiscope ]]; then _denoiscope "$@"; else compdef _denoiscope denoiscope; fi
)";
}

// ---- fish ----

std::string fish_quoted(const std::string& text) { return quoted(text, "\\'"); }

std::string fish_flags(const VerbDescription& verb, const std::string& when) {
  std::string out;
  for (const Slot& flag : verb.flags) {
    out += fmt::format("complete -c denoiscope -n {}", fish_quoted(when));
    for (const std::string& name : flag.names)
      out += name.rfind("--", 0) == 0 ? " -l " + name.substr(2) : " -s " + name.substr(1);
    if (!flag.value.empty()) out += flag.file ? " -r -F" : " -x";
    if (!flag.words.empty()) out += " -a " + fish_quoted(spaced(flag.words));
    out += " -d " + fish_quoted(flag.help) + "\n";
  }
  return out;
}

std::string fish(const ProgramDescription& program) {
  std::string out =
      "# fish completion of denoiscope, written by `denoiscope completion fish`\ncomplete -c denoiscope -f\n";
  out += fish_flags(program.program, "__fish_use_subcommand");
  for (const VerbDescription& verb : program.verbs) {
    out +=
        fmt::format("complete -c denoiscope -n __fish_use_subcommand -a {} -d {}\n", verb.name, fish_quoted(verb.help));
    const std::string when = "__fish_seen_subcommand_from " + verb.name;
    out += fish_flags(verb, when);
    for (const Slot& slot : verb.positionals) {
      if (slot.words.empty() && !slot.file) continue;
      out += fmt::format("complete -c denoiscope -n {}{}{}\n", fish_quoted(when), slot.file ? " -F" : "",
                         slot.words.empty() ? "" : " -a " + fish_quoted(spaced(slot.words)));
    }
  }
  return out;
}

void run(const Request& request, const Call& call) {
  using Writer = std::string (*)(const ProgramDescription&);
  constexpr Writer kShells[] = {bash, zsh, fish};  // in the order of the words
  print(kShells[static_cast<int>(request["shell"])](call.program()));
}

}  // namespace

Verb completion_verb() {
  return {"completion",
          "shell completion: source <(denoiscope completion bash), or zsh, fish",
          {parameter::one_of("bash|zsh|fish", parameter::positional("shell", true, "SHELL", "for which shell"))},
          run,
          true};
}

}  // namespace denoiscope::app
