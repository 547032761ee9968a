// Scans attacked where rounding decides: walls of tubes, near ties, distances by rounded numbers; each with variants of
// the proof that are broken, and seen to be.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/engine/path/scan.hpp"
#include "tests/engine/path_points.hpp"

namespace denoiscope {
namespace {

// null: bfloat16 where the CPU multiplies it.
std::vector<const kernel::Functions*> arithmetics() { return {nullptr, &kernel::best(), kernel::named("portable")}; }

// At walls of tubes: from the line straight toward (or away from) each datum outside the list by `factor` times the
// certified radius. Returns the largest weight found outside, relative to the anchor and e^{-theta}, in nats (<= 0
// where the certificate holds). per_distance: the broken variant that forgets the distance to the anchor.
// trust: 0 takes products for exact.
double worst_excess(std::uint64_t seed, double factor, bool per_distance, double trust = 1,
                    const kernel::Functions* kernel = nullptr) {
  Draw draw(seed);
  const Index n = 50 + draw.row(250), d = draw.of(std::array<Index, 5>{1, 2, 5, 20, 60});
  const Dataset data = points(draw, n, d);
  RowMatrix a(n, d);
  data.read(Index{0}, a);
  ScanData scanned(data, kernel);
  scanned.trust = trust;
  const double theta = std::log(2e6 * static_cast<double>(n));
  double worst = -kInfinity;
  for (int i = 0; i < 4; ++i) {
    Probe probe;
    probe.near[0] = draw.row(n);
    probe.theta = theta;
    const double apart = (a.row(probe.near[0]) - a.row(draw.row(n))).norm();
    probe.s = std::pow(apart, 2) * std::pow(10, -2 - 4 * draw.uniform()) + 1e-12;
    probe.y = (a.row(probe.near[0]) + std::sqrt(probe.s) * draw.normals(1, d)).transpose();
    const Tube tube = scan(scanned, {&probe, 1}, n / 2)[0];
    if (tube.window < 0) continue;
    std::vector<char> listed(n, 0);
    for (const Listed& l : tube.list) listed[l.row] = 1;
    const double end = std::max(kTubeNodes[tube.window], 1e-4);
    for (const double c : {1.0, 0.97, 0.8, 0.55, 0.3, 0.1, 0.01, end}) {
      if (c < end) continue;
      for (Index k = 0; k < n; ++k) {
        if (listed[k] != 0) continue;
        const Vector to = a.row(k).transpose() - tube.anchor_point;
        double move = factor * tube.radius(c);
        if (per_distance) move *= std::max(1.0, to.norm());
        const Vector y = tube.anchor_point + c * (tube.reference - tube.anchor_point) + move * to / to.norm();
        using Long = Eigen::Matrix<long double, Eigen::Dynamic, 1>;
        const Long b = to.cast<long double>(), v = y.cast<long double>() - tube.anchor_point.cast<long double>();
        const long double gap = b.squaredNorm() - 2 * v.dot(b);
        worst = std::max(worst, static_cast<double>(-gap / (2.0L * c * tube.s)) + theta);
      }
    }
  }
  return worst;
}

TEST(Scan, WallsOfTubesHoldAndNothingBeyondThem) {
  int violated_by_half_more = 0, violated_without_distance = 0, nearly_reached = 0, violated_without_rounding = 0;
  const std::vector<const kernel::Functions*> kernels = arithmetics();
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    const double excess = worst_excess(seed, 1, false, 1, kernels[seed % kernels.size()]);
    EXPECT_LE(excess, 0) << seed;
    violated_without_rounding += worst_excess(seed, 1, false, 0) > 0 ? 1 : 0;
    nearly_reached += excess > -1 ? 1 : 0;
    violated_by_half_more += worst_excess(seed, 1.5, false) > 0 ? 1 : 0;
    violated_without_distance += worst_excess(seed, 1, true) > 0 ? 1 : 0;
  }
  std::printf("of 150: walls within a nat %d, violated by 1.5 radii %d, without the distance %d, the rounding %d\n",
              nearly_reached, violated_by_half_more, violated_without_distance, violated_without_rounding);
  EXPECT_GT(nearly_reached, 10);  // the walls are not merely far too close
  EXPECT_GT(violated_by_half_more, 50);
  EXPECT_GT(violated_without_distance, 20);
  EXPECT_GT(violated_without_rounding, 20);
}

// Half of the data lie on a sphere around the query, so nearly that products in few digits cannot tell which is
// nearest; the other half far away, so that products are large. Returns by how many nats a datum that was left out is
// too near
// (<= 0 where the certificate holds).
double worst_tie(std::uint64_t seed, double trust, const kernel::Functions* kernel) {
  Draw draw(seed);
  const Index n = 200, d = draw.of(std::array<Index, 3>{5, 20, 60});
  const double radius = std::pow(10, 2 * draw.uniform() - 1), spread = std::pow(10, -0.3 - 3 * draw.uniform());
  RowMatrix a = draw.normals(n, d);
  const RowMatrix y = 3 * radius * draw.normals(1, d);
  for (Index i = 0; i < n; ++i) {
    a.row(i) *= radius * (1 + spread * draw.uniform()) / a.row(i).norm();
    a.row(i) += (i < n / 2 ? 1.0 : -1.0) * y.row(0);
  }
  ScanData scanned(Dataset::from_rows(a), kernel);
  scanned.trust = trust;
  Probe probe;
  probe.y = y.row(0).transpose();
  probe.theta = std::log(2e6 * static_cast<double>(n));
  probe.s =
      radius * radius * spread * draw.uniform() / (2 * probe.theta);  // so that some of the sphere may be left out
  if (draw.chance(50)) probe.near[0] = draw.row(n / 2);
  const Survey found = survey(scanned, {&probe, 1}, n)[0];
  if (!found.found) return -kInfinity;
  std::vector<char> listed(n, 0);
  for (const Index row : found.rows) listed[row] = 1;
  const auto square = [&](Index i) {
    return (y.row(0).cast<long double>() - a.row(i).cast<long double>()).squaredNorm();
  };
  long double nearest = std::numeric_limits<long double>::infinity();
  for (Index i = 0; i < n; ++i) nearest = std::min(nearest, square(i));
  EXPECT_TRUE(trust == 0 || static_cast<long double>(found.low) <= nearest * (1 + 1e-12L)) << seed;
  double worst = -kInfinity;
  for (Index i = 0; i < n; ++i)
    if (listed[i] == 0)
      worst = std::max(worst, probe.theta - static_cast<double>((square(i) - nearest) / (2.0L * probe.s)));
  return worst;
}

TEST(Scan, NearTiesAreNeverLeftOut) {
  for (const kernel::Functions* kernel : arithmetics()) {
    int left_something_out = 0, lost = 0;
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
      const double worst = worst_tie(seed, 1, kernel);
      EXPECT_LE(worst, 0) << seed;
      left_something_out += worst > -kInfinity ? 1 : 0;
      lost += worst_tie(seed, 0, kernel) > 0 ? 1 : 0;
    }
    std::printf("of 300: something left out %d, wrongly when products are taken for exact %d\n", left_something_out,
                lost);
    EXPECT_GT(left_something_out, 100);
    EXPECT_GT(lost, 50);
  }
}

// The mass that `spare` allows to be left out besides, against sums over all data.
TEST(Scan, SpareMassIsAllThatIsLeftOut) {
  const double tolerance = 1e-6;
  int trimmed = 0;
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    Draw draw(seed);
    const Index n = 50 + draw.row(500), d = draw.of(std::array<Index, 4>{1, 3, 20, 60});
    const Dataset data = points(draw, n, d);
    RowMatrix a(n, d);
    data.read(Index{0}, a);
    const std::vector<const kernel::Functions*> kernels = arithmetics();
    const ScanData scanned(data, kernels[seed % kernels.size()]);
    Probe probe;
    const double apart = (a.row(draw.row(n)) - a.row(draw.row(n))).norm();
    probe.s = std::pow(apart, 2) * std::pow(10, -3 * draw.uniform()) + 1e-9;
    probe.y = (a.row(draw.row(n)) + std::sqrt(probe.s) * draw.normals(1, d)).transpose();
    probe.theta = std::log(16 * static_cast<double>(n) / tolerance);
    probe.spare = 7 * tolerance / 16;
    const Survey found = survey(scanned, {&probe, 1}, n)[0];
    if (!found.found) continue;
    std::vector<long double> nats;
    for (Index i = 0; i < n; ++i)
      nats.push_back((probe.y.transpose().cast<long double>() - a.row(i).cast<long double>()).squaredNorm() /
                     (2.0L * probe.s));
    const long double least = *std::min_element(nats.begin(), nats.end());
    long double all = 0, in = 0;
    for (const long double v : nats) all += std::exp(least - v);
    for (const Index row : found.rows) in += std::exp(least - nats[row]);
    EXPECT_LE(static_cast<double>(1 - in / all), tolerance / 2) << seed;
    trimmed += static_cast<double>(1 - in / all) > tolerance / 50 ? 1 : 0;
  }
  std::printf("of 400: more than a fiftieth of the tolerance left out %d\n", trimmed);
  EXPECT_GT(trimmed, 20);  // the spare mass is used
}

TEST(Scan, DistancesByRoundedNumbersAreNeverTooLarge) {
  int too_large_without_rounding = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Draw draw(seed);
    const Index n = 20, d = draw.of(std::array<Index, 4>{1, 3, 33, 200});
    const Dataset data = points(draw, n, d);
    RowMatrix a(n, d);
    data.read(Index{0}, a);
    const std::vector<const kernel::Functions*> kernels = arithmetics();
    ScanData scanned(data, kernels[seed % kernels.size()]);
    const Vector y = (a.row(draw.row(n)) + std::pow(10, -6 * draw.uniform()) * draw.normals(1, d)).transpose();
    std::vector<float> single(static_cast<std::size_t>(scanned.rounded->depth()));
    double off = 0;
    for (Index k = 0; k < d; ++k) {
      const double v = y[k] - scanned.centre[k];
      single[k] = static_cast<float>(v);
      off += std::pow(v - static_cast<double>(static_cast<float>(v)), 2);
    }
    // Of the centring, which the caller answers for: two roundings of numbers no larger than these.
    const double slack =
        std::sqrt(off) * (1 + 1e-9) + 16 * kUnitRoundoff * (y.norm() + scanned.centre_norm + scanned.largest);
    for (Index i = 0; i < n; ++i) {
      const long double exact = (y.transpose().cast<long double>() - a.row(i).cast<long double>()).norm();
      scanned.trust = 1;
      EXPECT_LE(static_cast<long double>(scanned.least_distance(single.data(), slack, i, i)), exact) << seed;
      scanned.trust = 0;
      too_large_without_rounding +=
          static_cast<long double>(scanned.least_distance(single.data(), slack, i, i)) > exact ? 1 : 0;
    }
  }
  std::printf("of 4000 distances: too large when rounded numbers are taken for exact %d\n", too_large_without_rounding);
  EXPECT_GT(too_large_without_rounding, 500);
}

}  // namespace
}  // namespace denoiscope
