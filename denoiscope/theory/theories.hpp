// What the tables of theories share: parameters that several take, and the tables themselves, one a subject.
#pragma once

#include <limits>
#include <span>

#include "denoiscope/theory/registry.hpp"

namespace denoiscope::theory {

constexpr Parameter kD{.name = "d", .description = "dimension", .kind = Kind::whole, .low = 1};
constexpr Parameter kVariance{.name = "variance", .description = "variance of a class along each axis", .low = 0};
constexpr Parameter kTime{.name = "t", .description = "OU time", .low = 0};
constexpr Parameter kPositiveTime{.name = "t", .description = "OU time", .low = 0, .open = true};
constexpr Parameter kAlpha{.name = "alpha", .description = "log(n)/d", .low = 0, .open = true};

constexpr Parameter kN{.name = "n", .description = "number of data", .kind = Kind::whole, .low = 1};
constexpr Parameter kC{
    .name = "c", .description = "dimension of the manifold over N", .low = 0, .high = 1, .open = true};

constexpr Parameter optional(Parameter p, double fallback = std::numeric_limits<double>::quiet_NaN()) {
  p.required = false;
  p.fallback = fallback;
  return p;
}

constexpr Parameter kEigenvalues = optional({.name = "eigenvalues",
                                             .description = "covariance eigenvalues, instead of variance",
                                             .kind = Kind::list,
                                             .low = 0});

inline Result just(double value) { return {value, {}, {}, {}}; }

/// A spectrum given by `eigenvalues`, or by d and variance.
struct Shape {
  bool isotropic;
  double d, variance;
  std::span<const double> eigenvalues;
};

/// Throws UsageError naming `theory` unless exactly one of the two is given.
Shape shape_of(const char* theory, const Arguments& a);

std::span<const Theory> class_theories();           ///< theories_classes.cpp
std::span<const Theory> generalization_theories();  ///< theories_generalization.cpp
std::span<const Theory> guidance_theories();        ///< theories_guidance.cpp
std::span<const Theory> spin_theories();            ///< theories_spins.cpp
std::span<const Theory> spectrum_theories();        ///< theories_spectra.cpp

}  // namespace denoiscope::theory
