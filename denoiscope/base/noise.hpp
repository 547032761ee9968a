// Noise by name: every number is a pure function of (seed, stream, trajectory, step, component). Nothing is stored or
// advanced, so trajectory i is the same alone or among a million, on one thread or sixteen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// What a stream of noise is for. Two uses that must be independent have two names.
enum class Stream : std::uint32_t {
  query = 1,      ///< forward noise of query points
  choice = 2,     ///< which rows, subsets, permutations
  posterior = 3,  ///< draws of the clean point given the noisy one
  prior = 4,      ///< draws of clean points
  test = 5,       ///< forward noise of held-out points
  bridge = 6,     ///< noise of backward paths between their ends
  backward = 7,   ///< increments of integrated backward paths
};

/// The names of a batch's noise: one trajectory a row.
struct Names {
  Stream stream = Stream::query;
  std::span<const std::uint64_t> trajectory;
  std::uint32_t step = 0;
};

/// Counter-based noise: Philox4x32-10 (Salmon et al. 2011), normals by Box-Muller on 52-bit uniforms: relative error
/// below 1e-15 and |z| <= sqrt(106 log 2) = 8.572. The same bits on every CPU.
class Noise {
 public:
  explicit Noise(std::uint64_t seed) : seed_(seed) {}
  std::uint64_t seed() const { return seed_; }

  /// Independent standard normals; out: (trajectories, d). A row does not depend on its companions, nor a component on
  /// d.
  void normal(const Names& who, MutRows out) const;
  /// One row of the above.
  void normal(Stream stream, std::uint64_t trajectory, std::uint32_t step, std::span<double> out) const;
  /// Independent uniforms in the open interval (0, 1).
  void uniform(Stream stream, std::uint64_t trajectory, std::uint32_t step, std::span<double> out) const;
  double uniform(Stream stream, std::uint64_t trajectory, std::uint32_t step) const;

  /// Noise independent of this and of every other `which`: for a part of a model that is itself asked under the
  /// caller's names (a class of a mixture, the leaves of a tree).
  Noise derived(std::uint64_t which) const;

  /// A random order of 0..n-1 (Fisher-Yates), named by `which`.
  std::vector<Index> permutation(Index n, std::uint64_t which) const;

 private:
  std::uint64_t seed_;
};

}  // namespace denoiscope
