#include "denoiscope/study/subject.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/engine/machine.hpp"
#include "denoiscope/study/arithmetic.hpp"

namespace denoiscope {

namespace {

constexpr double kLargest = 1e100;  // squares of larger numbers, summed over rows and features, leave double precision

}  // namespace

void require_summable(const Dataset& data, double minimum, double maximum) {
  if (std::max(-minimum, maximum) > kLargest)
    throw DataError(
        "{}: values from {:g} to {:g}, expected magnitudes below {:g}, whose squares can be summed. Rescale them, or "
        "give --scale pm1.",
        data.name(), minimum, maximum, kLargest);
}

data::Range usable_range(const Dataset& data) {
  const data::Range range = data::finite_range(data);
  require_summable(data, range.minimum, range.maximum);
  return range;
}

data::PictureForm picture_form(const Request& request) {
  if (request.flag("gray") && request.flag("rgb")) throw UsageError("gray and rgb contradict each other; give one.");
  return {static_cast<Index>(request.whole("resize")), request.flag("gray")  ? data::Colours::gray
                                                       : request.flag("rgb") ? data::Colours::rgb
                                                                             : data::Colours::kept};
}

Loaded load_stored(const Request& request, std::string_view which) {
  Dataset data = data::open(request.text(which), picture_form(request));
  if (request.has("labels")) data.set_labels(data::open_labels(request.text("labels")), request.text("labels"));
  if (request.has("class_names")) data.name_classes(request.names("class_names"));
  if (request.has("classes")) data = data.select(data.rows_of_classes(request.wholes("classes")));
  data::Dropped dropped;
  if (request.flag("drop_nonfinite")) dropped = data::drop_nonfinite(data);
  const long long rows = request.has("rows") ? request.whole("rows") : 0;
  if (rows > data.rows()) throw UsageError("rows: {} asked for, {} has {}.", rows, data.name(), data.rows());
  if (rows > 0) {
    std::vector<Index> order =
        Noise(static_cast<std::uint64_t>(request.whole("seed"))).permutation(data.rows(), Order::rows);
    order.resize(rows);
    std::sort(order.begin(), order.end());
    data = data.select(order);
  }
  return {std::move(data), dropped};
}

Loaded load(const Request& request) {
  Loaded loaded = load_stored(request);
  Dataset& data = loaded.data;
  data.set_preprocess(data::preprocess_for(data, request.text("scale")));
  // Unusable data are refused before a run directory is made for them; integers are usable whatever they are.
  if (data.scalar() == Scalar::f32 || data.scalar() == Scalar::f64) usable_range(data);
  return loaded;
}

std::optional<Dataset> load_test(const Request& request, const Dataset& data, std::string_view which) {
  if (!request.has("test")) return std::nullopt;
  const std::string& what = request.text("test");
  const data::PictureForm form = picture_form(request);
  Dataset test = what == "default" ? data::open_test(request.text(which), form) : data::open(what, form);
  if (request.has("classes") && test.labelled()) test = test.select(test.rows_of_classes(request.wholes("classes")));
  if (test.dimension() != data.dimension())
    throw DataError("{}: held-out rows have dimension {}, {} has {}.", test.name(), test.dimension(), data.name(),
                    data.dimension());
  if (request.flag("drop_nonfinite")) data::drop_nonfinite(test);
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

Model model_of(const Request& request) {
  request.require_only(About::model, "model " + request.text("model"));
  Model model = make_model(request.text("model"), words_of(request.text("parameters")));
  static_cast<void>(model.posterior());  // refuses a model that has none before anything is written
  return model;
}

Record identity_of(const Dataset& data, const Arithmetic& arithmetic) {
  std::string labels;
  for (const int label : data.labels()) labels += fmt::format("{},", label);
  for (const ClassInfo& c : data.classes()) labels += fmt::format("{}:{},", c.label, c.name);
  return {{"data", data.name()},
          {"data_sha256", data.hash()},
          {"labels_sha256", sha256(labels)},
          {"kernel", kernel_of(arithmetic, data)}};
}

Dataset synthesize(const Model& model, Index rows, std::uint64_t seed) {
  if (rows < 1) throw UsageError("synth: rows = {}; expected at least 1.", rows);
  const auto n = static_cast<std::size_t>(rows);
  const bool labelled = model.made.posterior && model.made.posterior->classes() > 1;
  RowMatrix points(rows, model.made.dimension);
  std::vector<std::uint64_t> names(n);
  std::iota(names.begin(), names.end(), std::uint64_t{0});
  std::vector<int> labels(labelled ? n : 0);
  constexpr Index kBlock = 256;  // rows a task
  parallel_for((rows + kBlock - 1) / kBlock, [&](Index block) {
    const Index first = block * kBlock, count = std::min(kBlock, rows - first);
    const auto from = static_cast<std::size_t>(first), length = static_cast<std::size_t>(count);
    model.made.sample(Noise(seed), {Stream::prior, std::span(names).subspan(from, length), 0},
                      points.middleRows(first, count),
                      labelled ? std::span(labels).subspan(from, length) : std::span<int>{});
  });
  Dataset data = Dataset::from_rows(std::move(points), model.text());
  if (labelled) data.set_labels(std::vector<long long>(labels.begin(), labels.end()), model.text());
  return data;
}

Subject::Subject(const Request& request, Needs needs) : seed_(static_cast<std::uint64_t>(request.whole("seed"))) {
  const bool wants_classes = needs == Needs::labels || needs == Needs::classes;
  if (request.has("model")) {
    model_ = model_of(request);
    name_ = model_->text();
    posterior_ = model_->made.posterior;
    return;
  }
  request.require_only(About::data, "data");
  arithmetic_ = arithmetic_of(request);
  Loaded loaded = load(request);
  data_ = std::move(loaded.data);
  dropped_ = loaded.dropped;
  name_ = data_->name();
  if (wants_classes && !data_->labelled())
    throw DataError("{}: has no class labels, and classes are told apart here. Give --labels FILE.", name_);
}

const Dataset& Subject::data() const {
  if (!data_) throw UsageError("--model: {} is a model, and this is about data. Leave --model away.", name_);
  return *data_;
}

const Model& Subject::model() const {
  if (!model_) throw UsageError("{}: is a data set, and this is about a model. Give --model NAME.", name_);
  return *model_;
}

const Record& Subject::identity() const {
  if (!identity_)
    identity_ =
        data_ ? identity_of(*data_, arithmetic_) : Record{{"model", name_}, {"kernel", kernel_of(Arithmetic())}};
  return *identity_;
}

std::shared_ptr<const Posterior> Subject::posterior() const {
  if (!posterior_) posterior_ = std::make_shared<Empirical>(*data_, arithmetic_);
  return posterior_;
}

}  // namespace denoiscope
