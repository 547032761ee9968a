#include "denoiscope/gallery/selftest.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/study/provenance.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

std::string lines(const std::vector<gallery::Check>& checks) {
  std::string out;
  const bool coloured = colours();
  const std::string failed = coloured ? "\x1b[31mFAILED\x1b[0m" : "FAILED",
                    ok = coloured ? "\x1b[32mok\x1b[0m    " : "ok    ";
  for (const gallery::Check& check : checks)
    out += fmt::format("{} {:<58} {:.12g}{}\n", check.ok() ? ok : failed, check.name, check.computed,
                       check.ok() ? "" : fmt::format(", expected {:.12g} to {:g}", check.expected, check.tolerance));
  return out;
}

Record record(const std::vector<gallery::Check>& checks) {
  Record out = Record::list();
  for (const gallery::Check& check : checks)
    out.push_back({{"name", check.name},
                   {"computed", std::isfinite(check.computed) ? Record(check.computed) : Record()},
                   {"expected", check.expected},
                   {"tolerance", check.tolerance},
                   {"ok", check.ok()}});
  return out;
}

void run(const Request&, const Call& call) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<gallery::Check> checks = gallery::selftest();
  std::size_t failed = 0;
  for (const gallery::Check& check : checks) failed += check.ok() ? 0 : 1;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (call.json)
    print(json_text({{"version", version()},
                     {"kernel", kernel::best().name},
                     {"failed", failed},
                     {"seconds", seconds},
                     {"checks", record(checks)}}) +
          "\n");
  else
    print(lines(checks) + fmt::format("\n{} of {} checks hold, {:.2f} s, kernel {}.\n", checks.size() - failed,
                                      checks.size(), seconds, kernel::best().name));
  if (failed > 0)
    throw ErrorOf<ExitCode::check_failed>(
        "selftest: {} of {} checks failed; do not trust this build's numbers. Please report it with the output.",
        failed, checks.size());
}

}  // namespace

Verb selftest_verb() { return {"selftest", "golden values on this machine, in under ten seconds", {}, run}; }

}  // namespace denoiscope::app
