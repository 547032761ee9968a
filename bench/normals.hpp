// The noise beside what the standard library offers.
#pragma once

namespace denoiscope::bench {

/// Nanoseconds a standard normal takes in one thread, written to memory.
struct NormalTimes {
  double ours;      ///< Noise, a batch of 64 rows of 784 at a time
  double standard;  ///< std::normal_distribution<double> over std::mt19937_64, to the same place
};

/// Both in one run, by turns; the fastest turn of each counts, since others may use the machine in between.
NormalTimes time_normals();

/// How many of ours are made in the time of one of the standard library's.
double normals_over_std();

}  // namespace denoiscope::bench
