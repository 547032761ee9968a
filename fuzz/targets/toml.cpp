#include "denoiscope/study/subject.hpp"
#include "fuzz/target.hpp"

namespace fuzz = denoiscope::fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return fuzz::orderly([&] {
    namespace parameter = denoiscope::parameter;
    // With those of study, every kind of parameter.
    static constexpr denoiscope::Parameter kOwn[] = {
        parameter::whole("queries", 512, 1, 1e6, "M", "a whole number"),
        parameter::list("times", "", 1e-12, 50, false, "t,t", "numbers"),
        parameter::number("collapse_below", 0.1, 1e-12, 50, "T", "a number"),
    };
    static const auto table = denoiscope::joined({denoiscope::kDataParameters, denoiscope::kArithmeticParameters,
                                                  denoiscope::kModelParameters, denoiscope::kSeedParameters, kOwn});
    denoiscope::Request request(table);
    request.parse_toml(fuzz::text_of(data, size), fuzz::kFile);
    denoiscope::Request again(table);
    again.parse_toml(request.toml(), fuzz::kFile);
    if (again.toml() != request.toml()) __builtin_trap();  // what is printed reads back to the same settings
  });
}
