// The experiments that entries of the gallery name. Private to this room.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/gallery/gallery.hpp"
#include "denoiscope/study/experiment.hpp"

namespace denoiscope::gallery {

/// A number that an experiment measures.
struct Quantity {
  std::string name;  ///< "same_class d=64 t=2"
  Estimate measured;
  std::optional<double> exact = std::nullopt;
  double allowed = 0;  ///< what it may differ beyond its error, beside the tolerance of the entry
};

struct Observed {
  std::vector<Quantity> quantities;
  std::vector<Curve> curves;
};

struct Experiment {
  std::string_view name, description;
  Observed (*run)(const Settings&, Scale);
};
std::span<const Experiment> experiments();

// One file an experiment, or several that are short.
Observed run_uturns(const Settings& entry, Scale scale);
Observed run_excess_entropy(const Settings& entry, Scale scale);
Observed run_random_energy(const Settings& entry, Scale scale);
Observed run_potential(const Settings& entry, Scale scale);
Observed run_generation(const Settings& entry, Scale scale);
Observed run_clone_sde(const Settings& entry, Scale scale);
Observed run_clone_data(const Settings& entry, Scale scale);
Observed run_step_bias(const Settings& entry, Scale scale);
Observed run_symmetry(const Settings& entry, Scale scale);
Observed run_windows(const Settings& entry, Scale scale);
Observed run_covariance_times(const Settings& entry, Scale scale);
Observed run_ising_times(const Settings& entry, Scale scale);
Observed run_orthogonal(const Settings& entry, Scale scale);
Observed run_quadratic_well(const Settings& entry, Scale scale);
Observed run_double_well(const Settings& entry, Scale scale);
Observed run_langevin(const Settings& entry, Scale scale);
Observed run_guidance(const Settings& entry, Scale scale);
Observed run_two_models(const Settings& entry, Scale scale);
Observed run_work(const Settings& entry, Scale scale);
Observed run_audit_null(const Settings& entry, Scale scale);
Observed run_audit_power(const Settings& entry, Scale scale);
Observed run_audit_repeats(const Settings& entry, Scale scale);
Observed run_audit_pictures(const Settings& entry, Scale scale);
Observed run_collapse_dimension(const Settings& entry, Scale scale);
Observed run_collapse_finite(const Settings& entry, Scale scale);
Observed run_last_switch(const Settings& entry, Scale scale);
Observed run_generalization_times(const Settings& entry, Scale scale);
Observed run_trap_radius(const Settings& entry, Scale scale);
Observed run_learned_gaussian(const Settings& entry, Scale scale);
Observed run_spin_collapse(const Settings& entry, Scale scale);

/// The number of a list "fast, full" that the scale asks for; a single number is both.
double at_scale(const Settings& entry, const char* key, Scale scale);
/// "key=value" settings of a model or theory written with blanks between.
std::vector<std::string> words_of(const std::string& text);
/// `many` numbers from low to high, evenly spaced.
std::vector<double> spaced(double low, double high, int many);
/// Names of m trajectories: 0 .. m - 1.
std::vector<std::uint64_t> numbered(Index m);
/// Mean of values (m) times a factor.
Estimate scaled(const Vector& values, double factor);
/// Sets a probability measured over `starts` beside its theory. Where fewer than 14 starts are expected to lose it (or
/// to keep it), all of them may be absent from the sample (e^-14 = 1e-6), whose spread then says nothing: so much is
/// allowed.
void compare_with(double theory, Index starts, Quantity& quantity);

}  // namespace denoiscope::gallery
