#include "denoiscope/base/noise.hpp"

#include <numeric>
#include <utility>

#include "denoiscope/base/noise_kernel.hpp"

namespace denoiscope {
namespace {

using noise_kernel::Block;

const noise_kernel::Functions& kernel() {
  static const noise_kernel::Functions& best = noise_kernel::best();
  return best;
}

// Seed and stream make the key, mixed by one Philox call so that neighbouring seeds and streams have unrelated keys.
Block block_of(std::uint64_t seed, const Names& who, std::size_t columns) {
  const std::uint32_t counter[4] = {static_cast<std::uint32_t>(who.stream), 0, 0, 0x64656e6fU};
  const std::uint32_t halves[2] = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)};
  std::uint32_t mixed[4];
  kernel().philox(counter, halves, mixed);
  return {{mixed[0], mixed[1]}, who.step, who.trajectory.data(), who.trajectory.size(), columns};
}

}  // namespace

void Noise::normal(const Names& who, MutRows out) const {
  kernel().normals(block_of(seed_, who, out.cols()), out.data(), out.outerStride());
}

void Noise::normal(Stream stream, std::uint64_t trajectory, std::uint32_t step, std::span<double> out) const {
  kernel().normals(block_of(seed_, {stream, {&trajectory, 1}, step}, out.size()), out.data(), 0);
}

void Noise::uniform(Stream stream, std::uint64_t trajectory, std::uint32_t step, std::span<double> out) const {
  kernel().uniforms(block_of(seed_, {stream, {&trajectory, 1}, step}, out.size()), out.data(), 0);
}

double Noise::uniform(Stream stream, std::uint64_t trajectory, std::uint32_t step) const {
  double u = 0;
  uniform(stream, trajectory, step, {&u, 1});
  return u;
}

Noise Noise::derived(std::uint64_t which) const {
  const std::uint32_t counter[4] = {static_cast<std::uint32_t>(which), static_cast<std::uint32_t>(which >> 32), 1,
                                    0x64656e6fU};
  const std::uint32_t halves[2] = {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)};
  std::uint32_t mixed[4];
  kernel().philox(counter, halves, mixed);
  return Noise(std::uint64_t{mixed[1]} << 32 | mixed[0]);
}

std::vector<Index> Noise::permutation(Index n, Order order, Index of) const {
  std::vector<Index> places(n);
  std::iota(places.begin(), places.end(), Index{0});
  std::vector<double> u(places.size());
  uniform(Stream::choice, static_cast<std::uint64_t>(order) + static_cast<std::uint64_t>(of), kChosenOrder, u);
  for (std::size_t i = places.size(); i > 1; --i)
    std::swap(places[i - 1], places[static_cast<std::size_t>(u[i - 1] * static_cast<double>(i))]);
  return places;
}

}  // namespace denoiscope
