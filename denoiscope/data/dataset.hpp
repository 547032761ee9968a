// A data set: n clean points of dimension d, kept in the form in which they were stored (an 8-bit image stays 8-bit,
// mapped files stay mapped) and turned into doubles as they are read. Copies are cheap views of the same storage.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "denoiscope/base/files.hpp"
#include "denoiscope/base/rows.hpp"

namespace denoiscope {

/// How one stored number is encoded (little-endian, or big-endian where `swapped`).
enum class Scalar { u8, i32, i64, f32, f64 };
inline constexpr Scalar kScalars[] = {Scalar::u8, Scalar::i32, Scalar::i64, Scalar::f32, Scalar::f64};

/// "u8", "i32", ...: a letter, then how many bits.
constexpr const char* scalar_name(Scalar scalar) {
  constexpr const char* kNames[] = {"u8", "i32", "i64", "f32", "f64"};
  return kNames[static_cast<int>(scalar)];
}

constexpr std::size_t scalar_bytes(Scalar scalar) {
  if (scalar == Scalar::u8) return 1;
  return scalar == Scalar::i32 || scalar == Scalar::f32 ? 4 : 8;
}

/// What is done to every stored number before anybody sees it: value = (raw - shift) * factor, one pair for all
/// features or one a feature.
struct Preprocess {
  std::vector<double> shift;   // size 1 or d
  std::vector<double> factor;  // size 1 or d
  std::string name = "none";   // pm1 | unit | none | standardize
};

struct ClassInfo {
  long long label = 0;  ///< as it stands in the label file
  std::string name;     ///< for people; the label's digits where nobody named it
  Index count = 0;      ///< rows of this class
};

class Dataset {
 public:
  /// Points made in memory. values: (n, d).
  static Dataset from_rows(RowMatrix values, std::string name = "memory");
  /// Rows in `bytes`, one after another from `offset`, each of `shape` (its product is d) scalars of type `scalar`.
  /// The caller has checked that the bytes are there.
  static Dataset from_bytes(Bytes bytes, std::size_t offset, Index rows, std::vector<Index> shape, Scalar scalar,
                            bool swapped, std::string name);

  Index rows() const { return rows_; }
  Index dimension() const { return dimension_; }
  /// Shape of one row: (28, 28), (32, 32, 3) with colour last, or (d).
  const std::vector<Index>& shape() const { return shape_; }
  /// True where a row is a picture: shape (height, width) or (height, width, 1 | 3 | 4).
  bool is_image() const;
  Scalar scalar() const { return scalar_; }
  /// True where the stored numbers are big-endian.
  bool swapped() const { return swapped_; }
  const std::string& name() const { return name_; }
  void set_name(std::string name) { name_ = std::move(name); }
  /// SHA-256 over shape, stored type and the hashes of raw rows in order, 1 MiB at a time (not over labels, name or
  /// preprocessing); computed when asked. A copy, view or other file with the same rows has the same hash.
  std::string hash() const;

  /// Rows begin .. begin + out.rows() - 1 as doubles, preprocessed. out: (m, d).
  void read(Index begin, MutRows out) const;
  /// The named rows. out: (rows.size(), d).
  void read(std::span<const Index> rows, MutRows out) const;
  /// (d) Mean of all rows.
  Vector mean() const;
  /// The raw bytes of one row (for hashing duplicates).
  std::span<const std::byte> raw(Index row) const;

  const Preprocess& preprocess() const { return preprocess_; }
  void set_preprocess(Preprocess preprocess) { preprocess_ = std::move(preprocess); }

  bool labelled() const { return !classes_.empty(); }
  /// Class index (position in classes()) of every row; empty where unlabelled.
  const std::vector<int>& labels() const { return labels_; }
  const std::vector<ClassInfo>& classes() const { return classes_; }
  /// Label of every row as it stands in the label file; empty where unlabelled.
  std::vector<long long> label_values() const;
  /// labels: one a row, any integers; classes come out sorted by label. Throws DataError naming both lengths when they
  /// differ.
  void set_labels(std::span<const long long> labels, const std::string& source);
  /// Throws UsageError when the count is not that of the classes.
  void name_classes(std::span<const std::string> names);

  /// The view that holds the given rows (indices into this view) in that order. Classes left without rows disappear.
  Dataset select(std::span<const Index> rows) const;
  /// Indices of the rows whose label is among `labels`. Throws UsageError naming a label that no row has.
  std::vector<Index> rows_of_classes(std::span<const long long> labels) const;
  /// Index in the file this view was taken from, for every row of the view (0-based).
  Index original_row(Index row) const;

 private:
  std::string name_;
  Bytes bytes_;
  std::size_t offset_ = 0;
  Index rows_ = 0, dimension_ = 0;
  std::vector<Index> shape_;
  Scalar scalar_ = Scalar::f64;
  bool swapped_ = false;
  Preprocess preprocess_{{0.0}, {1.0}, "none"};
  std::shared_ptr<const std::vector<Index>> order_;  // null: rows as stored
  std::vector<int> labels_;
  std::vector<ClassInfo> classes_;
};

}  // namespace denoiscope
