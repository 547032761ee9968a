// What guidance is computed of: the classes of data or of a model, and their laws.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/experiments/guide.hpp"
#include "denoiscope/experiments/model_theory.hpp"

namespace denoiscope::experiments {
namespace {

constexpr double kNothingLeft = 40;  // e^-40: at x = 0 the posterior there is the law itself, to rounding
constexpr double kSameMean = 1e-12;  // means closer than this, relative, differ by rounding

void require_count(const std::string& name, Index classes) {
  if (classes > kMostGuidedClasses)
    throw UsageError("{}: {} classes, expected at most {}. Choose some with --classes.", name, classes,
                     kMostGuidedClasses);
}

RowMatrix mean_of_law(const Posterior& law) {
  RowMatrix mean(1, law.dimension());
  law.denoise(kNothingLeft, RowMatrix::Zero(1, law.dimension()), mean);
  return mean;
}

// Directions need the mean of all, that is of the classes by their shares.
void aim(std::vector<GuideClass>& classes) {
  std::vector<RowMatrix> means;
  for (const GuideClass& c : classes) means.push_back(mean_of_law(*c.law));
  RowMatrix all = RowMatrix::Zero(1, means.front().cols());
  for (std::size_t c = 0; c < classes.size(); ++c) all += classes[c].share * means[c];
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const RowMatrix apart = means[c] - all;
    if (!(apart.norm() > kSameMean * (means[c].norm() + all.norm()))) continue;
    const RowMatrix u = apart / apart.norm();
    RowMatrix spread(1, u.cols());
    classes[c].law->covariance_apply(kNothingLeft, RowMatrix::Zero(1, u.cols()), u, spread);
    const double variance = u.row(0).dot(spread.row(0));
    classes[c].direction = u.row(0).transpose();
    classes[c].centre = u.row(0).dot(means[c].row(0));
    if (variance > 0) classes[c].deviation = std::sqrt(variance);
  }
}

std::shared_ptr<const Posterior> given(const Model& model, Index c) {
  if (auto law = model.posterior().given(c)) return law;
  throw UsageError(
      "guide: the classes of {} have no law of their own in closed form. Use gaussian-mixture, another mixture of "
      "`denoiscope list denoisers`, or data made by synth.",
      model.entry->name);
}

}  // namespace

GuideSubject guide_subject(const Model& model) {
  GuideSubject subject;
  subject.name = model.text();
  subject.all = model.made.posterior;
  const Index classes = model.posterior().classes();
  if (classes < 2) throw UsageError("guide: {} has one class, and guidance chooses between classes.", subject.name);
  require_count(subject.name, classes);
  const Vector shares = model.posterior().class_weights();
  for (Index c = 0; c < classes; ++c) {
    GuideClass made;
    made.label = c;
    made.name = fmt::format("{}", c);
    made.share = shares[c];
    made.law = given(model, c);
    subject.classes.push_back(std::move(made));
  }
  aim(subject.classes);
  const ModelTheory* theory = theory_of(model.entry->name);
  if (theory && theory->guided) subject.pair = theory->guided(model.arguments);
  return subject;
}

GuideSubject guide_subject(const Dataset& data, const Arithmetic& arithmetic) {
  if (!data.labelled())
    throw DataError("{}: has no class labels, and guidance chooses between classes. Give --labels FILE.", data.name());
  const auto classes = static_cast<Index>(data.classes().size());
  if (classes < 2) throw DataError("{}: has one class, and guidance chooses between classes.", data.name());
  require_count(data.name(), classes);
  for (const ClassInfo& c : data.classes())
    if (c.count < 2)
      throw DataError(
          "{}: class {} has one row, expected two or more: one point has no spread to measure by. Raise --rows, or "
          "leave it out with --classes.",
          data.name(), one_line(shortened(c.name)));
  GuideSubject subject;
  subject.name = data.name();
  subject.data = data;
  subject.cross_class_duplicates = data::examine(data).cross_class_duplicates;
  subject.arithmetic = arithmetic;
  subject.all = std::make_shared<Empirical>(data, arithmetic);
  for (const ClassInfo& c : data.classes()) {
    GuideClass made;
    made.label = c.label;
    made.name = c.name;
    made.share = static_cast<double>(c.count) / static_cast<double>(data.rows());
    const long long label = c.label;
    made.rows = data.rows_of_classes({&label, 1});
    made.data = data.select(made.rows);
    made.law = std::make_shared<Empirical>(*made.data, arithmetic);
    subject.classes.push_back(std::move(made));
  }
  aim(subject.classes);
  return subject;
}

}  // namespace denoiscope::experiments
