#include "denoiscope/data/generated.hpp"

#include <bit>
#include <numeric>
#include <string>

#include "denoiscope/base/noise.hpp"

namespace denoiscope::data {
namespace {

constexpr Index kDimension = 64;
constexpr std::uint64_t kSeed = 1;

// u_k(j): +-1/8, the sign being the parity of the common bits of k and j.
double walsh(unsigned k, Index j) { return std::popcount(k & static_cast<unsigned>(j)) % 2 == 0 ? 0.125 : -0.125; }

}  // namespace

Vector three_level_centre(int label) {
  const unsigned coarse = static_cast<unsigned>(label) >> 2 & 1, middle = static_cast<unsigned>(label) >> 1 & 1;
  const unsigned fine = static_cast<unsigned>(label) & 1;
  const auto sign = [](unsigned bit) { return bit != 0 ? 1.0 : -1.0; };
  Vector centre(kDimension);
  for (Index j = 0; j < kDimension; ++j)
    centre[j] = 8 * sign(coarse) * walsh(1, j) + 4 * sign(middle) * walsh(2 + coarse, j) +
                2 * sign(fine) * walsh(4 + 2 * coarse + middle, j);
  return centre;
}

Dataset three_level_mixture(Index first, Index rows) {
  RowMatrix values(rows, kDimension);
  std::vector<long long> labels(rows);
  std::vector<std::uint64_t> names(rows);
  std::iota(names.begin(), names.end(), static_cast<std::uint64_t>(first));
  Noise(kSeed).normal({Stream::prior, names, 0}, values);
  for (Index i = 0; i < rows; ++i) {
    const auto label = static_cast<int>((first + i) % 8);
    values.row(i) += three_level_centre(label).transpose();
    labels[i] = label;
  }
  Dataset data = Dataset::from_rows(std::move(values), "three-level-mixture");
  data.set_labels(labels, data.name());
  if (data.classes().size() == 8)
    data.name_classes(std::vector<std::string>{"---", "--+", "-+-", "-++", "+--", "+-+", "++-", "+++"});
  return data;
}

}  // namespace denoiscope::data
