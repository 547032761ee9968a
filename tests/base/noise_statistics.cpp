// Whether the numbers are standard normals, and independent. Null of every test: they are. Each p-value is a bound or
// an asymptotic value of the probability under the null of a statistic as large; seeds are fixed, and with fresh ones
// each check would raise a false alarm once in 10^6. Every statistic is shown to reject a generator that is wrong in
// the way it is there to see.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <cmath>
#include <functional>
#include <numbers>
#include <numeric>
#include <vector>

#include "denoiscope/base/noise.hpp"

namespace denoiscope {
namespace {

constexpr double kAlpha = 1e-6;
constexpr Index kWidth = 64;

// Names to numbers, shape (names, 64).
using Sampler = std::function<void(const Names&, RowMatrix&)>;

const Noise& noise() {
  static const Noise fixed(20261122);
  return fixed;
}
void ours(const Names& who, RowMatrix& out) { noise().normal(who, out); }

RowMatrix drawn(const Sampler& sampler, Index rows, Stream stream = Stream::query, std::uint32_t step = 0,
                std::uint64_t first = 0) {
  std::vector<std::uint64_t> names(rows);
  std::iota(names.begin(), names.end(), first);
  RowMatrix out(rows, kWidth);
  sampler({stream, names, step}, out);
  return out;
}

double normal_cdf(double z) { return 0.5 * std::erfc(-z / std::numbers::sqrt2); }

// Kolmogorov-Smirnov against uniforms in (0, 1); Stephens' form of the asymptotic law.
double kolmogorov(std::vector<double> u) {
  std::sort(u.begin(), u.end());
  const double n = static_cast<double>(u.size());
  double gap = 0;
  for (std::size_t i = 0; i < u.size(); ++i)
    gap = std::max({gap, static_cast<double>(i + 1) / n - u[i], u[i] - static_cast<double>(i) / n});
  const double x = (std::sqrt(n) + 0.12 + 0.11 / std::sqrt(n)) * gap;
  double p = 0;
  for (int k = 1; k < 100; ++k) p += (k % 2 == 1 ? 2 : -2) * std::exp(-2 * k * k * x * x);
  return x < 0.2 ? 1 : p;  // below 0.2 the series needs more terms, and the probability is 1 to ten digits
}

std::vector<double> ranks_of(const RowMatrix& z) {
  std::vector<double> out(z.size());
  std::transform(z.data(), z.data() + z.size(), out.begin(), normal_cdf);
  return out;
}

// Chi-square over 1024 equiprobable bins; the outermost reach from 3.1 deviations on.
double bins(const std::vector<double>& ranks) {
  std::vector<double> count(1024);
  for (double u : ranks) ++count[std::min<std::size_t>(static_cast<std::size_t>(u * 1024), 1023)];
  const double expected = static_cast<double>(ranks.size()) / 1024;
  double sum = 0;
  for (double c : count) sum += (c - expected) * (c - expected) / expected;
  return boost::math::cdf(boost::math::complement(boost::math::chi_squared(1023), sum));
}

// Counts of 2^25 numbers (64 batches) in [3.5, 4), [4, 4.5), [4.5, 5), [5, inf) on either side and beyond 5 on both,
// each exact Poisson and two-sided; the smallest of the nine times nine. Beyond 5: 19.2 are expected.
double tails(const Sampler& sampler, Index batches = 64) {
  constexpr Index kRows = 1 << 13;
  const double edges[] = {3.5, 4, 4.5, 5};
  double count[2][4] = {};
  for (Index b = 0; b < batches; ++b) {
    const RowMatrix z = drawn(sampler, kRows, Stream::prior, 1, static_cast<std::uint64_t>(b * kRows));
    for (const double* at = z.data(); at != z.data() + z.size(); ++at)
      if (*at >= edges[0] || *at <= -edges[0]) ++count[*at > 0][std::min(static_cast<int>(2 * std::abs(*at)) - 7, 3)];
  }
  const double n = static_cast<double>(kRows * batches * kWidth);
  const auto p_of = [](double seen, double expected) {
    const boost::math::poisson law(expected);
    const double below = boost::math::cdf(law, seen), above = 1 - below + boost::math::pdf(law, seen);
    return std::min(1.0, 2 * std::min(below, above));
  };
  double p = p_of(count[0][3] + count[1][3], 2 * n * normal_cdf(-5));
  for (int side = 0; side < 2; ++side)
    for (int k = 0; k < 4; ++k)
      p = std::min(p, p_of(count[side][k], n * (normal_cdf(-edges[k]) - (k < 3 ? normal_cdf(-edges[k + 1]) : 0))));
  return std::min(1.0, 9 * p);
}

// The uniforms behind a pair, recovered: what they hold below the bits that a coarser generator would have must be
// uniform too. From a pair (z, w): exp(-(z^2 + w^2) / 2) and the angle, times 2^32, without their whole parts.
double fine_bits(const Sampler& sampler) {
  const RowMatrix z = drawn(sampler, 2048, Stream::test);
  std::vector<double> fraction[2];
  for (Index i = 0; i < z.size(); i += 2) {
    const double a = z.data()[i], b = z.data()[i + 1];
    for (int k = 0; k < 2; ++k) {
      const double scaled =
          0x1p32 * (k == 0 ? std::exp(-(a * a + b * b) / 2) : std::atan2(b, a) / (2 * std::numbers::pi) + 0.5);
      fraction[k].push_back(scaled - std::floor(scaled));
    }
  }
  return std::min(1.0, 2 * std::min(kolmogorov(fraction[0]), kolmogorov(fraction[1])));
}

// Correlations of z with w and of z^2 with w^2, over w in the same pair, the next pair, the next trajectory, step and
// stream, and moments 1 to 4; sums over 2^19 numbers, compared with the normal law; the smallest p times their number.
double moments_and_neighbours(const Sampler& sampler) {
  constexpr Index kRows = 1 << 13;
  const RowMatrix z = drawn(sampler, kRows), n = drawn(sampler, kRows, Stream::query, 0, 1),
                  s = drawn(sampler, kRows, Stream::query, 1), t = drawn(sampler, kRows, Stream::posterior);
  const auto p_of = [](const Eigen::ArrayXXd& terms, double variance) {
    const double score = terms.sum() / std::sqrt(static_cast<double>(terms.size()) * variance);
    return std::erfc(std::abs(score) / std::numbers::sqrt2);
  };
  const Eigen::ArrayXXd a = z.array(), a2 = a * a;
  std::vector<double> p = {p_of(a, 1), p_of(a2 - 1, 2), p_of(a2 * a, 15), p_of(a2 * a2 - 3, 96)};
  const auto apart = [&](const Eigen::ArrayXXd& v, const Eigen::ArrayXXd& w) {
    p.push_back(p_of(v * w, 1));
    p.push_back(p_of((v * v - 1) * (w * w - 1), 4));
  };
  const auto columns = [&](Index first, Index step) {
    return Eigen::ArrayXXd(a(Eigen::all, Eigen::seq(first, kWidth - 3 + first, step)));
  };
  apart(columns(0, 2), columns(1, 2));
  apart(columns(0, 1), columns(2, 1));
  apart(a, n.array());
  apart(a, s.array());
  apart(a, t.array());
  return std::min(1.0, *std::min_element(p.begin(), p.end()) * static_cast<double>(p.size()));
}

// Ours, with every number changed.
template <class Change>
Sampler altered(Change change) {
  return [change](const Names& who, RowMatrix& out) {
    ours(who, out);
    std::transform(out.data(), out.data() + out.size(), out.data(), change);
  };
}
// Ours, with every pair changed: change(z, w, the first of the pair before or of this one where there is none).
Sampler paired(const std::function<void(double&, double&, double)>& change) {
  return [change](const Names& who, RowMatrix& out) {
    ours(who, out);
    for (Index r = 0; r < out.rows(); ++r)
      for (Index k = kWidth - 2; k >= 0; k -= 2) change(out(r, k), out(r, k + 1), out(r, std::max<Index>(k - 2, 0)));
  };
}
// Box-Muller on uniforms of few bits.
Sampler coarse(int bits) {
  return [bits](const Names& who, RowMatrix& out) {
    const double cells = std::ldexp(1.0, bits);
    for (Index r = 0; r < out.rows(); ++r) {
      double u[kWidth];
      noise().uniform(who.stream, who.trajectory[r], who.step, u);
      for (double& v : u) v = (std::floor(v * cells) + 0.5) / cells;
      for (Index k = 0; k < kWidth; k += 2) {
        out(r, k) = std::sqrt(-2 * std::log(u[k])) * std::cos(2 * std::numbers::pi * u[k + 1]);
        out(r, k + 1) = std::sqrt(-2 * std::log(u[k])) * std::sin(2 * std::numbers::pi * u[k + 1]);
      }
    }
  };
}

TEST(NoiseStatistics, TheLawIsNormal) {  // 2^20 numbers
  const auto ranks = [](const Sampler& sampler) { return ranks_of(drawn(sampler, 1 << 14)); };
  EXPECT_GT(kolmogorov(ranks(ours)), kAlpha);
  EXPECT_GT(bins(ranks(ours)), kAlpha);
  const Sampler wide = altered([](double z) { return 1.02 * z; }), shifted = altered([](double z) { return z + 0.02; });
  EXPECT_LT(kolmogorov(ranks(wide)), kAlpha);
  EXPECT_LT(bins(ranks(wide)), kAlpha);
  EXPECT_LT(kolmogorov(ranks(shifted)), kAlpha);
  // A sum of twelve uniforms has every low moment nearly right.
  const Sampler twelve = [](const Names& who, RowMatrix& out) {
    for (Index r = 0; r < out.rows(); ++r) {
      double u[12 * kWidth];
      noise().uniform(who.stream, who.trajectory[r], who.step, u);
      for (Index k = 0; k < kWidth; ++k) out(r, k) = std::accumulate(u + 12 * k, u + 12 * k + 12, -6.0);
    }
  };
  EXPECT_LT(bins(ranks(twelve)), kAlpha);
}

TEST(NoiseStatistics, TailsAreThere) {
  EXPECT_GT(tails(ours), kAlpha);
  EXPECT_LT(tails(altered([](double z) { return std::abs(z) > 5 ? z / 2 : z; })), kAlpha);
  EXPECT_LT(tails(altered([](double z) { return z < -4.5 ? -z : z; }), 16), kAlpha);
}

TEST(NoiseStatistics, FineBitsAreThere) {
  EXPECT_GT(fine_bits(ours), kAlpha);
  EXPECT_GT(fine_bits(coarse(52)), kAlpha);  // what is rejected below is the coarseness
  EXPECT_LT(fine_bits(coarse(24)), kAlpha);
  EXPECT_LT(fine_bits(coarse(32)), kAlpha);
}

TEST(NoiseStatistics, NeighboursAreIndependent) {
  EXPECT_GT(moments_and_neighbours(ours), kAlpha);
  EXPECT_LT(moments_and_neighbours(altered([](double z) { return 1.01 * z; })), kAlpha);
  // Correlation 0.02 in a pair; equal sizes in a pair; a pair that repeats a number of the one before.
  EXPECT_LT(
      moments_and_neighbours(paired([](double& z, double& w, double) { w = 0.02 * z + std::sqrt(1 - 4e-4) * w; })),
      kAlpha);
  EXPECT_LT(moments_and_neighbours(paired([](double& z, double& w, double) { w = std::copysign(z, w); })), kAlpha);
  EXPECT_LT(moments_and_neighbours(paired([](double& z, double&, double before) { z = before; })), kAlpha);
  // A name that is not looked at.
  EXPECT_LT(moments_and_neighbours([](const Names& who, RowMatrix& out) {
              noise().normal({who.stream, who.trajectory, 0}, out);
            }),
            kAlpha);
  EXPECT_LT(moments_and_neighbours([](const Names& who, RowMatrix& out) {
              noise().normal({Stream::query, who.trajectory, who.step}, out);
            }),
            kAlpha);
}

}  // namespace
}  // namespace denoiscope
