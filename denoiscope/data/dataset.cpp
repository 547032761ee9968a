#include "denoiscope/data/dataset.hpp"

#include <algorithm>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope {
namespace {

constexpr Index kAhead = 4;        // rows that are fetched into the cache before they are converted
constexpr Index kFetched = 16384;  // bytes of a row up to which that helps

// Converts rows of d stored numbers; row i begins at address(i), for i < known. The inner loops vectorise: no alias, no
// branch.
template <class T, bool kSwapped, class Address>
void convert(const Preprocess& scale, Index d, Address&& address, Index known, MutRows out) {
  const bool one_pair = scale.shift.size() == 1 && scale.factor.size() == 1;
  const bool one_shift = scale.shift.size() == 1, one_factor = scale.factor.size() == 1;
  const double* shifts = scale.shift.data();
  const double* factors = scale.factor.data();
  const Index row_bytes = d * Index{sizeof(T)};
  for (Index i = 0; i < out.rows(); ++i) {
    const std::byte* __restrict from = address(i);
    if (i + kAhead < known && row_bytes <= kFetched)  // rows of a view lie anywhere
      for (const std::byte *soon = address(i + kAhead), *end = soon + row_bytes; soon < end; soon += 64)
        __builtin_prefetch(soon);
    double* __restrict to = out.data() + i * out.outerStride();
    if (one_pair) {
      const double shift = shifts[0], factor = factors[0];
      for (Index j = 0; j < d; ++j)
        to[j] = (static_cast<double>(data::load<T, kSwapped>(from + j * Index{sizeof(T)})) - shift) * factor;
    } else {
      for (Index j = 0; j < d; ++j)
        to[j] =
            (static_cast<double>(data::load<T, kSwapped>(from + j * Index{sizeof(T)})) - shifts[one_shift ? 0 : j]) *
            factors[one_factor ? 0 : j];
    }
  }
}

bool fits(const std::vector<double>& numbers, Index d) {
  return numbers.size() == 1 || numbers.size() == static_cast<std::size_t>(d);
}

}  // namespace

Dataset Dataset::from_rows(RowMatrix values, std::string name) {
  auto owner = std::make_shared<const RowMatrix>(std::move(values));
  const auto size = static_cast<std::size_t>(owner->size()) * sizeof(double);
  Bytes bytes{std::shared_ptr<const std::byte>(owner, reinterpret_cast<const std::byte*>(owner->data())), size};
  return from_bytes(std::move(bytes), 0, owner->rows(), {owner->cols()}, Scalar::f64, false, std::move(name));
}

Dataset Dataset::from_bytes(Bytes bytes, std::size_t offset, Index rows, std::vector<Index> shape, Scalar scalar,
                            bool swapped, std::string name) {
  Dataset data;
  data.name_ = std::move(name);
  data.bytes_ = std::move(bytes);
  data.offset_ = offset;
  data.rows_ = rows;
  data.dimension_ = std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>());
  data.shape_ = std::move(shape);
  data.scalar_ = scalar;
  data.swapped_ = swapped;
  if (data.rows_ < 1 || data.dimension_ < 1)
    throw DataError("{}: {} rows of {} numbers, expected at least one row of one number.", data.name_, data.rows_,
                    data.dimension_);
  return data;
}

bool Dataset::is_image() const {
  if (shape_.size() == 2) return true;
  return shape_.size() == 3 && (shape_[2] == 1 || shape_[2] == 3 || shape_[2] == 4);
}

std::string Dataset::hash() const {
  // Hashes of blocks of whole rows, then the hash of their list: a view whose rows lie scattered needs one block of
  // memory, and equal rows give equal hashes however they are stored.
  std::string list = fmt::format("denoiscope data 1\n{}{} {}", scalar_name(scalar_), swapped_ ? " swapped" : "", rows_);
  for (const Index extent : shape_) list += fmt::format(" {}", extent);
  const Index row_bytes = dimension_ * static_cast<Index>(scalar_bytes(scalar_));
  const Index block = std::max<Index>(1, (Index{1} << 20) / row_bytes);
  std::vector<std::byte> gathered;
  for (Index begin = 0; begin < rows_; begin += block) {
    const Index end = std::min(rows_, begin + block);
    gathered.clear();
    for (Index row = begin; row < end; ++row) {
      const auto bytes = raw(row);
      gathered.insert(gathered.end(), bytes.begin(), bytes.end());
    }
    list += '\n' + sha256(gathered);
  }
  return sha256(std::string_view(list));
}

std::span<const std::byte> Dataset::raw(Index row) const {
  const std::size_t size = static_cast<std::size_t>(dimension_) * scalar_bytes(scalar_);
  return {bytes_.data.get() + offset_ + static_cast<std::size_t>(original_row(row)) * size, size};
}

void Dataset::read(Index begin, MutRows out) const {
  if (begin < 0 || out.rows() > rows_ - begin || out.cols() != dimension_)
    throw InternalError("{}: asked for rows {} .. {} of {} columns; it has {} rows of {}", name_, begin,
                        begin + out.rows() - 1, out.cols(), rows_, dimension_);
  if (!fits(preprocess_.shift, dimension_) || !fits(preprocess_.factor, dimension_))
    throw InternalError("{}: preprocessing '{}' has {} shifts and {} factors for dimension {}", name_, preprocess_.name,
                        preprocess_.shift.size(), preprocess_.factor.size(), dimension_);
  data::with_scalar(scalar_, swapped_, [&]<class T, bool kSwapped>() {
    convert<T, kSwapped>(
        preprocess_, dimension_, [&](Index i) { return raw(begin + i).data(); }, rows_ - begin, out);
  });
}

void Dataset::read(std::span<const Index> rows, MutRows out) const {
  if (static_cast<Index>(rows.size()) != out.rows())
    throw InternalError("{}: asked for {} rows into {}", name_, rows.size(), out.rows());
  for (Index i = 0; i < out.rows(); ++i) read(rows[i], out.middleRows(i, 1));
}

Vector Dataset::mean() const {
  constexpr Index kTogether = 128;  // rows: the order of the sum decides its bits
  Vector sum = Vector::Zero(dimension_);
  RowMatrix block(std::min(kTogether, rows_), dimension_);
  for (Index begin = 0; begin < rows_; begin += kTogether) {
    const Index count = std::min(kTogether, rows_ - begin);
    read(begin, block.topRows(count));
    sum += block.topRows(count).colwise().sum().transpose();
  }
  return sum / static_cast<double>(rows_);
}

void Dataset::set_labels(std::span<const long long> labels, const std::string& source) {
  if (static_cast<Index>(labels.size()) != rows_)
    throw DataError("{}: {} labels, expected one for each of the {} rows of {}.", source, labels.size(), rows_, name_);
  std::vector<long long> known(labels.begin(), labels.end());
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  classes_.clear();
  for (const long long label : known) classes_.push_back({label, std::to_string(label), 0});
  labels_.clear();
  for (const long long label : labels) {
    const auto position = std::lower_bound(known.begin(), known.end(), label) - known.begin();
    labels_.push_back(static_cast<int>(position));
    ++classes_[position].count;
  }
}

std::vector<long long> Dataset::label_values() const {
  std::vector<long long> values;
  values.reserve(labels_.size());
  for (const int label : labels_) values.push_back(classes_[label].label);
  return values;
}

void Dataset::name_classes(std::span<const std::string> names) {
  if (names.size() != classes_.size())
    throw UsageError("{}: {} class names, expected one for each of its {} classes.", name_, names.size(),
                     classes_.size());
  for (std::size_t c = 0; c < names.size(); ++c) classes_[c].name = names[c];
}

Dataset Dataset::select(std::span<const Index> rows) const {
  if (rows.empty()) throw UsageError("{}: a selection of no rows, expected at least one.", name_);
  std::vector<Index> order;
  order.reserve(rows.size());
  for (const Index row : rows) {
    if (row < 0 || row >= rows_) throw UsageError("{}: row {} selected, expected 0 to {}.", name_, row, rows_ - 1);
    order.push_back(original_row(row));
  }
  Dataset view = *this;
  view.rows_ = static_cast<Index>(order.size());
  view.order_ = std::make_shared<const std::vector<Index>>(std::move(order));
  if (!labelled()) return view;

  view.labels_.clear();
  for (ClassInfo& info : view.classes_) info.count = 0;
  for (const Index row : rows) {
    view.labels_.push_back(labels_[row]);
    ++view.classes_[view.labels_.back()].count;
  }
  std::vector<int> position(classes_.size(), 0);
  std::vector<ClassInfo> kept;
  for (std::size_t c = 0; c < classes_.size(); ++c) {
    position[c] = static_cast<int>(kept.size());
    if (view.classes_[c].count > 0) kept.push_back(view.classes_[c]);
  }
  for (int& label : view.labels_) label = position[label];
  view.classes_ = std::move(kept);
  return view;
}

std::vector<Index> Dataset::rows_of_classes(std::span<const long long> labels) const {
  if (!labelled()) throw UsageError("{}: classes asked for, but the data have no labels. Give a label file.", name_);
  std::vector<char> wanted(classes_.size(), 0);
  for (const long long label : labels) {
    const auto at =
        std::find_if(classes_.begin(), classes_.end(), [&](const auto& info) { return info.label == label; });
    if (at == classes_.end()) {
      std::string known;
      for (std::size_t c = 0; c < std::min<std::size_t>(classes_.size(), 20); ++c)
        known += fmt::format("{}{}", c == 0 ? "" : ", ", classes_[c].label);
      throw UsageError("{}: no row has label {}, expected among {}{}.", name_, label, known,
                       classes_.size() > 20 ? ", ..." : "");
    }
    wanted[at - classes_.begin()] = 1;
  }
  std::vector<Index> rows;
  for (Index row = 0; row < rows_; ++row)
    if (wanted[labels_[row]]) rows.push_back(row);
  return rows;
}

Index Dataset::original_row(Index row) const { return order_ ? (*order_)[row] : row; }

}  // namespace denoiscope
