// What a job on data says in the end. Pure functions from records to records, as in findings.hpp.
#pragma once

#include "denoiscope/base/record.hpp"

namespace denoiscope::experiments {

/// `regimes` and `window` of docs/result-schema.md.
Record regimes_record(const Record& result);
Record window_record(const Record& result);
/// `verdict`, most important first.
Record verdict_record(const Record& result);

}  // namespace denoiscope::experiments
