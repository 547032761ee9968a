// What is written reads back to the same bits, whatever the type and shape; what cannot be written says so.
#include "denoiscope/data/write.hpp"

#include <spng.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <map>

#include "denoiscope/base/file_system.hpp"
#include "denoiscope/data/open.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::bytes_of;
using testing::Folder;
using testing::has;
using testing::refusal;

Dataset stored(const std::string& content, Index rows, std::vector<Index> shape, Scalar scalar, bool swapped = false) {
  auto [bytes, at] = allocate_bytes(content.size());
  std::memcpy(at, content.data(), content.size());
  return Dataset::from_bytes(bytes, 0, rows, std::move(shape), scalar, swapped, "by hand");
}

std::string raw(const Dataset& data) {
  std::string out;
  for (Index row = 0; row < data.rows(); ++row) {
    const auto bytes = data.raw(row);
    out.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  return out;
}

RowMatrix all(const Dataset& data) {
  RowMatrix out(data.rows(), data.dimension());
  data.read(0, out);
  return out;
}

constexpr std::pair<Scalar, std::size_t> kTypes[] = {
    {Scalar::u8, 1}, {Scalar::i32, 4}, {Scalar::i64, 8}, {Scalar::f32, 4}, {Scalar::f64, 8}};

// Bytes of every kind: among the floats there are denormals, infinities and NaNs.
std::string anything(std::size_t size) {
  std::string out;
  unsigned state = 12345;
  while (out.size() < size) {
    state = state * 1664525U + 1013904223U;
    out += out.size() % 11 < 2 ? '\xff' : static_cast<char>(state >> 24);
  }
  return out;
}

struct Way {
  const char* file;
  bool compressed, labels;
};

TEST(Write, EveryTypeAndShapeReadsBackToTheSameBits) {
  const Folder folder;
  const std::pair<Index, std::vector<Index>> shapes[] = {{1, {1}},       {1, {5}},       {7, {1}},   {3, {4, 4}},
                                                         {2, {3, 5, 3}}, {4, {2, 3, 4}}, {50, {40}}, {2, {1, 1}}};
  for (const auto& [scalar, size] : kTypes)
    for (const auto& [rows, shape] : shapes) {
      std::size_t bytes = size * static_cast<std::size_t>(rows);
      for (const Index extent : shape) bytes *= static_cast<std::size_t>(extent);
      const std::string content = anything(bytes);
      for (const Way& way : {Way{"f.npy", false, false}, Way{"f.npz", false, true}, Way{"f.npz", true, true},
                             Way{"f.safetensors", false, true}})
        for (const bool labelled : {false, true}) {
          Dataset data = stored(content, rows, shape, scalar);
          std::vector<long long> labels;
          for (Index i = 0; i < rows; ++i) labels.push_back(i % 3 - (1LL << 60));
          if (labelled) data.set_labels(labels, "here");
          const std::string file = folder.path(way.file);
          const std::size_t written = data::write(file, data, {{"source", "here"}}, way.compressed);
          EXPECT_EQ(written, std::filesystem::file_size(file));
          const Dataset back = data::open(file);
          ASSERT_EQ(raw(back), content) << way.file << ' ' << rows;
          EXPECT_EQ(back.hash(), data.hash());  // shape and type as well
          EXPECT_FALSE(back.swapped());
          EXPECT_EQ(back.label_values(), labelled && way.labels ? labels : std::vector<long long>{});
        }
    }
}

TEST(Write, BigEndianBecomesLittleEndian) {
  const Folder folder;
  const Dataset data = stored(testing::big_endian<double>({1.5, -2, 3, 4}), 2, {2}, Scalar::f64, true);
  for (const char* name : {"f.npy", "f.npz", "f.safetensors", "f.csv"}) {
    data::write(folder.path(name), data);
    EXPECT_EQ(raw(data::open(folder.path(name))), bytes_of<double>({1.5, -2, 3, 4})) << name;
  }
}

TEST(Write, ViewsAreWrittenInTheirOrderAndUnscaled) {
  const Folder folder;
  Dataset data = stored("abcdef", 3, {2}, Scalar::u8);
  data.set_preprocess({{1.0}, {100.0}, "x"});
  const std::string file = folder.path("f.npz");
  data::write(file, data.select(std::vector<Index>{2, 0}));
  EXPECT_EQ(raw(data::open(file)), "efab");
}

TEST(Write, TablesReadBackToTheSameDoubles) {
  const Folder folder;
  const std::string file = folder.path("f.csv");
  const double tiny = std::numeric_limits<double>::denorm_min(), huge = std::numeric_limits<double>::max();
  Dataset doubles = stored(bytes_of<double>({0.1, -1e-300, tiny, huge, -0.0, 1.0 / 3}), 3, {2}, Scalar::f64);
  doubles.set_labels(std::vector<long long>{5, -1, 9007199254740993}, "here");
  data::write(file, doubles);
  EXPECT_EQ(raw(data::open(file)), raw(doubles));
  EXPECT_EQ(data::open(file).label_values(), doubles.label_values());
  const Dataset floats = stored(bytes_of<float>({0.1F, 1e-45F, 3e38F, -7.25F}), 1, {4}, Scalar::f32);
  data::write(file, floats);
  EXPECT_EQ(all(data::open(file)), all(floats));
  const Dataset integers = stored(bytes_of<std::int64_t>({-1, 1LL << 53}), 2, {1}, Scalar::i64);
  data::write(file, integers);
  EXPECT_EQ(all(data::open(file)), all(integers));
  EXPECT_EQ(map_file(file).text(), "x0\n-1\n9007199254740992\n");
  Dataset wide = stored(std::string(1 << 20, 'x'), 1, {1 << 20}, Scalar::u8);
  data::write(file, wide);
  EXPECT_EQ(data::open(file).dimension(), 1 << 20);
  wide.set_labels(std::vector<long long>{1}, "here");
  EXPECT_TRUE(has(refusal([&] { data::write(file, wide); }), {"f.csv: 1048576 columns", "1048576 in a CSV"}));
}

TEST(Write, LabelsAlone) {
  const Folder folder;
  Dataset data = stored("abc", 3, {1}, Scalar::u8);
  EXPECT_TRUE(
      has(refusal<UsageError>([&] { data::write_labels(folder.path("l.npy"), data); }), {"l.npy", "has no labels"}));
  const std::vector<long long> labels{3, -(1LL << 62), 3};
  data.set_labels(labels, "here");
  for (const char* name : {"l.npy", "l.npz", "l.safetensors", "l.csv"}) {
    data::write_labels(folder.path(name), data);
    EXPECT_EQ(data::open_labels(folder.path(name)), labels) << name;
  }
  EXPECT_TRUE(has(refusal<UsageError>([&] { data::write_labels(folder.path("l.png"), data); }), {"no picture"}));
}

TEST(Write, ExtensionsSayTheFormat) {
  const auto said = [](const char* name) { return refusal<UsageError>([&] { data::kind_of(name); }); };
  EXPECT_TRUE(has(said("a.npzz"), {"a.npzz: unknown extension '.npzz'", ".safetensors", "Did you mean '.npz'?"}));
  EXPECT_TRUE(has(said("a.safetensor"), {"Did you mean '.safetensors'?"}));
  EXPECT_TRUE(has(said("a"), {"without extension", ".npy"}));
  EXPECT_TRUE(has(said("a.npy.gz"), {"'.gz'"}));
  EXPECT_EQ(data::kind_of("folder.csv/a.png"), data::FileKind::png);
  for (const auto& [name, labels] :
       {std::pair("a.npy", false), {"a.npz", true}, {"a.safetensors", true}, {"a.csv", true}, {"a.png", false}})
    EXPECT_EQ(data::holds_labels(data::kind_of(name)), labels) << name;
}

std::map<std::string, std::string> texts_of(const std::string& file) {
  const Bytes bytes = map_file(file);
  spng_ctx* context = spng_ctx_new(0);
  spng_set_png_buffer(context, bytes.data.get(), bytes.size);
  std::uint32_t count = 0;
  spng_get_text(context, nullptr, &count);
  std::vector<spng_text> texts(count);
  EXPECT_EQ(spng_get_text(context, texts.data(), &count), 0);
  std::map<std::string, std::string> out;
  for (const spng_text& text : texts) out[text.keyword] = std::string(text.text, text.length);
  spng_ctx_free(context);
  return out;
}

TEST(Write, GridShowsEveryPictureAndItsParameters) {
  const Folder folder;
  std::string content;
  for (int i = 0; i < 5 * 2 * 3; ++i) content += static_cast<char>(10 + i);
  const Dataset data = stored(content, 5, {2, 3}, Scalar::u8);
  const std::string file = folder.path("grid/g.png");
  std::filesystem::create_directories(folder.path("grid"));
  data::write(file, data, {{"source", "caf\xc3\xa9.npy"}, {"hash", data.hash()}, {"empty", ""}, {"lines", "a\x7f"}});
  const Dataset grid = data::open(folder.path("grid"));
  ASSERT_EQ(grid.shape(), (std::vector<Index>{4, 9}));  // 2 rows of 3 pictures, each 2 x 3
  const std::string found = raw(grid);
  for (int i = 0; i < 6; ++i)
    for (int y = 0; y < 2; ++y)
      for (int x = 0; x < 3; ++x)
        EXPECT_EQ(found[(i / 3 * 2 + y) * 9 + i % 3 * 3 + x], i < 5 ? static_cast<char>(10 + i * 6 + y * 3 + x) : '\0');
  const std::map<std::string, std::string> expected = {{"source", "caf\xc3\xa9.npy"},
                                                       {"hash", data.hash()},
                                                       {"lines", "a\x7f"},
                                                       {"rows", "2"},
                                                       {"columns", "3"},
                                                       {"pictures", "5"},
                                                       {"black", "0"},
                                                       {"white", "255"}};
  EXPECT_EQ(texts_of(file), expected);
}

TEST(Write, GridSpreadsFloatsOverTheirRange) {
  const Folder folder;
  std::filesystem::create_directories(folder.path("grid"));
  const std::string file = folder.path("grid/g.png");
  data::write(file, stored(bytes_of<float>({-1, 0, 1, 1}), 1, {2, 2}, Scalar::f32));
  EXPECT_EQ(raw(data::open(folder.path("grid"))), std::string("\x00\x80\xff\xff", 4));
  EXPECT_EQ(texts_of(file)["black"], "-1");
  data::write(file, stored(bytes_of<float>({2, 2, 2, 2}), 1, {2, 2}, Scalar::f32));  // one value: black
  EXPECT_EQ(raw(data::open(folder.path("grid"))), std::string(4, '\0'));
}

TEST(Write, GridRefusesWhatItCannotShow) {
  const Folder folder;
  const std::string file = folder.path("g.png");
  EXPECT_TRUE(has(refusal([&] { data::write(file, stored("abcd", 1, {4}, Scalar::u8)); }), {"shape (4)", "pictures"}));
  EXPECT_TRUE(has(refusal([&] {
                    data::write(file, stored(std::string(20000, 'x'), 2, {1, 10000}, Scalar::u8));
                  }),
                  {"g.png: 2 pictures of 10000 x 1", "--rows"}));
  const float nan = std::numeric_limits<float>::quiet_NaN();
  EXPECT_TRUE(has(refusal([&] {
                    data::write(file, stored(bytes_of<float>({1, nan, 1, 1}), 1, {2, 2}, Scalar::f32));
                  }),
                  {"NaN", "column 1"}));
  EXPECT_FALSE(std::filesystem::exists(file));
}

// Nothing is encoded before the size is known, so that the rows need not exist.
TEST(Write, ArchivesStayBelowFourGigabytes) {
  const Folder folder;
  auto [bytes, at] = allocate_bytes(1);
  const Dataset claimed = Dataset::from_bytes(bytes, 0, Index{1} << 32, {1}, Scalar::u8, false, "claimed");
  EXPECT_TRUE(has(refusal([&] { data::write(folder.path("f.npz"), claimed); }), {"f.npz: 4299", "less than 4 GiB"}));
}

class FullDisk final : public FileSystem {
  ssize_t write(int, const void*, std::size_t) override {
    errno = ENOSPC;
    return -1;
  }
};

TEST(Write, AFullDiskLeavesTheOldFile) {
  const Folder folder;
  const Dataset data = stored("abcd", 1, {2, 2}, Scalar::u8);
  FullDisk disk;
  for (const char* name : {"f.npy", "f.npz", "f.safetensors", "f.csv", "f.png"}) {
    const std::string file = folder.write(name, "old");
    const ReplacedFileSystem replaced(disk);
    EXPECT_TRUE(has(refusal<ResourceError>([&] { data::write(file, data); }), {name, "No space left"}));
    EXPECT_EQ(map_file(file).text(), "old");
  }
  std::size_t files = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(folder.path())) ++files;
  EXPECT_EQ(files, 5u);  // no temporary stays
}

}  // namespace
}  // namespace denoiscope
