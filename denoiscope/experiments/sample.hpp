// Samples of a model or of the empirical measure of data: made in blocks of seeds, and what became of each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "denoiscope/base/progress.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/dynamics/sampler.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

/// What is sampled, and how.
struct SampleJob {
  std::string source;
  std::shared_ptr<const Posterior> posterior;
  std::optional<Dataset> data;  ///< whose measure it is; none of a model
  Arithmetic arithmetic;        ///< of that measure
  bool exact = true;            ///< by bridges, else by settings.stepper
  SampleSettings settings;
  std::vector<std::uint64_t> seeds;
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

/// Seeds a block: bounds what is in memory beside the result.
std::size_t seeds_a_block(const SampleJob& job);

/// The samples of these seeds. A row depends neither on the others nor on the threads.
SampleBlock sample_block(const SampleJob& job, std::span<const std::uint64_t> seeds, const Watch& watch = {});

/// A block as a unit of a run directory keeps it, and back. Every number comes back to the bit.
Record to_record(const SampleBlock& block);
SampleBlock sample_block_from(const Record& unit);

/// All of them, in the order of job.seeds. Throws Stopped once a stop was asked for: with nothing kept, or in a run
/// directory with a unit a block.
SampleBlock all_samples(const SampleJob& job, Progress& progress);
SampleBlock all_samples(const SampleJob& job, ExperimentRun& run);
int sample_units(const SampleJob& job);

/// What is said of the first `most` samples, a list.
Record sample_records(const SampleJob& job, const SampleBlock& all, std::size_t most);

/// The samples as data, labelled by class: in the scale and shape of the data they are of. `as_pixels`: 8 bits, for a
/// picture; of data that are not 8-bit, their range is spread over black to white.
Dataset samples_as_data(const SampleJob& job, const SampleBlock& all, bool as_pixels);

}  // namespace denoiscope::experiments
