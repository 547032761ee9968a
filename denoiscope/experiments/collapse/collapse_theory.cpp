// Closed forms of collapse at finite n: a Gaussian of the same spectrum, and two classes.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/experiments/collapse/collapse_parts.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/observables/curve.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/observables/spectrum.hpp"
#include "denoiscope/theory/collapse.hpp"
#include "denoiscope/theory/speciation.hpp"

namespace denoiscope::experiments {

namespace {

constexpr double kLeastShare = 0.4;  // of a class that still counts as half: an odds of 1.5 is 0.4 nats of log n

// A class as the closed forms see it.
struct ClassForm {
  double rows = 0;
  std::vector<double> spectrum;
  Vector mean;
  double along = 0;  // variance along the difference of the means
};

std::vector<Index> rows_of(const Dataset& data, int label) {
  std::vector<Index> rows;
  for (Index i = 0; i < data.rows(); ++i)
    if (data.labels()[i] == label) rows.push_back(i);
  return rows;
}

template <class Visit>
void for_rows(const Dataset& data, Visit&& visit) {
  RowMatrix row(1, data.dimension());
  for (Index i = 0; i < data.rows(); ++i) {
    data.read(i, row);
    visit(row.row(0));
  }
}

ClassForm form_of(const Dataset& members) {
  ClassForm form;
  form.rows = static_cast<double>(members.rows());
  form.spectrum = observables::covariances(members).spectrum.all(members.dimension(), members.rows());
  form.mean = Vector::Zero(members.dimension());
  for_rows(members, [&](const auto& row) { form.mean += row.transpose(); });
  form.mean /= form.rows;
  return form;
}

void add_variance(const Dataset& members, const Vector& direction, ClassForm& form) {
  for_rows(members, [&](const auto& row) {
    const double along = (row.transpose() - form.mean).dot(direction);
    form.along += along * along / form.rows;
  });
}

std::string why_no_two_classes(const Dataset& data) {
  const std::vector<ClassInfo>& classes = data.classes();
  if (classes.size() != 2)
    return fmt::format("the closed form is of two classes; the data have {}",
                       classes.empty() ? "none that is named" : fmt::format("{}", classes.size()));
  const auto least = std::min(classes[0].count, classes[1].count);
  if (least < 2) return "a class of one datum has no spectrum";
  if (static_cast<double>(least) < kLeastShare * static_cast<double>(data.rows()))
    return fmt::format("the closed form is of balanced classes; the smaller one has {} of {} rows", least, data.rows());
  return {};
}

Record two_classes(const Dataset& data, const std::vector<double>& times) {
  Record record = {{"kappa",
                    "half the distance of the class means over the noisy deviation along it: a lower bound on half the "
                    "Mahalanobis distance"},
                   {"curve", nullptr},
                   {"t_c", nullptr},
                   {"reason", nullptr}};
  if (const std::string reason = why_no_two_classes(data); !reason.empty()) {
    record["kappa"] = nullptr;
    record["reason"] = reason;
    return record;
  }
  const Dataset members[2] = {data.select(rows_of(data, 0)), data.select(rows_of(data, 1))};
  ClassForm form[2] = {form_of(members[0]), form_of(members[1])};
  const Vector half = 0.5 * (form[0].mean - form[1].mean);
  const double half2 = half.squaredNorm();
  const double log_n = std::log(static_cast<double>(data.rows()));
  for (int c = 0; c < 2 && half2 > 0; ++c) add_variance(members[c], half / std::sqrt(half2), form[c]);
  record["curve"] = Record::list();
  std::vector<Estimate> f;
  for (const double t : times) {
    const double along = 0.5 * (form[0].along + form[1].along);
    const double kappa = half2 > 0 ? theory::mixture_kappa(1, half2, along, t) : 0;
    double entropy = 0, participation = 0;
    for (const ClassForm& one : form) {
      const double share = one.rows / static_cast<double>(data.rows());
      const theory::Competition own = theory::competition(one.rows, one.spectrum, t);
      entropy += share * theory::two_class_softplus_entropy(own, kappa);
      participation += share * theory::two_class_participation(own, kappa);
    }
    f.push_back({entropy / log_n, 0, 0});
    record["curve"].push_back({{"t", t},
                               {"kappa", finite(kappa)},
                               {"f_over_alpha", finite(entropy / log_n)},
                               {"phi_c", finite(participation)}});
  }
  const observables::Crossing t_c = observables::rise_through(times, f, kCollapsed);
  record["t_c"] = finite(t_c.t);
  if (!t_c.t) record["reason"] = "f/alpha is " + t_c.reason;
  return record;
}

}  // namespace

Record finite_size_record(const Dataset& data, const Record& description, const std::vector<double>& times) {
  if (data.rows() < 2) {
    const char* one = "one datum: no others compete with it";
    return {{"phi_c", nullptr},
            {"reason", one},
            {"two_classes", {{"kappa", nullptr}, {"curve", nullptr}, {"t_c", nullptr}, {"reason", one}}}};
  }
  const std::vector<double> spectrum = full_spectrum(description);
  Record phi = Record::list();
  for (const double t : times)
    phi.push_back(
        {{"t", t},
         {"value", finite(theory::participation(theory::competition(static_cast<double>(data.rows()), spectrum, t)))}});
  return {{"phi_c", phi}, {"reason", nullptr}, {"two_classes", two_classes(data, times)}};
}

}  // namespace denoiscope::experiments
