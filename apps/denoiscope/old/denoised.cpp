#include "denoised.hpp"

#include <fmt/format.h>

#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/study/provenance.hpp"

namespace denoiscope::app {
namespace {

constexpr Index kMostPrinted = 5'000'000;  // numbers in one JSON object, some 100 MB; more belong in a file
constexpr double kCertified = 1e-6;        // nats: what --strict asks of every bound

// Numbers (n, row...) as a list, of lists where a row is more than a number; what is not finite, or no row, is null.
template <class T>
Record list_of(const std::vector<T>& values, std::size_t each, bool flat) {
  Record out = Record::list();
  for (std::size_t begin = 0; begin < values.size(); begin += each) {
    Record row = Record::list();
    for (std::size_t k = begin; k < begin + each; ++k) {
      bool defined = true;
      if constexpr (std::is_same_v<T, double>)
        defined = std::isfinite(values[k]);
      else
        defined = values[k] >= 0;
      row.push_back(defined ? Record(values[k]) : Record());
    }
    out.push_back(flat ? row.front() : row);
  }
  return out;
}

}  // namespace

void Denoised::add(const char* name, const RowMatrix& values, std::vector<Index> row) {
  arrays.push_back({name, std::vector<double>(values.data(), values.data() + values.size()), std::move(row)});
}

void Denoised::add(const char* name, const Vector& values) {
  arrays.push_back({name, std::vector<double>(values.begin(), values.end())});
}

double DenoiseRequest::time() const {
  const double value = parse_number(t, "--t");
  if (!(value > 0) || std::isinf(value)) throw UsageError("--t: {}, expected an OU time, a finite number above 0.", t);
  return value;
}

void require_short(const NoisyPoints& points, Index each) {
  const Index numbers = points.x.rows() * (2 * points.x.cols() + each);
  if (numbers > kMostPrinted)
    throw UsageError("--json: {} numbers, expected at most {} on stdout. Give --out FILE.npz for a file.", numbers,
                     kMostPrinted);
}

void require_finite(const Summary& s, const RowMatrix& score, const DenoiseRequest& request) {
  for (Index q = 0; q < s.mean.rows(); ++q)
    if (!std::isfinite(s.all.log_density[q]) || !s.mean.row(q).allFinite() || !score.row(q).allFinite())
      throw NumericalError(
          "{}: row {}: log density {} at t = {}, expected finite numbers. The point is too far from all data for this "
          "t; use a larger one.",
          request.x, q, s.all.log_density[q], request.t);
}

void require_certified(const Summary& summary, const DenoiseRequest& request, const char* remedy) {
  Index worst = 0;
  const double bound = summary.bound.maxCoeff(&worst);
  if (request.strict && !(bound <= kCertified))
    throw NumericalError("{}: row {}: the log density is known to {:.1e} nats, --strict asks for {:.0e}. {}", request.x,
                         worst, bound, kCertified, remedy);
}

void add_arrays(Denoised& result) {
  for (const Denoised::Array& array : result.arrays) {
    Index each = 1;
    for (const Index side : array.row) each *= side;
    result.record[array.name] = std::visit(
        [&](const auto& values) { return list_of(values, static_cast<std::size_t>(each), array.row.empty()); },
        array.values);
  }
}

void write_arrays(const std::string& file, const Denoised& result) {
  std::vector<data::NamedArray> arrays;
  for (const Denoised::Array& array : result.arrays)
    std::visit([&](const auto& values) { arrays.push_back({array.name, std::span(values), array.row}); }, array.values);
  data::write_arrays(file, arrays,
                     {{"source", result.source}, {"t", fmt::format("{}", result.t)}, {"denoiscope", version()}});
}

}  // namespace denoiscope::app
