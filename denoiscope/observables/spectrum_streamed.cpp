// The leading spectrum without a matrix: the data are read once for every product C v.
#include <Spectra/SymEigsSolver.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/parallel.hpp"
#include "denoiscope/observables/spectrum.hpp"

namespace denoiscope::observables {
namespace {

constexpr Index kBlock = 128;  // rows read at a time
constexpr Index kParts = 16;   // parts of the data whose sums are added in order, whoever computed them
constexpr Index kProbes = 16;
constexpr double kResidual = 1e-4;  // relative, of an eigenvector; eigenvalues err by its square over the gap

// C v = (1/n) sum_mu (a_mu - mean) ((a_mu - mean) . v), in the form that Spectra asks for.
class Covariance {
 public:
  using Scalar = double;

  explicit Covariance(const Dataset& data) : data_(data), mean_(Vector::Zero(data.dimension())) {
    mean_ = over_rows(rows(), [](const auto& block, Vector& sum) { sum += block.colwise().sum().transpose(); }) /
            static_cast<double>(data.rows());
  }

  Index rows() const { return data_.dimension(); }
  Index cols() const { return data_.dimension(); }

  void perform_op(const double* in, double* out) const {
    const Eigen::Map<const Vector> v(in, rows());
    Eigen::Map<Vector>(out, rows()) = apply(v);
  }

  Vector apply(const Eigen::Ref<const Vector>& v) const {
    const double shift = mean_.dot(v);
    const Vector sum = over_rows(rows(), [&](const auto& block, Vector& part) {
      const Vector along = (block * v).array() - shift;
      part.noalias() += block.transpose() * along;
      part -= along.sum() * mean_;
    });
    return sum / static_cast<double>(data_.rows());
  }

  double trace() const {
    const Vector sum = over_rows(
        1, [&](const auto& block, Vector& part) { part[0] += (block.rowwise() - mean_.transpose()).squaredNorm(); });
    return sum[0] / static_cast<double>(data_.rows());
  }

 private:
  // Sum over the data of what add(block of rows, part) adds to part, a vector of the given size.
  template <class Add>
  Vector over_rows(Index size, Add&& add) const {
    const Index n = data_.rows();
    std::vector<Vector> parts(kParts, Vector::Zero(size));
    parallel_for(kParts, [&](Index p) {
      RowMatrix block(kBlock, data_.dimension());
      for (Index begin = p * n / kParts; begin < (p + 1) * n / kParts; begin += kBlock) {
        const Index count = std::min(kBlock, (p + 1) * n / kParts - begin);
        data_.read(begin, block.topRows(count));
        add(block.topRows(count), parts[p]);
      }
    });
    Vector sum = Vector::Zero(size);
    for (const Vector& part : parts) sum += part;
    return sum;
  }

  const Dataset& data_;
  Vector mean_;
};

}  // namespace

Spectrum streamed_spectrum(const Dataset& data, Index leading) {
  Covariance covariance(data);
  const Index d = data.dimension();
  Spectrum out;
  out.complete = false;
  out.trace = covariance.trace();
  if (!(out.trace > 0)) {
    out.eigenvalues.assign(1, 0.0);
    return out;
  }
  Spectra::SymEigsSolver<Covariance> solver(covariance, leading, std::min(d, 3 * leading + 8));
  solver.init();
  solver.compute(Spectra::SortRule::LargestAlge, 300, kResidual);
  if (solver.info() != Spectra::CompInfo::Successful)
    throw NumericalError("{}: {} leading eigenvalues of the covariance did not converge.", data.name(), leading);
  const Vector values = solver.eigenvalues();
  const Eigen::MatrixXd axes = solver.eigenvectors();
  for (double v : values) out.eigenvalues.push_back(std::max(v, 0.0));
  // tr C^2: the leading eigenvalues exactly, the rest by E |P C z|^2 over normal z, P the projector beside their axes.
  double rest = 0;
  Vector z(d);
  for (Index probe = 0; probe < kProbes; ++probe) {
    Noise(0).normal(Stream::choice, static_cast<std::uint64_t>(probe), 1, {z.data(), static_cast<std::size_t>(d)});
    Vector y = covariance.apply(z);
    y -= axes * (axes.transpose() * y);
    rest += y.squaredNorm() / static_cast<double>(kProbes);
  }
  out.participation_dimension = out.trace * out.trace / (values.squaredNorm() + rest);
  return out;
}

}  // namespace denoiscope::observables
