// The scalar channel behind two Gaussian classes of equal covariance: x = +-kappa + xi, xi ~ N(0,1). Every two-class
// number of the theory of speciation is one of these functions of kappa, half the Mahalanobis distance between the
// classes. Dimensionless; probabilities in [0, 1], entropies in nats. All are finite for every kappa >= 0, however
// large.
#pragma once

namespace denoiscope::theory {

/// F(kappa) = E sum_c p(c|x)^2: probability that two clones of one noisy point, or the two ends of a U-turn, fall in
/// the same class. 1/2 at kappa = 0, 1 at infinity. 1 - F keeps its relative precision up to the rounding of 1.
double same_class(double kappa);

/// The same number as 1/2 (1 + E tanh(kappa^2 + kappa xi)), the average of the posterior of the true class.
double same_class_by_tanh(double kappa);
/// The same number as 1/2 (1 + E tanh^2(kappa^2 + kappa xi)); the Nishimori identity says that both agree.
double same_class_by_tanh_squared(double kappa);

/// kappa at which F(kappa) = phi, for phi in [1/2, 1]; infinity at phi = 1, NaN outside the range.
double kappa_for_same_class(double phi);

/// Hc(kappa) = E log(1 + e^{-2(kappa^2 + kappa xi)}): entropy of the class given x, nats. log 2 at kappa = 0; keeps its
/// relative precision until it underflows (kappa of about 38).
double class_entropy(double kappa);

/// The same for classes of weights w and 1 - w, 0 < w < 1: H(c|x), from the entropy of (w, 1-w) at kappa = 0 to 0.
/// Absolute error of about 1e-14.
double class_entropy_weighted(double kappa, double w);

/// Error of the best classifier, Phi(-kappa).
double bayes_error(double kappa);

/// Total variation distance between the two classes, 2 Phi(kappa) - 1.
double total_variation(double kappa);

/// Same-class probabilities of two classes of unequal weight.
struct WeightedSameClass {
  double phi;    ///< over points of both classes
  double plus;   ///< given that the point belongs to the class of weight w
  double minus;  ///< given that it belongs to the class of weight 1 - w
};

/// Classes of weights w and 1 - w, 0 < w < 1; w = 1/2 is same_class.
WeightedSameClass same_class_weighted(double kappa, double w);

}  // namespace denoiscope::theory
