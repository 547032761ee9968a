#include "denoiscope/data/formats/inflate.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <new>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"

namespace denoiscope::data {

void require_memory(std::size_t size, const std::string& file) {
  const auto memory =
      static_cast<std::size_t>(::sysconf(_SC_PHYS_PAGES)) * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  if (size > memory)
    throw ResourceError(
        "{}: {} MiB once inflated, expected at most the {} MiB of memory here. Unpacked .npy is read from the disk.",
        file, size >> 20, memory >> 20);
}

Inflater::Inflater(std::span<const std::byte> packed, Wrapping wrapping, std::size_t origin, const std::string& file)
    : packed_(packed), origin_(origin), file_(file) {
  constexpr int kWindow = 15, kGzip = 16;
  if (inflateInit2(&stream_, wrapping == Wrapping::gzip ? kWindow + kGzip : -kWindow) != Z_OK) throw std::bad_alloc();
}

void Inflater::read(std::span<std::byte> out, std::string_view field) {
  const std::size_t wanted = out.size();
  while (!out.empty() && !ended_) out = out.subspan(step(out));
  if (!out.empty())
    malformed(file_, origin_ + used(), field, fmt::format("{} bytes inflated", wanted - out.size()),
              fmt::format("{}", wanted), "The file is cut short or its header is damaged.");
}

Bytes Inflater::read_all(std::size_t size, std::string_view field) {
  struct Freed {
    void operator()(std::byte* memory) const { std::free(memory); }
  };
  constexpr std::size_t kUnproven = std::size_t{32} << 20;
  std::unique_ptr<std::byte, Freed> memory;
  std::size_t room = 0;
  for (std::size_t filled = 0; filled < size || !memory;) {
    room = std::min(size, room == 0 ? kUnproven + 2 * packed_.size() : 2 * room);
    auto* const grown = static_cast<std::byte*>(std::realloc(memory.get(), std::max<std::size_t>(room, 1)));
    if (grown == nullptr) throw std::bad_alloc();
    static_cast<void>(memory.release());  // realloc took it
    memory.reset(grown);
    while (filled < room && !ended_) filled += step({grown + filled, room - filled});
    if (filled < room)
      malformed(file_, origin_ + used(), field, fmt::format("{} bytes inflated", filled), fmt::format("{}", size),
                "The file is cut short or its header is damaged.");
  }
  return {std::shared_ptr<const std::byte>(std::move(memory)), size};
}

void Inflater::expect_end() {
  std::byte spare[1];
  while (!ended_)
    if (step(spare) > 0)
      malformed(file_, origin_ + used(), "numbers", "more inflated bytes", "the end of the data",
                "The header does not fit the data.");
  if (used() != packed_.size())
    malformed(file_, origin_ + used(), "tail",
              fmt::format("{} bytes after the compressed data", packed_.size() - used()), "the end of the data");
}

// Bytes written to `out`: at least one, unless the data have ended.
std::size_t Inflater::step(std::span<std::byte> out) {
  constexpr std::size_t kMost = std::size_t{1} << 30;  // zlib counts in 32 bits
  const std::size_t room = std::min(out.size(), kMost), supply = std::min(packed_.size() - used(), kMost);
  stream_.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(packed_.data() + used()));
  stream_.avail_in = static_cast<uInt>(supply);
  stream_.next_out = reinterpret_cast<Bytef*>(out.data());
  stream_.avail_out = static_cast<uInt>(room);
  const int status = inflate(&stream_, Z_NO_FLUSH);
  ended_ = status == Z_STREAM_END;
  if (status == Z_BUF_ERROR || (status == Z_OK && used() == packed_.size() && stream_.avail_out != 0))
    malformed(file_, origin_ + used(), "deflate", "the end of the data", "more compressed data",
              "The file is cut short.");
  if (status == Z_MEM_ERROR) throw std::bad_alloc();
  if (status != Z_OK && status != Z_STREAM_END)
    malformed(file_, origin_ + used(), "deflate", stream_.msg != nullptr ? stream_.msg : "damaged data",
              "a deflate stream", "The file is damaged; fetch it again.");
  return room - stream_.avail_out;
}

}  // namespace denoiscope::data
