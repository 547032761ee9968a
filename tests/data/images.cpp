// jpeglib.h needs FILE and size_t before it.
// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
// clang-format on
#include <spng.h>
#include <sys/resource.h>
#include <zlib.h>

#include <cerrno>
#include <csetjmp>
#include <system_error>

#include "denoiscope/data/formats/picture.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/write.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::Folder;
using testing::has;

using Pixels = std::vector<unsigned char>;

Pixels ramp(Index height, Index width, Index channels, int start = 0) {
  Pixels pixels;
  for (Index i = 0; i < height * width * channels; ++i)
    pixels.push_back(static_cast<unsigned char>(static_cast<Index>(start) + 37 * i));
  return pixels;
}

std::string png(Index height, Index width, Index channels, int start = 0) {
  return data::encode_png(ramp(height, width, channels, start), height, width, channels);
}

// PNG of kinds that encode_png does not write.
std::string special_png(spng_ihdr header, const std::string& stored, spng_plte* palette = nullptr,
                        spng_trns* transparency = nullptr) {
  spng_ctx* context = spng_ctx_new(SPNG_CTX_ENCODER);
  spng_set_option(context, SPNG_ENCODE_TO_BUFFER, 1);
  spng_set_ihdr(context, &header);
  if (palette != nullptr) spng_set_plte(context, palette);
  if (transparency != nullptr) spng_set_trns(context, transparency);
  EXPECT_EQ(spng_encode_image(context, stored.data(), stored.size(), SPNG_FMT_PNG, SPNG_ENCODE_FINALIZE), 0);
  std::size_t length = 0;
  int status = 0;
  void* buffer = spng_get_png_buffer(context, &length, &status);
  std::string bytes(static_cast<const char*>(buffer), length);
  std::free(buffer);
  spng_ctx_free(context);
  return bytes;
}

// `scans`: of a progressive file; none for a plain one.
std::string jpeg(const Pixels& pixels, Index height, Index width, int channels,
                 std::span<const jpeg_scan_info> scans = {}) {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* buffer = nullptr;
  unsigned long length = 0;
  jpeg_mem_dest(&info, &buffer, &length);
  info.image_height = static_cast<JDIMENSION>(height);
  info.image_width = static_cast<JDIMENSION>(width);
  info.input_components = channels;
  info.in_color_space = channels == 1 ? JCS_GRAYSCALE : channels == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, 100, TRUE);
  info.comp_info[0].h_samp_factor = info.comp_info[0].v_samp_factor = 1;  // colour at full resolution
  if (!scans.empty()) {
    info.scan_info = scans.data();
    info.num_scans = static_cast<int>(scans.size());
  }
  jpeg_start_compress(&info, TRUE);
  for (Index y = 0; y < height; ++y) {
    auto* row = const_cast<unsigned char*>(pixels.data() + y * width * channels);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string bytes(reinterpret_cast<char*>(buffer), length);
  jpeg_destroy_compress(&info);
  std::free(buffer);
  return bytes;
}

Pixels row_of(const Dataset& data, Index row) {
  Pixels pixels;
  for (const std::byte b : data.raw(row)) pixels.push_back(std::to_integer<unsigned char>(b));
  return pixels;
}

std::string refused(const Folder& folder) {
  return testing::refusal([&] { data::open(folder.path()); });
}

Pixels one(const Folder& folder, const std::string& content) {
  folder.write("one.png", content);
  return row_of(data::open(folder.path()), 0);
}

TEST(Pictures, PngKeepsEveryPixel) {
  for (const Index channels : {1, 3, 4}) {
    const Folder folder;
    folder.write("b.png", png(5, 7, channels, 100));
    folder.write("a.PNG", png(5, 7, channels, 200));
    folder.write("c.dat", png(5, 7, channels, 50));  // by content, not by name
    folder.write("notes.txt", "not a picture");
    folder.write(".hidden.png", "not looked at");
    const Dataset data = data::open(folder.path());
    ASSERT_EQ(data.rows(), 3);
    EXPECT_EQ(data.shape(), channels == 1 ? (std::vector<Index>{5, 7}) : (std::vector<Index>{5, 7, channels}));
    EXPECT_TRUE(data.is_image());
    EXPECT_FALSE(data.labelled());
    EXPECT_EQ(row_of(data, 0), ramp(5, 7, channels, 200));
    EXPECT_EQ(row_of(data, 1), ramp(5, 7, channels, 100));
    EXPECT_EQ(row_of(data, 2), ramp(5, 7, channels, 50));
  }
}

TEST(Pictures, SubfoldersAreClasses) {
  const Folder folder;
  folder.write("zebra/1.png", png(2, 2, 1, 10));
  folder.write("ape/deep/er/2.png", png(2, 2, 1, 30));
  folder.write("ape/1.png", png(2, 2, 1, 20));
  folder.write("empty/readme", "no picture here");
  folder.write(".git/x.png", png(9, 9, 1));
  const Dataset data = data::open(folder.path());
  ASSERT_EQ(data.rows(), 3);
  ASSERT_EQ(data.classes().size(), 2u);
  EXPECT_EQ(data.classes()[0].name, "ape");
  EXPECT_EQ(data.classes()[0].label, 0);
  EXPECT_EQ(data.classes()[1].name, "zebra");
  EXPECT_EQ(data.classes()[1].label, 2);  // "empty" is 1: a class does not change its number for lack of pictures
  EXPECT_EQ(data.labels(), (std::vector<int>{0, 0, 1}));
  EXPECT_EQ(row_of(data, 2), ramp(2, 2, 1, 10));
  std::filesystem::create_directory_symlink(folder.path("ape"), folder.path("zebra/ring"));
  EXPECT_EQ(data::open(folder.path()).rows(), 3) << "links are not followed";
  folder.write("beside.png", png(2, 2, 1));
  EXPECT_TRUE(has(refused(folder), {"1 pictures beside", "3 in them"}));
  for (const char* name : {"ape", "zebra"}) std::filesystem::remove_all(folder.path(name));
  EXPECT_FALSE(data::open(folder.path()).labelled()) << "no picture is in the folder that is left";
}

TEST(Pictures, DatasetJsonHasTheLabels) {
  const Folder folder;
  folder.write("00000/a.png", png(2, 2, 1, 10));
  folder.write("00000/b.png", png(2, 2, 1, 20));
  folder.write("00001/c.png", png(2, 2, 1, 30));
  const std::string good = R"({"labels": [["00001/c.png", 2], ["00000/b.png", -1], ["00000/a.png", 2]]})";
  const auto open = [&](const std::string& Record) {
    folder.write("dataset.json", Record);
    return data::open(folder.path());
  };
  const auto refused = [&](const std::string& Record) { return testing::refusal([&] { open(Record); }); };
  EXPECT_EQ(open(good).labels(), (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(open(good).classes()[0].label, -1);
  EXPECT_FALSE(open(R"({"labels": null})").labelled());
  EXPECT_EQ(open(R"({"other": 1})").classes()[0].name, "00000");  // not of this kind: sub-folders are classes
  EXPECT_TRUE(has(refused(R"({"labels": [["00000/a.png", 1]]})"), {"dataset.json: no label of 00000/b.png"}));
  EXPECT_TRUE(has(refused(R"({"labels": [["00000/a.png", 1], ["00000/a.png", 1]]})"), {"labels[1]", "again"}));
  EXPECT_TRUE(has(refused(R"({"labels": [["00000/a.png", 1.5]]})"), {"labels[0]", "an integer"}));
  for (const char* pair : {"3", "[\"00000/a.png\"]", "[1, 2]", "{\"a\": 1, \"b\": true}"})
    EXPECT_TRUE(has(refused(std::string(R"({"labels": [)") + pair + "]}"), {"byte 8 (labels[0])", "an integer"}))
        << pair;
  EXPECT_TRUE(has(refused(R"({"labels": 3})"), {"no list"}));
  EXPECT_TRUE(has(refused(R"({"labels": []})"), {"no list", "Remove it"}));
  EXPECT_TRUE(has(refused(good.substr(0, good.size() - 2) + R"(, ["d.png", 1]]})"), {"4 labels", "3 pictures"}));
  std::filesystem::resize_file(folder.path("dataset.json"), (std::uintmax_t{64} << 20) + 1);  // a hole
  EXPECT_TRUE(has(testing::refusal([&] { data::open(folder.path()); }),
                  {"dataset.json: byte 0 (length): 67108865 bytes, expected at most 67108864"}));
  folder.write("d.png", png(2, 2, 1, 40));  // beside sub-folders, which mean nothing here
  EXPECT_EQ(open(good.substr(0, good.size() - 2) + R"(, ["d.png", 7]]})").classes().size(), 3u);
}

TEST(Pictures, DatasetJsonEveryTruncationAndByte) {
  const Folder folder;
  folder.write("a.png", png(2, 2, 1, 10));
  const std::string good = R"({"labels": [["a.png", 6]]})";
  const auto said = [&](const std::string& Record) {
    folder.write("dataset.json", Record);
    return testing::refusal([&] { data::open(folder.path()); });
  };
  testing::each_truncation(good, [&](const std::string& bad, std::size_t length) {
    ASSERT_TRUE(has(said(bad), {"dataset.json: byte ", "expected"})) << length;
  });
  testing::each_changed_byte(good, [&](const std::string& bad, std::size_t) {
    const std::string answer = said(bad);
    if (answer != "accepted") {
      ASSERT_TRUE(has(answer, {"dataset.json", "expected"})) << bad;
    } else {
      ASSERT_EQ(data::open(folder.path()).rows(), 1) << bad;
    }
  });
}

TEST(Pictures, JpegComesBackWithinItsLoss) {
  // Quality 100 rounds cosine coefficients to whole numbers: at most half a level each, in practice two levels a
  // pixel; colour adds a rounding to YCbCr and back.
  Pixels smooth;
  for (int y = 0; y < 16; ++y)
    for (int x = 0; x < 24; ++x)
      for (int c = 0; c < 3; ++c) smooth.push_back(static_cast<unsigned char>(40 + 5 * x + 3 * y + 20 * c));
  Pixels grey;
  for (std::size_t i = 0; i < smooth.size(); i += 3) grey.push_back(smooth[i]);
  for (const int channels : {1, 3}) {
    const Folder folder;
    const Pixels& expected = channels == 1 ? grey : smooth;
    folder.write("a.jpeg", jpeg(expected, 16, 24, channels));
    const Dataset data = data::open(folder.path());
    ASSERT_EQ(data.dimension(), static_cast<Index>(expected.size()));
    const Pixels found = row_of(data, 0);
    for (std::size_t i = 0; i < found.size(); ++i) ASSERT_NEAR(found[i], expected[i], channels == 1 ? 2 : 4) << i;
  }
}

TEST(Pictures, LowDepthsAndPalettesExpand) {
  const Folder folder;
  const auto kind = [](std::uint8_t depth, std::uint8_t color) {
    spng_ihdr header{};
    header.width = 2;
    header.height = 1;
    header.bit_depth = depth;
    header.color_type = color;
    return header;
  };
  EXPECT_EQ(one(folder, special_png(kind(1, SPNG_COLOR_TYPE_GRAYSCALE), "\x40")), (Pixels{0, 255}));
  EXPECT_EQ(one(folder, special_png(kind(8, SPNG_COLOR_TYPE_GRAYSCALE_ALPHA), "\x0a\x14\x1e\x28")),
            (Pixels{10, 10, 10, 20, 30, 30, 30, 40}));
  spng_plte palette{2, {{1, 2, 3, 255}, {4, 5, 6, 255}}};
  const std::string indices{'\1', '\0'};
  EXPECT_EQ(one(folder, special_png(kind(8, SPNG_COLOR_TYPE_INDEXED), indices, &palette)), (Pixels{4, 5, 6, 1, 2, 3}));
  spng_trns transparency{};
  transparency.n_type3_entries = 2;
  transparency.type3_alpha[0] = 77;
  transparency.type3_alpha[1] = 88;
  EXPECT_EQ(one(folder, special_png(kind(8, SPNG_COLOR_TYPE_INDEXED), indices, &palette, &transparency)),
            (Pixels{4, 5, 6, 88, 1, 2, 3, 77}));
  folder.write("one.png", special_png(kind(16, SPNG_COLOR_TYPE_GRAYSCALE), "abcd"));
  EXPECT_TRUE(has(refused(folder), {"one.png", "16 bits", "-depth 8"}));
}

TEST(Pictures, OneSizeOnly) {
  const Folder folder;
  for (const char* name : {"b.png", "c.png"}) folder.write(name, png(6, 4, 3));
  folder.write("a.png", png(6, 5, 3));
  // The odd one out is named, though it comes first.
  EXPECT_TRUE(
      has(refused(folder), {"a.png: 5 x 6 pixels, 3 channels", "4 x 6 pixels, 3 channels like", "b.png", "resize"}));
  folder.write("a.png", png(6, 4, 1));
  EXPECT_TRUE(has(refused(folder), {"a.png: 4 x 6 pixels, 1 channel,"}));
}

TEST(Pictures, FoldersWithoutPicturesAndFalseNames) {
  const Folder folder;
  EXPECT_TRUE(has(refused(folder), {folder.path(), "0 files and 0 sub-folders"}));
  folder.write("data.csv", "1,2");
  folder.write("sub/list.txt", "x");
  EXPECT_TRUE(has(refused(folder), {"2 files (one is", "data.csv", "1 sub-folders", "PNG or JPEG"}));
  for (const char* name : {"sub/false.jpg", "sub/false.JPEG", "sub/false.png"}) {
    folder.write(name, "GIF89a");
    EXPECT_TRUE(has(refused(folder), {name, "6 bytes", "neither PNG nor JPEG"}));
    std::filesystem::remove(folder.path(name));
  }
  // UBSan looks up the type of an error category once, through a pipe, for which no descriptor will be left.
  for (const auto* category : {&std::system_category(), &std::generic_category()})
    ASSERT_FALSE(std::error_code(EMFILE, *category).message().empty());
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit none{0, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &none), 0);
  const std::string said = refused(folder);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_TRUE(has(said, {folder.path(), "cannot list the folder: Too many open files"}));
}

TEST(Pictures, DamagedFilesAreRefused) {
  const std::string files[] = {png(6, 4, 3), jpeg(ramp(9, 9, 3), 9, 9, 3)};
  for (const std::string& good : files) {
    const Folder folder;
    for (std::size_t length = 0; length < good.size(); ++length) {
      folder.write("cut.png", good.substr(0, length));
      ASSERT_TRUE(has(refused(folder), {"cut.png", "expected"})) << length;
    }
  }
  // PNG has a checksum everywhere: no changed byte may pass. JPEG has none, but must not crash.
  const Folder folder;
  for (const std::string& good : files) {
    for (std::size_t at = 0; at < good.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        std::string bad = good;
        bad[at] = static_cast<char>(bad[at] ^ flip);
        folder.write("bad.png", bad);
        const std::string said = refused(folder);
        if (&good == &files[1] && said == "accepted") continue;
        ASSERT_TRUE(has(said, {"bad.png", "expected"})) << at;
      }
    }
  }
  folder.write("bad.png", jpeg(ramp(8, 8, 4), 8, 8, 4));
  EXPECT_TRUE(has(refused(folder), {"JPEG of 4 channels"}));
}

TEST(Pictures, ForgedSizesAreRefusedBeforeAllocating) {
  const Folder folder;
  const auto forged = [&](Index height, Index width) {
    // A true header of that size, checksum included, before the pixels of a small picture.
    const std::string big = data::encode_png(Pixels(height * width), height, width, 1);
    folder.write("forged.png", big.substr(0, 33) + png(2, 2, 1).substr(33));
    return refused(folder);
  };
  EXPECT_TRUE(has(forged(1, 5000), {"forged.png", "4096 pixels a side"}));
  EXPECT_TRUE(has(forged(4000, 4000), {"forged.png", "4000 x 4000 pixels", "more compressed data"}));
  EXPECT_TRUE(has(forged(3, 2), {"forged.png", "PNG"}));
  EXPECT_TRUE(has(forged(5000, 1), {"(height): 5000", "4096 pixels a side"}));
  folder.write("forged.png", jpeg(ramp(1, 5000, 1), 1, 5000, 1));
  EXPECT_TRUE(has(refused(folder), {"byte 0 (size): 5000 x 1 pixels, expected 1 to 4096 a side"}));
  folder.write("forged.png", jpeg(ramp(5000, 1, 1), 5000, 1, 1));
  EXPECT_TRUE(has(refused(folder), {"byte 0 (size): 1 x 5000 pixels"}));
}

std::string chunk(const std::string& type, const std::string& body) {
  const std::string checked = type + body;
  const auto crc = crc32(0, reinterpret_cast<const Bytef*>(checked.data()), static_cast<uInt>(checked.size()));
  return testing::big_endian({static_cast<std::uint32_t>(body.size())}) + checked +
         testing::big_endian({static_cast<std::uint32_t>(crc)});
}

TEST(Pictures, PngBeginsWithItsHeader) {
  const Folder folder;
  const std::string good = png(2, 2, 1), magic = good.substr(0, 8);
  folder.write("a.png", magic + chunk("tEXt", "13 bytes long") + good.substr(8));
  EXPECT_TRUE(has(refused(folder), {"byte 8 (chunk): 13 bytes of tEXt, expected 13 bytes of IHDR"}));
  folder.write("a.png", magic + chunk("IHDR", std::string(12, '\1')) + good.substr(33));
  EXPECT_TRUE(has(refused(folder), {"byte 8 (chunk): 12 bytes of IHDR"}));
  // The pixels' stream may be cut into as many chunks as one likes.
  const std::string end = chunk("IEND", ""), body = good.substr(41, good.size() - end.size() - 4 - 41);
  folder.write("a.png", good.substr(0, 33) + chunk("IDAT", body.substr(0, 3)) + chunk("IDAT", body.substr(3)) + end);
  EXPECT_EQ(row_of(data::open(folder.path()), 0), ramp(2, 2, 1));
}

TEST(Pictures, AnotherSizeThanAMomentAgoIsRefused) {
  const std::string files[] = {png(2, 3, 1), jpeg(ramp(2, 3, 1), 2, 3, 1)};
  Pixels pixels(6);
  for (const std::string& file : files) {
    const auto decode = &file == &files[0] ? data::decode_png : data::decode_jpeg;
    const auto said = [&](data::PictureSize size, std::span<unsigned char> out) {
      return testing::refusal([&] { decode(std::as_bytes(std::span(file)), "file", size, out); });
    };
    EXPECT_EQ(said({2, 3, 1}, pixels), "accepted");
    EXPECT_TRUE(has(said({3, 2, 1}, pixels), {"file: byte 0 (size): another picture than a moment ago"}));
    EXPECT_TRUE(has(said({2, 3, 1}, std::span(pixels).first(5)), {"file: byte 0 (size)"}));
  }
  EXPECT_TRUE(has(testing::refusal([] { data::inspect_jpeg({}, "file"); }), {"file: byte 0 (JPEG): Empty input file"}));
}

// One scan for the mean and two for each of the 63 waves: lawful, but nobody writes that.
TEST(Pictures, JpegOfMoreScansThanAnyHasIsRefused) {
  std::vector<jpeg_scan_info> scans{{1, {0}, 0, 0, 0, 0}};
  for (int wave = 1; wave < 64; ++wave) scans.push_back({1, {0}, wave, wave, 0, 1});
  const auto written = [&] { return jpeg(ramp(8, 8, 1), 8, 8, 1, scans); };
  const Folder folder;
  folder.write("a.jpg", written());
  EXPECT_EQ(data::open(folder.path()).rows(), 1);
  for (int wave = 1; wave < 64; ++wave) scans.push_back({1, {0}, wave, wave, 1, 0});
  folder.write("a.jpg", written());
  EXPECT_TRUE(has(refused(folder), {"a.jpg: byte ", "(JPEG): more than 100 scans"}));
}

TEST(Pictures, EncodeRefusesWrongSizes) {
  EXPECT_THROW(data::encode_png(Pixels(5), 2, 3, 1), UsageError);
  EXPECT_THROW(data::encode_png(Pixels(12), 2, 3, 2), UsageError);
  EXPECT_THROW(data::encode_png({}, 3, 0, 1), UsageError);
  EXPECT_THROW(data::encode_png(Pixels(65536), 65536, 1, 1), UsageError);
  EXPECT_THROW(data::encode_png(Pixels(65536), 1, 65536, 1), UsageError);
  EXPECT_THROW(data::encode_png({}, 0, 3, 1), UsageError);
}

}  // namespace
}  // namespace denoiscope
