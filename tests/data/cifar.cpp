#include "denoiscope/data/open.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::Folder;
using testing::has;

// A record whose red, green and blue at pixel i are seed + i, seed + 2 i, seed + 3 i modulo 251.
std::string record(const std::string& labels, int seed) {
  std::string out = labels;
  for (int colour = 1; colour <= 3; ++colour)
    for (int i = 0; i < 1024; ++i) out += static_cast<char>((seed + colour * i) % 251);
  return out;
}

std::string refused(const Folder& folder, const std::string& content) {
  const std::string file = folder.write("file", content);
  return testing::refusal([&] { data::open(file); });
}

void expect_picture(const Dataset& data, Index row, int seed) {
  for (const int i : {0, 1, 31, 32, 1023})
    for (int colour = 1; colour <= 3; ++colour)
      ASSERT_EQ(std::to_integer<int>(data.raw(row)[3 * i + colour - 1]), (seed + colour * i) % 251);
}

TEST(Cifar, TenHasColourLastAndNames) {
  const Folder folder;
  const Dataset data = data::open(folder.write("file", record("\x09", 5) + record(std::string(1, '\0'), 7)));
  ASSERT_EQ(data.rows(), 2);
  EXPECT_EQ(data.shape(), (std::vector<Index>{32, 32, 3}));
  EXPECT_TRUE(data.is_image());
  expect_picture(data, 0, 5);
  expect_picture(data, 1, 7);
  EXPECT_EQ(data.labels(), (std::vector<int>{1, 0}));
  EXPECT_EQ(data.classes()[0].name, "airplane");
  EXPECT_EQ(data.classes()[1].name, "truck");
}

TEST(Cifar, HundredHasItsFineLabels) {
  const Folder folder;
  const Dataset data = data::open(folder.write("file", record("\x13\x63", 1) + record("\x0a\x02", 2)));
  ASSERT_EQ(data.rows(), 2);
  expect_picture(data, 1, 2);
  EXPECT_EQ(data.classes()[0].label, 2);
  EXPECT_EQ(data.classes()[1].label, 99);
}

TEST(Cifar, FoldersHoldTheTrainingPartInOrder) {
  const Folder folder;
  folder.write("ten/data_batch_1.bin", record("\x01", 1));
  folder.write("ten/data_batch_2.bin", record("\x02", 2) + record("\x03", 3));
  folder.write("ten/test_batch.bin", record("\x04", 4));
  const Dataset ten = data::open(folder.path("ten"));
  ASSERT_EQ(ten.rows(), 3);
  expect_picture(ten, 0, 1);
  expect_picture(ten, 2, 3);
  folder.write("hundred/train.bin", record("\x01\x02", 1));
  EXPECT_EQ(data::open(folder.path("hundred")).classes()[0].label, 2);
  folder.write("ten/data_batch_2.bin", record("\x01\x02", 1));
  EXPECT_TRUE(has(testing::refusal([&] { data::open(folder.path("ten")); }),
                  {"data_batch_2.bin: byte 0 (records): 3074 bytes", "before it"}));
  folder.write("ten/data_batch_2.bin", "short");
  EXPECT_TRUE(has(testing::refusal([&] { data::open(folder.path("ten")); }), {"(records): 5 bytes", "like those"}));
  folder.write("ten/data_batch_1.bin", record("\x0a", 1));
  EXPECT_TRUE(has(testing::refusal([&] { data::open(folder.path("ten")); }), {"data_batch_1.bin", "below 10"}));
}

TEST(Cifar, ImpossibleLabelsAndLengthsAreNoCifar) {
  const Folder folder;
  EXPECT_TRUE(has(refused(folder, record("\x01", 0) + record("\x0a", 0)), {"(magic)", "CIFAR"}));
  EXPECT_TRUE(has(refused(folder, record("\x14\x01", 0)), {"(magic)"}));
  EXPECT_TRUE(has(refused(folder, record("\x01\x64", 0)), {"(magic)"}));
}

// The first two bytes of IDX are an airplane whose first pixel has no red; only a whole IDX file is read as IDX.
TEST(Cifar, IsNotTakenForIdxNorIdxForCifar) {
  const Folder folder;
  std::string plane = record(std::string(1, '\0'), 0);
  EXPECT_EQ(data::open(folder.write("file", plane)).dimension(), 3072);
  plane.replace(1, 3, std::string("\0\x08\x01", 3));
  EXPECT_EQ(data::open(folder.write("file", plane)).dimension(), 3072);
  plane.replace(4, 4, std::string("\0\0\x0b\xf9", 4));  // 3065 numbers follow: a whole IDX file
  EXPECT_EQ(data::open(folder.write("file", plane)).rows(), 3065);
}

TEST(Cifar, EveryTruncationAndByte) {
  const Folder folder;
  const std::string good = record("\x01", 1);
  testing::each_truncation(good, [&](const std::string& bad, std::size_t length) {
    ASSERT_TRUE(has(refused(folder, bad), {": byte 0", "expected"})) << length;
  });
  testing::each_changed_byte(good, [&](const std::string& bad, std::size_t at) {
    const std::string said = refused(folder, bad);
    const bool plausible = at > 0 || (bad[0] >= 0 && bad[0] < 10);
    ASSERT_EQ(said == "accepted", plausible) << at << ' ' << said;
    if (plausible) {
      ASSERT_EQ(data::open(folder.path("file")).raw(0).size(), 3072u);
    }
  });
}

}  // namespace
}  // namespace denoiscope
