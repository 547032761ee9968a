// Closed forms that stand beside a model's measured curves: which of them exist for which model. A new one is a row in
// model_theory.cpp.
#pragma once

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/theory/guidance.hpp"

namespace denoiscope::experiments {

/// Functions of a model's parameters; null where there is no closed form at all, NaN where there is none at these
/// parameters.
struct ModelTheory {
  std::string_view model;  ///< name of the model
  std::string_view citation;
  double (*phi)(const Arguments&, double t) = nullptr;          ///< E sum_c p(c|x)^2
  double (*information)(const Arguments&, double t) = nullptr;  ///< I(x_0; x_t), nats
  /// Named OU times; NaN where undefined.
  std::vector<std::pair<std::string_view, double>> (*times)(const Arguments&) = nullptr;
  /// One of two equal Gaussian classes, of which the law under guidance is known; none for other parameters.
  std::optional<theory::GuidedClass> (*guided)(const Arguments&) = nullptr;
};

/// Null where no closed form is known for the model.
const ModelTheory* theory_of(std::string_view model);

/// Where `curve`, which falls with t, passes `level`; NaN where it does so nowhere.
double theory_crossing(double (*curve)(const Arguments&, double t), const Arguments& arguments, double level);

}  // namespace denoiscope::experiments
