// Are samples copies of the training data? What distances alone can say: every function takes plain numbers, one a
// sample or one a datum, and knows neither data nor metric.
//
// d1 <= d2: distances of a sample to its nearest and second nearest training datum. m: samples; H: held-out data.
#pragma once

#include <span>
#include <vector>

#include "denoiscope/base/stats.hpp"

namespace denoiscope::observables {

/// Below this gap ratio a sample is called a copy (arXiv 2310.02664, 2505.17638).
inline constexpr double kCopyRatio = 1.0 / 3;

/// d1 / d2, in [0, 1]; 0 where d1 = 0 < d2. NaN where d2 is 0 (duplicates: 0/0) or there is no second datum.
double gap_ratio(double d1, double d2);

/// A share of n cases and its 95 % interval.
struct Fraction {
  double value = kNaN, low = kNaN, high = kNaN;
  Index count = 0, n = 0;
  Index undefined = 0;  ///< of n: NaN, counted as not in the share
};

/// count of n, with the quantiles 0.025 and 0.975 of its bootstrap over cases. A resampled share is Binomial(n,
/// count/n) / n exactly, so nothing is simulated. Where all or none count, every resample is the same: there the open
/// end is that of Clopper and Pearson, 1 - 0.025^{1/n} above 0. As any percentile bootstrap it covers less than 95 %
/// where few count: 87 to 97 % where 3 to 12 of 200 are expected. NaN where n = 0.
Fraction fraction_of(Index count, Index n);

/// f_mem: share of ratios below `threshold`, over samples.
Fraction copied_fraction(std::span<const double> ratios, double threshold = kCopyRatio);

/// Share of ratios below each of `thresholds`; error of the bootstrap over samples, sqrt(f (1 - f) / m).
struct ThresholdCurve {
  std::vector<double> threshold;
  std::vector<Estimate> fraction;
};
/// At 0.02, 0.04, ... 1.
ThresholdCurve threshold_curve(std::span<const double> ratios);

/// Intrinsic dimension from ratios: where data and samples have smooth densities on a manifold of dimension D,
/// (d1/d2)^D is uniform in (0, 1) (arXiv 1803.06992, mu = d2/d1). Maximum likelihood on the ratios above `above`
/// given that they lie there, so that copies, which lie below, do not bend it; `above` = 0 is n / sum log mu on all
/// of them (0 where one ratio is). The error is that of the Fisher information. 0 where the ratios lean to
/// small values as no dimension lets them; NaN, none left or all equal to 1, where they say nothing.
Estimate two_nn_dimension(std::span<const double> ratios, double above = 0.5);

/// threshold^dimension: share of copies that perfect samples would show, by the law above.
double null_rate(double threshold, double dimension);

/// (1 + #{held-out ratios <= r}) / (1 + H) for every sample ratio r: the chance that a ratio exchangeable with the
/// held-out ones is as small (conformal p-value, arXiv 2104.08279). At least 1 / (1 + H). A NaN is above any number.
std::vector<double> conformal_p_values(std::span<const double> ratios, std::span<const double> held_out);

/// Benjamini and Hochberg (1995): calling every case with q <= x keeps the expected share of false ones among those
/// called below x, also for conformal p-values, which share their held-out data (arXiv 2104.08279).
std::vector<double> false_discovery_rates(std::span<const double> p_values);

/// Weighted least-squares fit that never increases (pool adjacent violators). values, weights > 0: (k).
std::vector<double> decreasing_fit(std::span<const double> values, std::span<const double> weights);

/// Density of sample ratios over density of held-out ratios at each sample's ratio, as the maximum-likelihood estimate
/// that decreases with the ratio (isotonic regression of sample against held-out on the pooled ratios). Half a held-out
/// ratio below all and half a sample above all keep it finite and positive: at most 2 m (H + 1/2) / (m + 1/2), reached
/// where samples alone lie below all held-out ratios. 1 where there are no held-out ratios to compare with.
std::vector<double> likelihood_ratios(std::span<const double> ratios, std::span<const double> held_out);

/// Does `first` lie below `second`? Wilcoxon, Mann and Whitney.
struct RankTest {
  double u = kNaN;      ///< pairs with first > second, ties half
  double z = kNaN;      ///< (u - its mean) / its deviation under one law for both, ties included; 0 where all are equal
  double below = kNaN;  ///< normal probability of a z as low: small where `first` lies below
  double p = kNaN;      ///< the same, two-sided
};
/// Distances sample -> training data against held-out -> training data is the test of data copying: z << 0 where the
/// samples are nearer than fresh data (arXiv 2004.05675). The normal law is good from about 10 of each on.
RankTest rank_test(std::span<const double> first, std::span<const double> second);

/// Probability that a member of `first` lies below one of `second`, ties half: the area under the curve of calling
/// small values members. Error of DeLong, DeLong and Clarke-Pearson (1988); NaN below two of each. Distances of
/// training and of held-out data to their nearest sample ask whether membership shows (arXiv 1909.03935): 1/2 is no.
Estimate membership_area(std::span<const double> first, std::span<const double> second);

/// Share of samples that are farther from their nearest training datum than that datum is from its own nearest other
/// (arXiv 2102.08921). Both: (m), one a sample.
Fraction authentic_fraction(std::span<const double> to_nearest, std::span<const double> nearest_to_other);

/// That share for perfect samples of a smooth density in `dimension` dimensions, Poisson points: q / (1 + q), where q
/// is the part of a ball outside an equal ball about a point of its surface. 1/3 on a line, up to 1/2.
double null_authentic_fraction(double dimension);

}  // namespace denoiscope::observables
