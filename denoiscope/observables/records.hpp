// Records as JSON, both ways. NaN and infinities become null.
#pragma once

#include <optional>

#include "denoiscope/base/record.hpp"
#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/population.hpp"
#include "denoiscope/observables/slice.hpp"

namespace denoiscope::observables {

Record to_record(const observables::Slice& slice);
observables::Slice slice_from(const Record& record);

Record to_record(const observables::ClassCurves& curves);
observables::ClassCurves curves_from(const Record& record);

Record to_record(const observables::PopulationSlice& slice);
observables::PopulationSlice population_from(const Record& record);

}  // namespace denoiscope::observables
