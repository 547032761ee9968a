// From settings to what an experiment is about: a data set, or an exactly solvable model.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/parameters.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/pictures.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/table.hpp"

namespace denoiscope {

/// Rows of the tables of experiments that are about a data set.
inline constexpr Parameter kDataParameters[] = {
    parameter::about(About::data,
                     parameter::positional("data", false, "DATA",
                                           "data set: a known name (see `denoiscope list datasets`), .npy, .npz, "
                                           "IDX(.gz), safetensors, CSV, CIFAR binary or a folder of PNG or JPEG files "
                                           "whose labels are sub-folders or listed in dataset.json")),
    parameter::about(About::data,
                     parameter::text("labels", "", "FILE",
                                     "class labels, one integer a row: .npy, .npz, IDX(.gz), safetensors or CSV")),
    parameter::about(About::data,
                     parameter::names("class_names", "a,b,...", "names of the classes, in order of their labels")),
    parameter::about(About::data,
                     parameter::whole("resize", 0, 0, 65536, "SIDE",
                                      "bring pictures to SIDE x SIDE pixels by area means (0: as stored)")),
    parameter::about(About::data,
                     parameter::flag("gray", "pictures in gray (ITU-R BT.601 luma; transparent ones on white)")),
    parameter::about(About::data, parameter::flag("rgb", "pictures in three colours, without transparency (on white)")),
    parameter::about(About::data, parameter::list("classes", "", -parameter::kUnbounded, parameter::kUnbounded, false,
                                                  "1,9", "use only rows of these labels")),
    parameter::about(About::data, parameter::whole("rows", 0, 0, 1e15, "N", "use N random rows (0: all)")),
    parameter::about(
        About::data,
        parameter::flag("drop_nonfinite", "leave out rows that hold NaN or infinite values, instead of refusing")),
    parameter::about(About::data,
                     parameter::word("scale", "pm1|unit|none|standardize", "",
                                     "how stored numbers are scaled (default: 8-bit images to [-1,1], others as they "
                                     "are)")),
};

/// How the posterior of data is computed.
inline constexpr Parameter kArithmeticParameters[] = {
    parameter::about(About::data,
                     parameter::word("precision", "f64|f32|f32c|bf16", "f64",
                                     "of the posterior. f64: certified; f32 (or f32c): faster, score right to a few "
                                     "1e-6; bf16: faster still where the CPU multiplies bfloat16 numbers, with a wide "
                                     "bound")),
    parameter::about(About::data,
                     parameter::text("kernel", "", "NAME",
                                     "instruction set, of those that info --machine lists (default: the fastest)")),
};

/// Held-out data.
inline constexpr Parameter kTestParameters[] = {
    parameter::about(About::data,
                     parameter::text("test", "", "FILE",
                                     "held-out data of the same kind (for fashion-mnist its own test set: 'default')")),
};

/// An exactly solvable model instead of data.
inline constexpr Parameter kModelParameters[] = {
    parameter::about(About::model,
                     parameter::text("model", "", "NAME",
                                     "an exactly solvable model instead of data (see `denoiscope list denoisers`); its "
                                     "parameters are typed key=value")),
    parameter::about(About::model, parameter::rest("parameters", "key=value", "parameters of the model")),
};

inline constexpr Parameter kSeedParameters[] = {
    parameter::whole("seed", 0, -9.2e18, 9.2e18, "S", "seed of every random choice"),
};

/// The form that --resize, --gray and --rgb ask for. Throws UsageError where they contradict each other.
data::PictureForm picture_form(const Request& request);

struct Loaded {
  Dataset data;
  data::Dropped dropped;  ///< by --drop-nonfinite
};

/// The data that the parameter `which` names: opened, brought to the picture form, labelled, restricted to --classes
/// and
/// --rows. Throws DataError or UsageError.
Loaded load_stored(const Request& request, std::string_view which = "data");

/// The same, preprocessed and found fit to compute with.
Loaded load(const Request& request);

/// Range of data that can be computed with. Throws DataError for values that are not finite, or too large for their
/// squares to be summed.
data::Range usable_range(const Dataset& data);

/// Throws DataError for a range of values whose squares cannot be summed.
void require_summable(const Dataset& data, double minimum, double maximum);

/// The held-out data that the request names, scaled as `data` are, which the parameter `which` names; none where none
/// are named. Throws DataError.
std::optional<Dataset> load_test(const Request& request, const Dataset& data, std::string_view which = "data");

/// Points at which a posterior is asked, and the shape in which each was given.
struct NoisyPoints {
  RowMatrix x;               ///< (m, d)
  std::vector<Index> shape;  ///< that of the rows of the data, or (d)
};

/// The points in `file`, any that `data::open` reads, taken as they stand: in the scale of the data after their
/// preprocessing, or of the model. whose: the data or model, for messages; shape: that of its rows. Throws DataError
/// where points have another shape than (shape...) or (d), or hold NaN, infinite or huge numbers.
NoisyPoints load_noisy_points(const std::string& file, const std::string& whose, const std::vector<Index>& shape);

/// The model that `model` and `parameters` name. Throws UsageError, also for what is given and is for data only.
Model model_of(const Request& request);

/// `rows` independent clean points of the model, labelled by the class each was drawn from where the model has several.
/// Row i is a function of (model, seed, i) alone. Throws UsageError for rows < 1.
Dataset synthesize(const Model& model, Index rows, std::uint64_t seed);

/// What results depend on of a data set: its name, hash, hash of the labels, and the kernel that sums over it.
Record identity_of(const Dataset& data, const Arithmetic& arithmetic);

/// What an experiment needs of its subject: nothing, a data set, a labelled one, the posterior of either data or a
/// model, or such a posterior with classes.
enum class Needs { nothing, data, labels, posterior, classes };

/// What an experiment is about: a data set or a model, with its posterior.
class Subject {
 public:
  /// Reads what the request names. Throws DataError or UsageError, which names what is missing.
  Subject(const Request& request, Needs needs);

  const std::string& name() const { return name_; }  ///< as one would type it
  bool of_model() const { return model_.has_value(); }
  const Dataset& data() const;  ///< throws UsageError where it is a model
  const Model& model() const;   ///< throws UsageError where it is a data set
  const data::Dropped& dropped() const { return dropped_; }
  const Arithmetic& arithmetic() const { return arithmetic_; }
  std::shared_ptr<const Posterior> posterior() const;
  Noise noise() const { return Noise(seed_); }
  /// For Run::start. Of data it holds their hash, so it reads all of them.
  const Record& identity() const;

 private:
  std::string name_;
  std::uint64_t seed_;
  std::optional<Dataset> data_;
  std::optional<Model> model_;
  data::Dropped dropped_;
  Arithmetic arithmetic_;
  mutable std::shared_ptr<const Posterior> posterior_;  // of data made when it is asked for
  mutable std::optional<Record> identity_;              // made when it is asked for
};

}  // namespace denoiscope
