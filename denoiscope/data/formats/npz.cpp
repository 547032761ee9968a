// .npz: a zip archive of .npy files. The central directory says what there is; every local header must agree with it.
#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <set>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/inflate.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

constexpr std::string_view kCentral{"PK\x01\x02", 4}, kEnd{"PK\x05\x06", 4};
constexpr std::string_view kEnd64{"PK\x06\x06", 4}, kLocator64{"PK\x06\x07", 4};
constexpr std::size_t kEndBytes = 22, kMaxComment = 0xffff;
constexpr std::size_t kFull16 = 0xffff, kFull32 = 0xffffffff;  // what does not fit stands in a zip64 field
constexpr unsigned kEncrypted = 1, kSizesFollow = 8;           // general purpose flags

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

unsigned u16(std::span<const std::byte> bytes, std::size_t at) {
  return std::to_integer<unsigned>(bytes[at]) | std::to_integer<unsigned>(bytes[at + 1]) << 8;
}

std::size_t u32(std::span<const std::byte> bytes, std::size_t at) {
  return load<std::uint32_t, false>(bytes.data() + at);
}

std::size_t u64(std::span<const std::byte> bytes, std::size_t at) {
  return load<std::uint64_t, false>(bytes.data() + at);
}

// Gives each value that does not fit its own field the one in the zip64 extra field, which holds those in order.
void widen(std::initializer_list<std::size_t*> values, std::span<const std::byte> extra, std::size_t at,
           const std::string& file) {
  if (std::none_of(values.begin(), values.end(), [](const std::size_t* v) { return *v == kFull32; })) return;
  Cursor fields(extra, file, at);
  while (fields.at() < extra.size()) {
    const auto head = fields.take(4, "extra");
    const std::size_t content_at = at + fields.at();
    const auto content = fields.take(u16(head, 2), "extra");
    if (u16(head, 0) != 1) continue;
    Cursor numbers(content, file, content_at);
    for (std::size_t* value : values)
      if (*value == kFull32) *value = u64(numbers.take(8, "zip64"), 0);
    return;
  }
  malformed(file, at, "zip64", "no such field", "the sizes that do not fit 32 bits", "The file is damaged.");
}

struct Entry {
  std::string name;
  unsigned flags = 0, method = 0;
  std::size_t crc = 0, packed = 0, unpacked = 0;
  std::size_t header = 0;     ///< where its local header begins
  std::size_t begin = 0;      ///< where its packed bytes begin
  std::size_t directory = 0;  ///< where the central directory speaks of it
};

struct Directory {
  std::size_t begin = 0, end = 0, entries = 0;
};

// What the 32-bit end record has no room for stands in a zip64 end record, to which a locator before it points.
Directory find_directory64(const Bytes& bytes, std::size_t end_at, const std::string& file) {
  constexpr std::size_t kLocator = 20, kRecord = 56;
  if (end_at < kLocator || !bytes.text().substr(end_at - kLocator).starts_with(kLocator64))
    malformed(file, end_at, "end of directory", "sizes of 4 GiB and more", "a zip64 locator before them",
              "The file is damaged.");
  const std::size_t locator_at = end_at - kLocator;
  const auto locator = bytes.span().subspan(locator_at, kLocator);
  const std::size_t at = u64(locator, 8);
  if (u32(locator, 4) != 0 || u32(locator, 16) != 1)
    malformed(file, locator_at + 4, "disks", "an archive of several parts", "a single file");
  if (at > locator_at || locator_at - at < kRecord || !bytes.text().substr(at).starts_with(kEnd64))
    malformed(file, locator_at + 8, "zip64", fmt::format("offset {}", at), "that of a zip64 end record before it",
              "The file is damaged.");
  const auto record = bytes.span().subspan(at, kRecord);
  const std::size_t rest = u64(record, 4), entries = u64(record, 32), size = u64(record, 40), offset = u64(record, 48);
  if (rest != locator_at - at - 12)  // counted after the length itself
    malformed(file, at + 4, "zip64", fmt::format("a record of {} bytes", rest),
              fmt::format("{}, up to the locator", locator_at - at - 12), "The file is damaged.");
  if (u32(record, 16) != 0 || u32(record, 20) != 0 || u64(record, 24) != entries)
    malformed(file, at + 16, "disks", "an archive of several parts", "a single file");
  const auto end = bytes.span().subspan(end_at);
  const auto agrees = [](std::size_t narrow, std::size_t full, std::size_t wide) {
    return narrow == full || narrow == wide;
  };
  if (!agrees(u16(end, 10), kFull16, entries) || !agrees(u32(end, 12), kFull32, size) ||
      !agrees(u32(end, 16), kFull32, offset))
    malformed(file, at + 32, "zip64", "other sizes than in the end record", "the same", "The file is damaged.");
  if (offset > at || size != at - offset)
    malformed(file, at + 40, "directory", fmt::format("{} bytes from byte {}", size, offset),
              fmt::format("to end at byte {}", at), "The file is damaged.");
  return {offset, at, entries};
}

Directory find_directory(const Bytes& bytes, const std::string& file) {
  const std::string_view text = bytes.text();
  const std::size_t first = text.size() > kEndBytes + kMaxComment ? text.size() - kEndBytes - kMaxComment : 0;
  std::size_t at = text.size() < kEndBytes ? std::string_view::npos : text.rfind(kEnd, text.size() - kEndBytes);
  if (at == std::string_view::npos || at < first)
    malformed(file, text.size(), "end of directory", "no end record", "one of a zip archive", "The file is cut short.");
  const auto end = bytes.span().subspan(at, kEndBytes);
  if (at + kEndBytes + u16(end, 20) != text.size())
    malformed(file, at + 20, "comment", fmt::format("a comment of {} bytes", u16(end, 20)), "the end of the file",
              "The file is damaged.");
  const std::size_t entries = u16(end, 10), size = u32(end, 12), offset = u32(end, 16);
  if (size == kFull32 || offset == kFull32 || entries == kFull16) return find_directory64(bytes, at, file);
  if (u16(end, 4) != 0 || u16(end, 6) != 0 || u16(end, 8) != entries)
    malformed(file, at + 4, "disks", "an archive of several parts", "a single file");
  if (entries == 0) malformed(file, at + 10, "entries", "an empty archive", "at least one array");
  if (offset > at || size != at - offset)
    malformed(file, at + 12, "directory", fmt::format("{} bytes from byte {}", size, offset),
              fmt::format("to end at byte {}", at), "The file is damaged.");
  return {offset, at, entries};
}

void check_name(const std::string& name, const std::string& file, std::size_t at) {
  const bool escapes = name.starts_with('/') || name.find('\\') != std::string::npos ||
                       ("/" + name + "/").find("/../") != std::string::npos;
  if (name.empty() || escapes || name.find('\0') != std::string::npos)
    malformed(file, at, "name", fmt::format("'{}'", printable(name)), "a relative name without '..'",
              "The archive is forged or damaged.");
}

Entry read_entry(Cursor& cursor, std::size_t origin, const std::string& file) {
  constexpr std::size_t kFixed = 46;
  Entry entry;
  entry.directory = origin + cursor.at();
  const auto fixed = cursor.take(kFixed, "directory");
  if (!text_of(fixed).starts_with(kCentral))
    malformed(file, entry.directory, "directory", fmt::format("'{}'", printable(text_of(fixed.first(4)))),
              "PK\\x01\\x02", "The file is damaged.");
  entry.flags = u16(fixed, 8);
  entry.method = u16(fixed, 10);
  entry.crc = u32(fixed, 16);
  entry.packed = u32(fixed, 20);
  entry.unpacked = u32(fixed, 24);
  entry.header = u32(fixed, 42);
  entry.name = text_of(cursor.take(u16(fixed, 28), "name"));
  check_name(entry.name, file, entry.directory + kFixed);
  const std::size_t extra_at = origin + cursor.at();
  widen({&entry.unpacked, &entry.packed, &entry.header}, cursor.take(u16(fixed, 30), "extra"), extra_at, file);
  cursor.take(u16(fixed, 32), "comment");
  if ((entry.flags & kEncrypted) != 0)
    malformed(file, entry.directory + 8, "flags", "an encrypted member", "plain or deflated ones");
  if (entry.method != 0 && entry.method != 8)
    malformed(file, entry.directory + 10, "method", fmt::format("{}", entry.method), "0 (stored) or 8 (deflated)",
              "In Python: numpy.savez_compressed.");
  if (entry.method == 0 && entry.packed != entry.unpacked)
    malformed(file, entry.directory + 20, "sizes", fmt::format("{} stored bytes", entry.packed),
              fmt::format("{}", entry.unpacked), "The file is damaged.");
  return entry;
}

// Finds the packed bytes of a member, and compares what the two headers say. `limit`: where the directory begins.
void locate(const Bytes& bytes, Entry& entry, std::size_t limit, const std::string& file) {
  if (entry.header > limit)
    malformed(file, entry.directory + 42, "offset", fmt::format("{}", entry.header), fmt::format("below {}", limit),
              "The file is damaged.");
  Cursor cursor(bytes.span().subspan(entry.header, limit - entry.header), file, entry.header);
  const auto fixed = cursor.take(30, "local header");
  const auto name = cursor.take(u16(fixed, 26), "name");
  const std::size_t extra_at = entry.header + cursor.at();
  const auto extra = cursor.take(u16(fixed, 28), "extra");
  std::size_t packed = u32(fixed, 18), unpacked = u32(fixed, 22);  // numpy has them in zip64 fields, however small
  widen({&unpacked, &packed}, extra, extra_at, file);
  bool same = text_of(fixed).starts_with(kZipMagic) && text_of(name) == entry.name && u16(fixed, 6) == entry.flags &&
              u16(fixed, 8) == entry.method;
  if ((entry.flags & kSizesFollow) == 0)
    same = same && u32(fixed, 14) == entry.crc && packed == entry.packed && unpacked == entry.unpacked;
  if (!same)
    malformed(file, entry.header, "local header", "another name, method, size or checksum",
              "what the directory says of " + printable(entry.name), "The file is damaged.");
  entry.begin = entry.header + cursor.at();
  if (entry.packed > limit - entry.begin)
    malformed(file, entry.directory + 20, "sizes", fmt::format("{} packed bytes", entry.packed),
              fmt::format("at most the {} left", limit - entry.begin), "The file is cut short or damaged.");
  if (entry.unpacked / kMaxExpansion > entry.packed)
    malformed(file, entry.directory + 24, "sizes", fmt::format("{} bytes declared", entry.unpacked),
              fmt::format("at most {} from {} compressed ones", entry.packed * kMaxExpansion, entry.packed),
              "The archive is forged or damaged.");
}

std::vector<Entry> read_directory(const Bytes& bytes, const std::string& file) {
  const Directory directory = find_directory(bytes, file);
  Cursor cursor(bytes.span().subspan(directory.begin, directory.end - directory.begin), file, directory.begin);
  std::vector<Entry> entries;
  std::set<std::string> names;
  for (std::size_t i = 0; i < directory.entries; ++i) {
    entries.push_back(read_entry(cursor, directory.begin, file));
    if (!names.insert(entries.back().name).second)
      malformed(file, entries.back().directory, "name", "a second " + printable(entries.back().name),
                "every name once");
    locate(bytes, entries.back(), directory.begin, file);
  }
  if (directory.begin + cursor.at() != directory.end)
    malformed(file, directory.begin + cursor.at(), "directory", "more bytes", "the end record");
  std::vector<Entry> placed = entries;
  std::sort(placed.begin(), placed.end(), [](const Entry& a, const Entry& b) { return a.header < b.header; });
  for (std::size_t i = 1; i < placed.size(); ++i)
    if (placed[i].header < placed[i - 1].begin + placed[i - 1].packed)
      malformed(file, placed[i].header, "offset",
                printable(placed[i].name) + " inside " + printable(placed[i - 1].name), "members one after another",
                "The archive is forged or damaged.");
  return entries;
}

Bytes extract(const Bytes& bytes, const Entry& entry, const std::string& file) {
  Bytes content = part_of(bytes, entry.begin, entry.packed);
  if (entry.method != 0) {
    Inflater inflater(content.span(), Wrapping::none, entry.begin, file);
    content = inflater.read_all(entry.unpacked, printable(entry.name));
    inflater.expect_end();
  }
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(content.data.get()), content.size);
  if (crc != entry.crc)
    malformed(file, entry.begin, printable(entry.name), fmt::format("checksum {:08x}", crc),
              fmt::format("{:08x}", entry.crc), "The file is damaged; fetch it again.");
  return content;
}

}  // namespace

Dataset open_npz(const Bytes& bytes, Role role, const std::string& file) {
  const std::vector<Entry> entries = read_directory(bytes, file);
  std::size_t inflated = 0;  // each at most 1032 times the file, so the sum stays far below 2^64
  for (const Entry& entry : entries) inflated += entry.method != 0 ? entry.unpacked : 0;
  require_memory(inflated, file);
  std::vector<Member> members;
  for (const Entry& entry : entries) {
    constexpr std::string_view kSuffix = ".npy";
    if (entry.name.ends_with('/')) continue;
    Bytes content = extract(bytes, entry, file);
    Member member{entry.name, {}, "", false};
    if (member.name.ends_with(kSuffix)) member.name.resize(member.name.size() - kSuffix.size());
    try {
      const Dataset array = open_npy(std::move(content), file + ":" + printable(entry.name), &member.flat);
      member.array.push_back(array);
    } catch (const DataError& error) {  // an array of objects beside the data is no reason to refuse the data
      member.unusable = error.what();
    }
    members.push_back(std::move(member));
  }
  if (members.size() == 1 && members.front().array.empty()) throw DataError("{}", members.front().unusable);
  return choose(members, role, file);
}

namespace {

constexpr std::size_t kDate = 0x00210000;  // 1 January 1980, midnight: the earliest there is
constexpr std::size_t kVersion = 20, kStored = 0, kDeflated = 8;
constexpr std::size_t kHeaders = 1024;  // more than those of all members take

std::string little(std::size_t value, std::size_t bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
  return out;
}

std::string deflated(const std::string& content) {
  z_stream stream{};
  constexpr int kRaw = -15, kMemory = 8;
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kRaw, kMemory, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::bad_alloc();
  std::string packed(deflateBound(&stream, content.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int status = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (status != Z_STREAM_END) throw InternalError("deflate of {} bytes: zlib says {}", content.size(), status);
  return packed;
}

// Without zip64 fields, an archive and its members are shorter than 4 GiB.
void require_short(std::size_t bytes, const std::string& file) {
  if (bytes >= std::numeric_limits<std::uint32_t>::max())
    throw DataError("{}: {} bytes, expected less than 4 GiB in a .npz. Write .npy or .safetensors.", file, bytes);
}

}  // namespace

std::string encode_npz(std::span<const Array> arrays, bool compressed, const std::string& file) {
  std::string out, directory;
  for (const Array& array : arrays) {
    const std::size_t numbers = static_cast<std::size_t>(array.data.rows()) *
                                static_cast<std::size_t>(array.data.dimension()) * scalar_bytes(array.data.scalar());
    require_short(numbers + numbers / 1000 + kHeaders, file);  // deflate may add five bytes a block
    std::string content = encode_npy(array);
    const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
    const std::size_t size = content.size();
    if (compressed) content = deflated(content);
    require_short(out.size() + content.size() + kHeaders, file);
    const std::string name = array.name + ".npy";
    const std::string common = little(kVersion, 2) + little(0, 2) + little(compressed ? kDeflated : kStored, 2) +
                               little(kDate, 4) + little(crc, 4) + little(content.size(), 4) + little(size, 4) +
                               little(name.size(), 2) + little(0, 2);
    constexpr std::size_t kNoCommentFirstDiskNoAttributes = 2 + 2 + 2 + 4;
    directory.append(kCentral).append(little(kVersion, 2)).append(common);
    directory.append(kNoCommentFirstDiskNoAttributes, '\0').append(little(out.size(), 4)).append(name);
    out.append(kZipMagic).append(common).append(name).append(content);
  }
  const std::size_t at = out.size();
  out.append(directory).append(kEnd).append(little(0, 4));
  out.append(little(arrays.size(), 2)).append(little(arrays.size(), 2));
  out.append(little(directory.size(), 4)).append(little(at, 4)).append(little(0, 2));
  return out;
}

}  // namespace denoiscope::data
