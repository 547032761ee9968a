// The manual, as roff for man(1) and as Markdown for docs/cli.md; both from the description of the command line.
#include <fmt/format.h>

#include "denoiscope/study/provenance.hpp"
#include "description.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

constexpr const char* kSummary = "an instrument for looking into denoising";
constexpr const char* kManners =
    "Results go to stdout, everything else to stderr. With --json stdout holds one JSON object on one line and nothing "
    "else. On a terminal progress is a bar, elsewhere a plain line every tenth part; --quiet silences it. An error is "
    "one line that names the file or option, what was found and what to do. A reader of stdout that goes away early "
    "ends the program without a word, with exit code 5.";

/// Text that roff leaves as it is: no escapes, real hyphens, no control lines.
std::string roff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += std::string("\\&") + c;
    else if (c == '|')
      out += "|\\:";  // where a long list of words may break
    else
      out += c;
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

std::string help_of(const Slot& slot) {
  std::string text = slot.help;
  if (!slot.fallback.empty()) text += fmt::format(" (default: {})", slot.fallback);
  if (slot.repeated && text.find("repeated") == std::string::npos) text += " (may be repeated)";
  return text;
}

std::string roff_flag(const Slot& slot) {
  return fmt::format(".TP\n\\fB{}\\fR{}\n{}\n", roff(joined(slot.names)),
                     slot.value.empty() ? "" : " \\fI" + roff(slot.value) + "\\fR", roff(help_of(slot)));
}

std::string roff_verb(const ProgramDescription& program, const VerbDescription& verb) {
  std::string out =
      fmt::format(".SS {}\n{}.\n.PP\n.B {}\n", roff(verb.name), roff(verb.help), roff(usage_of(program, verb)));
  for (const Slot& slot : verb.positionals)
    out += fmt::format(".TP\n\\fI{}\\fR\n{}\n", roff(slot.names.front()), roff(help_of(slot)));
  for (const Slot& slot : verb.flags) out += roff_flag(slot);
  return out;
}

std::string roff_page(const ProgramDescription& program) {
  std::string out = fmt::format(".TH DENOISCOPE 1 \"\" \"denoiscope {}\" \"User Commands\"\n", version());
  out += fmt::format(".SH NAME\ndenoiscope \\- {}\n.SH SYNOPSIS\n.B denoiscope\n\\fIVERB\\fR [\\fIOPTIONS\\fR] ...\n",
                     kSummary);
  out += fmt::format(".SH DESCRIPTION\n{}\n.SH OPTIONS\n", roff(kManners));
  for (const Slot& slot : program.program.flags) out += roff_flag(slot);
  out += ".SH VERBS\n";
  for (const VerbDescription& verb : program.verbs) out += roff_verb(program, verb);
  out += ".SH ENVIRONMENT\n";
  for (const Variable& v : variables()) out += fmt::format(".TP\n.B {}\n{}\n", v.name, roff(v.meaning));
  out += ".SH EXIT STATUS\n";
  for (const ExitMeaning& e : exit_meanings()) out += fmt::format(".TP\n.B {}\n{}.\n", e.code, roff(e.meaning));
  return out;
}

/// Text inside a cell of a table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*') out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_rows(const std::vector<Slot>& slots) {
  std::string out;
  for (const Slot& slot : slots)
    out += fmt::format("| `{}{}` | {} |\n", joined(slot.names), slot.value.empty() ? "" : " " + cell(slot.value),
                       cell(help_of(slot)));
  return out;
}

std::string markdown_page(const ProgramDescription& program) {
  std::string out = fmt::format(
      "# The command line\n\nMade by `./dev docs` from the parser's own description; do not edit.\n\n{}\n\n"
      "| option | |\n|---|---|\n{}",
      kManners, markdown_rows(program.program.flags));
  for (const VerbDescription& verb : program.verbs)
    out += fmt::format("\n## {}\n\n{}.\n\n```\n{}\n```\n\n| | |\n|---|---|\n{}{}", verb.name, cell(verb.help),
                       usage_of(program, verb), markdown_rows(verb.positionals), markdown_rows(verb.flags));
  out += "\n## Environment\n\n| variable | |\n|---|---|\n";
  for (const Variable& v : variables()) out += fmt::format("| `{}` | {} |\n", v.name, cell(v.meaning));
  out += "\n## Exit status\n\n| code | |\n|---|---|\n";
  for (const ExitMeaning& e : exit_meanings()) out += fmt::format("| {} | {} |\n", e.code, cell(e.meaning));
  return out;
}

void run(const Request& request, const Call& call) {
  const ProgramDescription program = call.program();
  print(request.flag("markdown") ? markdown_page(program) : roff_page(program));
}

}  // namespace

Verb man_verb() {
  return {"man",
          "the manual page: denoiscope man | man -l -",
          {parameter::flag("markdown", "as Markdown instead of roff")},
          run,
          true};
}

}  // namespace denoiscope::app
