// What `denoise` found, of data or of a model: arrays, a record, a table.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/denoiser/denoiser.hpp"
#include "denoiscope/experiments/analyze/analyze.hpp"

namespace denoiscope::app {

struct Denoised {
  /// Numbers (m, row...) in C order; integers below 0 stand for nothing.
  struct Array {
    std::string name;
    std::variant<std::vector<double>, std::vector<long long>> values;
    std::vector<Index> row = {};
  };
  Record record;  ///< without the arrays
  std::vector<Array> arrays;
  std::string table;  ///< for people
  std::string source;
  double t = 0;

  void add(const char* name, const RowMatrix& values, std::vector<Index> row);
  void add(const char* name, const Vector& values);
};

/// What is asked of `denoise` whatever it is asked of.
struct DenoiseRequest {
  std::string t, x, out;
  bool force = false, strict = false, to_stdout = false;
  /// The OU time. Throws UsageError for what is none.
  double time() const;
};

inline constexpr Index kMostLines = 20;  // points shown to people

/// Throws UsageError where so many numbers, `each` a point beside mean and score, are too many for stdout.
void require_short(const NoisyPoints& points, Index each);

/// Throws NumericalError where mean, score or log density are not finite.
void require_finite(const Summary& summary, const RowMatrix& score, const DenoiseRequest& request);

/// With --strict throws NumericalError where a bound on the log density is above 1e-6 nats. remedy: what to do.
void require_certified(const Summary& summary, const DenoiseRequest& request, const char* remedy);

/// The arrays as --json shows them, added to the record.
void add_arrays(Denoised& result);

/// Writes the arrays. Throws as data::write_arrays.
void write_arrays(const std::string& file, const Denoised& result);

}  // namespace denoiscope::app
