// From measured slices to findings: theory and observables meet here. Pure functions from records to records.
#pragma once

#include <vector>

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/collapse.hpp"
#include "denoiscope/observables/slice.hpp"

namespace denoiscope::experiments {

/// What the findings are made from.
struct Measured {
  const Record& data;                             ///< describe()'s record
  const std::vector<observables::Slice>& slices;  ///< in increasing t
  const observables::Shells& shells;
  double collapse_below = 0;  ///< read by collapse_record alone
};

/// Rows of the tables of experiments that say how many data would delay collapse.
inline constexpr Parameter kTargetParameters[] = {
    parameter::about(About::data,
                     parameter::number("collapse_below", 0.1, kEarliest, kLatest, "T",
                                       "for which collapse time the number of samples needed is extrapolated")),
};

/// f/alpha at which a trajectory counts as collapsed: 95 % of log n is known.
inline constexpr double kCollapsed = 0.05;

/// The d eigenvalues that closed forms take, from describe()'s record (observables::Spectrum::all).
std::vector<double> full_spectrum(const Record& data);

/// t_C of nested subsets of the data, and of all of them.
std::vector<observables::CollapseAtSize> collapse_at_sizes(const Measured& measured);

/// The records `speciation`, `collapse`, `guidance` of docs/result-schema.md.
Record speciation_record(const Measured& measured);
Record collapse_record(const Measured& measured, const Record& speciation);
Record guidance_record(const Measured& measured, const Record& speciation);

/// One noise level in every clock; ddpm_step is null outside the schedule.
Record clock_record(double t);

}  // namespace denoiscope::experiments
