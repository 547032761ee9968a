// What no experiment of the program does, one function an entry or a few. Private to this room.
#pragma once

#include <span>

#include "denoiscope/gallery/measure.hpp"

namespace denoiscope::gallery {

void audit_null(const Entry& entry, Observed& out);
void audit_power(const Entry& entry, Observed& out);
void audit_repeats(const Entry& entry, Observed& out);
void audit_pictures(const Entry& entry, Observed& out);
void last_switch(const Entry& entry, Observed& out);
void random_energy(const Entry& entry, Observed& out);
void trap_radius(const Entry& entry, Observed& out);
void symmetry(const Entry& entry, Observed& out);
void windows(const Entry& entry, Observed& out);
void potential(const Entry& entry, Observed& out);
void generation(const Entry& entry, Observed& out);
void learned_gaussian(const Entry& entry, Observed& out);
void two_models(const Entry& entry, Observed& out);
void step_bias(const Entry& entry, Observed& out);
void work(const Entry& entry, Observed& out);
void quadratic_well(const Entry& entry, Observed& out);
void guidance(const Entry& entry, Observed& out);

struct Function {
  std::string_view name;
  void (*run)(const Entry&, Observed&);
};

inline constexpr Function kFunctions[] = {
    {"requests", run_requests},
    {"audit-null", audit_null},
    {"audit-power", audit_power},
    {"audit-repeats", audit_repeats},
    {"audit-pictures", audit_pictures},
    {"last-switch", last_switch},
    {"random-energy", random_energy},
    {"trap-radius", trap_radius},
    {"symmetry", symmetry},
    {"windows", windows},
    {"potential", potential},
    {"generation", generation},
    {"learned-gaussian", learned_gaussian},
    {"two-models", two_models},
    {"step-bias", step_bias},
    {"work", work},
    {"quadratic-well", quadratic_well},
    {"guidance", guidance},
};

/// Share of gap ratios that call a copy.
Estimate copied_share(std::span<const double> ratios);

}  // namespace denoiscope::gallery
