// Copies of pictures that were moved or made darker, in every metric of an audit.
#include <fmt/format.h>

#include <cmath>
#include <complex>
#include <functional>
#include <memory>
#include <numbers>

#include "denoiscope/base/error.hpp"
#include "denoiscope/gallery/functions.hpp"
#include "denoiscope/observables/copy_tests.hpp"
#include "denoiscope/observables/metric.hpp"
#include "denoiscope/observables/nearest_data.hpp"

namespace denoiscope::gallery {
namespace {

constexpr Index kAxes = 64;

// Sizes of the Fourier coefficients of pictures: what a shift around the edges leaves as it is.
Dataset fourier_sizes(const Dataset& pictures, Index width) {
  const auto waves = [](Index size) {
    Eigen::MatrixXcd out(size, size);
    for (Index i = 0; i < size; ++i)
      for (Index k = 0; k < size; ++k)
        out(i, k) = std::polar(1 / std::sqrt(static_cast<double>(size)),
                               -2 * std::numbers::pi * static_cast<double>(i * k) / static_cast<double>(size));
    return out;
  };
  const Index height = pictures.dimension() / width;
  const Eigen::MatrixXcd down = waves(height), across = waves(width);
  RowMatrix values(pictures.rows(), pictures.dimension());
  pictures.read(0, values);
  for (Index i = 0; i < values.rows(); ++i) {
    Eigen::Map<RowMatrix> picture(values.row(i).data(), height, width);
    picture = (down * picture * across).cwiseAbs().eval();
  }
  return Dataset::from_rows(std::move(values), pictures.name());
}

// Right by `pixels`: what comes in from the left is black, what leaves is lost.
RowMatrix moved(Rows pictures, Index width, Index pixels) {
  RowMatrix out = RowMatrix::Zero(pictures.rows(), pictures.cols());
  for (Index k = 0; k < pictures.cols(); ++k)
    if (k % width >= pixels) out.col(k) = pictures.col(k - pixels);
  return out;
}

struct Seen {
  const char* name;
  std::function<Dataset(const Dataset&)> in;
};

std::vector<Seen> metrics_of(const Dataset& train, Index width, const Noise& noise) {
  const auto axes = std::make_shared<const observables::PrincipalAxes>(train, kAxes, noise);
  const auto sizes = [width](const Dataset& data) { return fourier_sizes(data, width); };
  return {
      {"pixels", [](const Dataset& data) { return data; }},
      {"pca", [axes](const Dataset& data) { return axes->project(data); }},
      {"standardized", observables::standardized},
      {"Fourier sizes", sizes},
      {"standardized Fourier sizes", [sizes](const Dataset& data) { return observables::standardized(sizes(data)); }}};
}

// Equal data count once, as an audit has it.
Estimate copied(const observables::NearestData& near, const Dataset& train, const Dataset& samples) {
  RowMatrix x(samples.rows(), samples.dimension());
  samples.read(0, x);
  std::vector<observables::TwoNearest> found = near.find(x);
  observables::join_clusters(train, x, 0, found);
  return copied_share(observables::gap_ratios(found));
}

}  // namespace

Estimate copied_share(std::span<const double> ratios) {
  const double f = observables::copied_fraction(ratios).value, m = static_cast<double>(ratios.size());
  return {f, std::sqrt(f * (1 - f) / m), static_cast<Index>(ratios.size())};
}

// Copies of training pictures under a change of growing strength: shift in pixels, or factor of brightness.
void audit_pictures(const Entry& entry, Observed& out) {
  const Index n = entry.many("samples"), m = entry.many("starts");
  const std::string change = entry.sweep("vary").places.front().front().first;
  if (change != "shift" && change != "brightness")
    throw UsageError("gallery: vary = '{}', expected shift or brightness.", change);
  const Dataset data =
      data_of({"data=" + entry.text("data"), "scale=unit", "rows=" + std::to_string(n)});  // black is 0
  const Index width = data.shape()[1];
  RowMatrix all(n, data.dimension());
  data.read(0, all);
  const Dataset train = Dataset::from_rows(all);
  for (const Seen& seen : metrics_of(train, width, entry.noise())) {
    const Dataset those = seen.in(train);
    const observables::NearestData near(those);
    for (const double v : entry.values()) {
      const RowMatrix changed =
          change == "shift" ? moved(all.topRows(m), width, static_cast<Index>(v)) : RowMatrix(v * all.topRows(m));
      const Estimate caught = copied(near, those, seen.in(Dataset::from_rows(changed)));
      out.number(fmt::format("{}: {}={:g}", seen.name, change, v), caught);
      out.point(seen.name, v, caught);
    }
  }
}

}  // namespace denoiscope::gallery
