// What everything that writes a data set has in common: the file, its labels, and the record of what was written.
#pragma once

#include <string>

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/study/frame.hpp"

namespace denoiscope {

/// Whether a file that exists may be overwritten.
inline constexpr Parameter kForceParameters[] = {parameter::flag("force", "overwrite what exists")};

/// Rows beside `out`, the file itself, which each table words for itself.
inline constexpr Parameter kOutputParameters[] = {
    parameter::text("labels_out", "", "FILE", "a file for the labels: .npy, .npz, .safetensors or .csv"),
    parameter::flag("compress", "deflate the arrays of a .npz"),
    kForceParameters[0],
};

/// Throws UsageError where `file` is a folder, or exists and is not to be overwritten.
void require_free(const std::string& file, bool force);

/// Before anything is read or computed: throws UsageError where what `out` and kOutputParameters ask is impossible.
void check_output(const Request& request);

/// Writes `data`, and its labels where asked; `notes` go into the file. Returns the record of what was written:
/// docs/json.md.
Record write_output(const Request& request, const Dataset& data, const data::Notes& notes);

/// The record for people.
void show_output(const Record& output, Frame& frame);

}  // namespace denoiscope
