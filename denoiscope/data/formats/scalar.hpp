// Stored numbers as C++ types. Private to this room.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

static_assert(std::endian::native == std::endian::little, "stored numbers are taken as they lie in memory");

/// The stored number at `from`, which need not be aligned.
template <class T, bool kSwapped>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  if constexpr (!kSwapped || sizeof(T) == 1) {
    return value;
  } else if constexpr (sizeof(T) == 4) {
    return std::bit_cast<T>(__builtin_bswap32(std::bit_cast<std::uint32_t>(value)));
  } else {
    return std::bit_cast<T>(__builtin_bswap64(std::bit_cast<std::uint64_t>(value)));
  }
}

/// Calls act.operator()<T, swapped>() for the C++ type of `scalar`.
template <class Act>
auto with_scalar(Scalar scalar, bool swapped, Act&& act) {
  switch (scalar) {
    case Scalar::u8:
      return act.template operator()<std::uint8_t, false>();
    case Scalar::i32:
      return swapped ? act.template operator()<std::int32_t, true>() : act.template operator()<std::int32_t, false>();
    case Scalar::i64:
      return swapped ? act.template operator()<std::int64_t, true>() : act.template operator()<std::int64_t, false>();
    case Scalar::f32:
      return swapped ? act.template operator()<float, true>() : act.template operator()<float, false>();
    case Scalar::f64:
      break;
  }
  return swapped ? act.template operator()<double, true>() : act.template operator()<double, false>();
}

}  // namespace denoiscope::data
