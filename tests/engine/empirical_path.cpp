// Certified lists along trajectories: the stated total variation against sums over all data in long double, on
// trajectories drawn with a bias to the edges; equal bits.
// How many trajectories: DENOISCOPE_RANDOM_PATHS (default 1,100); from which: DENOISCOPE_RANDOM_FIRST.
#include "denoiscope/engine/empirical_path.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <random>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/engine/kernel.hpp"
#include "denoiscope/process/clock.hpp"
#include "tests/base/trials.hpp"
#include "tests/engine/path_points.hpp"

namespace denoiscope {
namespace {

Wanted everything() {
  Wanted what;
  what.mean = what.entropy = what.neighbours = true;
  return what;
}

// The posterior summed in long double over all data.
struct Truth {
  std::vector<long double> weight, square;  // (n)
  long double log_density = 0, entropy = 0, participation = 0;
  Vector mean;
  std::vector<double> of_class;
};

Truth truth(const Dataset& data, const RowMatrix& a, double t, const RowMatrix& x, Index q) {
  const Index n = a.rows(), d = a.cols();
  const long double shrink = std::exp(static_cast<long double>(-t)),
                    delta = -std::expm1(-2 * static_cast<long double>(t));
  Truth out;
  long double best = std::numeric_limits<long double>::infinity(), total = 0;
  for (Index i = 0; i < n; ++i) {
    long double square = 0;
    for (Index k = 0; k < d; ++k) {
      const long double v = static_cast<long double>(x(q, k)) - shrink * static_cast<long double>(a(i, k));
      square += v * v;
    }
    out.square.push_back(square);
    best = std::min(best, square);
  }
  for (Index i = 0; i < n; ++i) total += std::exp((best - out.square[i]) / (2 * delta));
  out.mean = Vector::Zero(d);
  out.of_class.assign(std::max<std::size_t>(1, data.classes().size()), 0.0);
  for (Index i = 0; i < n; ++i) {
    const long double nats = (out.square[i] - best) / (2 * delta), w = std::exp(-nats) / total;
    out.weight.push_back(w);
    if (w > 0) out.entropy += w * (nats + std::log(total));
    out.participation += w * w;
    out.mean += static_cast<double>(w) * a.row(i).transpose();
    out.of_class[data.labelled() ? static_cast<std::size_t>(data.labels()[i]) : 0] += static_cast<double>(w);
  }
  out.log_density = std::log(total) - best / (2 * delta) - std::log(static_cast<long double>(n)) -
                    0.5L * static_cast<long double>(d) * std::log(2 * static_cast<long double>(M_PI) * delta);
  return out;
}

long double mass_outside(const Truth& exact, const std::vector<Index>& rows) {
  std::vector<char> in(exact.weight.size(), 0);
  for (const Index row : rows) in[row] = 1;
  long double mass = 0;
  for (std::size_t i = 0; i < in.size(); ++i)
    if (in[i] == 0) mass += exact.weight[i];
  return mass;
}

struct Count {
  Index trials = 0, lists = 0, at_tolerance = 0;
};

// Everything that summarize says of one trajectory, within what its total variation allows.
void expect_certified(const Dataset& data, const RowMatrix& a, double t, const RowMatrix& x, Index q,
                      const EmpiricalPath& path, const Summary& s, double tolerance, Count& count) {
  const Truth exact = truth(data, a, t, x, q);
  const double variation = path.total_variation()[q], n = static_cast<double>(a.rows());
  ++count.trials;
  if (!path.rows_summed(q).empty()) {
    ++count.lists;
    count.at_tolerance += variation <= tolerance ? 1 : 0;
    EXPECT_LE(mass_outside(exact, path.rows_summed(q)), tolerance / 2);
  }
  EXPECT_LE(std::abs(s.all.log_density[q] - static_cast<double>(exact.log_density)), s.bound[q]);
  double class_variation = 0;
  for (std::size_t c = 0; c < exact.of_class.size(); ++c)
    class_variation += std::abs(std::exp(s.all.class_log_weight(q, static_cast<Index>(c))) - exact.of_class[c]) / 2;
  // Sums of the test's own, in double: 1e-14.
  EXPECT_LE(class_variation, variation + 1e-14);
  const double spread = (a.rowwise() - a.row(0)).rowwise().norm().maxCoeff(), size = a.row(0).norm() + spread;
  EXPECT_LE((s.mean.row(q).transpose() - exact.mean).norm(), 2 * variation * spread + 1e-14 * n * size);
  EXPECT_LE(std::abs(s.all.participation[q] - static_cast<double>(exact.participation)), 4 * variation + 1e-13);
  // Fannes: |H(p) - H(q)| <= V log(n - 1) + h(V).
  const double v = std::min(variation + 1e-14, 0.5);
  EXPECT_LE(std::abs(s.all.entropy[q] - static_cast<double>(exact.entropy)),
            v * std::log(n + 1) - v * std::log(v) - (1 - v) * std::log1p(-v) + 1e-13 * (n + 100));
  if (path.rows_summed(q).empty()) return;  // neighbours of the dense posterior are its own affair
  std::vector<long double> sorted = exact.square;
  std::sort(sorted.begin(), sorted.end());
  // Squares of distances in double: d + 16 roundings, and those of e^{-t} a against the difference.
  const auto slack_of = [&](double square) {
    return 1e-15 * (static_cast<double>(a.cols()) + 16) * square + 2e-15 * std::sqrt(square) * size +
           1e-30 * size * size;
  };
  for (Index i = 0; i < std::min<Index>(2, a.rows()); ++i) {
    const auto wanted = static_cast<double>(sorted[i]);
    ASSERT_GE(s.nearest(q, i), 0);
    const auto found = static_cast<double>(exact.square[s.nearest(q, i)]);
    EXPECT_LE(found, wanted + 2 * slack_of(wanted));
    EXPECT_LE(std::abs(s.distance(q, i) * s.distance(q, i) - found), 2 * slack_of(found));
  }
}

// One more step of trajectory q from u to t, by one of many laws.
void move(Draw& draw, std::uint64_t law, const RowMatrix& a, double u, double t, Index q, Index goal, RowMatrix& x) {
  const double s = std::expm1(2 * t), r = std::expm1(2 * u), c = s / r;
  const RowMatrix y = x.row(q) * std::exp(u), end = a.row(goal), noise = draw.normals(1, a.cols());
  RowMatrix next = end + c * (y - end) + std::sqrt(s * (1 - c)) * noise;           // bridge
  if (law == 1) next = y;                                                          // stands still
  if (law == 2) next = y + draw.uniform() * (end - y);                             // straight to a datum
  if (law == 3) next = y + std::sqrt(s) * noise;                                   // wanders
  if (law == 4) next = end;                                                        // on a datum
  if (law == 5) next = end + std::sqrt(c) * (y - end);                             // as by a probability flow
  if (law == 6) next = end + c * (y - end) + 3 * std::sqrt(s) * (a.row(0) - end);  // pulled aside
  if (law == 7) next = 0.5 * (end + a.row(draw.row(a.rows()))) + 1e-9 * noise;     // between two data
  x.row(q) = next * std::exp(-t);
}

TEST(EmpiricalPath, StatedVariationHoldsOnRandomTrajectories) {
  const int jobs = testing::trials("DENOISCOPE_RANDOM_PATHS", 1100),
            first = testing::asked_for("DENOISCOPE_RANDOM_FIRST", 0);
  const double tolerance = 1e-6;
  Count count;
  EmpiricalPath::Work work;
  for (int job = first; job < first + jobs && !::testing::Test::HasFailure(); ++job) {
    SCOPED_TRACE(::testing::Message() << "trajectories " << job);
    Draw draw(static_cast<std::uint64_t>(job));
    const Index n = draw.of(std::array<Index, 8>{1, 2, 3, 17, 129, 300, 300, 1500}),
                d = draw.of(std::array<Index, 6>{1, 2, 3, 7, 20, 60}), m = 1 + draw.row(4);
    const Dataset data = points(draw, n, d);
    RowMatrix a(n, d), x(m, d);
    data.read(Index{0}, a);
    const std::array<Arithmetic, 4> arithmetics{{{Precision::f64, nullptr},
                                                 {Precision::f64, &kernel::best()},
                                                 {Precision::f64, kernel::named("portable")},
                                                 {Precision::f32, nullptr}}};
    EmpiricalPath path(data, m, tolerance, arithmetics[static_cast<std::size_t>(job) % arithmetics.size()]);
    double t = std::exp(std::log(1e-6) + draw.uniform() * std::log(8e6));
    std::vector<Index> goal;
    std::vector<std::uint64_t> law;
    for (Index q = 0; q < m; ++q) {
      goal.push_back(draw.row(n));
      law.push_back(draw.chance(50) ? 0 : draw.below(8));
      const double far = draw.chance(10) ? 1e3 : 1;
      x.row(q) = std::exp(-t) * a.row(goal.back()) + far * std::sqrt(noise_variance(t)) * draw.normals(1, d);
    }
    for (int step = 0; step < 8; ++step) {
      Summary s;
      path.summarize(t, x, everything(), s);
      for (Index q = 0; q < m; ++q) expect_certified(data, a, t, x, q, path, s, tolerance, count);
      const double next = std::max(1e-6, t * std::pow(draw.uniform(), draw.of(std::array<double, 3>{0.03, 0.3, 3})));
      for (Index q = 0; q < m; ++q) move(draw, law[q], a, t, next, q, goal[q], x);
      t = next;
    }
    work.dense += path.work().dense;
    work.scanned += path.work().scanned;
    work.tubes += path.work().tubes;
    work.listed += path.work().listed;
  }
  std::printf(
      "%td trials, %td by lists, of these %td within the tolerance with rounding; %td dense, %td scanned, %td tubes, "
      "%td listed\n",
      count.trials, count.lists, count.at_tolerance, work.dense, work.scanned, work.tubes, work.listed);
  if (jobs < 1100) return;
  // The generator reaches every way often enough to say anything, and rounding is seldom what spoils a tolerance.
  EXPECT_GE(count.trials, 20000);
  for (const Index times : {work.dense, work.scanned, work.tubes, work.listed}) EXPECT_GE(times, 1000);
  EXPECT_GE(static_cast<double>(count.at_tolerance), 0.9 * static_cast<double>(count.lists));
}

// A backward path among data that are well apart: late steps must come from lists, and agree with Empirical.
TEST(EmpiricalPath, LateStepsReadListsOnly) {
  Draw draw(4);
  const Index n = 3000, d = 40, m = 5;
  RowMatrix x = draw.normals(m, d);
  const RowMatrix a = 3 * draw.normals(n, d);
  const Dataset data = Dataset::from_rows(a);
  const Empirical dense(data);
  EmpiricalPath path(data, m);
  Wanted what;
  what.mean = what.entropy = true;
  double t = 4;
  Index early = 0;
  for (int step = 0; step < 100; ++step) {
    if (t > 0.1) early = path.work().listed;
    Summary s, exact;
    path.summarize(t, x, what, s);
    if (step % 10 == 0) {
      dense.summarize(t, x, what, exact);
      for (Index q = 0; q < m; ++q) {
        EXPECT_NEAR(s.all.log_density[q], exact.all.log_density[q], s.bound[q] + exact.bound[q]);
        EXPECT_LT((s.mean.row(q) - exact.mean.row(q)).norm(),
                  1e-6 * 60);  // total variation times twice the data's size
      }
    }
    const double next = t * 0.94;
    for (Index q = 0; q < m; ++q) move(draw, 0, a, t, next, q, q, x);
    t = next;
  }
  const EmpiricalPath::Work& work = path.work();
  EXPECT_GE(work.listed - early, 37 * m);  // of the 39 steps below t = 0.1
  EXPECT_GT(work.dense, 0);
}

bool same_bits(const RowMatrix& a, const RowMatrix& b) {
  return a.size() == b.size() &&
         std::memcmp(a.data(), b.data(), static_cast<std::size_t>(a.size()) * sizeof(double)) == 0;
}

TEST(EmpiricalPath, SameBitsForAnyThreadsAndAnyCompany) {
  const Index n = 5000, d = 9, m = 30;
  Draw draw(8);
  const RowMatrix a = 3 * draw.normals(n, d);
  const Dataset data = Dataset::from_rows(a);
  const auto travel = [&](Index begin,
                          Index count) {  // means, log densities and bounds of every step, one below another
    Draw noise(9);
    RowMatrix x = noise.normals(m, d), out(0, d + 3);
    EmpiricalPath path(data, count);
    double t = 3;
    for (int step = 0; step < 25; ++step) {
      Summary s;
      path.summarize(t, x.middleRows(begin, count), everything(), s);
      out.conservativeResize(out.rows() + count, Eigen::NoChange);
      out.bottomRows(count) << s.mean, s.all.log_density, path.total_variation(), s.distance.col(1);
      for (Index q = 0; q < m; ++q) move(noise, 0, a, t, t * 0.8, q, 7 * q, x);
      t *= 0.8;
    }
    EXPECT_GT(path.work().listed, 0);
    EXPECT_GT(path.work().dense, 0);
    return out;
  };
  set_threads(1);
  const RowMatrix all = travel(0, m);
  for (const int threads : {2, 3, 4}) {
    set_threads(threads);
    EXPECT_TRUE(same_bits(all, travel(0, m))) << threads;
  }
  set_threads(0);
  for (const auto& [begin, count] : {std::pair<Index, Index>{0, 1}, {3, 7}, {5, 25}}) {
    const RowMatrix part = travel(begin, count);
    for (Index step = 0; step < 25; ++step)
      EXPECT_TRUE(same_bits(all.middleRows(step * m + begin, count), part.middleRows(step * count, count)));
  }
}

TEST(EmpiricalPath, WithoutToleranceItIsEmpirical) {
  Draw draw(2);
  const RowMatrix x = draw.normals(3, 4);
  const Dataset data = Dataset::from_rows(draw.normals(200, 4));
  EmpiricalPath path(data, 3, 0);
  for (const double t : {1.0, 0.1, 1e-4}) {
    Summary s, dense;
    path.summarize(t, x, everything(), s);
    Empirical(data).summarize(t, x, everything(), dense);
    EXPECT_TRUE(same_bits(s.mean, dense.mean));
    EXPECT_TRUE(same_bits(s.all.class_log_weight, dense.all.class_log_weight));
    EXPECT_TRUE(same_bits(s.bound, dense.bound));
  }
  EXPECT_EQ(path.work().dense, 9);
}

TEST(EmpiricalPath, RefusesWhatItCannotDo) {
  Draw draw(2);
  const Dataset data = Dataset::from_rows(draw.normals(20, 4));
  EXPECT_THROW(EmpiricalPath(data, 3, -1e-6), UsageError);
  EXPECT_THROW(EmpiricalPath(data, 3, 1), UsageError);
  EXPECT_THROW(EmpiricalPath(data, 3, std::nan("")), UsageError);
  EmpiricalPath path(data, 3);
  Summary s;
  EXPECT_THROW(path.summarize(1, draw.normals(2, 4), {}, s), UsageError);
  EXPECT_THROW(path.summarize(0, draw.normals(3, 4), {}, s), UsageError);
  const std::vector<Index> own = {0, 1, 2};
  Wanted what;
  what.leave_out = own;
  EXPECT_THROW(path.summarize(1, draw.normals(3, 4), what, s), UsageError);
}

}  // namespace
}  // namespace denoiscope
