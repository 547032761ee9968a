#include "denoiscope/study/provenance.hpp"

#include <fmt/format.h>

#include <Eigen/Core>

#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/machine.hpp"

namespace denoiscope {

const char* version() { return DENOISCOPE_VERSION; }

Record provenance(const std::string& argv) {
  return {{"denoiscope", version()},
          {"commit", DENOISCOPE_COMMIT},
          {"compiler", __VERSION__},
          {"eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"cpu", cpu_name()},
          {"threads", threads()},
          {"command_line", argv}};
}

}  // namespace denoiscope
