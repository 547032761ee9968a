// clone: how often two copies of a backward path end in the same class.
#pragma once

#include <memory>
#include <string>

#include "denoiscope/base/record.hpp"
#include "denoiscope/dynamics/clone.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

/// What clones are made of.
struct CloneSubject {
  std::string name;  ///< as one would type it
  std::shared_ptr<const Posterior> posterior;
  std::shared_ptr<const Denoiser> score;  ///< drives the SDE
  Index dimension = 0;                    ///< before any reduction
  double (*phi)(const Arguments&, double t) = nullptr;
  Arguments arguments{{}};
  double work = 1;  ///< of one evaluation of one row, in numbers written by a model: sizes the units, nothing else

  /// The closed form at t; NaN where there is none.
  double exact(double t) const { return phi ? phi(arguments, t) : kNaN; }
};

/// reduce: only the coordinates that the score mixes.
CloneSubject clone_subject(const Model& model, bool reduce);
/// Throws DataError for data without labels.
CloneSubject clone_subject(const Dataset& data, const Arithmetic& arithmetic);
CloneSubject clone_subject(const Subject& subject, bool reduce);

/// Seconds that the SDE will take, from the time of a few pairs on a coarse grid.
double clone_estimate(const CloneSubject& subject, const CloneSettings& settings, const Noise& noise);

/// The pairs in units of about ten seconds each.
std::vector<ClonePoint> clone_in_units(const CloneSubject& subject, const CloneSettings& settings, const Noise& noise,
                                       Run& run);

Experiment clone_experiment();

}  // namespace denoiscope::experiments
