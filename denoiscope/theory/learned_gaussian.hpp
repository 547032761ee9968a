// What a covariance learned from n data of N(0, I) in d dimensions generates, for d, n to infinity at gamma = d/n.
#pragma once

namespace denoiscope::theory {

/// Kullback-Leibler divergences between the learned law Phat = N(0, Chat) and the true P = N(0, I), nats a dimension
/// (mean logarithm of the Marchenko-Pastur law; the Gaussian model of arXiv 2306.03518).
struct LearnedGaussian {
  double learned_from_true;  ///< KL(Phat || P)/d
  double true_from_learned;  ///< KL(P || Phat)/d
};

/// 0 < gamma < 1.
LearnedGaussian learned_gaussian(double gamma);

/// One direction of variance 1 + ell among directions of variance 1, as the sample covariance shows it
/// (arXiv math/0403022 for the eigenvalue, 0910.2120 for the eigenvector).
struct Spike {
  double overlap;     ///< squared cosine between the learned and the true direction; 0 where ell <= sqrt(gamma)
  double eigenvalue;  ///< largest of the sample covariance
  double threshold;   ///< sqrt(gamma), the ell above which the direction is seen
  double edge;        ///< (1 + sqrt(gamma))^2, end of the bulk
};

/// ell > 0, gamma > 0.
Spike spike(double ell, double gamma);

}  // namespace denoiscope::theory
