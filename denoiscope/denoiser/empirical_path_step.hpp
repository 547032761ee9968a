// What one step of EmpiricalPath is about, and what it has read of one list. Private to EmpiricalPath.
#pragma once

#include <utility>
#include <vector>

#include "denoiscope/denoiser/empirical_path.hpp"

namespace denoiscope {

struct EmpiricalPath::Step {
  double t, s, shrink, grow_square, delta;  // shrink = e^{-t}, grow_square = e^{2t}
  const Eigen::Ref<const RowMatrix>& x;
  const Wanted& what;
  Vector point(Index q) const { return x.row(q).transpose() / shrink; }  // y
};

// Rows whose distance to the query was computed, in no particular order.
struct EmpiricalPath::Sum {
  explicit Sum(const Dataset& points) : data(points), datum(1, points.dimension()) {}
  void read(const Step& step, const Tube& tube, std::size_t i) {
    const Listed& listed = tube.list[i];
    data.read(listed.row, datum);
    const double square = (step.x.row(query) - step.shrink * datum.row(0)).squaredNorm();
    taken[i] = 1;
    rows.push_back(listed.row);
    squares.push_back(square);
    place.push_back(i);
    if (listed.row == tube.anchor) anchor_square = square;
    const std::pair<double, Index> it(square, listed.row);
    if (it < nearest[0]) {
      nearest[1] = nearest[0];
      nearest[0] = it;
    } else if (it < nearest[1]) {
      nearest[1] = it;
    }
  }
  const Dataset& data;
  RowMatrix datum;  // (1, d)
  Index query = 0;
  std::vector<Index> rows;
  std::vector<double> squares;     // |x - e^{-t} a|^2
  std::vector<std::size_t> place;  // in the list
  std::vector<char> taken;         // of the list
  double square_doubt = 0;         // of squares from products
  double anchor_square = kInfinity;
  std::pair<double, Index> nearest[2] = {{kInfinity, -1}, {kInfinity, -1}};
};

}  // namespace denoiscope
