// .npz and the choice of the data among several arrays.
#include <zlib.h>

#include <vector>

#include "denoiscope/data/open.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::bytes_of;
using testing::described;
using testing::Folder;
using testing::has;
using testing::npy;

struct Part {
  std::string name, content;
  bool deflated = false, zip64 = false;
};

std::string u16(std::size_t value) { return bytes_of<std::uint16_t>({static_cast<std::uint16_t>(value)}); }
std::string u32(std::size_t value) { return bytes_of<std::uint32_t>({static_cast<std::uint32_t>(value)}); }

// A zip archive as Python's zipfile lays it out.
std::string zip(const std::vector<Part>& parts, std::size_t flags = 0, std::size_t declared = 0) {
  std::string out, directory;
  for (const Part& part : parts) {
    const std::string packed = part.deflated ? testing::deflated(part.content, testing::Wrapped::bare) : part.content;
    const std::size_t size = declared > 0 ? declared : part.content.size();
    const auto crc =
        crc32(0, reinterpret_cast<const Bytef*>(part.content.data()), static_cast<uInt>(part.content.size()));
    const std::string before = u16(flags) + u16(part.deflated ? 8 : 0) + u32(0x00210000) + u32(crc);
    std::string extra;
    if (part.zip64) extra = u16(1) + u16(16) + bytes_of<std::uint64_t>({size, packed.size()});
    const std::string sizes = part.zip64 ? u32(0xffffffff) + u32(0xffffffff) : u32(packed.size()) + u32(size);
    directory += std::string("PK\x01\x02", 4) + u16(20) + u16(20) + before + u32(packed.size()) + u32(size) +
                 u16(part.name.size()) + u16(0) + u16(0) + u16(0) + u16(0) + u32(0) + u32(out.size()) + part.name;
    out += std::string("PK\x03\x04", 4) + u16(20) + before + sizes + u16(part.name.size()) + u16(extra.size()) +
           part.name + extra + packed;
  }
  const std::size_t at = out.size();
  return out + directory + std::string("PK\x05\x06", 4) + u32(0) + u16(parts.size()) + u16(parts.size()) +
         u32(directory.size()) + u32(at) + u16(0);
}

std::string refused(const Folder& folder, const std::string& content) {
  const std::string file = folder.write("file.npz", content);
  return testing::refusal([&] { data::open(file); });
}

const std::string kX = npy(described("<f8", "(2, 3)"), bytes_of<double>({1, 2, 3, 4, 5, 6}));
const std::string kY = npy(described("<i8", "(2,)"), bytes_of<std::int64_t>({7, 3}));
const RowMatrix kRows{{1, 2, 3}, {4, 5, 6}};

void expect_six(const Dataset& data) {
  RowMatrix out(2, 3);
  data.read(0, out);
  EXPECT_EQ(out, kRows);
}

TEST(Npz, ReadsStoredDeflatedAndNumpysZip64Headers) {
  const Folder folder;
  for (const bool deflated : {false, true})
    for (const bool zip64 : {false, true}) {
      const Dataset data =
          data::open(folder.write("f", zip({{"x.npy", kX, deflated, zip64}, {"y.npy", kY, deflated, zip64}})));
      expect_six(data);
      ASSERT_TRUE(data.labelled());
      EXPECT_EQ(data.classes()[0].label, 3);
      EXPECT_EQ(data.labels(), (std::vector<int>{1, 0}));
      EXPECT_EQ(data.name(), folder.path("f"));
      EXPECT_EQ(data::open_labels(folder.path("f")), (std::vector<long long>{7, 3}));
    }
}

TEST(Npz, ChoosesTheDataOrListsTheMembers) {
  const Folder folder;
  const auto open = [&](const std::vector<Part>& parts) { return data::open(folder.write("f", zip(parts))); };
  const std::string objects = npy(described("|O", "(2, 3)"), "pickle");
  expect_six(open({{"anything.npy", kX}}));
  expect_six(open({{"other.npy", kX}, {"data.npy", kX}}));
  expect_six(open({{"objects.npy", objects}, {"b.npy", kX}, {"readme.txt", "text"}, {"folder/", ""}}));
  EXPECT_EQ(open({{"line.npy", kY}}).dimension(), 1);
  EXPECT_FALSE(open({{"x.npy", kX}, {"y.npy", npy(described("<i8", "(1,)"), bytes_of<std::int64_t>({7}))}}).labelled());
  EXPECT_TRUE(has(refused(folder, zip({{"a.npy", kX}, {"b.npy", kX}})), {"2 arrays: a (f64 2 x 3), b (", "arr_0"}));
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX}, {"data.npy", kX}})), {"2 arrays: x"}));
  EXPECT_TRUE(has(refused(folder, zip({{"a.npy", kY}, {"b.npy", kY}})), {"2 arrays: a (i64 2)"}));
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX}, {"y.npy", kY}, {"label.npy", kY}})), {"one array of labels"}));
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", objects}})), {"x.npy: byte ", "never loaded"}));
  const std::string two = folder.write("two", zip({{"a.npy", kY}, {"b.npy", kY}}));
  EXPECT_TRUE(has(testing::refusal([&] { data::open_labels(two); }), {"2 arrays", "named y"}));
}

TEST(Npz, TakesForLabelsWhatCanBeNoneElse) {
  const Folder folder;
  const auto open = [&](const std::vector<Part>& parts) { return data::open(folder.write("f", zip(parts))); };
  for (const auto& [name, array] : {std::pair<const char*, std::string>{"y.npy", kX},  // more axes than one
                                    {"weights.npy", kY},                               // another name
                                    {"y.npy", npy(described("<f4", "(2,)"), bytes_of<float>({0, 1}))},
                                    {"y.npy", npy(described("<f8", "(2,)"), bytes_of<double>({0, 1}))}}) {
    const Dataset data = open({{"x.npy", kX}, {name, array}});
    expect_six(data);
    EXPECT_FALSE(data.labelled()) << name;
  }
  const auto labels = [&](const std::vector<Part>& parts) { return data::open_labels(folder.write("f", zip(parts))); };
  const std::string weights = npy(described("<f8", "(2,)"), bytes_of<double>({0.5, 1}));
  EXPECT_EQ(labels({{"a.npy", kX}, {"b.npy", weights}, {"c.npy", kY}}), (std::vector<long long>{7, 3}));
  const std::string floats =
      folder.write("f", zip({{"label.npy", npy(described("<f4", "(2,)"), bytes_of<float>({0.5F, 1}))}}));
  EXPECT_TRUE(has(testing::refusal([&] { data::open_labels(floats); }), {"type f32", "Some are not whole"}));
  std::vector<Part> many;
  for (char name = 'a'; name <= 'i'; ++name) many.push_back({std::string(1, name) + ".npy", kX});
  EXPECT_TRUE(has(refused(folder, zip(many)), {"9 arrays: a (f64 2 x 3)", "h (f64 2 x 3), ...", "arr_0"}));
}

TEST(Npz, MembersMayBeEmptyOrSomethingElse) {
  const Folder folder;
  expect_six(data::open(folder.write("f", zip({{"empty", "", true}, {"x.npy", kX}}))));
  expect_six(data::open(folder.write("f", zip({{"readme.txt", "longer than a magic"}, {"x.npy", kX}}))));
  EXPECT_TRUE(has(refused(folder, zip({{"readme.txt", "longer than a magic"}})),
                  {"file.npz:readme.txt: byte 0 (magic): 'longer', expected that of .npy"}));
}

TEST(Npz, TheEndRecordIsLookedForWhereItCanBe) {
  const Folder folder;
  // More bytes than the longest comment before it; the second time it is farther from the end than that.
  const Part large{"large.txt", std::string(70000, ' ')};
  const std::string good = zip({{"x.npy", kX}, large});
  expect_six(data::open(folder.write("f", good)));
  EXPECT_TRUE(has(refused(folder, good + std::string(70000, ' ')), {"(end of directory): no end record"}));
  const std::string alone =
      std::string("PK\x03\x04PK\x05\x06", 8) + u32(0) + std::string(4, '\xff') + std::string(10, '\0');
  EXPECT_TRUE(has(refused(folder, alone), {"byte 4 (end of directory): sizes of 4 GiB", "zip64 locator"}));
  const std::size_t end = good.size() - 22;
  std::string bad = good;
  EXPECT_TRUE(has(refused(folder, bad.replace(end + 8, 4, std::string(4, '\0'))), {"(entries): an empty archive"}));
  bad = good;
  EXPECT_TRUE(has(refused(folder, bad.replace(end + 4, 1, "\1")), {"(disks)"}));
  bad = good;
  EXPECT_TRUE(has(refused(folder, bad.replace(end + 6, 1, "\1")), {"(disks)"}));
  bad = good;
  EXPECT_TRUE(has(refused(folder, bad.replace(end + 10, 2, "\xff\xff")), {"sizes of 4 GiB and more"}));
  bad = good;
  EXPECT_TRUE(has(refused(folder, bad.replace(end + 16, 4, "\xff\xff\xff\xff")), {"sizes of 4 GiB and more"}));
}

TEST(Npz, EveryTruncationAndByte) {
  const Folder folder;
  const std::string good[] = {zip({{"x.npy", kX}}), zip({{"x.npy", kX, true, true}})};
  for (const std::string& archive : good) {
    testing::each_truncation(archive, [&](const std::string& bad, std::size_t length) {
      ASSERT_TRUE(has(refused(folder, bad), {": byte ", "expected"})) << length;
    });
    testing::each_changed_byte(archive, [&](const std::string& bad, std::size_t at) {
      const std::string said = refused(folder, bad);
      // Dates, versions and attributes are free; whatever is accepted has the very numbers.
      if (said == "accepted") {
        expect_six(data::open(folder.path("file.npz")));
      } else {
        ASSERT_TRUE(has(said, {"expected"})) << at;
      }
    });
  }
}

TEST(Npz, RefusesForgedArchives) {
  const Folder folder;
  for (const char* name : {"/x.npy", "../x.npy", "a/../x.npy", "a\\x.npy", ""})
    EXPECT_TRUE(has(refused(folder, zip({{name, kX}})), {"(name)", "without '..'"})) << name;
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX}, {"x.npy", kX}})), {"every name once"}));
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX}}, 1)), {"encrypted"}));
  EXPECT_TRUE(has(refused(folder, zip({})), {"byte 0 (magic)"}));  // an empty archive begins with its end record
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX, true, true}}, 0, 1 << 30)), {"(sizes)", "forged"}));
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX, true}}, 0, kX.size() + 1)), {"bytes inflated"}));
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX, true}}, 0, kX.size() - 1)), {"more inflated bytes"}));
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX}}, 0, kX.size() - 1)), {"(sizes)", "stored"}));
  EXPECT_TRUE(has(refused(folder, zip({{"x.npy", kX}}) + "x"), {"(comment)"}));
  EXPECT_TRUE(has(refused(folder, "PK\x03\x04" + zip({{"x.npy", kX}})), {"(directory)"}));
  std::string overlap = zip({{"x.npy", kX}, {"y.npy", kY}});  // the second directory entry points at the first member
  const std::size_t second = overlap.rfind(std::string("PK\x01\x02", 4));
  overlap.replace(second + 42, 4, u32(0));
  EXPECT_TRUE(has(refused(folder, overlap), {"(local header)"}));
  const std::string inner = zip({{"y.npy", kY}});  // a member inside the stored bytes of another
  std::string nested =
      zip({{"x.npy", npy(described("|u1", "(1, 500)"), inner + std::string(500 - inner.size(), ' '))}, {"y.npy", kY}});
  const std::size_t last = nested.rfind(std::string("PK\x01\x02", 4));
  nested.replace(last + 42, 4, u32(nested.find(inner)));
  EXPECT_TRUE(has(refused(folder, nested), {"y.npy inside x.npy"}));
}

}  // namespace
}  // namespace denoiscope
