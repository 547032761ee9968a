// What verbs that write a data set have in common: --out, --labels-out, and what was written.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/write.hpp"

namespace denoiscope::app {

struct OutputFiles {
  std::string out, labels_out;
  bool compress = false, force = false;
};

/// --labels-out, --compress, --force; how the file itself is named differs.
void add_output_files(CLI::App& verb, OutputFiles& files);

/// Before anything is read or computed: throws UsageError where what is asked is impossible.
void check_output(const OutputFiles& files);

/// Writes `data`, and its labels where asked; `notes` go into the file. Returns the record of what was written.
Record write_output(const OutputFiles& files, const Dataset& data, const data::Notes& notes);

/// The record as text for people.
std::string describe_output(const Record& record);

}  // namespace denoiscope::app
