// Files: mapped for reading, written atomically (a reader sees the old content or the new, never a part), hashed.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace denoiscope {

/// Bytes that live as long as somebody holds them: a mapped file or a buffer of our own.
struct Bytes {
  std::shared_ptr<const std::byte> data;
  std::size_t size = 0;
  std::span<const std::byte> span() const { return {data.get(), size}; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data.get()), size}; }
};

/// Maps a regular file. Throws DataError naming the file when it is missing, not regular, or unreadable.
Bytes map_file(const std::filesystem::path& file);

/// `size` zeroed bytes of memory, writable through the second member until the Bytes are handed on.
std::pair<Bytes, std::byte*> allocate_bytes(std::size_t size);

/// Writes to a temporary beside `file`, syncs, and renames. Throws ResourceError naming the file and the cause.
void write_atomically(const std::filesystem::path& file, std::string_view content);

/// Lower-case hexadecimal SHA-256.
std::string sha256(std::span<const std::byte> bytes);
std::string sha256(std::string_view text);

/// Largest resident set of this process so far, MiB.
double peak_rss_mib();

}  // namespace denoiscope
