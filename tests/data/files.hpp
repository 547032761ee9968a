// Files for tests: a folder that disappears with the test, bytes written by hand, and what a refusal said.
#pragma once

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "denoiscope/base/error.hpp"

namespace denoiscope::testing {

class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "denoiscope-XXXXXX").string();
    path_ = ::mkdtemp(pattern.data());
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() { std::filesystem::remove_all(path_); }

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

  /// Writes a file, making its folders; returns its path.
  std::string write(const std::string& name, std::string_view content) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::filesystem::remove(path_ / name);  // ext4 writes a truncated and refilled file out at once, which is slow
    std::ofstream(path_ / name, std::ios::binary) << content;
    return path(name);
  }

 private:
  std::filesystem::path path_;
};

/// The numbers' bytes as they lie in memory.
template <class T>
std::string bytes_of(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
  return bytes;
}

/// The same, big-endian.
template <class T>
std::string big_endian(std::initializer_list<T> values) {
  std::string bytes;
  for (const T value : values) {
    const std::string one = bytes_of({value});
    bytes.append(one.rbegin(), one.rend());
  }
  return bytes;
}

/// A .npy file of that header.
inline std::string npy(const std::string& header, const std::string& payload, int major = 1) {
  std::string bytes = "\x93NUMPY";
  bytes += {static_cast<char>(major), '\0'};
  const std::string length = bytes_of<std::uint32_t>({static_cast<std::uint32_t>(header.size())});
  return bytes + length.substr(0, major == 1 ? 2 : 4) + header + payload;
}

/// The header as numpy writes it.
inline std::string described(const std::string& descr, const std::string& shape, const std::string& fortran = "False") {
  return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + ", }\n";
}

enum class Wrapped { gzip, bare };

/// The content deflated: a gzip file, or the bare stream of a zip member.
inline std::string deflated(const std::string& content, Wrapped wrapped) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, wrapped == Wrapped::gzip ? 15 + 16 : -15, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, content.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

/// check(damaged, length) for every proper beginning of `good`, from `shortest` bytes on.
template <class Check>
void each_truncation(const std::string& good, Check&& check, std::size_t shortest = 0) {
  for (std::size_t length = shortest; length < good.size() && !::testing::Test::HasFatalFailure(); ++length)
    check(good.substr(0, length), length);
}

/// check(damaged, position) for each of the first `bytes` bytes made 0, 255, and with its lowest and highest bit
/// turned.
template <class Check>
void each_changed_byte(const std::string& good, Check&& check, std::size_t bytes = std::string::npos) {
  for (std::size_t at = 0; at < std::min(bytes, good.size()) && !::testing::Test::HasFatalFailure(); ++at)
    for (const int byte : {0, 0xff, good[at] ^ 1, good[at] ^ 0x80}) {
      std::string bad = good;
      bad[at] = static_cast<char>(byte);
      check(bad, at);
    }
}

/// What the error said that `act` threw; "accepted" where it threw none of type E.
template <class E = DataError, class Act>
std::string refusal(Act&& act) {
  try {
    act();
  } catch (const E& error) {
    return error.what();
  }
  return "accepted";
}

inline ::testing::AssertionResult has(const std::string& text, std::initializer_list<std::string_view> parts) {
  for (const std::string_view part : parts)
    if (text.find(part) == std::string::npos)
      return ::testing::AssertionFailure() << "no '" << part << "' in: " << text;
  if (text.find('\n') != std::string::npos) return ::testing::AssertionFailure() << "more than one line: " << text;
  return ::testing::AssertionSuccess();
}

}  // namespace denoiscope::testing
