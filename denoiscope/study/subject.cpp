// From settings to a data set.
#include "denoiscope/study/subject.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/noise.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/data/quality.hpp"

namespace denoiscope {

namespace {

constexpr std::uint64_t kRowOrder = 4;  // name of the permutation behind --rows
constexpr double kLargest = 1e100;  // squares of larger numbers, summed over rows and features, leave double precision

constexpr Setting kSettings[] = {
    {"data", SettingKind::text, "", "DATA",
     "data set: a known name (see `denoiscope list datasets`), .npy, .npz, IDX(.gz), safetensors, CSV, CIFAR binary or "
     "a folder of PNG or JPEG files whose labels are sub-folders or listed in dataset.json",
     Use::data},
    {"labels", SettingKind::text, "", "FILE",
     "class labels, one integer a row: .npy, .npz, IDX(.gz), safetensors or CSV", Use::data},
    {"class_names", SettingKind::names, "", "a,b,...", "names of the classes, in order of their labels", Use::data},
    {"test", SettingKind::text, "", "FILE",
     "held-out data of the same kind (for fashion-mnist its own test set: 'default')", Use::data},
    {"resize", SettingKind::integer, "0", "SIDE", "bring pictures to SIDE x SIDE pixels by area means (0: as stored)",
     Use::data},
    {"gray", SettingKind::flag, "false", "", "pictures in gray (ITU-R BT.601 luma; transparent ones on white)",
     Use::data},
    {"rgb", SettingKind::flag, "false", "", "pictures in three colours, without transparency (on white)", Use::data},
    {"classes", SettingKind::numbers, "", "1,9", "use only rows of these labels", Use::data},
    {"rows", SettingKind::integer, "0", "N", "use N random rows (0: all)", Use::data},
    {"queries", SettingKind::integer, "512", "M", "noisy points at which the posterior is asked at every time"},
    {"times", SettingKind::numbers, "", "t,t,...",
     "OU times (default: 24 from 0.01 to 6, denser where phi and f change)"},
    {"drop_nonfinite", SettingKind::flag, "false", "",
     "leave out rows that hold NaN or infinite values, instead of refusing", Use::data},
    {"scale", SettingKind::text, "", "pm1|unit|none|standardize",
     "how stored numbers are scaled (default: 8-bit images to [-1,1], others as they are)", Use::data},
    {"duplicates", SettingKind::text, "sample", "sample|full",
     "look for near-duplicates of 2048 random rows, or of all", Use::data},
    {"collapse_below", SettingKind::number, "0.1", "T",
     "for which collapse time the number of samples needed is extrapolated", Use::data},
    {"precision", SettingKind::text, "f64", "f64|f32|f32c|bf16",
     "of the posterior. f64: certified; f32 (or f32c): faster, score right to a few 1e-6; bf16: faster still where the "
     "CPU multiplies bfloat16 numbers, with a wide bound",
     Use::data},
    {"kernel", SettingKind::text, "", "NAME",
     "instruction set, of those that info --machine lists (default: the fastest)", Use::data},
    {"strips", SettingKind::integer, "4", "N", "data whose noisy versions and posterior means are drawn (images only)",
     Use::data},
    {"model", SettingKind::text, "", "NAME",
     "the job on a model itself instead of data (see `denoiscope list denoisers`); its parameters are typed key=value",
     Use::model},
    {"parameters", SettingKind::text, "", "\"key=value ...\"", "parameters of the model, separated by blanks",
     Use::model},
    {"samples", SettingKind::numbers, "1e3,1e4,1e5,1e6", "n,n,...",
     "numbers of data for which a model's collapse time is computed", Use::model},
    {"seed", SettingKind::integer, "0", "S", "seed of every random choice"},
};

}  // namespace

void require_summable(const Dataset& data, double minimum, double maximum) {
  if (std::max(-minimum, maximum) > kLargest)
    throw DataError(
        "{}: values from {:g} to {:g}, expected magnitudes below {:g}, whose squares can be summed. Rescale them, or "
        "give --scale pm1.",
        data.name(), minimum, maximum, kLargest);
}

std::span<const Setting> analyze_settings() { return kSettings; }

data::Range usable_range(const Dataset& data) {
  const data::Range range = data::finite_range(data);
  require_summable(data, range.minimum, range.maximum);
  return range;
}

data::PictureForm picture_form(const Settings& settings) {
  if (settings.flag("gray") && settings.flag("rgb")) throw UsageError("gray and rgb contradict each other; give one.");
  return {static_cast<Index>(settings.integer("resize")), settings.flag("gray")  ? data::Colours::gray
                                                          : settings.flag("rgb") ? data::Colours::rgb
                                                                                 : data::Colours::kept};
}

Loaded load_stored(const Settings& settings) {
  Dataset data = data::open(settings.text("data"), picture_form(settings));
  if (settings.given("labels")) data.set_labels(data::open_labels(settings.text("labels")), settings.text("labels"));
  if (settings.given("class_names")) data.name_classes(settings.names("class_names"));
  if (settings.given("classes")) data = data.select(data.rows_of_classes(settings.integers("classes")));
  data::Dropped dropped;
  if (settings.flag("drop_nonfinite")) dropped = data::drop_nonfinite(data);
  const long long rows = settings.integer("rows");
  if (rows < 0) throw UsageError("rows: {} is negative; give how many rows to use, or 0 for all.", rows);
  if (rows > data.rows()) throw UsageError("rows: {} asked for, {} has {}.", rows, data.name(), data.rows());
  if (rows > 0) {
    std::vector<Index> order =
        Noise(static_cast<std::uint64_t>(settings.integer("seed"))).permutation(data.rows(), kRowOrder);
    order.resize(rows);
    std::sort(order.begin(), order.end());
    data = data.select(order);
  }
  return {std::move(data), dropped};
}

Loaded load(const Settings& settings) {
  const std::string& depth = settings.text("duplicates");
  if (depth != "sample" && depth != "full") throw UsageError("duplicates: '{}' is neither sample nor full.", depth);
  Loaded loaded = load_stored(settings);
  Dataset& data = loaded.data;
  data.set_preprocess(data::preprocess_for(data, settings.text("scale")));
  // Unusable data are refused before a run directory is made for them; integers are usable whatever they are.
  if (data.scalar() == Scalar::f32 || data.scalar() == Scalar::f64) usable_range(data);
  return loaded;
}

std::optional<Dataset> load_test(const Settings& settings, const Dataset& data) {
  if (!settings.given("test")) return std::nullopt;
  const std::string& what = settings.text("test");
  const data::PictureForm form = picture_form(settings);
  Dataset test = what == "default" ? data::open_test(settings.text("data"), form) : data::open(what, form);
  if (settings.given("classes") && test.labelled())
    test = test.select(test.rows_of_classes(settings.integers("classes")));
  if (test.dimension() != data.dimension())
    throw DataError("{}: held-out rows have dimension {}, {} has {}.", test.name(), test.dimension(), data.name(),
                    data.dimension());
  if (settings.flag("drop_nonfinite")) data::drop_nonfinite(test);
  test.set_preprocess(data.preprocess());
  usable_range(test);
  return test;
}

NoisyPoints load_noisy_points(const std::string& file, const std::string& whose, const std::vector<Index>& shape) {
  const Dataset points = data::open(file);
  const Index d = std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
  if (points.dimension() != d || (points.shape() != shape && points.shape() != std::vector<Index>{d}))
    throw DataError("{}: rows of shape ({}), expected those of {}: ({}){}.", file, fmt::join(points.shape(), ", "),
                    whose, fmt::join(shape, ", "), shape.size() > 1 ? fmt::format(" or ({})", d) : "");
  NoisyPoints out{RowMatrix(points.rows(), points.dimension()), points.shape()};
  points.read(0, out.x);
  for (Index row = 0; row < out.x.rows(); ++row)
    for (Index k = 0; k < out.x.cols(); ++k)
      if (!(std::abs(out.x(row, k)) <= kLargest))
        throw DataError("{}: {} in row {}, column {}, expected finite numbers of magnitude below {:g}. Mend the file.",
                        file, out.x(row, k), row, k, kLargest);
  return out;
}

}  // namespace denoiscope
