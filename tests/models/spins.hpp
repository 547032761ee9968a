// What every posterior over spins of +-1 must agree with: the sum over all configurations.
#pragma once

#include <gtest/gtest.h>

#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <numbers>
#include <vector>

#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/process/clock.hpp"
#include "tests/base/points.hpp"

namespace denoiscope::spins {

inline RowMatrix row(std::initializer_list<double> values) {
  RowMatrix out(1, static_cast<Index>(values.size()));
  std::copy(values.begin(), values.end(), out.data());
  return out;
}

using points::names;

/// All 2^N configurations with log probabilities.
struct Table {
  RowMatrix configurations;  // (2^N, N)
  Vector log_probability;    // (2^N)

  Table(Index N, const std::function<double(const Eigen::RowVectorXd&)>& log_weight)
      : configurations(Index{1} << N, N), log_probability(Index{1} << N) {
    for (Index k = 0; k < configurations.rows(); ++k) {
      for (Index i = 0; i < N; ++i) configurations(k, i) = (k >> i) & 1 ? 1 : -1;
      log_probability[k] = log_weight(configurations.row(k));
    }
    log_probability.array() -= log_sum_exp({log_probability.data(), static_cast<std::size_t>(log_probability.size())});
  }
};

/// p(configuration | x) and what follows, from the table.
struct Exact {
  double log_density, entropy, participation;
  Vector probability, mean;
  Eigen::MatrixXd covariance;

  Exact(const Table& table, double t, const Eigen::RowVectorXd& x) {
    const double delta = noise_variance(t);
    Vector log_joint = table.log_probability;
    for (Index k = 0; k < log_joint.size(); ++k)
      log_joint[k] -= (x - std::exp(-t) * table.configurations.row(k)).squaredNorm() / (2 * delta) +
                      0.5 * static_cast<double>(x.size()) * std::log(2 * std::numbers::pi * delta);
    log_density = log_sum_exp({log_joint.data(), static_cast<std::size_t>(log_joint.size())});
    log_joint.array() -= log_density;
    probability = log_joint.unaryExpr([](double v) { return std::exp(v); });  // 0 at -inf, as Eigen's is not
    entropy = 0;
    for (Index k = 0; k < log_joint.size(); ++k)
      if (probability[k] > 0) entropy -= probability[k] * log_joint[k];
    participation = probability.squaredNorm();
    mean = table.configurations.transpose() * probability;
    const Eigen::MatrixXd apart = table.configurations.rowwise() - mean.transpose();
    covariance = apart.transpose() * probability.asDiagonal() * apart;
  }
};

/// Points as forward noise makes them, and points that no configuration made: (12, N).
inline RowMatrix queries(const Posterior& model, double t, std::uint64_t seed) {
  const Index n = model.dimension();
  RowMatrix x(12, n), z(12, n);
  const auto who = names(12);
  model.sample_prior(Noise(seed), {Stream::prior, who, 0}, x, {});
  Noise(seed).normal({Stream::query, who, 0}, z);
  x.topRows(6) = std::exp(-t) * x.topRows(6) + std::sqrt(noise_variance(t)) * z.topRows(6);
  x.bottomRows(6) = 2 * z.bottomRows(6);
  return x;
}

/// Mean, log density, entropy, participation and covariance against the table at t = 1e-4 .. 8. Tolerance 1e-9 but for
/// log densities of -1e5, which both sides sum from squares that size: 1e-13 of them.
inline void expect_agreement(const Posterior& model, const Table& table, std::uint64_t seed, bool entropies = true) {
  Wanted what;
  what.mean = what.entropy = true;
  for (const double t : {1e-4, 1e-2, 0.1, 0.4, 1.0, 3.0, 8.0}) {
    const RowMatrix x = queries(model, t, seed);
    RowMatrix v(x.rows(), x.cols()), cov_v(x.rows(), x.cols()), mean(x.rows(), x.cols());
    Noise(seed).normal({Stream::test, names(x.rows()), 0}, v);
    Summary s;
    model.summarize(t, x, what, s);
    model.denoise(t, x, mean);
    model.covariance_apply(t, x, v, cov_v);
    for (Index q = 0; q < x.rows(); ++q) {
      const Exact exact(table, t, x.row(q));
      const std::string where = "t = " + std::to_string(t) + ", query " + std::to_string(q);
      EXPECT_NEAR(s.all.log_density[q], exact.log_density, 1e-9 + 1e-13 * std::abs(exact.log_density)) << where;
      EXPECT_LT((s.mean.row(q).transpose() - exact.mean).cwiseAbs().maxCoeff(), 1e-9) << where;
      EXPECT_EQ(mean.row(q), s.mean.row(q)) << where;
      EXPECT_LT((cov_v.row(q).transpose() - exact.covariance * v.row(q).transpose()).cwiseAbs().maxCoeff(), 1e-9)
          << where;
      EXPECT_NEAR(s.all.class_log_weight.row(q).array().exp().sum(), 1, 1e-12) << where;
      if (!entropies) continue;
      EXPECT_NEAR(s.all.entropy[q], exact.entropy, 1e-9) << where;
      EXPECT_NEAR(s.all.participation[q], exact.participation, 1e-9) << where;
    }
  }
}

/// Chi-square of drawn configurations against their probabilities, over its 1 - 1e-6 quantile: above 1 rejects. Cells
/// that expect fewer than 5 draws are pooled.
inline double chi_square_ratio(const RowMatrix& drawn, const Vector& probability) {
  Vector seen = Vector::Zero(probability.size());
  for (Index q = 0; q < drawn.rows(); ++q) {
    Index k = 0;
    for (Index i = 0; i < drawn.cols(); ++i) {
      EXPECT_EQ(std::abs(drawn(q, i)), 1);
      if (drawn(q, i) > 0) k |= Index{1} << i;
    }
    ++seen[k];
  }
  const double draws = static_cast<double>(drawn.rows());
  double statistic = 0, pooled_expected = 0, pooled_seen = 0;
  int cells = 0;
  const auto add = [&](double expected, double found) {
    statistic += (found - expected) * (found - expected) / expected;
    ++cells;
  };
  for (Index k = 0; k < seen.size(); ++k) {
    if (draws * probability[k] >= 5) {
      add(draws * probability[k], seen[k]);
    } else {
      pooled_expected += draws * probability[k];
      pooled_seen += seen[k];
    }
  }
  if (pooled_expected > 0.5) add(pooled_expected, pooled_seen);
  const boost::math::chi_squared law(std::max(1, cells - 1));
  return statistic / boost::math::quantile(boost::math::complement(law, 1e-6));
}

/// Null: prior and posterior draws have the probabilities of the table; 20,000 draws each, false alarms 1e-6 a test.
/// The broken variants are draws at another t, and the prior held to the posterior's probabilities: both must be
/// rejected.
inline void expect_exact_draws(const Posterior& model, const Table& table, const RowMatrix& x, double t) {
  const Index draws = 20000;
  const auto who = names(draws);
  const RowMatrix repeated = x.replicate(draws, 1);
  RowMatrix drawn(draws, x.cols());
  const Exact exact(table, t, x.row(0));
  model.draw(t, repeated, Noise(17), {Stream::posterior, who, 0}, drawn);
  EXPECT_LT(chi_square_ratio(drawn, exact.probability), 1);
  model.draw(2 * t, repeated, Noise(17), {Stream::posterior, who, 0}, drawn);
  EXPECT_GT(chi_square_ratio(drawn, exact.probability), 1);
  model.sample_prior(Noise(17), {Stream::prior, who, 0}, drawn, {});
  EXPECT_LT(chi_square_ratio(drawn, table.log_probability.array().exp()), 1);
  EXPECT_GT(chi_square_ratio(drawn, exact.probability), 1);
}

/// Results are the same bits for one row alone or in a batch, on one thread or three.
inline void expect_no_companions(const Posterior& model, double t) {
  Wanted what;
  what.mean = what.entropy = true;
  const auto who = names(12);
  const RowMatrix x = queries(model, t, 23);
  RowMatrix drawn(12, x.cols()), applied(12, x.cols());
  Summary all;
  set_threads(3);
  model.summarize(t, x, what, all);
  model.draw(t, x, Noise(3), {Stream::posterior, who, 2}, drawn);
  model.covariance_apply(t, x, x, applied);
  set_threads(1);
  for (Index q : {0, 5, 11}) {
    Summary one;
    RowMatrix own(1, x.cols()), own_applied(1, x.cols());
    model.summarize(t, x.row(q), what, one);
    model.draw(t, x.row(q), Noise(3), {Stream::posterior, {&who[q], 1}, 2}, own);
    model.covariance_apply(t, x.row(q), x.row(q), own_applied);
    EXPECT_EQ(all.all.log_density[q], one.all.log_density[0]);
    EXPECT_EQ(all.all.class_log_weight.row(q), one.all.class_log_weight.row(0));
    EXPECT_EQ(all.mean.row(q), one.mean.row(0));
    if (one.all.entropy.size() > 0) {
      EXPECT_EQ(all.all.entropy[q], one.all.entropy[0]);
    }
    EXPECT_EQ(drawn.row(q), own.row(0));
    EXPECT_EQ(applied.row(q), own_applied.row(0));
  }
  set_threads(0);
}

/// Finite numbers in their ranges at N = 1e5 whatever t is, for points of the model and for points of nothing.
inline void expect_finite(const Posterior& model) {
  Wanted what;
  what.mean = what.entropy = true;
  const Index n = model.dimension();
  const auto who = names(2);
  for (const double t : {1e-6, 1e-2, 1.0, 8.0}) {
    RowMatrix x(2, n), z(2, n), applied(2, n);
    model.sample_prior(Noise(5), {Stream::prior, who, 0}, x, {});
    const RowMatrix clean = x;
    Noise(5).normal({Stream::query, who, 0}, z);
    x.row(0) = std::exp(-t) * x.row(0) + std::sqrt(noise_variance(t)) * z.row(0);
    x.row(1) = 1000 * z.row(1);
    Summary s;
    model.summarize(t, x, what, s);
    model.covariance_apply(t, x, z, applied);
    EXPECT_TRUE(s.all.log_density.allFinite()) << t;
    EXPECT_TRUE(s.mean.allFinite() && s.mean.cwiseAbs().maxCoeff() <= 1 + 1e-12) << t;
    EXPECT_TRUE(applied.allFinite()) << t;
    EXPECT_FALSE(s.all.class_log_weight.hasNaN()) << t;
    if (t < 1e-3) {  // the noise is 1.4e-3: signs are certain
      EXPECT_EQ(s.mean.row(0), clean.row(0)) << t;
    }
    if (s.all.entropy.size() > 0) {
      EXPECT_TRUE(s.all.entropy.allFinite() && s.all.entropy.minCoeff() >= 0) << t;
      EXPECT_LE(s.all.entropy.maxCoeff(), static_cast<double>(n) * std::numbers::ln2 * (1 + 1e-9)) << t;
    }
  }
}

/// The UsageError's message must name all of `words`.
template <class Make>
void expect_usage_error(Make&& make, std::initializer_list<const char*> words) {
  try {
    make();
    ADD_FAILURE() << "no error for " << *words.begin();
  } catch (const std::exception& error) {
    for (const char* word : words) EXPECT_NE(std::string(error.what()).find(word), std::string::npos) << error.what();
  }
}

}  // namespace denoiscope::spins
