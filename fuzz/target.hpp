// What every fuzz target shares: the input as a parser gets it, and what counts as an orderly refusal.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/data/dataset.hpp"

namespace denoiscope::fuzz {

inline const std::string kFile = "input";  // NOLINT(cert-err58-cpp): its constructor fails only where all else does

/// A copy of exactly that length, so that the address sanitizer sees every byte read beyond it.
inline Bytes owned(const std::uint8_t* data, std::size_t size) {
  auto [bytes, at] = allocate_bytes(size);
  if (size > 0) std::memcpy(at, data, size);
  return std::move(bytes);
}

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

/// Reads every number of an accepted data set, which must be as many bytes as it says.
inline void read_through(const Dataset& data) {
  RowMatrix row(1, data.dimension());
  for (Index i = 0; i < data.rows(); ++i) data.read(i, row);
  if (data.labelled() && static_cast<Index>(data.labels().size()) != data.rows()) __builtin_trap();
}

/// Runs `act`. What it refuses must be said in one line; where `placed`, that line names the byte. Anything else that
/// it throws ends the process, which libFuzzer reports.
template <class Act>
int orderly(Act&& act, bool placed = true) {
  try {
    act();
  } catch (const Error& error) {
    const std::string_view said = error.what();
    if (said.find('\n') != std::string_view::npos || error.code() == ExitCode::internal) __builtin_trap();
    if (placed && error.code() != ExitCode::resources && said.find(": byte ") == std::string_view::npos)
      __builtin_trap();
  }
  return 0;
}

}  // namespace denoiscope::fuzz
