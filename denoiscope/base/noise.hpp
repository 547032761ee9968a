// Noise by name: every number is a pure function of (seed, stream, trajectory, step, component). Nothing is stored or
// advanced, so trajectory i is the same alone or among a million, on one thread or sixteen.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "denoiscope/base/rows.hpp"

namespace denoiscope {

// All names stand here, each with its number, which is part of the bits of every result: a number once given stays. Two
// uses that must be independent in one run have two names; tests/base/noise.cpp holds that no two names share a number.

/// What a stream of noise is for.
enum class Stream : std::uint32_t {
  query = 1,      ///< forward noise of query points
  choice = 2,     ///< which rows, which order: its steps are those of Choice
  posterior = 3,  ///< draws of the clean point given the noisy one
  prior = 4,      ///< draws of clean points
  test = 5,       ///< forward noise of held-out points
  bridge = 6,     ///< noise of backward paths between their ends
  backward = 7,   ///< increments of integrated backward paths
  start = 8,      ///< the datum that a path followed upwards starts from
  langevin = 20,  ///< noise of Langevin motion; its step 0 are the starting velocities
  accept = 21,    ///< whether a proposed step is taken
};

/// Steps of Stream::choice.
enum Choice : std::uint32_t {
  kChosenOrder = 0,  ///< permutations: the trajectory is an Order, and no other use may draw from it
  kProbes = 1,       ///< directions along which what is left of a spectrum is probed
  kFirstAxes = 2,    ///< where the iteration for principal axes starts
  kResamples = 6,    ///< rows of a bootstrap, a trajectory each
};

/// What a permutation orders.
enum class Order : std::uint64_t {
  shells = 1,      ///< data: nested shells, whose first rows are the queries
  test = 2,        ///< held-out data: the first are the queries
  duplicates = 3,  ///< data: the first are searched for near duplicates
  rows = 4,        ///< data: the first are those of --rows
  apart = 5,       ///< data: the first are held out (collapse), or landmarks (speciation); never both in one run
  few = 6,         ///< data: single ones that are followed (collapse), or that axes are fitted to (audit); never both
  alone = 7,       ///< training data: the first tell the dimension of an audit
  members = 8,     ///< training and held-out data of an audit: the nearest samples of the first are sought
  subsets = 9,     ///< data: nested subsets of the gallery
  of_class = 11,   ///< rows of a class: number 11 + class, and therefore the last
};

/// Parts of a job whose noise is that of Noise::derived, apart from the job's own. Other numbers derived from a noise
/// are those of classes, levels, grammars, repeats and, as bits, times; no time has those of the last.
enum class Part : std::uint64_t {
  critical_grid = 11,     ///< the points that place a critical grid's times
  clone_average = ~0ULL,  ///< the points of the posterior average beside clones
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
  Noise derived(Part part) const { return derived(static_cast<std::uint64_t>(part)); }

  /// A random order of 0..n-1 (Fisher-Yates). of: a class, where the order is one of each.
  std::vector<Index> permutation(Index n, Order order, Index of = 0) const;

 private:
  std::uint64_t seed_;
};

}  // namespace denoiscope
