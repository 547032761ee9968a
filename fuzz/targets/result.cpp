#include "denoiscope/report/report.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::orderly(
      [&] {
        const denoiscope::Record result = denoiscope::report::parse_result(fuzz::text_of(data, size), fuzz::kFile);
        denoiscope::report::table(result);
        denoiscope::report::figures(result);
        denoiscope::report::html(result, "/nowhere");
      },
      false);  // a field of the wrong type is named by its path in the record
}
