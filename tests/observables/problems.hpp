// Data whose answers are known, and a probe of them.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "denoiscope/observables/slice.hpp"

namespace denoiscope::testing {

/// Two-sided 1e-6 of a normal law: a fixed seed passes for good, and what fails has a reason.
inline constexpr double kSigmas = 4.9;

/// Independent normals, (n, d).
inline RowMatrix normals(Index n, Index d, std::uint64_t seed, double deviation = 1) {
  RowMatrix out(n, d);
  for (Index i = 0; i < n; ++i)
    Noise(seed).normal(Stream::prior, static_cast<std::uint64_t>(i), 0,
                       {out.row(i).data(), static_cast<std::size_t>(d)});
  return deviation * out;
}

/// counts[c] rows of class c, classes in turn while they last.
inline Dataset with_classes(RowMatrix values, std::vector<Index> counts) {
  std::vector<long long> labels;
  while (labels.size() < static_cast<std::size_t>(values.rows()))
    for (std::size_t c = 0; c < counts.size(); ++c)
      if (counts[c]-- > 0) labels.push_back(static_cast<long long>(c));
  Dataset data = Dataset::from_rows(std::move(values));
  data.set_labels(labels, "test");
  return data;
}

/// All that a Probe points at.
class Bench {
 public:
  Bench(Dataset data, Index m, std::uint64_t seed = 7)
      : noise_(seed),
        data_(std::move(data)),
        shells_(observables::nested_shells(data_.rows(), noise_)),
        model_(data_, observables::cells_of(data_, shells_),
               observables::kLevels * std::max<Index>(1, static_cast<Index>(data_.classes().size()))),
        queries_(observables::choose_queries(data_, shells_, m)) {}

  observables::Slice measure(double t) const { return observables::measure(probe(queries_), t); }
  std::vector<observables::Slice> measure(const std::vector<double>& times) const {
    std::vector<observables::Slice> slices;
    for (double t : times) slices.push_back(measure(t));
    return slices;
  }
  observables::Probe probe(const observables::Queries& queries) const {
    return {data_, shells_, model_, queries, nullptr, queries_, noise_};
  }
  const Dataset& data() const { return data_; }
  const observables::Shells& shells() const { return shells_; }
  const observables::Queries& queries() const { return queries_; }
  const Empirical& model() const { return model_; }
  const Noise& noise() const { return noise_; }

 private:
  Noise noise_;
  Dataset data_;
  observables::Shells shells_;
  Empirical model_;
  observables::Queries queries_;
};

/// How many standard errors the estimate lies from `expected`.
inline double sigmas(const Estimate& e, double expected) { return (e.value - expected) / e.standard_error; }

}  // namespace denoiscope::testing
