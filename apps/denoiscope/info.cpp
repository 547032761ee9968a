#include <fmt/ranges.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/engine/machine.hpp"
#include "denoiscope/experiments/describe.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/study/subject.hpp"
#include "terminal.hpp"
#include "verbs.hpp"

namespace denoiscope::app {
namespace {

Record machine_record() {
  constexpr double kSeconds = 0.03;  // a measurement; six of them
  Record ceiling = Record::list();
  ceiling.push_back({{"threads", 1}, {"gflops", ceiling_gflops(1, kSeconds)}});
  if (threads() > 1) ceiling.push_back({{"threads", threads()}, {"gflops", ceiling_gflops(threads(), kSeconds)}});
  return {{"cpu", cpu_name()},    {"features", cpu_features()}, {"kernel", kernel::best().name},
          {"kernels", kernels()}, {"threads", threads()},       {"ceiling_f64", ceiling}};
}

std::string machine_table(const Record& machine) {
  const auto list = [&](const char* key) { return fmt::format("{}", fmt::join(machine[key].texts(), ", ")); };
  std::string text = fmt::format("cpu       {}\nfeatures  {}\nkernel    {}, of {}\nthreads   {}\n",
                                 report::plain(machine["cpu"].text()), list("features"), machine["kernel"].text(),
                                 list("kernels"), static_cast<int>(machine["threads"].whole()));
  for (const Record& row : machine["ceiling_f64"])
    text +=
        fmt::format("ceiling   {:.1f} GF/s, multiply-adds in double precision, {} thread{}\n", row["gflops"].number(),
                    static_cast<int>(row["threads"].whole()), row["threads"] == 1 ? "" : "s");
  return text;
}

void run(const Request& request, const Call& call) {
  if (request.flag("machine")) {
    if (request.has("data"))
      throw UsageError("--machine: tells of no data, but {} is given; leave one out.", request.text("data"));
    const Record record = machine_record();
    return print(call.json ? json_text(record) + "\n" : machine_table(record));
  }
  const Loaded loaded = load(request);
  Record record = experiments::describe(loaded.data, loaded.dropped, request);
  record.erase("pair_spectra");
  print(call.json ? json_text(record) + "\n" : report::data_table(record));
}

constexpr Parameter kOwn[] = {
    parameter::flag("machine",
                    "instead of data, this machine: CPU, instructions, kernels and the ceiling of multiply-adds"),
};

}  // namespace

Verb info_verb() {
  return {"info", "what a data set is: shape, range, duplicates, labels, covariance spectrum; or the machine",
          joined({kDataParameters, experiments::kDuplicatesParameters, kSeedParameters, kOwn}), run};
}

}  // namespace denoiscope::app
