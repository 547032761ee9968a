#include "denoiscope/data/formats/members.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

using Names = std::span<const std::string_view>;
constexpr std::string_view kDataNames[] = {"x", "data", "images", "arr_0"};
constexpr std::string_view kLabelNames[] = {"y", "labels", "label"};

bool among(const std::string& name, Names names) { return std::find(names.begin(), names.end(), name) != names.end(); }

bool integral(const Dataset& data) { return data.scalar() != Scalar::f32 && data.scalar() != Scalar::f64; }

std::string describe(const Member& member) {
  const std::string name = printable(member.name);
  if (member.array.empty()) return fmt::format("{} (unusable: {})", name, member.unusable);
  const Dataset& data = member.array.front();
  std::string shape = fmt::format("{}", data.rows());
  if (!member.flat)
    for (const Index extent : data.shape()) shape += fmt::format(" x {}", extent);
  return fmt::format("{} ({} {})", name, scalar_name(data.scalar()), shape);
}

[[noreturn]] void refuse(const std::vector<Member>& members, const std::string& file, const char* expected) {
  constexpr std::size_t kListed = 8;
  std::string list;
  for (std::size_t i = 0; i < std::min(members.size(), kListed); ++i)
    list += (i == 0 ? ": " : ", ") + describe(members[i]);
  malformed(file, 0, "arrays",
            fmt::format("{} arrays{}{}", members.size(), list, members.size() > kListed ? ", ..." : ""), expected,
            "Rename or save it alone.");
}

// The only one that `fits`, or null where there are none or several.
template <class Fits>
const Member* only(const std::vector<Member>& members, Fits&& fits) {
  const Member* found = nullptr;
  for (const Member& member : members) {
    if (member.array.empty() || !fits(member)) continue;
    if (found != nullptr) return nullptr;
    found = &member;
  }
  return found;
}

Dataset choose_data(const std::vector<Member>& members, const std::string& file) {
  const Member* chosen = only(members, [](const Member& m) { return !m.flat; });
  if (chosen == nullptr) chosen = only(members, [](const Member& m) { return !m.flat && among(m.name, kDataNames); });
  if (chosen == nullptr) {
    const bool all_flat = std::all_of(members.begin(), members.end(), [](const Member& m) { return m.flat; });
    if (all_flat) chosen = only(members, [](const Member& m) { return among(m.name, kDataNames); });
    if (all_flat && members.size() == 1) chosen = only(members, [](const Member&) { return true; });
  }
  if (chosen == nullptr)
    refuse(members, file, "a single array of two or more axes, or one named x, data, images or arr_0");
  Dataset data = chosen->array.front();
  data.set_name(file);
  const auto fits = [&](const Member& m) {
    return &m != chosen && m.flat && among(m.name, kLabelNames) && integral(m.array.front()) &&
           m.array.front().rows() == data.rows();
  };
  if (const Member* labels = only(members, fits)) {
    data.set_labels(integers_of(labels->array.front()), file);
  } else if (std::any_of(members.begin(), members.end(),
                         [&](const Member& m) { return !m.array.empty() && fits(m); })) {
    refuse(members, file, "one array of labels, named y, labels or label");
  }
  return data;
}

}  // namespace

Dataset choose(const std::vector<Member>& members, Role role, const std::string& file) {
  if (role == Role::data) return choose_data(members, file);
  const auto single = [](const Member& m) { return m.array.front().dimension() == 1; };
  const Member* chosen = only(members, [&](const Member& m) { return single(m) && among(m.name, kLabelNames); });
  if (chosen == nullptr)
    chosen = only(members, [&](const Member& m) { return single(m) && integral(m.array.front()); });
  if (chosen == nullptr) refuse(members, file, "labels: integers, one a row, named y, labels or label");
  Dataset labels = chosen->array.front();
  labels.set_name(file);
  return labels;
}

std::vector<long long> integers_of(const Dataset& data) {
  const std::string& name = data.name();
  if (data.dimension() != 1)
    malformed(name, 0, "labels", fmt::format("{} rows of {} numbers", data.rows(), data.dimension()),
              "one label a row");
  std::vector<long long> labels(data.rows());
  bool integers = true, whole = true;
  with_scalar(data.scalar(), data.swapped(), [&]<class T, bool kSwapped>() {
    integers = std::is_integral_v<T>;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      const T value = load<T, kSwapped>(data.raw(static_cast<Index>(i)).data());
      if constexpr (std::is_integral_v<T>) {
        labels[i] = static_cast<long long>(value);
      } else {
        whole = whole && std::trunc(value) == value;
      }
    }
  });
  if (!integers)
    malformed(
        name, 0, "labels", fmt::format("labels of type {}", scalar_name(data.scalar())), "integers (u1, i4 or i8)",
        whole ? "All are whole: in Python, labels.astype('int64')." : "Some are not whole; is this the label file?");
  return labels;
}

Bytes part_of(const Bytes& bytes, std::size_t offset, std::size_t size) {
  return {std::shared_ptr<const std::byte>(bytes.data, bytes.data.get() + offset), size};
}

}  // namespace denoiscope::data
