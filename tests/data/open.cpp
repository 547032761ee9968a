#include "denoiscope/data/open.hpp"

#include <sys/stat.h>

#include "denoiscope/data/known.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/data/write.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::big_endian;
using testing::bytes_of;
using testing::described;
using testing::Folder;
using testing::has;
using testing::npy;

std::string idx(unsigned char type, std::initializer_list<std::uint32_t> extents, const std::string& payload) {
  std::string bytes{'\0', '\0', static_cast<char>(type), static_cast<char>(extents.size())};
  return bytes + big_endian(extents) + payload;
}

std::string gzip(const std::string& content) { return testing::deflated(content, testing::Wrapped::gzip); }

RowMatrix all(const Dataset& data) {
  RowMatrix out(data.rows(), data.dimension());
  data.read(0, out);
  return out;
}

RowMatrix opened(const Folder& folder, const std::string& content) {
  return all(data::open(folder.write("file", content)));
}

std::string refused(const Folder& folder, const std::string& content) {
  const std::string file = folder.write("file", content);
  return testing::refusal([&] { all(data::open(file)); });
}

std::string labels_refused(const Folder& folder, const std::string& content) {
  const std::string file = folder.write("labels", content);
  return testing::refusal([&] { data::open_labels(file); });
}

const std::string kSix = bytes_of<double>({1, 2, 3, 4, 5, 6});
const RowMatrix kSixRows{{1, 2, 3}, {4, 5, 6}};

TEST(Npy, ReadsVersionsTypesAndOrders) {
  const Folder folder;
  for (const int major : {1, 2, 3}) EXPECT_EQ(opened(folder, npy(described("<f8", "(2, 3)"), kSix, major)), kSixRows);
  const std::string u1 = bytes_of<std::uint8_t>({1, 2, 3, 4, 5, 6});
  EXPECT_EQ(opened(folder, npy(described("|u1", "(2, 3)"), u1)), kSixRows);
  EXPECT_EQ(opened(folder, npy(described(">u1", "(2, 3)"), u1)), kSixRows);
  EXPECT_EQ(opened(folder, npy(described("<i4", "(2, 3)"), bytes_of<std::int32_t>({1, 2, 3, 4, 5, 6}))), kSixRows);
  EXPECT_EQ(opened(folder, npy(described("<i8", "(2, 3)"), bytes_of<std::int64_t>({1, 2, 3, 4, 5, 6}))), kSixRows);
  EXPECT_EQ(opened(folder, npy(described("=f4", "(2, 3)"), bytes_of<float>({1, 2, 3, 4, 5, 6}))), kSixRows);
  EXPECT_EQ(opened(folder, npy(described(">f4", "(2, 3)"), big_endian<float>({1, 2, 3, 4, 5, 6}))), kSixRows);
  EXPECT_EQ(opened(folder, npy(described("f8", "(2, 3)"), kSix)), kSixRows);
  EXPECT_EQ(opened(folder, npy("{\"shape\":(2L,3L,),'fortran_order':False,'descr':'<f8'}", kSix)), kSixRows);
}

TEST(Npy, FirstAxisCountsRows) {
  const Folder folder;
  const std::string file = folder.write("file", npy(described("|u1", "(2, 3, 4, 3)"), std::string(72, 'x')));
  const Dataset pictures = data::open(file);
  EXPECT_EQ(pictures.rows(), 2);
  EXPECT_EQ(pictures.shape(), (std::vector<Index>{3, 4, 3}));
  EXPECT_TRUE(pictures.is_image());
  EXPECT_EQ(pictures.name(), file);
  const Dataset line = data::open(folder.write("file", npy(described("<f8", "(6,)"), kSix)));
  EXPECT_EQ(line.rows(), 6);
  EXPECT_EQ(line.dimension(), 1);
}

TEST(Npy, RefusesWhatItCannotRead) {
  const Folder folder;
  const auto refusal_of = [&](const std::string& header) { return refused(folder, npy(header, kSix)); };
  EXPECT_TRUE(has(refusal_of(described("<f8", "(2, 3)", "True")), {"byte 44 (fortran_order)", "ascontiguousarray"}));
  EXPECT_TRUE(has(refusal_of(described("|O", "(2, 3)")), {"byte 20 (descr)", "never loaded"}));
  for (const char* type : {"<f2", "<ixy", "", "<", "|b1", "<u8", "<c16", "|f8", "<f88", "|S8"})
    EXPECT_TRUE(has(refusal_of(described(type, "(2, 3)")), {"byte 20 (descr): type '", "<f8"})) << type;
  EXPECT_TRUE(
      has(refusal_of("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (6,), }"), {"(descr)", "Structured"}));
  EXPECT_TRUE(has(refusal_of(described("<f8", "()")), {"(shape)", "without axes"}));
  EXPECT_TRUE(has(refusal_of(described("<f8", "(0, 3)")), {"(shape)", "axis 0 of length 0"}));
  EXPECT_TRUE(has(refusal_of(described("<f8", "(6)")), {"(shape)", "','"}));
  for (const char* shape : {"(2, 3", "2, 3", "(-2, -3)", "(2.0, 3)", "(2 3)", "(,)", "(2,, 3)", "(0x2, 3)", ""})
    EXPECT_TRUE(has(refusal_of(described("<f8", shape)), {"(shape)"})) << shape;
  EXPECT_TRUE(has(refusal_of("{'descr': '<f8', 'fortran_order': False, }"), {"(header)", "expected shape"}));
  EXPECT_TRUE(has(refusal_of("{'descr': '<f8', 'shape': (2, 3), }"), {"(header)", "expected fortran_order"}));
  EXPECT_TRUE(has(refusal_of("{'fortran_order': False, 'shape': (2, 3), }"), {"(header)", "expected descr"}));
  EXPECT_TRUE(has(refusal_of("{'fortran_order': False, 'fortran_order': False}"), {"key 'fortran_order'"}));
  EXPECT_TRUE(has(refusal_of("{'shape': (2, 3), 'shape': (2, 3)}"), {"key 'shape'"}));
  EXPECT_TRUE(has(refusal_of("{"), {"byte 11 (header): the end of the header, expected a quoted name"}));
  EXPECT_TRUE(has(refusal_of("{'descr': '<f8', 'descr': '<f8', }"), {"byte 27 (header)", "key 'descr'"}));
  EXPECT_TRUE(has(refusal_of("{'descr': '<f8', 'x': 1, }"), {"key 'x'"}));
  EXPECT_TRUE(has(refusal_of(described("<f8", "(2, 3)") + "x"), {"(header)", "nothing after"}));
  EXPECT_TRUE(has(refusal_of(""), {"byte 10 (header)", "end of the header"}));
  EXPECT_TRUE(has(refusal_of("{'descr': '<f8"), {"(descr)"}));
  EXPECT_TRUE(has(refused(folder, npy(described("<f8", "(2, 3)"), kSix, 4)), {"byte 6 (version): 4.0"}));
}

TEST(Npy, RefusesForgedSizesBeforeAllocating) {
  const Folder folder;
  const auto refusal_of = [&](const std::string& shape) { return refused(folder, npy(described("<f8", shape), "")); };
  EXPECT_TRUE(has(refusal_of("(65536, 65536)"), {"(numbers)", "0 bytes", "34359738368"}));
  EXPECT_TRUE(has(refusal_of("(4294967296, 4294967296)"), {"(shape)", "2^63"}));  // wraps to 0
  EXPECT_TRUE(has(refusal_of("(2305843009213693953, 8)"), {"(shape)", "2^63"}));  // wraps to 64
  EXPECT_TRUE(has(refusal_of("(1152921504606846976,)"), {"(shape)", "2^63"}));    // 2^63 itself
  EXPECT_TRUE(has(refusal_of("(99999999999999999999, 1)"), {"(shape)", "below 2^64"}));
  EXPECT_TRUE(has(refusal_of("(18446744073709551616, 1)"), {"(shape)", "below 2^64"}));  // by the last digit
  std::string axes = "(";
  for (int i = 0; i < 33; ++i) axes += "1, ";
  EXPECT_TRUE(has(refusal_of(axes + ")"), {"(shape)", "at most 32"}));
  const std::string four_gib = std::string("\x93NUMPY\x02\x00", 8) + std::string(4, '\xff');
  ASSERT_EQ(four_gib.size(), 12u);
  EXPECT_TRUE(has(refused(folder, four_gib), {"byte 8 (header length): 4294967295 bytes", "at most 65536"}));
  EXPECT_TRUE(has(refused(folder, npy(described("<f8", "(2, 3)"), kSix + "x")), {"49 bytes", "the 48", "tail"}));
}

// Whatever one byte of a small file becomes, the file is refused in one line or is an array of exactly its size; and no
// proper beginning of it is accepted.
void expect_robust(const Folder& folder, const std::string& good, std::size_t header) {
  ASSERT_EQ(refused(folder, good), "accepted");
  testing::each_truncation(good, [&](const std::string& bad, std::size_t length) {
    ASSERT_TRUE(has(refused(folder, bad), {": byte ", "expected"})) << length;
  });
  const auto check = [&](const std::string& bad, std::size_t at) {
    const std::string said = refused(folder, bad);
    if (said != "accepted") {
      ASSERT_TRUE(has(said, {": byte ", "expected"})) << at;
    } else {
      const Dataset data = data::open(folder.path("file"));
      ASSERT_EQ(static_cast<std::size_t>(data.rows()) * data.raw(0).size(), good.size() - header) << at;
    }
  };
  testing::each_changed_byte(good, check, header);
}

TEST(Npy, EveryTruncationAndHeaderByte) {
  const Folder folder;
  for (const int major : {1, 2, 3}) {
    const std::string header = described("<f8", "(2, 3)");
    expect_robust(folder, npy(header, kSix, major), (major == 1 ? 10 : 12) + header.size());
  }
}

TEST(Npy, WritesWhatItReads) {
  const Folder folder;
  const std::string file = folder.path("out.npy");
  data::write_npy(file, kSixRows);
  EXPECT_EQ(all(data::open(file)), kSixRows);
  EXPECT_EQ(std::filesystem::file_size(file), 128u + 48u);
  const Index shape[] = {2, 2};
  data::write_npy(file, RowMatrix{{1, 2, 3, 4}}.leftCols(4), shape);
  EXPECT_EQ(data::open(file).shape(), (std::vector<Index>{2, 2}));
  data::write_npy(file, RowMatrix(kSixRows).rightCols(2));  // rows that do not follow one another in memory
  EXPECT_EQ(all(data::open(file)), (RowMatrix{{2, 3}, {5, 6}}));
  EXPECT_THROW(data::write_npy(file, kSixRows, shape), InternalError);
  const std::vector<long long> labels{3, -1, 1LL << 60};
  data::write_npy(file, labels);
  EXPECT_EQ(data::open_labels(file), labels);
}

TEST(Idx, ReadsTypesPlainAndGzipped) {
  const Folder folder;
  const std::string files[] = {idx(0x08, {2, 3}, bytes_of<std::uint8_t>({1, 2, 3, 4, 5, 6})),
                               idx(0x0C, {2, 3}, big_endian<std::int32_t>({1, 2, 3, 4, 5, 6})),
                               idx(0x0D, {2, 3}, big_endian<float>({1, 2, 3, 4, 5, 6})),
                               idx(0x0E, {2, 3}, big_endian<double>({1, 2, 3, 4, 5, 6}))};
  for (const std::string& file : files) {
    EXPECT_EQ(opened(folder, file), kSixRows);
    EXPECT_EQ(opened(folder, gzip(file)), kSixRows);
  }
  EXPECT_TRUE(data::open(folder.write("file", idx(0x08, {2, 2, 3}, std::string(12, 'x')))).is_image());
}

TEST(Idx, RefusesWhatItCannotRead) {
  const Folder folder;
  EXPECT_TRUE(has(refused(folder, idx(0x09, {2}, "xx")), {"byte 2 (type): 0x09 (signed 8-bit)", ".npy"}));
  EXPECT_TRUE(has(refused(folder, idx(0x0B, {1}, "xx")), {"signed 16-bit"}));
  EXPECT_TRUE(has(refused(folder, idx(0x07, {1}, "x")), {"byte 2 (type): 0x07"}));
  EXPECT_TRUE(has(refused(folder, idx(0x08, {}, "")), {"byte 3 (axes): 0"}));
  EXPECT_TRUE(has(refused(folder, std::string("\0\0\x08\xff", 4) + std::string(1020, '\1')), {"byte 3 (axes): 255"}));
  EXPECT_TRUE(has(refused(folder, idx(0x08, {2, 0}, "")), {"(shape)", "axis 1 of length 0"}));
  EXPECT_TRUE(has(refused(folder, idx(0x0E, {0xffffffff, 0xffffffff, 0xffffffff}, "x")), {"2^63"}));
  EXPECT_TRUE(has(refused(folder, idx(0x08, {2, 3}, "1234567")), {"7 bytes", "the 6"}));
}

TEST(Idx, EveryTruncationAndHeaderByte) {
  const Folder folder;
  expect_robust(folder, idx(0x0D, {2, 3}, big_endian<float>({1, 2, 3, 4, 5, 6})), 12);
}

TEST(IdxGz, RefusesDamageBombsAndTails) {
  const Folder folder;
  std::string numbers;  // without repeats: where all bytes are equal, a changed distance in the stream changes nothing
  for (int i = 0; i < 600; ++i) numbers += static_cast<char>(i * i % 251);
  const std::string content = idx(0x08, {20, 30}, numbers), good = gzip(content);
  EXPECT_EQ(refused(folder, good), "accepted");
  const auto cut = [&](const std::string& bad, std::size_t length) {
    ASSERT_TRUE(has(refused(folder, bad), {": byte ", "expected"})) << length;
  };
  testing::each_truncation(good, cut, 2);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    const bool unused = at >= 3 && at < 10;  // gzip's text flag, time, effort and system say nothing about the data
    if (unused) continue;
    ASSERT_TRUE(has(refused(folder, bad), {": byte ", "expected"})) << at;
  }
  EXPECT_TRUE(has(refused(folder, good + "x"), {"(tail): 1 bytes"}));
  EXPECT_TRUE(has(refused(folder, good + good), {"(tail)"}));
  EXPECT_TRUE(has(refused(folder, gzip(content + "x")), {"more inflated bytes"}));
  EXPECT_TRUE(has(refused(folder, gzip(content.substr(0, 500))), {"(numbers): 488 bytes inflated", "600"}));
  // Ten million zeros under a header that asks for one, and a header that asks for more than deflate can hold.
  EXPECT_TRUE(has(refused(folder, gzip(idx(0x08, {1}, std::string(10'000'000, '\0')))), {"more inflated bytes"}));
  EXPECT_TRUE(has(refused(folder, gzip(idx(0x08, {0x7fffffff, 0x7fffffff}, "x"))), {"byte 4 (extents)", "compressed"}));
  EXPECT_TRUE(has(refused(folder, gzip(idx(0x08, {}, ""))), {"byte 3 (axes): 0"}));
  EXPECT_TRUE(has(refused(folder, gzip(std::string("\0\x01\x08\x01", 4))), {"byte 0 (magic): 00 01"}));
  EXPECT_TRUE(has(refused(folder, gzip(std::string("\0\0\x08\x21", 4))), {"byte 3 (axes): 33"}));
  EXPECT_TRUE(has(refused(folder, gzip("a text")), {"byte 0 (magic): 61 20", "unpack"}));
}

TEST(Open, RefusesForeignFilesInOneLine) {
  const Folder folder;
  EXPECT_TRUE(has(refused(folder, ""), {"byte 0 (magic): an empty file", ".npy"}));
  EXPECT_TRUE(has(refused(folder, "%PDF-1.4\n\xe2"), {"'%PDF-1.4\\x0a\\xe2'", "numpy.save"}));
  EXPECT_TRUE(has(refused(folder, "PK\x03\x04 zip"), {"(end of directory)", "zip archive"}));
  EXPECT_TRUE(has(refused(folder, "\x89PNG\r\n\x1a\n"), {"folder of pictures"}));
  EXPECT_TRUE(has(testing::refusal([&] { data::open(folder.path("nowhere")); }), {"nowhere", "three-level-mixture"}));
  EXPECT_TRUE(has(testing::refusal([] { data::open("fashion-minst"); }), {"Did you mean 'fashion-mnist'?"}));
  EXPECT_TRUE(has(testing::refusal([] { data::open(std::string(300, 'x')); }), {"cannot open: File name too long"}));
  ASSERT_EQ(::mkfifo(folder.path("pipe").c_str(), 0600), 0);
  EXPECT_TRUE(has(testing::refusal([&] { data::open(folder.path("pipe")); }), {"pipe", "regular file"}));
  EXPECT_THROW(data::open_test(folder.path("nowhere")), DataError);
}

TEST(Labels, AreIntegersOneARow) {
  const Folder folder;
  const std::vector<long long> expected{3, 0, 7};
  const auto labels = [&](const std::string& content) { return data::open_labels(folder.write("labels", content)); };
  EXPECT_EQ(labels(npy(described("|u1", "(3,)"), bytes_of<std::uint8_t>({3, 0, 7}))), expected);
  EXPECT_EQ(labels(npy(described("<i4", "(3,)"), bytes_of<std::int32_t>({3, 0, 7}))), expected);
  EXPECT_EQ(labels(npy(described(">i8", "(3, 1)"), big_endian<std::int64_t>({3, 0, 7}))), expected);
  EXPECT_EQ(labels(idx(0x08, {3}, bytes_of<std::uint8_t>({3, 0, 7}))), expected);
  EXPECT_EQ(labels(gzip(idx(0x0C, {3}, big_endian<std::int32_t>({3, 0, 7})))), expected);
  // 2^53 + 1 is no double
  EXPECT_EQ(labels(npy(described("<i8", "(1,)"), bytes_of<std::int64_t>({9007199254740993})))[0], 9007199254740993);
  EXPECT_TRUE(has(labels_refused(folder, npy(described("<f8", "(2,)"), bytes_of<double>({1, 2}))),
                  {"labels", "type f64", "astype('int64')"}));
  EXPECT_TRUE(has(labels_refused(folder, npy(described("<f4", "(2,)"), bytes_of<float>({1, 2.5F}))), {"not whole"}));
  EXPECT_TRUE(has(labels_refused(folder, npy(described("<f8", "(2, 3)"), kSix)), {"2 rows of 3", "one label a row"}));
  EXPECT_TRUE(has(testing::refusal([&] { data::open_labels(folder.path()); }), {"a folder"}));
}

TEST(Known, NamesOpenAndMissingFilesNameThePackage) {
  for (const data::Known& known : data::known_datasets()) EXPECT_GT(std::strlen(known.description), 0u) << known.name;
  const Dataset mixture = data::open("three-level-mixture");
  const Dataset test = data::open_test("three-level-mixture");
  EXPECT_EQ(mixture.rows(), 4096);
  EXPECT_EQ(test.rows(), 1024);
  EXPECT_NE(all(mixture).row(0), all(test).row(0));
  const Folder folder;
  EXPECT_TRUE(has(testing::refusal([&] { data::fashion_mnist(folder.path(), data::Part::training); }),
                  {"train-images-idx3-ubyte.gz", "apt-get install dataset-fashion-mnist"}));
}

TEST(Known, FashionMnistHasItsPublishedFacts) {
  if (!std::filesystem::exists("/usr/share/datasets/fashion-mnist")) GTEST_SKIP() << "dataset-fashion-mnist is absent";
  Dataset data = data::open("");
  EXPECT_EQ(data.name(), "fashion-mnist");
  EXPECT_EQ(data.shape(), (std::vector<Index>{28, 28}));
  EXPECT_EQ(data.classes().size(), 10u);
  for (const ClassInfo& info : data.classes()) EXPECT_EQ(info.count, 6000);
  EXPECT_EQ(data.classes()[9].name, "Ankle boot");
  data.set_preprocess(data::preprocess_for(data, ""));
  Vector sum = Vector::Zero(784);
  double square = 0;
  RowMatrix block(1000, 784);
  for (Index begin = 0; begin < data.rows(); begin += 1000) {
    data.read(begin, block);
    sum += block.colwise().sum().transpose();
    square += block.squaredNorm();
  }
  EXPECT_NEAR(square / 6e4 - (sum / 6e4).squaredNorm(), 272.865, 5e-4);  // as given: three decimals
  const data::Quality quality = data::examine(data);
  EXPECT_EQ(quality.minimum, -1);
  EXPECT_EQ(quality.maximum, 1);
  EXPECT_EQ(quality.constant_features, 0);
  const Dataset test = data::open_test("");
  EXPECT_EQ(test.rows(), 10000);
  for (const ClassInfo& info : test.classes()) EXPECT_EQ(info.count, 1000);
}

}  // namespace
}  // namespace denoiscope
