// What a data set is: shape, range, repeats, classes, spectrum.
#pragma once

#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/parameters.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/quality.hpp"

namespace denoiscope::experiments {

/// How far repeats are looked for.
inline constexpr Parameter kDuplicatesParameters[] = {
    parameter::about(About::data, parameter::word("duplicates", "sample|full", "sample",
                                                  "look for near-duplicates of 2048 random rows, or of all")),
};

/// The record `data` of docs/result-schema.md, without the spectrum of held-out data. dropped: what was left out of the
/// data before. `request` holds kDuplicatesParameters and a seed.
Record describe(const Dataset& data, const data::Dropped& dropped, const Request& request);

}  // namespace denoiscope::experiments
