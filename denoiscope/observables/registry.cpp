#include "denoiscope/observables/registry.hpp"

namespace denoiscope::observables {
namespace {
constexpr ObservableEntry kObservables[] = {
    {"phi", "probability that two clones branching at t end in the same class, E sum_c p(c|x_t)^2", "probability",
     "arXiv 2402.18491"},
    {"class_entropy", "entropy of the class given the noisy point", "nats", "arXiv 2602.09651"},
    {"t_rs", "time at which the mean log-odds of two classes equals its standard deviation", "OU time",
     "arXiv 2602.04404"},
    {"class_tree", "which classes merge at which t, by average linkage of t_rs", "OU time", "arXiv 2602.04404"},
    {"guidance_window", "times between which phi rises from 5 % to 95 % of its way from chance to plateau", "OU time",
     "arXiv 2404.07724"},
    {"half_log", "spectral speciation time 1/2 log Lambda of the covariance", "OU time", "arXiv 2402.18491"},
    {"f_over_alpha", "excess entropy over alpha: posterior entropy of the datum over log n", "1", "arXiv 2402.18491"},
    {"phi_c", "probability that two clones end on the same datum: participation ratio of the posterior weights",
     "probability", "arXiv 2402.18491"},
    {"t_c", "operational collapse time, f/alpha = 0.05", "OU time", "arXiv 2402.18491"},
    {"last_switch", "last change of the nearest datum along a backward trajectory", "OU time", "arXiv 2402.18491"},
    {"datum_t_c", "time at which the mean own weight of a single datum falls through 1/2", "OU time",
     "arXiv 2402.18491"},
    {"f_clusters", "excess entropy with each cluster of equal rows counted as one datum", "1", "arXiv 2402.18491"},
    {"cross_entropy_test", "minus log density of noisy held-out points under the empirical model", "nats a dimension",
     "arXiv 2402.18491"},
    {"t_g", "time at which the kernel density of variance e^(2t) - 1 is likeliest at clean held-out points", "OU time",
     "arXiv 2502.09578, 2408.05807"},
    {"likelihood_gap", "mean log P_t of noisy data less that of noisy held-out points, or of the data left out", "nats",
     "arXiv 2402.18491"},
    {"t_o", "time at which half of the data are traps: more than half of the weight at e^{-t} a is a's", "OU time",
     "arXiv 2502.09578"},
    {"basin_radius2", "median squared distance, in units of the noise, at which a point leaves its datum's basin", "1",
     "arXiv 2502.09578"},
    {"f_mem", "share of samples whose nearest datum is nearer than a third of the distance to the second nearest", "1",
     "arXiv 2310.02664, 2505.17638"},
    {"q_value", "expected share of false ones among samples called copies by held-out data", "1", "arXiv 2104.08279"},
    {"data_copying", "rank test of the distances of samples against those of held-out data", "z", "arXiv 2004.05675"},
    {"membership", "probability that a training datum is nearer to the samples than a held-out one", "probability",
     "arXiv 1909.03935"},
    {"authentic", "share of samples farther from their datum than it is from its own nearest other", "1",
     "arXiv 2102.08921"},
};
}  // namespace

std::span<const ObservableEntry> observables() { return kObservables; }

}  // namespace denoiscope::observables
