#include "denoiscope/experiments/experiments.hpp"

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"
#include "denoiscope/experiments/audit.hpp"
#include "denoiscope/experiments/clone.hpp"
#include "denoiscope/experiments/collapse/collapse.hpp"
#include "denoiscope/experiments/guide.hpp"
#include "denoiscope/experiments/sample/sample.hpp"
#include "denoiscope/experiments/uturn.hpp"

namespace denoiscope::experiments {

// Of experiments of which nobody calls a part.
Experiment denoise_experiment();
Experiment fokker_planck_experiment();
Experiment langevin_experiment();
Experiment speciation_experiment();

std::span<const Experiment> all() {
  static const Experiment table[] = {
      analyze_experiment(),       denoise_experiment(),    sample_experiment(),   langevin_experiment(),
      fokker_planck_experiment(), speciation_experiment(), collapse_experiment(), clone_experiment(),
      guide_experiment(),         audit_experiment(),      uturn_experiment(),
  };
  return table;
}

const Experiment& find(std::string_view name) {
  for (const Experiment& experiment : all())
    if (experiment.name == name) return experiment;
  throw UsageError("unknown experiment '{}'.{}", one_line(name), did_you_mean(name, names_of(all())));
}

}  // namespace denoiscope::experiments
