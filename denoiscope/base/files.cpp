#include "denoiscope/base/files.hpp"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

struct Descriptor {
  int number;
  explicit Descriptor(int n) : number(n) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

}  // namespace

Bytes map_file(const std::filesystem::path& file) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (fd.number < 0 || ::fstat(fd.number, &info) != 0)
    throw DataError("{}: cannot open: {}.", file.string(), std::strerror(errno));
  if (!S_ISREG(info.st_mode)) throw DataError("{}: not a regular file.", file.string());
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size == 0) return {std::shared_ptr<const std::byte>(), 0};
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd.number, 0);
  if (at == MAP_FAILED) throw DataError("{}: cannot map {} bytes: {}.", file.string(), size, std::strerror(errno));
  return {std::shared_ptr<const std::byte>(static_cast<const std::byte*>(at),
                                           [size](const std::byte* p) { ::munmap(const_cast<std::byte*>(p), size); }),
          size};
}

std::pair<Bytes, std::byte*> allocate_bytes(std::size_t size) {
  std::shared_ptr<std::byte> owner(new std::byte[size](), std::default_delete<std::byte[]>());
  std::byte* at = owner.get();
  return {Bytes{std::move(owner), size}, at};
}

std::string sha256(std::span<const std::byte> bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &length, EVP_sha256(), nullptr) != 1)
    throw InternalError("sha256: OpenSSL refused to digest {} bytes", bytes.size());
  std::string hex;
  for (unsigned int i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest[i]);
  return hex;
}

std::string sha256(std::string_view text) { return sha256(std::as_bytes(std::span(text.data(), text.size()))); }

double peak_rss_mib() {
  struct rusage usage {};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace denoiscope
