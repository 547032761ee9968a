// Deflated data, inflated piece by piece into places whose size the caller chose. Private to this room.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "denoiscope/base/files.hpp"

namespace denoiscope::data {

/// What deflate can reach, 258 bytes from 2 bits: whatever declares more is forged.
inline constexpr std::size_t kMaxExpansion = 1032;

/// Throws ResourceError where `size` bytes exceed this machine's memory: Linux would grant them, and kill us later.
void require_memory(std::size_t size, const std::string& file);

enum class Wrapping { gzip, none };

class Inflater {
 public:
  /// `packed` begins at byte `origin` of `file`; both must outlive the inflater.
  Inflater(std::span<const std::byte> packed, Wrapping wrapping, std::size_t origin, const std::string& file);
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Fills `out`. Throws DataError when the data end before.
  void read(std::span<std::byte> out, std::string_view field);

  /// The next `size` bytes. Memory grows with what the data really hold, not with what a header says of them: at most
  /// twice that, or 32 MiB and twice the packed size where that is more. Throws DataError when the data end before.
  Bytes read_all(std::size_t size, std::string_view field);

  /// Throws DataError unless the data end here, with the right checksum where there is one, and `packed` with them.
  void expect_end();

 private:
  std::size_t used() const { return stream_.total_in; }
  std::size_t step(std::span<std::byte> out);

  std::span<const std::byte> packed_;
  std::size_t origin_;
  const std::string& file_;
  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace denoiscope::data
