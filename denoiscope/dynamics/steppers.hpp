// The methods behind the table of backward.hpp, one function each. Private to this room.
#pragma once

#include "denoiscope/dynamics/backward.hpp"

namespace denoiscope::stepping {

void euler_maruyama(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void exponential(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void ddpm(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void ddpm_tilde(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void ddim(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void heun(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void rk4(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void dormand_prince(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void edm_heun(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);
void dpm_solver_2m(const Denoiser&, const TimeInterval&, const Normals&, const StepperSettings&, Walkers&);

}  // namespace denoiscope::stepping
