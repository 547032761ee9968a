// From settings to what an experiment is about: a data set, or an exactly solvable model.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/pictures.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/study/settings.hpp"

namespace denoiscope {

/// Settings of analyze; info uses those that say which data.
std::span<const Setting> analyze_settings();

/// The form that --resize, --gray and --rgb ask for. Throws UsageError where they contradict each other.
data::PictureForm picture_form(const Settings& settings);

struct Loaded {
  Dataset data;
  data::Dropped dropped;  ///< by --drop-nonfinite
};

/// The data that the settings name: opened, brought to the picture form, labelled, restricted to --classes and --rows.
/// Throws DataError or UsageError.
Loaded load_stored(const Settings& settings);

/// The same, preprocessed and found fit to compute with.
Loaded load(const Settings& settings);

/// Range of data that can be computed with. Throws DataError for values that are not finite, or too large for their
/// squares to be summed.
data::Range usable_range(const Dataset& data);

/// Throws DataError for a range of values whose squares cannot be summed.
void require_summable(const Dataset& data, double minimum, double maximum);

/// The held-out data that the settings name, scaled as `data` are; none where none are named. Throws DataError.
std::optional<Dataset> load_test(const Settings& settings, const Dataset& data);

/// Points at which a posterior is asked, and the shape in which each was given.
struct NoisyPoints {
  RowMatrix x;               ///< (m, d)
  std::vector<Index> shape;  ///< that of the rows of the data, or (d)
};

/// The points in `file`, any that `data::open` reads, taken as they stand: in the scale of the data after their
/// preprocessing, or of the model. whose: the data or model, for messages; shape: that of its rows. Throws DataError
/// where points have another shape than (shape...) or (d), or hold NaN, infinite or huge numbers.
NoisyPoints load_noisy_points(const std::string& file, const std::string& whose, const std::vector<Index>& shape);

}  // namespace denoiscope
