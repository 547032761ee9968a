#include "denoiscope/base/noise.hpp"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

namespace denoiscope {
namespace {

using Philox = r123::Philox4x32;

// The counter holds (pair of components, step, trajectory); seed and stream make the key, mixed by one Philox call so
// that neighbouring seeds and streams have unrelated keys.
Philox::key_type key_of(std::uint64_t seed, Stream stream) {
  const auto low = static_cast<std::uint32_t>(seed), high = static_cast<std::uint32_t>(seed >> 32);
  const Philox::ctr_type mixed = Philox{}({{static_cast<std::uint32_t>(stream), 0, 0, 0x64656e6fU}}, {{low, high}});
  return {{mixed[0], mixed[1]}};
}

// Centre of one of 2^52 equal cells of (0, 1), exact in double precision: never 0, never 1.
double open_unit(std::uint32_t high, std::uint32_t low) {
  const std::uint64_t bits = ((static_cast<std::uint64_t>(high) << 32) | low) >> 12;
  return (static_cast<double>(bits) + 0.5) * 0x1.0p-52;
}

// Calls put(i, u, v) for component pairs (2i, 2i + 1).
template <class Put>
void for_pairs(std::uint64_t seed, Stream stream, std::uint64_t trajectory, std::uint32_t step, std::size_t pairs,
               Put&& put) {
  const Philox::key_type key = key_of(seed, stream);
  const auto low = static_cast<std::uint32_t>(trajectory), high = static_cast<std::uint32_t>(trajectory >> 32);
  for (std::size_t i = 0; i < pairs; ++i) {
    const Philox::ctr_type r = Philox{}({{static_cast<std::uint32_t>(i), step, low, high}}, key);
    put(i, open_unit(r[0], r[1]), open_unit(r[2], r[3]));
  }
}

}  // namespace

void Noise::normal(Stream stream, std::uint64_t trajectory, std::uint32_t step, std::span<double> out) const {
  for_pairs(seed_, stream, trajectory, step, (out.size() + 1) / 2, [&](std::size_t i, double u, double v) {
    const double radius = std::sqrt(-2.0 * std::log(u)), angle = 2.0 * std::numbers::pi * v;
    out[2 * i] = radius * std::cos(angle);
    if (2 * i + 1 < out.size()) out[2 * i + 1] = radius * std::sin(angle);
  });
}

void Noise::uniform(Stream stream, std::uint64_t trajectory, std::uint32_t step, std::span<double> out) const {
  for_pairs(seed_, stream, trajectory, step, (out.size() + 1) / 2, [&](std::size_t i, double u, double v) {
    out[2 * i] = u;
    if (2 * i + 1 < out.size()) out[2 * i + 1] = v;
  });
}

double Noise::uniform(Stream stream, std::uint64_t trajectory, std::uint32_t step) const {
  double u = 0;
  uniform(stream, trajectory, step, {&u, 1});
  return u;
}

std::vector<Index> Noise::permutation(Index n, std::uint64_t which) const {
  std::vector<Index> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), Index{0});
  std::vector<double> u(order.size());
  uniform(Stream::choice, which, 0, u);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<std::size_t>(u[i - 1] * static_cast<double>(i))]);
  return order;
}

}  // namespace denoiscope
