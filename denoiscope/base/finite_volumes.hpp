// Pieces of one-dimensional finite volumes: masses of cells in a row that jump to their neighbours.
#pragma once

#include <cmath>

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// z/(e^z - 1), by which Scharfetter-Gummel fluxes (IEEE Trans. Electron Devices 16, 64, 1969; the same weights: Chang,
/// Cooper 1970) weigh the two sides of a face. expm1 keeps all digits at small z, where only 0 itself is undefined.
inline double bernoulli(double z) { return z == 0 ? 1.0 : z / std::expm1(z); }

/// Masses after a backward-Euler step of d mass/dt = A mass, (1 - step A)^{-1} mass, where mass leaves cell i at rate
/// right[i] for i + 1 and left[i] for i - 1; right of the last and left of the first cell are 0. All (cells). Thomas
/// elimination written without a subtraction: pivot = kept + step right, where kept >= 1 is what of a cell's mass does
/// not come from the left. Positive masses stay positive and their sum is conserved at any step.
inline Vector implicit_step(const Vector& right, const Vector& left, const Vector& mass, double step) {
  const Index n = mass.size();
  Vector pivot(n), out(n);
  double kept = 1;
  for (Index i = 0; i < n; ++i) {
    if (i > 0) kept = 1 + step * left[i] * (kept / pivot[i - 1]);
    pivot[i] = kept + step * right[i];
    out[i] = mass[i] + (i > 0 ? step * right[i - 1] * (out[i - 1] / pivot[i - 1]) : 0.0);
  }
  for (Index i = n - 1; i >= 0; --i) out[i] = (out[i] + (i + 1 < n ? step * left[i + 1] * out[i + 1] : 0.0)) / pivot[i];
  return out;
}

}  // namespace denoiscope
