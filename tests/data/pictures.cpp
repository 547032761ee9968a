// Pictures brought to one form: against means computed by hand and against a reference that follows the definition.
#include "denoiscope/data/pictures.hpp"

#include <cmath>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/data/open.hpp"
#include "denoiscope/data/write.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using data::Colours;
using data::PictureForm;
using data::reformed;
using testing::Folder;
using testing::has;
using testing::refusal;

using Numbers = std::vector<double>;

template <class T>
Dataset pictures(const Numbers& numbers, std::vector<Index> shape, Scalar scalar) {
  Index d = 1;
  for (const Index extent : shape) d *= extent;
  auto [bytes, at] = allocate_bytes(numbers.size() * sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const T value = static_cast<T>(numbers[i]);
    std::memcpy(at + i * sizeof(T), &value, sizeof(T));
  }
  return Dataset::from_bytes(bytes, 0, static_cast<Index>(numbers.size()) / d, std::move(shape), scalar, false,
                             "pictures");
}

Dataset pixels(const Numbers& numbers, std::vector<Index> shape) {
  return pictures<std::uint8_t>(numbers, std::move(shape), Scalar::u8);
}

Numbers numbers_of(const Dataset& data) {
  RowMatrix out(data.rows(), data.dimension());
  data.read(0, out);
  return {out.data(), out.data() + out.size()};
}

Numbers random_pixels(std::size_t count, std::uint64_t seed) {
  const std::vector<Index> order = Noise(seed).permutation(static_cast<Index>(count) * 7, 0);
  Numbers out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(static_cast<double>(order[i] * 37 % 256));
  return out;
}

// The mean over a destination pixel, by cutting every pixel of both pictures into the same small squares.
double area_mean(const Numbers& picture, Index height, Index width, Index channels, Index side, Index y, Index x,
                 Index c) {
  double sum = 0;
  for (Index v = y * height; v < (y + 1) * height; ++v)
    for (Index u = x * width; u < (x + 1) * width; ++u) sum += picture[((v / side) * width + u / side) * channels + c];
  return sum / static_cast<double>(height * width);
}

TEST(Reformed, PixelsAreMeansOverTheirArea) {
  for (const Index channels : {1, 3})
    for (const auto& [height, width] : {std::pair<Index, Index>{4, 4}, {5, 7}, {1, 3}, {6, 2}, {16, 9}})
      for (const Index side : {1, 2, 3, 5, 8}) {
        const Numbers picture = random_pixels(height * width * channels, 1);
        const std::vector<Index> shape{height, width, channels};
        const Numbers small = numbers_of(reformed(pixels(picture, shape), {side, Colours::kept}));
        const Numbers exact =
            numbers_of(reformed(pictures<double>(picture, shape, Scalar::f64), {side, Colours::kept}));
        ASSERT_EQ(small.size(), static_cast<std::size_t>(side * side * channels));
        for (std::size_t i = 0; i < small.size(); ++i) {
          const auto at = static_cast<Index>(i);
          const double mean = area_mean(picture, height, width, channels, side, at / channels / side,
                                        at / channels % side, at % channels);
          ASSERT_EQ(small[i], std::floor(mean + 0.5)) << height << 'x' << width << " to " << side << " at " << i;
          ASSERT_EQ(exact[i], mean);  // sums of integers, one division
        }
      }
}

TEST(Reformed, HalvesRoundUpOnce) {
  EXPECT_EQ(numbers_of(reformed(pixels({1, 2, 1, 2}, {2, 2}), {1, Colours::kept})), Numbers{2});
  // Lumas 0.598, 0.598, 0.299, 0.299: their mean is 0.4485. Rounded before the mean, it would be 0.5 and become 1.
  EXPECT_EQ(numbers_of(reformed(pixels({2, 0, 0, 2, 0, 0, 1, 0, 0, 1, 0, 0}, {2, 2, 3}), {1, Colours::gray})),
            Numbers{0});
}

TEST(Reformed, ColoursFollowTheirDefinition) {
  const Dataset rgb = pixels({255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30}, {2, 2, 3});
  const Dataset gray = reformed(rgb, {0, Colours::gray});
  EXPECT_EQ(gray.shape(), (std::vector<Index>{2, 2}));
  EXPECT_EQ(numbers_of(reformed(rgb, {1, Colours::rgb})), (Numbers{66, 69, 71}));  // 66.25, 68.75, 71.25
  EXPECT_EQ(numbers_of(gray), (Numbers{76, 150, 29, 18}));                         // 76.245, 149.685, 29.07, 18.15
  const Dataset thrice = reformed(gray, {0, Colours::rgb});
  EXPECT_EQ(thrice.shape(), (std::vector<Index>{2, 2, 3}));
  EXPECT_EQ(numbers_of(thrice), (Numbers{76, 76, 76, 150, 150, 150, 29, 29, 29, 18, 18, 18}));
  // Transparent: invisible black, half-visible red, opaque green, invisible white.
  const Dataset rgba = pixels({0, 0, 0, 0, 255, 0, 0, 51, 0, 255, 0, 255, 255, 255, 255, 0}, {2, 2, 4});
  EXPECT_EQ(numbers_of(reformed(rgba, {0, Colours::rgb})),
            (Numbers{255, 255, 255, 255, 204, 204, 0, 255, 0, 255, 255, 255}));
  EXPECT_EQ(numbers_of(reformed(rgba, {0, Colours::gray})), (Numbers{255, 219, 150, 255}));  // 0.2 * 76.245 + 204
  // What is invisible lends no colour: red and green in the proportion 51 : 255, opacity (51 + 255) / 4 = 76.5.
  EXPECT_EQ(numbers_of(reformed(rgba, {1, Colours::kept})), (Numbers{43, 213, 0, 77}));  // 42.5, 212.5
  EXPECT_EQ(numbers_of(reformed(pixels(Numbers(16, 0), {2, 2, 4}), {1, Colours::kept})), (Numbers{0, 0, 0, 0}));
}

TEST(Reformed, KeepsTypeLabelsAndNames) {
  const Numbers numbers = random_pixels(32, 3);
  Dataset data = pixels(numbers, {4, 4, 1});
  data.set_labels(std::vector<long long>{7, -2}, "here");
  data.name_classes(std::vector<std::string>{"a", "b"});
  const Dataset small = reformed(data, {2, Colours::kept});
  EXPECT_EQ(small.scalar(), Scalar::u8);
  EXPECT_EQ(small.shape(), (std::vector<Index>{2, 2, 1}));
  EXPECT_EQ(small.label_values(), (std::vector<long long>{7, -2}));
  EXPECT_EQ(small.classes()[0].name, "a");
  EXPECT_EQ(reformed(data, {4, Colours::gray}).raw(1).data(), data.raw(1).data());  // as it was: no copy
  EXPECT_EQ(reformed(pictures<float>(numbers, {4, 4}, Scalar::f32), {2, Colours::kept}).scalar(), Scalar::f32);
  EXPECT_EQ(reformed(pictures<std::int32_t>(numbers, {4, 4}, Scalar::i32), {2, Colours::kept}).scalar(), Scalar::f64);
  const Dataset view = pixels(numbers, {4, 4}).select(std::vector<Index>{1});
  EXPECT_EQ(numbers_of(reformed(view, {1, Colours::kept})).size(), 1u);
}

TEST(Reformed, RefusesWhatIsNoPicture) {
  const PictureForm one{1, Colours::kept};
  EXPECT_TRUE(has(refusal([&] { reformed(pixels(Numbers(8), {8}), one); }), {"pictures: rows of shape (8)", "3 or 4"}));
  EXPECT_TRUE(has(refusal([&] {
                    reformed(pictures<float>(Numbers(16), {2, 2, 4}, Scalar::f32), one);
                  }),
                  {"transparent pictures of type f32", "8-bit"}));
  for (const Index side : {-1, 4097})
    EXPECT_TRUE(has(refusal<UsageError>([&] {
                      reformed(pixels(Numbers(4), {2, 2}), {side, Colours::kept});
                    }),
                    {"resize: ", "1 to 4096"}));
}

// More bytes than there are addresses; nothing is read before that is known, so that the rows need not exist.
TEST(Reformed, RefusesWhatWrapsTheSize) {
  auto [bytes, at] = allocate_bytes(1);
  const Dataset claimed = Dataset::from_bytes(bytes, 0, Index{1} << 40, {1, 1}, Scalar::u8, false, "claimed");
  EXPECT_THROW(reformed(claimed, {4096, Colours::kept}), std::bad_alloc);
}

TEST(Reformed, FoldersMayMixSizesAndColours) {
  const Folder folder;
  const std::vector<unsigned char> gray{10, 20, 30, 40}, rgba{255, 0, 0, 255, 9, 9, 9, 0};
  folder.write("cat/a.png", data::encode_png(gray, 2, 2, 1));
  folder.write("dog/b.png", data::encode_png(rgba, 1, 2, 4));
  const auto open = [&](const PictureForm& form) { return data::open(folder.path(), form); };
  EXPECT_TRUE(
      has(refusal([&] { open({}); }), {"b.png: 2 x 1 pixels, 4 channels", "2 x 2 pixels, 1 channel like", "--resize"}));
  EXPECT_TRUE(has(refusal([&] { open({1, Colours::kept}); }), {"1 x 1 pixels, 4 channels", "--rgb"}));
  const Dataset data = open({1, Colours::rgb});
  EXPECT_EQ(data.shape(), (std::vector<Index>{1, 1, 3}));
  EXPECT_EQ(numbers_of(data), (Numbers{25, 25, 25, 255, 128, 128}));  // red and invisible: half white
  EXPECT_EQ(data.classes()[1].name, "dog");
  EXPECT_EQ(open({1, Colours::gray}).shape(), (std::vector<Index>{1, 1}));
  EXPECT_THROW(open({5000, Colours::rgb}), UsageError);
}

}  // namespace
}  // namespace denoiscope
