// Samples of a model or of the empirical measure of data: made in blocks of seeds, and what became of each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/dynamics/sampler.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

/// The way from noise to a sample.
struct Sampling {
  bool exact = true;  ///< by bridges, else by settings.stepper
  std::string grid;   ///< "explicit" for times typed; empty where times have no grid
  SampleSettings settings;
  std::vector<std::uint64_t> seeds;
  std::vector<double> kept() const;  ///< the times of settings.keep
};

/// What the request asks for. Throws UsageError, one line that names the flag, for what is contradictory or, with
/// bridge, about a stepper that is not there.
Sampling sampling_of(const Request& request);

/// Puts the times of the grid `critical` in their place, where it is asked for. source, rows: as critical_times. Throws
/// as that.
void know_model(const Request& request, const Posterior& model, const std::string& source, Index rows,
                const Noise& noise, Sampling& sampling);

/// What is sampled, and how.
struct SampleJob {
  std::string source;
  std::shared_ptr<const Posterior> posterior;
  std::optional<Dataset> data;  ///< whose measure it is; none of a model
  Arithmetic arithmetic;        ///< of that measure
  Sampling sampling;
  Noise noise{0};
};

/// What a sample is.
struct SampleFact {
  std::uint64_t seed = 0;
  int cls = -1;                 ///< the likeliest class, -1 where there are none
  double weight = kNaN;         ///< its posterior weight
  Index nearest = -1;           ///< row of the nearest datum in its file, -1 of a model
  double d1 = kNaN, d2 = kNaN;  ///< distances to the nearest and the second nearest datum, in the scale of the samples
};

struct SampleBlock {
  RowMatrix clean;                ///< (m, d)
  RowMatrix path;                 ///< (m, F d) kept points, one frame after another; F = settings.keep.size()
  std::vector<SampleFact> facts;  ///< (m)
};

/// Seeds a block: bounds what is in memory beside the result, and the time that a unit takes.
std::size_t seeds_a_block(const SampleJob& job);

/// The samples of these seeds. A row depends neither on the others nor on the threads.
SampleBlock sample_block(const SampleJob& job, std::span<const std::uint64_t> seeds);

/// A block as a unit of a run directory keeps it, and back. Every number comes back to the bit.
Record to_record(const SampleBlock& block);
SampleBlock sample_block_from(const Record& unit);

/// All of them, in the order of the seeds; a unit of the run is a block.
SampleBlock all_samples(const SampleJob& job, Run& run);

/// What is said of the first `most` samples, a list.
Record sample_records(const SampleJob& job, const SampleBlock& all, std::size_t most);

/// The samples as data, labelled by class: in the scale and shape of the data they are of. `as_pixels`: 8 bits, for a
/// picture; of data that are not 8-bit, their range is spread over black to white.
Dataset samples_as_data(const SampleJob& job, const SampleBlock& all, bool as_pixels);

Experiment sample_experiment();

}  // namespace denoiscope::experiments
