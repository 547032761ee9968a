// denoiscope: the program.
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>

#include "command_line.hpp"
#include "denoiscope/base/error.hpp"
#include "denoiscope/report/format.hpp"
#include "terminal.hpp"
#include "vanished_input.hpp"

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

}  // namespace
}  // namespace denoiscope::app

int main(int argc, char** argv) {
  using denoiscope::ExitCode;
  std::set_terminate(denoiscope::app::end);
  denoiscope::app::report_vanished_input();
  try {
    denoiscope::app::guard_streams();
    return denoiscope::app::run_command_line(argc, argv);
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
