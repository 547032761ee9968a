// denoiscope: the program.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <new>
#include <sstream>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/study/provenance.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

int fail(ExitCode code, const std::string& message) {
  // One line whatever the names in it hold.
  std::fputs(("denoiscope: " + report::plain(message) + "\n").c_str(), stderr);
  return static_cast<int>(code);
}

// Allocates nothing.
[[noreturn]] void out_of_memory() {
  constexpr char said[] = "denoiscope: out of memory; use --rows for fewer rows. Units that were done are kept.\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, said, sizeof said - 1);
  ::_exit(static_cast<int>(ExitCode::resources));
}

// Where an exception may not leave, as where a destructor asks for memory and there is none.
[[noreturn]] void end() {
  if (const std::exception_ptr cause = std::current_exception()) {
    try {
      std::rethrow_exception(cause);
    } catch (const std::bad_alloc&) {
      out_of_memory();
    } catch (...) {
    }
  }
  constexpr char said[] = "denoiscope: a bug of ours. Please report it with the command line.\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, said, sizeof said - 1);
  ::_exit(static_cast<int>(ExitCode::internal));
}

// One line for what CLI11 refuses, with a suggestion where a name is nearly right.
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

int run(int argc, char** argv) {
  Call call;
  for (int i = 0; i < argc; ++i) call.command_line += (i > 0 ? " " : "") + std::string(argv[i]);
  CLI::App program("denoiscope: an instrument for looking into denoising", "denoiscope");
  program.require_subcommand(1);
  program.set_version_flag("--version", std::string("denoiscope ") + study::version());
  add_analyze(program, call);
  add_info(program, call);
  add_convert(program, call);
  add_theory(program, call);
  add_list(program, call);
  add_report(program, call);
  add_selftest(program, call);
  add_completion(program);
  add_man(program);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {  // --help, --version
      std::ostringstream text;
      program.exit(error, text, text);
      print(text.str());
      return 0;
    }
    return fail(ExitCode::usage, explain(program, error, argc, argv));
  }
  return 0;
}

}  // namespace
}  // namespace denoiscope::app

int main(int argc, char** argv) {
  using denoiscope::ExitCode;
  std::set_terminate(denoiscope::app::end);
  try {
    denoiscope::app::guard_streams();
    return denoiscope::app::run(argc, argv);
  } catch (const denoiscope::app::ReaderGone& error) {
    return static_cast<int>(error.code());
  } catch (const denoiscope::Error& error) {
    return denoiscope::app::fail(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    denoiscope::app::out_of_memory();
  } catch (const std::exception& error) {
    return denoiscope::app::fail(ExitCode::internal, std::string("a bug of ours: ") + error.what() +
                                                         ". Please report it with the command line.");
  }
}
