// Memory as the kernels' registers need it.
#pragma once

#include <cstdint>
#include <vector>

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// A row-major block of doubles, zero at first, that starts on a 64-byte boundary.
class AlignedRows {
 public:
  AlignedRows() = default;
  AlignedRows(const AlignedRows&) = delete;
  AlignedRows(AlignedRows&&) = default;
  AlignedRows& operator=(AlignedRows&&) = default;
  AlignedRows(Index rows, Index columns) : columns_(columns), storage_(rows * columns + 8) {
    const auto address = reinterpret_cast<std::uintptr_t>(storage_.data());
    skip_ = (64 - address % 64) % 64 / sizeof(double);
  }
  double* row(Index i) { return storage_.data() + skip_ + i * columns_; }
  const double* row(Index i) const { return storage_.data() + skip_ + i * columns_; }

 private:
  Index columns_ = 0;
  std::vector<double> storage_;
  std::size_t skip_ = 0;  // a moved vector keeps its address, and so this stays right; copies would not
};

}  // namespace denoiscope
