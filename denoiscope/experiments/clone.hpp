// The clone experiment on whatever settings name: a model or data, in units that are kept.
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

/// Units of the run: blocks of pairs, of about ten seconds each.
int clone_units(const CloneSubject& subject, const CloneSettings& settings);

/// Seconds that the SDE will take, from the time of a few pairs on a coarse grid.
double clone_estimate(const CloneSubject& subject, const CloneSettings& settings, const Noise& noise);

/// The experiment, block by block.
std::vector<ClonePoint> clone_in_units(const CloneSubject& subject, const CloneSettings& settings, const Noise& noise,
                                       ExperimentRun& run);

/// A row of the record "points": t, phi, stderr, exact (the closed form, else the posterior's), posterior.
Record to_record(const ClonePoint& point, const CloneSubject& subject);

/// phi(t) over its theory.
CurveFigure clone_figure(const CloneSubject& subject, const std::vector<ClonePoint>& points);

}  // namespace denoiscope::experiments
