// Data sets made from nothing but a formula and the project's noise.
#pragma once

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

/// The mixture of eight Gaussian classes of covariance 1 in d = 64 whose centres form a binary tree of three levels:
///   centre = +-8 u_1 +-4 u_{2..3} +-2 u_{4..7},
/// u_k the k-th row of the 64 x 64 Walsh-Hadamard matrix over 8 (orthonormal; u_2 or u_3 is chosen by the first sign,
/// u_4..7 by the first two). Two branches of one node are 2 * 8, 2 * 4 or 2 * 2 apart along their own direction, and as
/// the noisy classes keep variance 1 at every t, they merge near t = 1/2 log 64 = 2.08, 1/2 log 16 = 1.39 and
/// 1/2 log 4 = 0.69. Row r belongs to class r mod 8 (sign bits from the coarsest down: 0 is ---, 7 is +++).
/// Rows first .. first + rows - 1 of the endless set: the first 4096 are "three-level-mixture", the next 1024 its test
/// part.
Dataset three_level_mixture(Index first = 0, Index rows = 4096);

/// The centre of one of the eight classes, (64).
Vector three_level_centre(int label);

}  // namespace denoiscope::data
