// Points on which certificates are likely to fail.
#pragma once

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope {

class Draw {
 public:
  explicit Draw(std::uint64_t seed) : engine_(seed) {}
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  Index row(Index n) { return static_cast<Index>(below(static_cast<std::uint64_t>(n))); }
  bool chance(int percent) { return below(100) < static_cast<std::uint64_t>(percent); }
  double uniform() { return (static_cast<double>(engine_() >> 12) + 0.5) * 0x1p-52; }
  double normal() { return std::sqrt(-2 * std::log(uniform())) * std::cos(2 * M_PI * uniform()); }
  RowMatrix normals(Index n, Index d) {
    return RowMatrix::NullaryExpr(n, d, [this] { return normal(); });
  }
  template <class T, std::size_t N>
  T of(const std::array<T, N>& choices) {
    return choices[below(N)];
  }

 private:
  std::mt19937_64 engine_;
};

inline Dataset points(Draw& draw, Index n, Index d) {
  const std::uint64_t kind = draw.below(9);
  RowMatrix out = draw.normals(n, d);
  if (kind == 1) out = draw.normals(1, d).replicate(n, 1);  // constant
  if (kind == 2)                                            // exact duplicates
    for (Index i = 1; i < n; i += 2) out.row(i) = out.row(i - 1);
  if (kind == 3)  // near-duplicates
    for (Index i = 1; i < n; ++i)
      if (draw.chance(60))
        out.row(i) = out.row(draw.row(i)) + std::pow(10, -1 - 8 * draw.uniform()) * draw.normals(1, d);
  if (kind == 4) {  // on a line, evenly: many ties
    const RowMatrix along = draw.normals(1, d);
    for (Index i = 0; i < n; ++i) out.row(i) = static_cast<double>(i) * 0.3 * along;
  }
  if (kind == 5) {  // tiny clusters, far from each other
    const double size = std::pow(10, -6 * draw.uniform());
    for (Index i = 3; i < n; ++i) out.row(i) = out.row(i % 3) + size * out.row(i);
    out *= 10;
  }
  if (kind == 6) out = out.array().sign();  // corners of a cube: ties
  if (kind == 7) out.array() += 1000;       // far from the origin
  if (kind == 8) out *= std::pow(10, 4 * draw.uniform() - 2);
  Dataset data = Dataset::from_rows(out);
  std::vector<long long> labels;
  for (Index i = 0; i < n; ++i) labels.push_back(static_cast<long long>(draw.below(4)));
  if (draw.chance(50)) data.set_labels(labels, "test");
  return data;
}

}  // namespace denoiscope
