// A step from a list: which of its data must be read.
#include <algorithm>
#include <cmath>

#include "denoiscope/engine/path/step.hpp"

namespace denoiscope {
namespace {

constexpr Index kRefresh = 16;  // distances more than a comparison takes, so that short lists are left alone

}  // namespace

PathFollower::Reading::Reading(const PathFollower& path, const Step& step, Index q, const Tube& tube)
    : path_(path),
      step_(step),
      tube_(tube),
      query_(q),
      y_(step.point(q)),
      datum_(1, path.dense_.dimension()),
      single_(static_cast<std::size_t>(path.data_.rounded->depth())),
      far_(2 * step.s * tube.theta),
      state_(tube.list.size(), unread) {
  const ScanData& data = path.data_;
  double square = 0, norm = 0;
  for (Index k = 0; k < y_.size(); ++k) {
    const double v = y_[k] - data.centre[k];
    const auto single = static_cast<float>(v);
    single_[k] = single;
    norm += v * v;
    square += std::pow(v - static_cast<double>(single), 2);
  }
  // That of rounding to single precision, and in double precision of y, of the centre and of centred data.
  slack_ = data.in_range(std::sqrt(norm))
               ? std::sqrt(square) * (1 + 1e-9) + 16 * kUnitRoundoff * (y_.norm() + data.centre_norm + data.largest)
               : kInfinity;
  measure(0);
  anchor_square_ = sum.squares[0];
  anchor_most_ = step.grow_square * (anchor_square_ + error(anchor_square_)) * (1 + 16 * kUnitRoundoff);
}

void PathFollower::Reading::measure(std::size_t i) {
  const Index row = tube_.list[i].row;
  path_.data_.data.read(row, datum_);
  state_[i] = read;
  place_.push_back(i);
  sum.add(row, path_.data_.kernel.distance2(step_.at(query_), datum_.data(), step_.shrink, y_.size()));
}

void PathFollower::Reading::visit(std::size_t i, std::size_t soon) {
  const double distance = path_.data_.least_distance(single_.data(), slack_, tube_.list[i].row, tube_.list[soon].row);
  const double gap = distance * distance * (1 - 4 * kUnitRoundoff) - anchor_most_;
  if (!(distance > 0 && gap >= far_)) return measure(i);
  state_[i] = checked;
  checked_.emplace_back(i, gap);
}

std::vector<double> PathFollower::Reading::least_gaps(const Stand& stand) const {
  std::vector<double> least(state_.size(), kInfinity);
  for (std::size_t i = 0; i < least.size(); ++i)
    if (state_[i] != read) least[i] = far_ + static_cast<double>(tube_.list[i].span) * stand.room(tube_.list[i]);
  for (const auto& [i, gap] : checked_)
    if (state_[i] != read && !(least[i] > gap)) least[i] = gap;
  return least;
}

void PathFollower::Reading::refresh(Tube& tube) const {
  tube.refreshed = y_;
  tube.refreshed_s = step_.s;
  tube.spent = 0;
  tube.stock = visits();
  const double size = y_.norm();
  const auto store = [&](std::size_t i, double gap) {
    Listed& listed = tube.list[i];
    const double span = static_cast<double>(listed.span) * (1 + 1e-6);  // it was rounded down
    gap -= 8 * kUnitRoundoff * size * span + far_;
    if (gap >= 0 && span > 0)
      listed.refreshed = std::nextafter(static_cast<float>(gap / span), -std::numeric_limits<float>::infinity());
  };
  for (std::size_t k = 0; k < place_.size(); ++k) {
    const double square = sum.squares[k];
    store(place_[k], step_.grow_square * (square - anchor_square_ - error(square) - error(anchor_square_)));
  }
  for (const auto& [i, gap] : checked_) store(i, gap);
}

// The posterior over the listed data. fresh: the list was made at this very step. False where the second neighbour is
// wanted and may be outside the list.
bool PathFollower::sum_list(const Step& step, Index q, const Stand& stand, bool fresh, Summary& out) {
  State& state = states_[q];
  Tube& tube = state.tube;
  Reading reading(*this, step, q, tube);
  std::vector<std::size_t> close;
  const auto visit_all = [&](const Stand& from) {
    close.clear();
    for (std::size_t i = 1; i < tube.list.size(); ++i) {
      if (static_cast<double>(tube.list[i].least()) > from.departure) break;  // nor is any later one too close
      // Written so that what is not a number is read.
      if (reading.state(i) == Reading::unread && !(from.room(tube.list[i]) >= 0)) close.push_back(i);
    }
    for (std::size_t k = 0; k < close.size(); ++k) reading.visit(close[k], close[std::min(k + 1, close.size() - 1)]);
  };
  visit_all(stand);
  if (step.what.neighbours) {
    read_neighbours(step, stand, reading);
    if (!fresh && !knows_second(step, tube, stand, reading)) return false;
  }
  // Once as many distances were computed as a new comparison of these data costs, they are compared with the present
  // point: then most of them are too far again for a while.
  tube.spent += fresh ? 0 : reading.visits();
  if (tube.spent >= tube.stock + kRefresh) {
    for (Listed& listed : tube.list) listed.refreshed = -std::numeric_limits<float>::infinity();
    visit_all({stand.c, stand.departure});
    reading.refresh(tube);
  }
  for (std::size_t i = 0; i < 2; ++i) state.near[i] = reading.sum.nearest[i].second;
  fill(step, q, reading.sum, out);
  state.summed = std::move(reading.sum.rows);
  return true;
}

// Reads listed data that are too far to weigh anything but may be the second neighbour, most promising first.
void PathFollower::read_neighbours(const Step& step, const Stand& stand, Reading& reading) const {
  const std::vector<double> least = reading.least_gaps(stand);
  const auto first = static_cast<std::size_t>(std::min_element(least.begin(), least.end()) - least.begin());
  if (first == least.size() || least[first] == kInfinity) return;
  reading.measure(first);
  for (std::size_t i = 0; i < least.size(); ++i)
    if (reading.state(i) != Reading::read && !(least[i] > second_gap(step, reading))) reading.measure(i);
}

// At least the gap of the second nearest among the data that were read.
double PathFollower::second_gap(const Step& step, const Reading& reading) const {
  const double second = reading.sum.nearest[1].first, anchor = reading.anchor_square();
  return step.grow_square * (second - anchor + square_error(step, second) + square_error(step, anchor));
}

bool PathFollower::knows_second(const Step& step, const Tube& tube, const Stand& stand, const Reading& reading) const {
  if (static_cast<Index>(tube.list.size()) == data_.data.rows()) return true;
  const double outside = 2 * step.s * tube.theta + 2 * tube.keep_within * (tube.radius(stand.c) - stand.departure);
  return outside > second_gap(step, reading);
}

}  // namespace denoiscope
