// What the numbers are: Philox as published, a map to normals of known error, the same bits from every kernel.
#include "denoiscope/base/noise.hpp"

#include <Random123/philox.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/constants/constants.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "denoiscope/base/noise_kernel.hpp"

namespace denoiscope {
namespace {

using noise_kernel::Block;
using noise_kernel::Functions;
using Quad = boost::multiprecision::cpp_bin_float_quad;  // 113 bits
using Philox = r123::Philox4x32;

std::vector<const Functions*> kernels() {
  std::vector<const Functions*> out;
  for (const char* name : {"portable", "avx2", "avx512"})
    if (const Functions* found = noise_kernel::named(name)) out.push_back(found);
  return out;
}

// The known-answer vectors that come with Random123.
TEST(Noise, PhiloxIsThePublishedOne) {
  const struct {
    std::uint32_t counter[4], key[2], expected[4];
  } known[] = {{{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
               {{~0U, ~0U, ~0U, ~0U}, {~0U, ~0U}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
               {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                {0xa4093822, 0x299f31d0},
                {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}}};
  for (const Functions* kernel : kernels())
    for (const auto& k : known) {
      std::uint32_t out[4];
      kernel->philox(k.counter, k.key, out);
      EXPECT_TRUE(std::equal(out, out + 4, k.expected)) << kernel->name;
    }
}

// Every lane: uniforms are Random123's own blocks, whatever the names.
TEST(Noise, UniformsAreThoseOfRandom123) {
  std::mt19937_64 random(1);
  constexpr std::size_t kRows = 9, kColumns = 271;
  std::uint64_t names[kRows];
  for (int trial = 0; trial < 10; ++trial) {
    for (std::uint64_t& name : names) name = random() >> (trial * 6);
    const Block block = {{static_cast<std::uint32_t>(random()), static_cast<std::uint32_t>(random())},
                         static_cast<std::uint32_t>(random()),
                         names,
                         kRows,
                         kColumns};
    for (const Functions* kernel : kernels()) {
      std::vector<double> out(kRows * kColumns);
      kernel->uniforms(block, out.data(), kColumns);
      for (std::size_t i = 0; i < out.size(); ++i) {
        const std::uint64_t name = names[i / kColumns];
        const Philox::ctr_type r =
            Philox{}({{static_cast<std::uint32_t>(i % kColumns / 2), block.step, static_cast<std::uint32_t>(name),
                       static_cast<std::uint32_t>(name >> 32)}},
                     {{block.key[0], block.key[1]}});
        const std::size_t half = i % kColumns % 2 * 2;
        const std::uint64_t cell = ((static_cast<std::uint64_t>(r[half]) << 32) | r[half + 1]) >> 12;
        ASSERT_EQ(out[i], (static_cast<double>(cell) + 0.5) * 0x1p-52) << kernel->name << " " << i;
      }
    }
  }
}

// The largest relative error of a pair of normals made from the centres of two cells.
double worst_error(std::uint64_t u_cell, std::uint64_t v_cell, const double* normals) {
  const Quad u = (Quad(u_cell) + 0.5) * Quad(0x1p-52), v = (Quad(v_cell) + 0.5) * Quad(0x1p-52);
  const Quad radius = sqrt(-2 * log(u)), angle = 2 * boost::math::constants::pi<Quad>() * v;
  const Quad exact[2] = {radius * cos(angle), radius * sin(angle)};
  return std::max(static_cast<double>(abs(normals[0] / exact[0] - 1)),
                  static_cast<double>(abs(normals[1] / exact[1] - 1)));
}

// The roundings add up to less than 1e-15; the largest met in 6.5 million pairs was 5.2e-16.
constexpr double kLargestError = 6e-16, kLargestNormal = 8.572;

TEST(Noise, NormalsAreAccurate) {
  const std::uint64_t name = 7;
  const Block block = {{3, 4}, 5, &name, 1, 20000};
  std::vector<double> uniforms(block.columns), normals(block.columns);
  double worst = 0;
  for (const Functions* kernel : kernels()) {
    kernel->uniforms(block, uniforms.data(), 0);
    kernel->normals(block, normals.data(), 0);
    for (std::size_t i = 0; i < block.columns; i += 2)
      worst = std::max(worst, worst_error(static_cast<std::uint64_t>(uniforms[i] * 0x1p52),
                                          static_cast<std::uint64_t>(uniforms[i + 1] * 0x1p52), &normals[i]));
  }
  EXPECT_LT(worst, kLargestError);
  EXPECT_GT(worst, 1e-17);  // the reference is another computation, with more digits
  RecordProperty("worst_relative_error", std::to_string(worst * 1e16) + "e-16");
}

// Names of a pair whose uniforms lie in the given cells: Philox is a bijection of its counter, run backwards here under
// one key after the other until the pair's index is small.
struct Found {
  std::uint32_t key[2], index, step;
  std::uint64_t trajectory;
};

Found names_of(std::uint64_t u_cell, std::uint64_t v_cell) {
  constexpr std::uint32_t factor[2] = {0xD2511F53U, 0xCD9E8D57U}, weyl[2] = {0x9E3779B9U, 0xBB67AE85U};
  std::uint32_t inverse[2];
  for (int i = 0; i < 2; ++i) {
    inverse[i] = factor[i];  // right to 3 bits; each step of Newton's doubles them
    for (int k = 0; k < 4; ++k) inverse[i] *= 2 - factor[i] * inverse[i];
  }
  const auto high = [](std::uint32_t a, std::uint32_t b) {
    return static_cast<std::uint32_t>((static_cast<std::uint64_t>(a) * b) >> 32);
  };
  for (std::uint32_t key = 0;; ++key) {
    std::uint32_t c[4] = {static_cast<std::uint32_t>(u_cell >> 20), static_cast<std::uint32_t>(u_cell << 12),
                          static_cast<std::uint32_t>(v_cell >> 20), static_cast<std::uint32_t>(v_cell << 12)};
    for (std::uint32_t round = 10; round-- > 0;) {
      const std::uint32_t c0 = c[3] * inverse[0], c2 = c[1] * inverse[1];
      const std::uint32_t c1 = c[0] ^ high(factor[1], c2) ^ (key + round * weyl[0]);
      const std::uint32_t c3 = c[2] ^ high(factor[0], c0) ^ (round * weyl[1]);
      c[0] = c0, c[1] = c1, c[2] = c2, c[3] = c3;
    }
    if (c[0] < 1U << 15) return {{key, 0}, c[0], c[1], (static_cast<std::uint64_t>(c[3]) << 32) | c[2]};
  }
}

// The ends of (0, 1), the joints of the logarithm, the joints of the circle: nothing a random test would meet.
TEST(Noise, NormalsAreAccurateAtEveryJoint) {
  constexpr std::uint64_t kCells = std::uint64_t{1} << 52;
  const auto root_half = static_cast<std::uint64_t>(0x1.6a09e667f3bcdp-1 * 0x1p52);
  const std::uint64_t u_cells[] = {0, 1, 3, root_half >> 20, root_half - 1, root_half, kCells / 2 - 1, kCells - 1};
  const std::uint64_t v_cells[] = {0,          kCells / 8 - 1, kCells / 8, kCells / 4 - 1,     kCells / 4,
                                   kCells / 2, kCells / 2 - 1, kCells - 1, kCells / 4 * 3 - 1, kCells / 8 * 7};
  double largest = 0;
  for (std::uint64_t u : u_cells)
    for (std::uint64_t v : v_cells) {
      const Found found = names_of(u, v);
      const Block block = {
          {found.key[0], found.key[1]}, found.step, &found.trajectory, 1, 2 * std::size_t{found.index} + 2};
      std::vector<double> out(block.columns);
      for (const Functions* kernel : kernels()) {
        kernel->uniforms(block, out.data(), 0);
        ASSERT_EQ(out[block.columns - 2], (static_cast<double>(u) + 0.5) * 0x1p-52);
        ASSERT_EQ(out[block.columns - 1], (static_cast<double>(v) + 0.5) * 0x1p-52);
        kernel->normals(block, out.data(), 0);
        EXPECT_LT(worst_error(u, v, &out[block.columns - 2]), kLargestError) << kernel->name << " " << u << " " << v;
        largest = std::max(largest, std::abs(out[block.columns - 2]));
      }
    }
  EXPECT_LT(largest, kLargestNormal);
  EXPECT_GT(largest, kLargestNormal - 1e-3);
}

// Kernels differ in how they cut rows into registers; the bits must not show it, nor anything beside the rows change.
TEST(Noise, EveryKernelGivesTheSameBits) {
  std::vector<std::uint64_t> names(70);
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = i * 0x9E3779B97F4A7C15U;
  for (std::size_t rows : {1, 2, 3, 70})
    for (std::size_t columns : {0, 1, 2, 3, 7, 31, 32, 63, 64, 65, 130, 1001}) {
      const Block block = {{11, 12}, 13, names.data(), rows, columns};
      const std::size_t stride = columns + 3;
      const std::vector<double> untouched(rows * stride, -77.0);
      for (auto numbers : {&Functions::uniforms, &Functions::normals}) {
        std::vector<double> first;
        for (const Functions* kernel : kernels()) {
          std::vector<double> out = untouched;
          (kernel->*numbers)(block, out.data(), static_cast<std::ptrdiff_t>(stride));
          if (first.empty()) first = out;
          ASSERT_EQ(std::memcmp(out.data(), first.data(), out.size() * sizeof(double)), 0)
              << kernel->name << " " << rows << " x " << columns;
          for (std::size_t i = 0; i < out.size(); ++i) ASSERT_EQ(out[i] == -77.0, i % stride >= columns);
        }
      }
    }
}

// Golden bits, alike with gcc and clang on every kernel: where these change, every result that draws changes.
TEST(Noise, BitsAreThese) {
  double z[4];
  Noise(42).normal(Stream::query, 9, 3, z);
  const double expected[4] = {0x1.c1ffbaf5dc647p-1, 0x1.4a792dfe1c44bp+0, -0x1.0887508ecdcfp-1, -0x1.1e2341e66363bp-1};
  for (int i = 0; i < 4; ++i) EXPECT_EQ(z[i], expected[i]);
}

TEST(Noise, IsAFunctionOfItsNames) {
  const Noise noise(42);
  double a[7], b[4], other[4];
  noise.normal(Stream::query, 9, 3, a);
  noise.normal(Stream::query, 9, 3, b);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(a[i], b[i]);  // a longer request extends a shorter one
  std::set<double> seen(a, a + 7);
  noise.normal(Stream::posterior, 9, 3, other);
  seen.insert(other, other + 4);
  noise.normal(Stream::query, 10, 3, other);
  seen.insert(other, other + 4);
  noise.normal(Stream::query, 9, 4, other);
  seen.insert(other, other + 4);
  Noise(43).normal(Stream::query, 9, 3, other);
  seen.insert(other, other + 4);
  EXPECT_EQ(seen.size(), 23u);  // no name shares a number with another
}

// A row of a batch is the row alone, at any width, offset and company; a batch may be a block of a larger matrix.
TEST(Noise, BatchesAreTheirRows) {
  std::vector<std::uint64_t> names;
  for (std::uint64_t i = 0; i < 37; ++i) names.push_back(i * i << (i % 2 == 0 ? 0 : 33));
  for (Index d : {1, 2, 5, 64, 65, 300}) {
    RowMatrix wide = RowMatrix::Constant(37, d + 2, -77.0);
    Noise(6).normal({Stream::prior, names, 2}, wide.middleCols(1, d));
    EXPECT_TRUE((wide.col(0).array() == -77.0).all() && (wide.col(d + 1).array() == -77.0).all());
    std::vector<double> row(static_cast<std::size_t>(d) + 9);
    for (Index i = 0; i < 37; ++i) {
      Noise(6).normal(Stream::prior, names[i], 2, row);
      ASSERT_EQ(std::memcmp(row.data(), &wide(i, 1), static_cast<std::size_t>(d) * sizeof(double)), 0) << d << " " << i;
    }
    RowMatrix part(20, d);
    Noise(6).normal({Stream::prior, std::span(names).subspan(11, 20), 2}, part);
    EXPECT_EQ(part, wide.block(11, 1, 20, d)) << d;
  }
  RowMatrix none(0, 5);
  Noise(6).normal({Stream::prior, {}, 2}, none);
}

TEST(Noise, PermutationHoldsEveryIndexOnce) {
  const std::vector<Index> order = Noise(3).permutation(1000, Order::shells);
  EXPECT_EQ(std::set<Index>(order.begin(), order.end()).size(), 1000u);
  EXPECT_NE(order, Noise(3).permutation(1000, Order::test));
  EXPECT_TRUE(Noise(3).permutation(0, Order::shells).empty());
}

// What is wrong with the names in a header: of an enum's enumerators those without a number or a comment of their own,
// and those that share a number.
std::vector<std::string> mistaken_names(const std::string& header, const std::string& which) {
  std::smatch block;
  if (!std::regex_search(header, block, std::regex("enum (class )?" + which + " :[^{]*\\{\n([^}]*)\\}")))
    return {"no " + which};
  std::vector<std::string> out;
  std::map<std::string, std::string> owner;
  std::istringstream lines(block.str(2));
  const std::regex enumerator(R"(\s*(\w+) = (~?\w+),\s+///< .+)");
  for (std::string line; std::getline(lines, line);) {
    std::smatch found;
    if (!std::regex_match(line, found, enumerator))
      out.push_back("not named, numbered and explained: " + line);
    else if (!owner.emplace(found[2], found[1]).second)
      out.push_back(found.str(1) + " shares the number of " + owner[found[2]]);
  }
  if (owner.empty()) out.push_back("no names: " + which);
  return out;
}

TEST(Noise, NoTwoNamesShareANumber) {
  std::ifstream file(DENOISCOPE_SOURCE "/denoiscope/base/noise.hpp");
  const std::string header{std::istreambuf_iterator<char>(file), {}};
  for (const char* which : {"Stream", "Choice", "Order", "Part"})
    EXPECT_EQ(mistaken_names(header, which), std::vector<std::string>{}) << which;
  // Classes number their orders on from the last.
  for (const Order other : {Order::shells, Order::test, Order::duplicates, Order::rows, Order::apart, Order::few,
                            Order::alone, Order::members, Order::subsets})
    EXPECT_LT(other, Order::of_class);
  EXPECT_EQ(mistaken_names("enum class E : int {\n  a = 1,  ///< one\n  b = 1,  ///< two\n  c = 2,\n};", "E"),
            (std::vector<std::string>{"b shares the number of a", "not named, numbered and explained:   c = 2,"}));
}

TEST(Noise, OrdersOfClassesAreTheirOwn) {
  EXPECT_NE(Noise(3).permutation(100, Order::of_class, 0), Noise(3).permutation(100, Order::of_class, 1));
}

TEST(Noise, DerivedIsAnotherNoise) {
  const Noise noise(5);
  std::vector<double> own(64), first(64), second(64), again(64);
  noise.normal(Stream::prior, 3, 0, own);
  noise.derived(0).normal(Stream::prior, 3, 0, first);
  noise.derived(1).normal(Stream::prior, 3, 0, second);
  noise.derived(0).normal(Stream::prior, 3, 0, again);
  EXPECT_EQ(first, again);
  for (std::size_t i = 0; i < own.size(); ++i) {
    EXPECT_NE(own[i], first[i]);
    EXPECT_NE(first[i], second[i]);
  }
}

}  // namespace
}  // namespace denoiscope
