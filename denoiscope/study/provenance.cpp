#include "denoiscope/study/provenance.hpp"

#include <fmt/format.h>

#include <Eigen/Core>

#include "denoiscope/base/files.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/machine.hpp"

namespace denoiscope::study {

const char* version() { return DENOISCOPE_VERSION; }

nlohmann::json provenance(const std::string& argv) {
  return {{"denoiscope", version()},
          {"commit", DENOISCOPE_COMMIT},
          {"compiler", __VERSION__},
          {"eigen", fmt::format("{}.{}.{}", EIGEN_WORLD_VERSION, EIGEN_MAJOR_VERSION, EIGEN_MINOR_VERSION)},
          {"cpu", cpu_name()},
          {"threads", threads()},
          {"command_line", argv}};
}

nlohmann::json provenance(const Settings& settings, Use use, const std::string& kernel, const std::string& argv) {
  nlohmann::json record = provenance(argv);
  record["kernel"] = kernel;
  record["precision"] = settings.text("precision");
  record["seed"] = settings.integer("seed");
  record["config_sha256"] = sha256(settings.toml(use));
  return record;
}

}  // namespace denoiscope::study
