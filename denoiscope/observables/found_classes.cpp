#include "denoiscope/observables/found_classes.hpp"

#include <Spectra/MatOp/DenseSymMatProd.h>
#include <Spectra/SymEigsSolver.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::observables {
namespace {

constexpr int kTimes = 48;
constexpr double kFirst = 6, kLast = 0.05;
constexpr Index kFewest = 8;  // landmarks of a part
constexpr Index kRows = 256;  // of a product, one thread each
constexpr int kModes = 4;     // slow modes along which cuts are tried

// Log-weights of all landmarks at noisy versions of each: (M draws, M), up to a constant a row.
RowMatrix log_weights(const RowMatrix& points, double t, Index draws, const Noise& noise) {
  const Index m = points.rows();
  const double delta = noise_variance(t), shrink = std::exp(-t);
  std::vector<std::uint64_t> names(m * draws);
  std::iota(names.begin(), names.end(), std::uint64_t{0});
  RowMatrix x(m * draws, points.cols());
  noise.normal({Stream::query, names, 0}, x);  // the same at every t, so that curves are smooth
  for (Index i = 0; i < x.rows(); ++i) x.row(i) = shrink * points.row(i / draws) + std::sqrt(delta) * x.row(i);
  RowMatrix logits(x.rows(), m);
  parallel_for((x.rows() + kRows - 1) / kRows, [&](Index block) {
    const Index begin = block * kRows, rows = std::min(kRows, x.rows() - begin);
    logits.middleRows(begin, rows).noalias() = (shrink / delta) * (x.middleRows(begin, rows) * points.transpose());
  });
  logits.rowwise() -= (0.5 * shrink * shrink / delta) * points.rowwise().squaredNorm().transpose();
  return logits;
}

struct Chain {
  Eigen::MatrixXd flow;  // (S, S) symmetric, row sums are the volumes
  double sharing = 0;    // mean participation ratio
};

// The chain among the landmarks of one group, own weights left out.
Chain chain_of(const RowMatrix& logits, const std::vector<Index>& group, Index draws) {
  const auto size = static_cast<Index>(group.size());
  Chain chain{Eigen::MatrixXd::Zero(size, size), 0};
  Vector shared = Vector::Zero(size);
  parallel_for(size, [&](Index i) {
    Vector w(size);
    for (Index k = 0; k < draws; ++k) {
      const auto row = logits.row(group[i] * draws + k);
      for (Index j = 0; j < size; ++j) w[j] = j == i ? -kInfinity : row[group[j]];
      w = (w.array() - w.maxCoeff()).exp();
      w /= w.sum();
      shared[i] += 1 / w.squaredNorm();
      chain.flow.col(i) += w;
    }
  });
  chain.flow = ((chain.flow + chain.flow.transpose()) / (2.0 * static_cast<double>(draws))).eval();
  chain.sharing = shared.sum() / static_cast<double>(size * draws);
  return chain;
}

struct Cut {
  double parted = -1, clarity = 0;
  std::vector<char> side;  // (S)
};

// The best cut of the landmarks in the order of one mode: cut and volumes come from running sums.
void try_mode(const Eigen::MatrixXd& flow, const Vector& volume, const Vector& mode, Index least, Cut& best) {
  const Index size = mode.size();
  std::vector<Index> order(size);
  std::iota(order.begin(), order.end(), Index{0});
  std::sort(order.begin(), order.end(), [&](Index a, Index b) { return mode[a] < mode[b]; });
  const double all = volume.sum();
  double cut = 0, left = 0, parted = -1;
  Index at = 0;
  Vector to_left = Vector::Zero(size);  // flow from every landmark to those already left
  for (Index k = 0; k + least < size; ++k) {
    const Index i = order[k];
    cut += volume[i] - flow(i, i) - 2 * to_left[i];
    left += volume[i];
    to_left += flow.col(i);
    const double now = 1 - cut / left - cut / (all - left);
    if (k + 1 >= least && now > parted) {
      parted = now;
      at = k + 1;
    }
  }
  if (parted <= best.parted) return;
  best.parted = parted;
  best.side.assign(size, 1);
  for (Index k = 0; k < at; ++k) best.side[order[k]] = 0;
  double sum[2] = {}, square = 0;
  for (Index i = 0; i < size; ++i) {
    sum[static_cast<int>(best.side[i])] += mode[i];
    square += mode[i] * mode[i];
  }
  const double mean = mode.mean(), n = static_cast<double>(size), a = static_cast<double>(at), b = n - a;
  const double between = a * std::pow(sum[0] / a - mean, 2) + b * std::pow(sum[1] / b - mean, 2);
  best.clarity = between / (square - n * mean * mean);
}

Cut best_cut(const Eigen::MatrixXd& flow, Index least) {
  const Vector volume = flow.rowwise().sum(), root = volume.cwiseSqrt().cwiseInverse();
  const Eigen::MatrixXd normalised = root.asDiagonal() * flow * root.asDiagonal();
  const Index size = flow.rows();
  Cut best;
  if (size < 2 * least) return best;
  Spectra::DenseSymMatProd<double> product(normalised);
  Spectra::SymEigsSolver<Spectra::DenseSymMatProd<double>> solver(product, kModes + 1,
                                                                  std::min<Index>(size, 6 * kModes));
  solver.init();
  solver.compute(Spectra::SortRule::LargestAlge, 200, 1e-8);
  const Eigen::MatrixXd modes = solver.eigenvectors();
  for (Index k = 1; k < modes.cols(); ++k) try_mode(flow, volume, root.cwiseProduct(modes.col(k)), least, best);
  return best;
}

// A group that may still part, and its last cut on the way down.
struct Open {
  Index group;
  double t = kInfinity, parted = 0;
};

class Search {
 public:
  Search(const RowMatrix& points, const FoundSettings& settings, const Noise& noise)
      : points_(points),
        settings_(settings),
        noise_(noise),
        least_(std::max<Index>(kFewest, static_cast<Index>(settings.least * static_cast<double>(points.rows())))) {
    FoundGroup all;
    for (Index i = 0; i < points.rows(); ++i) all.landmarks.push_back(i);
    found_.groups = {all};
    open_ = {{0}};
  }

  FoundClasses run() {
    for (int k = 0; k < kTimes && !open_.empty(); ++k) {
      const double t = kFirst * std::pow(kLast / kFirst, k / (kTimes - 1.0));
      at(t, log_weights(points_, t, settings_.draws, noise_));
    }
    for (const Open& one : open_) close(one, "its weights stay together down to the smallest time looked at");
    name_leaves();
    return found_;
  }

 private:
  FoundGroup& group(Index i) { return found_.groups[i]; }
  void close(const Open& one, const std::string& reason) { group(one.group).reason = reason; }

  // Large groups before their parts, as they come.
  void at(double t, const RowMatrix& logits) {
    found_.lowest = t;
    std::vector<Open> next;
    for (std::size_t i = 0; i < open_.size(); ++i) visit(open_[i], t, logits, next);  // parts are added at the end
    open_ = std::move(next);
  }

  void visit(Open one, double t, const RowMatrix& logits, std::vector<Open>& next) {
    const std::vector<Index>& members = group(one.group).landmarks;
    if (static_cast<Index>(members.size()) < 2 * least_) return close(one, "too few landmarks to part");
    if (leaves() >= settings_.most) return close(one, fmt::format("{} classes are asked for", settings_.most));
    const Chain chain = chain_of(logits, members, settings_.draws);
    if (chain.sharing < settings_.sharing)
      return close(one, fmt::format("below t = {:.2f} weights lie on single data: collapse", t));
    const Cut cut = best_cut(chain.flow, least_);
    if (cut.parted < kParted || cut.clarity < settings_.clarity) {
      one.t = t;
      one.parted = cut.parted;
      next.push_back(one);
      return;
    }
    part(one, cut, t);
  }

  void part(const Open& one, const Cut& cut, double t) {
    FoundGroup sides[2];
    const std::vector<Index>& members = group(one.group).landmarks;
    for (std::size_t i = 0; i < members.size(); ++i)
      sides[static_cast<int>(cut.side[i])].landmarks.push_back(members[i]);
    const auto first = static_cast<Index>(found_.groups.size());
    FoundGroup& own = group(one.group);
    own.left = first;
    own.right = first + 1;
    own.clarity = cut.clarity;
    // Where `parted` passed its level, linear in log t between the last two times; where only the clarity was missing
    // there, now.
    const bool passed = one.parted < kParted && std::isfinite(one.t);
    const double share = passed ? (cut.parted - kParted) / (cut.parted - one.parted) : 0;
    own.t = t * std::pow(passed ? one.t / t : 1, share);
    found_.groups.push_back(sides[0]);
    found_.groups.push_back(sides[1]);
    open_.push_back({first});
    open_.push_back({first + 1});
  }

  Index leaves() const { return static_cast<Index>(found_.groups.size() + 1) / 2; }

  void name_leaves() {
    found_.label.assign(points_.rows(), 0);
    found_.leaves = 0;
    for (const FoundGroup& one : found_.groups) {
      if (one.left >= 0) continue;
      for (const Index i : one.landmarks) found_.label[i] = static_cast<int>(found_.leaves);
      ++found_.leaves;
    }
    double lowest = kInfinity;
    for (const FoundGroup& one : found_.groups)
      if (one.left >= 0) lowest = std::min(lowest, one.t);
    if (std::isfinite(lowest)) found_.lowest = lowest;
  }

  const RowMatrix& points_;
  const FoundSettings& settings_;
  const Noise& noise_;
  Index least_;
  FoundClasses found_;
  std::vector<Open> open_;
};

// Differences are what counts; about the mean fewer digits are lost.
RowMatrix centred(Rows points) {
  const Eigen::RowVectorXd mean = points.colwise().mean();
  return points.rowwise() - mean;
}

}  // namespace

FoundClasses find_classes(Rows points, const FoundSettings& settings, const Noise& noise) {
  if (points.rows() < 32) throw UsageError("find classes: {} landmarks, expected 32 or more.", points.rows());
  const RowMatrix about = centred(points);
  return Search(about, settings, noise).run();
}

std::vector<int> assign_classes(const Dataset& data, const Dataset& landmarks, const FoundClasses& found, Index draws,
                                const Noise& noise) {
  constexpr Index kBlock = 4096;
  const Empirical model(landmarks, found.label, found.leaves, {Precision::f32});
  const double t = found.lowest, shrink = std::exp(-t), deviation = std::sqrt(noise_variance(t));
  std::vector<int> label(data.rows());
  for (Index begin = 0; begin < data.rows(); begin += kBlock) {
    const Index rows = std::min(kBlock, data.rows() - begin);
    std::vector<std::uint64_t> names(rows);
    std::iota(names.begin(), names.end(), static_cast<std::uint64_t>(begin));
    RowMatrix clean(rows, data.dimension()), x = clean, weight = RowMatrix::Zero(rows, found.leaves);
    data.read(begin, clean);
    Summary summary;
    for (Index k = 0; k < draws; ++k) {
      noise.normal({Stream::test, names, static_cast<std::uint32_t>(k)}, x);
      x = shrink * clean + deviation * x;
      model.summarize(t, x, {}, summary);
      weight.array() += summary.all.class_log_weight.array().exp();
    }
    for (Index i = 0; i < rows; ++i) {
      Index best = 0;
      weight.row(i).maxCoeff(&best);
      label[begin + i] = static_cast<int>(best);
    }
  }
  return label;
}

double adjusted_rand(const std::vector<int>& a, const std::vector<int>& b) {
  if (a.size() != b.size())
    throw UsageError("adjusted Rand index: {} and {} rows, expected as many.", a.size(), b.size());
  const auto pairs = [](double n) { return 0.5 * n * (n - 1); };
  std::map<std::pair<int, int>, double> both;
  std::map<int, double> of_a, of_b;
  for (std::size_t i = 0; i < a.size(); ++i) {
    ++both[{a[i], b[i]}];
    ++of_a[a[i]];
    ++of_b[b[i]];
  }
  double together = 0, in_a = 0, in_b = 0;
  for (const auto& cell : both) together += pairs(cell.second);
  for (const auto& cell : of_a) in_a += pairs(cell.second);
  for (const auto& cell : of_b) in_b += pairs(cell.second);
  const double expected = in_a * in_b / pairs(static_cast<double>(a.size())), most = 0.5 * (in_a + in_b);
  return most > expected ? (together - expected) / (most - expected) : 1;
}

}  // namespace denoiscope::observables
