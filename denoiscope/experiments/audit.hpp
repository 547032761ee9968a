// Are samples copies of the training data? Every sample beside its two nearest data, what chance and held-out data
// would show, and the evidence for each.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/observables/copy_tests.hpp"
#include "denoiscope/observables/metric.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::experiments {

/// What an audit compares.
struct AuditSets {
  Dataset samples, train;
  std::optional<Dataset> held_out;
};

/// Training data that count as one datum: none, those that are equal, those that are nearly so.
enum class Repeats { each, equal, near };

struct AuditSettings {
  double threshold = observables::kCopyRatio;  ///< gap ratio below which a sample is a copy
  observables::Metric metric = observables::Metric::pixels;
  std::string features;   ///< of Metric::features: file with a row for every sample, then training, then held-out datum
  Index components = 64;  ///< of Metric::pca, at most
  Repeats repeats = Repeats::equal;
  double radius = 0;  ///< of Repeats::near, in the metric; 0: data::kNearRatio of the typical nearest distance
  std::uint64_t seed = 0;
};

/// Throws UsageError for a name that is none. `what` names the option.
observables::Metric metric_of(const std::string& name, const std::string& what);

/// low -> black and high -> white of the training data.
struct SampleRange {
  double low = 0, high = 0;
};

/// Brings samples to the numbers of the training data where `range` says how, and makes sure that distances between the
/// sets mean something. Returns what is to be said of them. Throws DataError for other shapes, another convention of
/// values (0..1, -1..1, 0..255), a single training datum, sets that are the same, and values that are not finite.
std::vector<std::string> prepare(AuditSets& sets, const std::optional<SampleRange>& range);

/// The sets as the metric sees them, and a line on it. Throws DataError for a feature file of another length.
std::pair<AuditSets, std::string> in_metric(const AuditSets& sets, const AuditSettings& settings);

/// Compares `seen` (in_metric of `sets`; rows are called as in the files of those). Returns the record of docs/json.md,
/// audit, without what the caller knows of names and verdicts; samples has a row each, however many there are. Throws
/// DataError where all training data count as one.
Record audit(const AuditSets& sets, const AuditSets& seen, const AuditSettings& settings, Run& run);

/// A line a sample: index, nearest, second, d1, d2, ratio, copied, and what held-out data add.
std::string audit_csv(const Record& record);

/// Places in record["samples"] of those with the smallest ratios.
std::vector<std::size_t> worst_samples(const Record& record, std::size_t most);

/// Fills the frame from the whole record: verdicts, shares, the nearest samples, figures, and where the run is kept
/// pictures of the worst samples, of data that are pictures.
void show_audit(const AuditSets& sets, const Record& record, Run& run);

Experiment audit_experiment();

}  // namespace denoiscope::experiments
