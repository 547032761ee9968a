#include "denoiscope/models/hierarchy_tree.hpp"

#include <algorithm>
#include <cmath>

#include "denoiscope/base/stats.hpp"
#include "denoiscope/models/choice.hpp"

namespace denoiscope {
namespace {

// Sums of products above this are right to rounding: what underflowed in them is below the smallest double, 2e-308.
constexpr double kTooSmall = 1e-280;

}  // namespace

HierarchyTree::HierarchyTree(const Grammar& grammar)
    : grammar_(grammar),
      v_(grammar.symbols()),
      m_(grammar.synonyms()),
      s_(grammar.branching()),
      depth_(grammar.depth()),
      up_(grammar.nodes() * v_),
      weight_(up_.size()),
      term_(m_),
      share_(m_) {}

std::span<double> HierarchyTree::leaves() { return std::span(up_).subspan(at(depth_, 0)); }

double HierarchyTree::rule_weights(Index level, Index place, Index a) {
  const double* const children = weight_.data() + at(level + 1, s_ * place);
  const int* tuple = grammar_.rules(level) + a * m_ * s_;
  double sum = 0;
  for (double& share : share_) {
    const double* child = children;
    double product = child[*tuple++];
    for (Index j = 1; j < s_; ++j) product *= (child += v_)[*tuple++];
    sum += share = product;
  }
  return sum;
}

double HierarchyTree::log_rule_weights(Index level, Index place, Index a) {
  const int* tuple = grammar_.rules(level) + a * m_ * s_;
  for (double& term : term_) {
    term = over_children(up_, level, place, tuple);
    tuple += s_;
  }
  return log_sum_exp(term_);
}

bool HierarchyTree::rule_shares(Index level, Index place, Index a) {
  const double sum = rule_weights(level, place, a);
  if (sum > kTooSmall) {
    for (double& share : share_) share /= sum;
    return true;
  }
  const double log_sum = log_rule_weights(level, place, a);
  if (!(log_sum > -kInfinity)) return false;
  for (std::size_t k = 0; k < share_.size(); ++k) share_[k] = std::exp(term_[k] - log_sum);
  return true;
}

double HierarchyTree::normalise(std::size_t node) {
  double* const message = up_.data() + node;
  const double top = *std::max_element(message, message + v_);
  if (top > -kInfinity)
    for (Index a = 0; a < v_; ++a) message[a] -= top;
  std::transform(message, message + v_, weight_.data() + node, [](double y) { return y < -745 ? 0 : std::exp(y); });
  return top;
}

double HierarchyTree::over_children(const std::vector<double>& field, Index level, Index place,
                                    const int* tuple) const {
  const double* child = field.data() + at(level + 1, s_ * place);
  double sum = 0;
  for (Index j = 0; j < s_; ++j, child += v_) sum += child[tuple[j]];
  return sum;
}

void HierarchyTree::centre(double* field, const double* likelihood) const {
  const double zero = field[std::max_element(likelihood, likelihood + v_) - likelihood];
  for (Index a = 0; a < v_; ++a) field[a] -= zero;
}

double HierarchyTree::climb() {
  double evidence = 0;
  for (Index i = 0; i < grammar_.leaves(); ++i) evidence += normalise(at(depth_, i));
  const double log_m = std::log(static_cast<double>(m_));
  for (Index l = depth_ - 1; l >= 0; --l)
    for (Index i = 0; i < grammar_.level_size(l); ++i) {
      double* const message = up_.data() + at(l, i);
      for (Index a = 0; a < v_; ++a) {
        const double sum = rule_weights(l, i, a);
        message[a] = (sum > kTooSmall ? std::log(sum) : log_rule_weights(l, i, a)) - log_m;
      }
      evidence += normalise(at(l, i));
    }
  root_total_ = log_sum_exp({up_.data(), static_cast<std::size_t>(v_)});
  return evidence + root_total_ - std::log(static_cast<double>(v_));
}

// visit(level, place, symbol, tuples of its rules) at every symbol of every node inside, root first.
template <class Visit>
void HierarchyTree::downward(Visit&& visit) {
  for (Index l = 0; l < depth_; ++l)
    for (Index i = 0; i < grammar_.level_size(l); ++i)
      for (Index a = 0; a < v_; ++a) visit(l, i, a, grammar_.rules(l) + a * m_ * s_);
}

// The same from the lowest level up, where the symbol is possible, with its rules' conditional probabilities in share_.
template <class Visit>
void HierarchyTree::upward(Visit&& visit) {
  for (Index l = depth_ - 1; l >= 0; --l)
    for (Index i = 0; i < grammar_.level_size(l); ++i)
      for (Index a = 0; a < v_; ++a)
        if (rule_shares(l, i, a)) visit(l, i, a, grammar_.rules(l) + a * m_ * s_);
}

void HierarchyTree::marginals(std::span<double> out) {
  std::fill(out.begin(), out.end(), 0.0);
  for (Index a = 0; a < v_; ++a) out[a] = std::exp(root_log_weight(a));
  downward([&](Index l, Index i, Index a, const int* tuple) {
    const double here = out[at(l, i) + a];
    if (!(here > 0) || !rule_shares(l, i, a)) return;
    for (const double share : share_) {
      double* child = out.data() + at(l + 1, s_ * i);
      for (Index j = 0; j < s_; ++j, child += v_) child[*tuple++] += here * share;
    }
  });
}

void HierarchyTree::draw(std::span<const double> u, int* tree) {
  const auto v = static_cast<std::size_t>(v_);
  grow(
      grammar_, u,
      [&](double root) {
        return choose(root, {up_.data(), v}, root_total_);
      },
      [&](Index node, Index level, int a, double rule) {
        const double log_sum = log_rule_weights(level, node - grammar_.level_begin(level), a);
        return choose(rule, term_, log_sum);
      },
      tree);
}

void HierarchyTree::entropies(std::span<double> entropy, std::span<double> participation) {
  std::vector<double> below(up_.size(), 0.0), squares(up_.size(), 1.0);  // a leaf is its symbol: nothing is left open
  upward([&](Index l, Index i, Index a, const int* tuple) {
    double sum = 0, square = 0;
    for (const double share : share_) {
      if (share > 0) {
        double product = share * share;
        const double* child = squares.data() + at(l + 1, s_ * i);
        for (Index j = 0; j < s_; ++j, child += v_) product *= child[tuple[j]];
        square += product;
        sum += share * (over_children(below, l, i, tuple) - std::log(share));
      }
      tuple += s_;
    }
    below[at(l, i) + a] = sum;
    squares[at(l, i) + a] = square;
  });
  std::copy_n(below.begin(), v_, entropy.begin());
  std::copy_n(squares.begin(), v_, participation.begin());
}

void HierarchyTree::respond(const double* v, double* out) {
  const auto width = static_cast<std::size_t>(v_);
  std::vector<double> slope(up_.size()), mass(up_.size()), change(up_.size(), 0.0);
  std::copy_n(v, static_cast<std::size_t>(grammar_.leaves()) * width,
              slope.begin() + static_cast<Index>(at(depth_, 0)));
  for (Index i = 0; i < grammar_.leaves(); ++i) centre(slope.data() + at(depth_, i), up_.data() + at(depth_, i));
  // Upward: the derivative of a message is the mean of its children's.
  upward([&](Index l, Index i, Index a, const int* tuple) {
    double sum = 0;
    for (const double share : share_) {
      sum += share * over_children(slope, l, i, tuple);
      tuple += s_;
    }
    slope[at(l, i) + a] = sum;
    if (a + 1 == v_) centre(slope.data() + at(l, i), up_.data() + at(l, i));
  });
  marginals(mass);
  double mean = 0;
  for (std::size_t a = 0; a < width; ++a) mean += mass[a] * slope[a];
  for (std::size_t a = 0; a < width; ++a) change[a] = mass[a] * (slope[a] - mean);
  // Downward: the derivative of the marginals, by the product rule.
  downward([&](Index l, Index i, Index a, const int* tuple) {
    const std::size_t here = at(l, i) + static_cast<std::size_t>(a);
    if (!(mass[here] > 0) || !rule_shares(l, i, a)) return;
    double middle = 0;
    for (std::size_t k = 0; k < share_.size(); ++k)
      middle += share_[k] * (term_[k] = over_children(slope, l, i, tuple + static_cast<Index>(k) * s_));
    for (std::size_t k = 0; k < share_.size(); ++k) {
      const double moved = share_[k] * (change[here] + mass[here] * (term_[k] - middle));
      double* child = change.data() + at(l + 1, s_ * i);
      for (Index j = 0; j < s_; ++j, child += v_) child[*tuple++] += moved;
    }
  });
  std::copy(change.begin() + static_cast<Index>(at(depth_, 0)), change.end(), out);
}

}  // namespace denoiscope
