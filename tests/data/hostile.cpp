// What fuzzing starts from is sound, and sizes that a header claims cost nothing before the data bear them out.

#include <cstdint>

#include "denoiscope/data/formats/inflate.hpp"
#include "denoiscope/data/open.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

namespace fs = std::filesystem;
using testing::Folder;
using testing::has;

TEST(Seeds, EveryFileOfAnArrayFormatOpens) {
  int opened = 0;
  for (const char* format : {"npy", "npz", "idx", "idx_gz", "cifar", "safetensors", "csv"})
    for (const auto& entry : fs::directory_iterator(fs::path(DENOISCOPE_SEEDS) / format)) {
      EXPECT_NO_THROW(data::open(entry.path().string())) << entry.path();
      ++opened;
    }
  EXPECT_GE(opened, 20);
}

TEST(Seeds, EveryPictureOpens) {
  for (const char* format : {"png", "jpeg"})
    for (const auto& entry : fs::directory_iterator(fs::path(DENOISCOPE_SEEDS) / format)) {
      const Folder folder;
      fs::copy_file(entry.path(), folder.path(std::string("picture.") + format));
      EXPECT_EQ(data::open(folder.path()).rows(), 1) << entry.path();
    }
}

TEST(Npz, ReadsAZip64Directory) {
  const Dataset data = data::open(DENOISCOPE_SEEDS "/npz/zip64-directory");
  RowMatrix out(2, 3);
  data.read(0, out);
  EXPECT_EQ(out, (RowMatrix{{1, 2, 3}, {4, 5, 6}}));
  EXPECT_EQ(data.classes()[1].label, 7);
}

TEST(Npz, EveryFieldOfAZip64DirectoryIsHeldToTheOthers) {
  const std::string good(map_file(DENOISCOPE_SEEDS "/npz/zip64-directory").text());
  const std::size_t record = good.find("PK\x06\x06"), locator = good.find("PK\x06\x07"), end = good.rfind("PK\x05\x06");
  ASSERT_TRUE(record < locator && locator < end && end < good.size());
  const Folder folder;
  const auto with = [&](std::size_t at, const std::string& bytes) {
    std::string bad = good;
    const std::string file = folder.write("bad.npz", bad.replace(at, bytes.size(), bytes));
    return testing::refusal([&] { data::open(file); });
  };
  const auto byte = [](std::size_t at) { return ": byte " + std::to_string(at) + " ("; };
  EXPECT_TRUE(has(with(locator, "x"), {byte(end) + "end of directory): sizes of 4 GiB", "zip64 locator"}));
  EXPECT_TRUE(has(with(locator + 4, "\1"), {byte(locator + 4) + "disks)", "a single file"}));
  EXPECT_TRUE(has(with(locator + 16, "\2"), {byte(locator + 4) + "disks)"}));
  EXPECT_TRUE(has(with(locator + 15, "\1"), {byte(locator + 8) + "zip64): offset"}));
  EXPECT_TRUE(has(with(locator + 8, std::string(8, '\0')), {byte(locator + 8) + "zip64): offset 0"}));
  EXPECT_TRUE(has(with(locator + 8, testing::bytes_of<std::uint64_t>({locator - 55})), {byte(locator + 8) + "zip64)"}));
  EXPECT_TRUE(has(with(record + 4, "\1"), {byte(record + 4) + "zip64): a record of 1 bytes", "up to the locator"}));
  for (const std::size_t field : {record + 16, record + 20, record + 24})
    EXPECT_TRUE(has(with(field, "\7"), {byte(record + 16) + "disks)"})) << field - record;
  // The 32-bit fields say "see there" or the same.
  for (const std::size_t field : {end + 10, end + 12, end + 16})
    EXPECT_TRUE(has(with(field, std::string("\x07\0", 2)), {byte(record + 32) + "zip64): other sizes"})) << field - end;
  EXPECT_TRUE(has(with(record + 40, "\x7f"), {byte(record + 40) + "directory): 127 bytes", "to end at byte"}));
  EXPECT_TRUE(has(with(record + 48, "\xff\xff"), {byte(record + 40) + "directory)"}));
  const std::size_t begin = good.find("PK\x01\x02");
  for (const auto& [field, bytes] :
       {std::pair(end + 10, testing::bytes_of<std::uint16_t>({2})),
        {end + 12, testing::bytes_of<std::uint32_t>({static_cast<std::uint32_t>(record - begin)})},
        {end + 16, testing::bytes_of<std::uint32_t>({static_cast<std::uint32_t>(begin)})}})
    EXPECT_EQ(with(field, bytes), "accepted") << field - end;
}

std::string gzip(const std::string& content) { return testing::deflated(content, testing::Wrapped::gzip); }

std::string idx(std::uint32_t rows, std::uint32_t columns, const std::string& payload) {
  return std::string("\0\0\x08\x02", 4) + testing::big_endian({rows, columns}) + payload;
}

std::string noise(std::size_t size) {
  std::string out(size, '\0');
  std::uint32_t state = 1;
  for (char& c : out) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return out;
}

TEST(IdxGz, AForgedSizeCostsNoMemory) {
  const Folder folder;  // 1000 times what the file holds: deflate could do that, so that only the data can refute it
  const std::string file = folder.write("forged.gz", gzip(idx(1 << 20, 1000, noise(1 << 20))));
  const double before = peak_rss_mib();
  EXPECT_TRUE(
      has(testing::refusal([&] { data::open(file); }), {"(numbers): 1048576 bytes inflated, expected 1048576000"}));
  EXPECT_LT(peak_rss_mib() - before, 64 + 2);  // of MiB: what is allowed for a file of 1 MiB; the claim is 1000
}

TEST(Inflater, RefusesMoreThanTheMachineHolds) {
  EXPECT_TRUE(has(testing::refusal<ResourceError>([] { data::require_memory(std::size_t{1} << 60, "file"); }),
                  {"file: 1099511627776 MiB once inflated", "of memory here"}));
}

TEST(IdxGz, RefusesAStreamThatEndsAmidTheHeader) {
  const Folder folder;
  const std::string file = folder.write("file", gzip(std::string("\0\0\x08", 3)));
  EXPECT_TRUE(has(testing::refusal([&] { data::open(file); }), {"(magic): 3 bytes inflated, expected 4"}));
}

TEST(IdxGz, MemoryGrowsWithTheDataUpToItsSize) {
  const Folder folder;  // 80 MiB from 0.1: more than is granted at first, so that memory grows twice
  const Dataset data = data::open(folder.write("zeros.gz", gzip(idx(80, 1 << 20, std::string(80 << 20, '\3')))));
  EXPECT_EQ(data.rows(), 80);
  EXPECT_EQ(data.raw(79).back(), std::byte{3});
  EXPECT_EQ(data.raw(40).front(), std::byte{3});
}

}  // namespace
}  // namespace denoiscope
