// K Gaussian classes of equal weight and covariance whose centres are orthogonal and of equal norm R.
#pragma once

namespace denoiscope::theory {

/// E p(true class | x) for kappa = R e^{-t}/sqrt(Gamma_t) >= 0 and K >= 1 classes: the softmax of kappa^2
/// delta_{c,true} + kappa xi_c, averaged exactly by quadrature (absolute error of about 1e-12). 1/K at kappa = 0;
/// F(kappa/sqrt 2) for K = 2 (classes in the sense of arXiv 2602.04404).
double orthogonal_same_class(double K, double kappa);

}  // namespace denoiscope::theory
