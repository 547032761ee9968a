// The selftest holds here, and can fail.
#include "denoiscope/gallery/selftest.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace denoiscope::gallery {
namespace {

TEST(Selftest, EveryCheckHolds) {
  const std::vector<Check> checks = selftest();
  EXPECT_GE(checks.size(), 22u);
  for (const Check& check : checks) EXPECT_TRUE(check.ok()) << check.name << ": " << check.computed;
}

TEST(Selftest, ACheckFailsBeyondItsToleranceAndOnNaN) {
  EXPECT_TRUE((Check{"", 1.5, 1.0, 0.5}.ok()));
  EXPECT_FALSE((Check{"", 1.75, 1.0, 0.5}.ok()));
  EXPECT_FALSE((Check{"", std::nan(""), 1.0, 0.5}.ok()));
  // Golden values are compared at all: tolerances are small beside what they guard.
  for (const Check& check : selftest()) EXPECT_LE(check.tolerance, 1e-8) << check.name;
}

}  // namespace
}  // namespace denoiscope::gallery
