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

struct Measurement {
  std::string_view name, description;
  Observed (*run)(const Arguments&, Scale);
};
std::span<const Measurement> measurements();

// One file an experiment, or several that are short.
Observed run_uturns(const Arguments& entry, Scale scale);
Observed run_excess_entropy(const Arguments& entry, Scale scale);
Observed run_random_energy(const Arguments& entry, Scale scale);
Observed run_potential(const Arguments& entry, Scale scale);
Observed run_generation(const Arguments& entry, Scale scale);
Observed run_clone_sde(const Arguments& entry, Scale scale);
Observed run_clone_data(const Arguments& entry, Scale scale);
Observed run_step_bias(const Arguments& entry, Scale scale);
Observed run_symmetry(const Arguments& entry, Scale scale);
Observed run_windows(const Arguments& entry, Scale scale);
Observed run_covariance_times(const Arguments& entry, Scale scale);
Observed run_ising_times(const Arguments& entry, Scale scale);
Observed run_orthogonal(const Arguments& entry, Scale scale);
Observed run_quadratic_well(const Arguments& entry, Scale scale);
Observed run_double_well(const Arguments& entry, Scale scale);
Observed run_langevin(const Arguments& entry, Scale scale);
Observed run_guidance(const Arguments& entry, Scale scale);
Observed run_two_models(const Arguments& entry, Scale scale);
Observed run_work(const Arguments& entry, Scale scale);
Observed run_audit_null(const Arguments& entry, Scale scale);
Observed run_audit_power(const Arguments& entry, Scale scale);
Observed run_audit_repeats(const Arguments& entry, Scale scale);
Observed run_audit_pictures(const Arguments& entry, Scale scale);
Observed run_collapse_dimension(const Arguments& entry, Scale scale);
Observed run_collapse_finite(const Arguments& entry, Scale scale);
Observed run_last_switch(const Arguments& entry, Scale scale);
Observed run_generalization_times(const Arguments& entry, Scale scale);
Observed run_trap_radius(const Arguments& entry, Scale scale);
Observed run_learned_gaussian(const Arguments& entry, Scale scale);
Observed run_spin_collapse(const Arguments& entry, Scale scale);

/// What the experiment of that name says of a request, kept nowhere. settings: "key=value"; keys that are no parameter of
/// the experiment are of its model.
Record ask(std::string_view experiment, const std::vector<std::string>& settings);
/// The data that settings "key=value" name.
Dataset data_of(const std::vector<std::string>& settings);

/// The number of a list "fast, full" that the scale asks for; a single number is both.
double at_scale(const Arguments& entry, const char* key, Scale scale);
/// "key=value" settings of a model or theory written with blanks between.
std::vector<std::string> words_of(const std::string& text);
/// `many` numbers from low to high, evenly spaced.
std::vector<double> spaced(double low, double high, int many);
/// The same, evenly spaced in their logarithms.
std::vector<double> log_spaced(double low, double high, int many);
/// Names of m trajectories: 0 .. m - 1.
std::vector<std::uint64_t> numbered(Index m);
/// Mean of values (m) times a factor.
Estimate scaled(const Vector& values, double factor);
/// Sets a probability measured over `starts` beside its theory. Where fewer than 14 starts are expected to lose it (or
/// to keep it), all of them may be absent from the sample (e^-14 = 1e-6), whose spread then says nothing: so much is
/// allowed.
void compare_with(double theory, Index starts, Quantity& quantity);

}  // namespace denoiscope::gallery
