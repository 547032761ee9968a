// The exact posterior of a data set: the empirical measure of n points, noised. Its score is the one that a perfectly
// trained network would learn, and which memorizes.
#pragma once

#include <algorithm>
#include <memory>
#include <span>
#include <vector>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

class Sweep;
struct Totals;
struct Nearest;
class Panels;
class HalfPanels;
struct Collected;
namespace kernel {
struct Functions;
}

/// How logits are computed. f64: products in double precision, certified to 1e-7 nats or summed again from differences.
/// f32: products in single precision, everything in one pass, mean included; data that share the weight where single
/// precision would be seen are summed from differences in double precision; log-weights are reduced in double
/// precision. Where the CPU has a matrix unit, 8-bit data enter exactly and queries and weights in three pieces of
/// bfloat16, which is as accurate and faster.
/// bf16: the same with products of bfloat16 numbers where the CPU has them, faster still on
/// matrix units: logits err by up to 2^-7 of the product of sizes (the bound says so), and data that share the weight
/// are summed apart once that exceeds 8 nats; means err by 2^-7 of the data's spread besides.
enum class Precision { f64, f32, bf16 };

/// The arithmetic of an Empirical.
struct Arithmetic {
  Precision precision = Precision::f64;
  const kernel::Functions* kernel = nullptr;  ///< null: the fastest that this CPU runs
  bool means = true;  ///< false: no mean will be asked for, and bfloat16 panels take half the memory
};

/// w_mu(x) = softmax_mu( -|x - e^{-t} a_mu|^2 / (2 Delta_t) ). Never forms m x n: data pass in tiles, queries in groups
/// of 24, and only running sums are kept. In f64 distances come from centred double-precision products with a rigorous
/// rounding bound; where that bound exceeds 1e-7 nats (small t, near-duplicates) the data that can matter are summed
/// again from differences. Summary::bound states a bound on the error of log P_t(x); weights err by less than twice
/// that, relative. Bits depend on the data, the query and the instruction set's kernel; not on threads or on the rest
/// of the batch.
class Empirical final : public Posterior {
 public:
  /// Classes are the data set's labels (one class where unlabelled). Throws DataError for an empty data set.
  explicit Empirical(const Dataset& data, Arithmetic arithmetic = {});
  /// Classes are `cells` (one a row of the data, 0 .. count - 1), whatever the labels are.
  Empirical(const Dataset& data, std::vector<int> cells, Index count, Arithmetic arithmetic = {});

  Index dimension() const override { return data_.dimension(); }
  Index classes() const override { return count_; }
  Index rows() const { return data_.rows(); }
  Vector class_weights() const override;
  void denoise(double t, Rows x, MutRows mean) const override;
  void summarize(double t, Rows x, const Wanted& what, Summary& out) const override;
  void draw(double t, Rows x, const Noise& noise, const Names& who, MutRows x0) const override;
  void sample_prior(const Noise& noise, const Names& who, MutRows x0, std::span<int> label) const override;
  void covariance_apply(double t, Rows x, Rows v, MutRows cov_v) const override;

  /// Which datum draw() returns, as rows of the data set. x: (m, d); returns (m).
  std::vector<Index> draw_rows(double t, Rows x, const Noise& noise, const Names& who) const;

 private:
  friend class Sweep;
  friend class SingleSweep;
  friend bool shows_single(const Empirical& model, double t);
  friend double difference_error(const Empirical& model, double t, double square);
  bool summarize_single(double t, Rows x, Index begin, Index m, const Wanted& what, Summary& out) const;
  void fill_neighbours(const Sweep& sweep, const Nearest& nearest, Index q, Index at, Summary& out) const;
  void fill_means(double t, const RowMatrix& x, const Totals& totals, double tolerance, Index begin,
                  Summary& out) const;
  bool mean_of_list(const Totals& totals, Index q, double tolerance, Index at, Summary& out) const;
  void weighted_sums(const Sweep& sweep, Totals& totals, const RowMatrix* v, RowMatrix& out) const;
  void summarize_batch(double t, Rows x, Index begin, Index m, const Wanted& what, Summary& out) const;
  void denoise_in_double(double t, Rows x, MutRows mean) const;
  std::vector<Index> draw_in_chunk(double t, const RowMatrix& x, Index chunk, const Vector& u) const;

  Index row_of(Index place) const { return order_.empty() ? place : order_[place]; }
  Index place_of(Index row) const { return place_.empty() ? row : place_[row]; }
  int cell_of(Index place) const {
    return static_cast<int>(std::upper_bound(first_.begin(), first_.end(), place) - first_.begin()) - 1;
  }
  void sort_by_cell(const Dataset& data, std::span<const int> cells);
  void measure_norms(bool keep);

  Dataset data_;              // in cell order
  std::vector<Index> order_;  // row of the caller's data set, for every row of data_; empty: the same
  std::vector<Index> place_;  // the inverse, likewise
  std::vector<Index> first_;  // (count + 1) first row of every cell in data_
  Index count_ = 1;
  Vector centre_;             // (d) mean of the data
  std::vector<double> norm_;  // |a - centre|^2 of every row of data_; empty: computed as rows are read
  double largest_norm_ = 0;   // the largest of them
  const kernel::Functions& kernel_;
  std::shared_ptr<const Panels> panels_;           // in single precision only, and where they fit into memory
  std::shared_ptr<const HalfPanels> half_panels_;  // in bfloat16 likewise
  bool in_one_pass() const { return panels_ || half_panels_; }
};

/// Whether single precision of these data takes three products of bfloat16 numbers on the CPU's matrix unit: for 8-bit
/// data, which those hold exactly.
bool in_pieces(const Dataset& data, const Arithmetic& arithmetic);

double difference_error(const Empirical& model, double t, double square);  // private to this room

/// The obvious computation, row by row in double precision, for tests and for small data: the same Summary, no bound.
Summary summarize_directly(const Dataset& data, double t, Rows x, const Wanted& what);

}  // namespace denoiscope
