#include "denoiscope/process/clock.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

TEST(Clock, DdpmScheduleIsTheLinearOne) {  // alpha_bar and t of the 1000-step schedule, steps from 0
  const struct {
    int step;
    double alpha_bar, t;
  } table[] = {{0, 0.9999000000, 0.00005000},      {50, 0.9699514936, 0.01525461},
               {100, 0.8951415909, 0.05538669},    {250, 0.5214230306, 0.32559680},
               {400, 0.1935720097, 0.82105285},    {500, 7.7796658365e-2, 1.27682840},
               {600, 2.5567492265e-2, 1.83321678}, {750, 3.3001583616e-3, 2.85689241},
               {900, 2.7024451956e-4, 4.10809169}, {999, 4.0358297654e-5, 5.05885677}};
  for (const auto& row : table) {
    const double t = t_of_ddpm_step(row.step);
    EXPECT_NEAR(t, row.t, 1e-8) << row.step;
    EXPECT_NEAR(alpha_bar_of_t(t) / row.alpha_bar, 1.0, 1e-9) << row.step;
    EXPECT_NEAR(ddpm_step_of_t(t), row.step, 1e-9);
  }
  EXPECT_TRUE(std::isnan(ddpm_step_of_t(1e-6)));
  EXPECT_TRUE(std::isnan(ddpm_step_of_t(6)));
}

TEST(Clock, EveryDialReadsBack) {
  for (double t : {1e-12, 1e-6, 5e-5, 0.01, 0.3, 1.0, 3.0, 5.0, 20.0, 300.0}) {
    const double tolerance =
        4e-16 * std::max(1.0, 1 / t) * t + 4e-16 * t;  // a few roundings of t, or of 1 where the dial shows 1 - small
    const Clock c = clock_at(t);
    EXPECT_NEAR(t_of("sigma", c.sigma), t, 4 * tolerance) << t;
    EXPECT_NEAR(t_of("log_snr", c.log_snr), t, 4 * tolerance * std::max(1.0, std::abs(c.log_snr))) << t;
    if (c.alpha_bar < 1) {
      EXPECT_NEAR(t_of("alpha_bar", c.alpha_bar), t, 2e-16 + 4 * tolerance) << t;
    }
    // flow_s = 1 - 1/(1 + sigma) loses t once 1/sigma is below the spacing of numbers near 1.
    if (t < 10) {
      EXPECT_NEAR(t_of("flow_s", c.flow_s), t, 4 * tolerance + 1e-15 * (1 + c.sigma)) << t;
    }
    if (!std::isnan(c.ddpm_step)) {
      EXPECT_NEAR(t_of("ddpm_step", c.ddpm_step), t, 1e-12) << t;
    }
  }
}

TEST(Clock, KnownValues) {
  EXPECT_NEAR(t_of_sigma(1.0), 0.5 * std::log(2.0), 1e-16);
  EXPECT_NEAR(t_of_flow(0.5), 0.5 * std::log(2.0), 1e-16);
  EXPECT_NEAR(log_snr_of_t(0.5 * std::log(2.0)), 0.0, 1e-15);
  EXPECT_NEAR(noise_variance(1e-8), 2e-8 - 2e-16, 1e-23);  // where 1 - exp(-2t) would keep eight digits
}

TEST(Clock, RefusesWhatIsNoNoiseLevel) {
  EXPECT_THROW(t_of("sigma", -1), UsageError);
  EXPECT_THROW(t_of("sigma", 0), UsageError);
  EXPECT_THROW(t_of("alpha_bar", 1.0), UsageError);
  EXPECT_THROW(t_of("ddpm_step", 1000), UsageError);
  EXPECT_THROW(t_of("t", std::nan("")), UsageError);
  try {
    t_of("sgima", 1);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("Did you mean 'sigma'?"), std::string::npos);
  }
}

}  // namespace
}  // namespace denoiscope
