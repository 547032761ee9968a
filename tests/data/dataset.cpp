#include "denoiscope/data/dataset.hpp"

#include <cmath>
#include <map>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/data/generated.hpp"
#include "denoiscope/data/preprocess.hpp"
#include "denoiscope/data/quality.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::has;
using testing::refusal;

Dataset stored(std::string_view content, std::size_t offset, Index rows, std::vector<Index> shape, Scalar scalar,
               bool swapped = false) {
  auto [bytes, at] = allocate_bytes(content.size());
  std::memcpy(at, content.data(), content.size());
  return Dataset::from_bytes(bytes, offset, rows, std::move(shape), scalar, swapped, "by hand");
}

RowMatrix all(const Dataset& data) {
  RowMatrix out(data.rows(), data.dimension());
  data.read(0, out);
  return out;
}

RowMatrix counting(Index rows, Index d) {
  RowMatrix values(rows, d);
  for (Index i = 0; i < values.size(); ++i) values.data()[i] = static_cast<double>(i);
  return values;
}

// Three bytes before the numbers: mapped files promise no alignment.
template <class T>
void expect_reads(Scalar scalar, std::initializer_list<T> values) {
  for (const bool swapped : {false, true}) {
    const std::string content = "abc" + (swapped ? testing::big_endian(values) : testing::bytes_of(values));
    const RowMatrix read = all(stored(content, 3, 2, {static_cast<Index>(values.size()) / 2}, scalar, swapped));
    Index i = 0;
    for (const T value : values) EXPECT_EQ(read.data()[i++], static_cast<double>(value)) << swapped;
  }
}

TEST(Dataset, ReadsEveryTypeInBothOrdersUnaligned) {
  expect_reads<std::uint8_t>(Scalar::u8, {0, 1, 127, 128, 254, 255});
  expect_reads<std::int32_t>(Scalar::i32, {0, -1, 2147483647, -2147483647 - 1});
  expect_reads<std::int64_t>(Scalar::i64, {0, -1, 1LL << 53, -(1LL << 40) + 1});
  expect_reads<float>(Scalar::f32, {0.1F, -3e38F, 1e-45F, 7.0F});
  expect_reads<double>(Scalar::f64, {0.1, -1e308, 5e-324, 7.0});
}

TEST(Dataset, ReadsIntoBlocksAndByList) {
  const Dataset data = Dataset::from_rows(counting(5, 3));
  RowMatrix wide = RowMatrix::Constant(2, 7, -1);
  data.read(3, wide.middleCols(2, 3));
  RowMatrix expected = RowMatrix::Constant(2, 7, -1);
  expected.middleCols(2, 3) = counting(5, 3).bottomRows(2);
  EXPECT_EQ(wide, expected);

  const std::vector<Index> rows{4, 0, 4};
  RowMatrix some(3, 3);
  data.read(rows, some);
  EXPECT_EQ(some.row(0), counting(5, 3).row(4));
  EXPECT_EQ(some.row(1), counting(5, 3).row(0));
  EXPECT_EQ(some.row(2), counting(5, 3).row(4));
  EXPECT_THROW(data.read(4, some), InternalError);
  EXPECT_THROW(data.read(-1, some), InternalError);
  EXPECT_THROW(data.read(rows, some.topRows(2)), InternalError);
  EXPECT_THROW(data.read(0, wide), InternalError);
}

TEST(Dataset, RefusesNoRowsAndNoColumns) {
  EXPECT_TRUE(has(refusal([] { Dataset::from_rows(RowMatrix(0, 3), "none"); }), {"none", "0 rows of 3"}));
  EXPECT_TRUE(has(refusal([] { Dataset::from_rows(RowMatrix(3, 0), "none"); }), {"3 rows of 0"}));
}

TEST(Dataset, AppliesOnePairOrOneAFeature) {
  Dataset data = Dataset::from_rows(counting(2, 3));
  data.set_preprocess({{1.0}, {2.0}, "x"});
  EXPECT_EQ(all(data), RowMatrix((counting(2, 3).array() - 1) * 2));
  data.set_preprocess({{1.0, 2.0, 3.0}, {2.0}, "x"});
  EXPECT_EQ(all(data).row(0), Eigen::RowVector3d(-2, -2, -2));
  data.set_preprocess({{0.0}, {1.0, 10.0, 0.0}, "x"});
  EXPECT_EQ(all(data).row(1), Eigen::RowVector3d(3, 40, 0));
  data.set_preprocess({{1.0, 2.0}, {1.0}, "x"});
  EXPECT_THROW(all(data), InternalError);
  data.set_preprocess({{1.0}, {1.0, 2.0}, "x"});
  EXPECT_THROW(all(data), InternalError);
}

TEST(Dataset, KnowsPictures) {
  const std::string bytes(120, 'x');
  const auto picture = [&](std::vector<Index> shape) {
    return stored(bytes, 0, 1, std::move(shape), Scalar::u8).is_image();
  };
  EXPECT_TRUE(picture({10, 12}));
  EXPECT_TRUE(picture({10, 12, 1}));
  EXPECT_TRUE(picture({5, 8, 3}));
  EXPECT_TRUE(picture({5, 6, 4}));
  EXPECT_FALSE(picture({120}));
  EXPECT_FALSE(picture({3, 5, 8}));  // channels first is not guessed
  EXPECT_FALSE(picture({10, 6, 2}));
}

TEST(Dataset, LabelsBecomeSortedClasses) {
  Dataset data = Dataset::from_rows(counting(5, 1), "five");
  EXPECT_FALSE(data.labelled());
  data.set_labels(std::vector<long long>{7, -2, 7, 1000000007, -2}, "labels.npy");
  ASSERT_EQ(data.classes().size(), 3u);
  EXPECT_EQ(data.labels(), (std::vector<int>{1, 0, 1, 2, 0}));
  EXPECT_EQ(data.classes()[0].label, -2);
  EXPECT_EQ(data.classes()[0].name, "-2");
  EXPECT_EQ(data.classes()[1].count, 2);
  EXPECT_TRUE(has(refusal([&] {
                    data.set_labels(std::vector<long long>{1, 2}, "labels.npy");
                  }),
                  {"labels.npy", "2 labels", "5 rows", "five"}));
  data.name_classes(std::vector<std::string>{"a", "b", "c"});
  EXPECT_EQ(data.classes()[2].name, "c");
  EXPECT_THROW(data.name_classes(std::vector<std::string>{"a"}), UsageError);
}

TEST(Dataset, ViewsComposeAndShareStorage) {
  Dataset data = Dataset::from_rows(counting(6, 2), "six");
  data.set_labels(std::vector<long long>{0, 1, 2, 0, 1, 2}, "here");
  data.set_preprocess({{0.0}, {10.0}, "x"});
  const Dataset view = data.select(std::vector<Index>{5, 3, 0, 5});
  EXPECT_EQ(view.rows(), 4);
  EXPECT_EQ(all(view).col(0), Eigen::Vector4d(100, 60, 0, 100));
  EXPECT_EQ(view.labels(), (std::vector<int>{1, 0, 0, 1}));
  ASSERT_EQ(view.classes().size(), 2u);  // label 1 has no rows left
  EXPECT_EQ(view.classes()[1].label, 2);
  EXPECT_EQ(view.classes()[1].count, 2);
  EXPECT_EQ(view.raw(2).data(), data.raw(0).data());

  const Dataset second = view.select(std::vector<Index>{1, 3});
  EXPECT_EQ(second.original_row(0), 3);
  EXPECT_EQ(second.original_row(1), 5);
  EXPECT_EQ(all(second).col(1), Eigen::Vector2d(70, 110));
  EXPECT_EQ(data.original_row(4), 4);
  EXPECT_TRUE(has(refusal<UsageError>([&] { view.select(std::vector<Index>{4}); }), {"row 4", "0 to 3"}));
  EXPECT_THROW(view.select(std::vector<Index>{-1}), UsageError);
  EXPECT_THROW(view.select({}), UsageError);
}

TEST(Dataset, FindsRowsOfClasses) {
  Dataset data = Dataset::from_rows(counting(5, 1), "five");
  EXPECT_THROW(data.rows_of_classes(std::vector<long long>{0}), UsageError);
  data.set_labels(std::vector<long long>{9, 4, 9, 5, 4}, "here");
  EXPECT_EQ(data.rows_of_classes(std::vector<long long>{4, 9}), (std::vector<Index>{0, 1, 2, 4}));
  EXPECT_TRUE(has(refusal<UsageError>([&] {
                    data.rows_of_classes(std::vector<long long>{4, 6});
                  }),
                  {"five", "label 6", "4, 5, 9."}));
  Dataset many = Dataset::from_rows(counting(21, 1), "many");
  std::vector<long long> labels;
  for (long long i = 0; i < 21; ++i) labels.push_back(i);
  many.set_labels(labels, "here");
  EXPECT_TRUE(has(refusal<UsageError>([&] { many.rows_of_classes(std::vector<long long>{21}); }), {"18, 19, ...."}));
}

TEST(Dataset, HashNamesRowsInOrder) {
  const Dataset data = Dataset::from_rows(counting(300, 1000));  // more than one block of the hash
  Dataset same = Dataset::from_rows(counting(300, 1000), "another name");
  same.set_labels(std::vector<long long>(300, 1), "here");
  EXPECT_EQ(data.hash().size(), 64u);
  EXPECT_EQ(data.hash(), same.hash());

  std::vector<Index> order(300);
  for (Index i = 0; i < 300; ++i) order[i] = i;
  EXPECT_EQ(data.select(order).hash(), data.hash());
  std::swap(order[298], order[299]);
  EXPECT_NE(data.select(order).hash(), data.hash());
  order.pop_back();
  EXPECT_NE(data.select(order).hash(), data.hash());

  const std::string bytes(24, '\1');
  EXPECT_NE(stored(bytes, 0, 2, {12}, Scalar::u8).hash(), stored(bytes, 0, 2, {3, 4}, Scalar::u8).hash());
  EXPECT_NE(stored(bytes, 0, 2, {3}, Scalar::i32).hash(), stored(bytes, 0, 2, {3}, Scalar::f32).hash());
  EXPECT_NE(stored(bytes, 0, 2, {3}, Scalar::i32).hash(), stored(bytes, 0, 2, {3}, Scalar::i32, true).hash());
}

TEST(Preprocess, EightBitScalesMeetTheirEndsExactly) {
  std::string bytes(256, '\0');
  for (int i = 0; i < 256; ++i) bytes[i] = static_cast<char>(i);
  Dataset data = stored(bytes, 0, 1, {16, 16}, Scalar::u8);
  data.set_preprocess(data::preprocess_for(data, "pm1"));
  const RowMatrix pm1 = all(data);
  data.set_preprocess(data::preprocess_for(data, "unit"));  // the old preprocessing must not enter
  const RowMatrix unit = all(data);
  EXPECT_EQ(pm1(0, 0), -1.0);
  EXPECT_EQ(pm1(0, 255), 1.0);
  EXPECT_EQ(unit(0, 0), 0.0);
  EXPECT_EQ(unit(0, 255), 1.0);
  for (int i = 0; i < 256; ++i) {
    EXPECT_NEAR(pm1(0, i), i / 127.5 - 1, 3e-16);  // two roundings of numbers up to 1
    EXPECT_EQ(pm1(0, i), -pm1(0, 255 - i));
    EXPECT_NEAR(unit(0, i), i / 255.0, 3e-16);
  }
  EXPECT_EQ(data::preprocess_for(data, "").name, "pm1");
  EXPECT_EQ(data::preprocess_for(stored(bytes, 0, 1, {256}, Scalar::u8), "").name, "none");
  EXPECT_EQ(data::preprocess_for(stored(bytes, 0, 1, {8, 8}, Scalar::f32), "").name, "none");
}

TEST(Preprocess, OtherTypesUseTheirOwnRange) {
  Dataset data = Dataset::from_rows(counting(3, 3));  // 0 .. 8
  data.set_preprocess(data::preprocess_for(data, "pm1"));
  EXPECT_EQ(all(data).row(1), Eigen::RowVector3d(-0.25, 0, 0.25));
  EXPECT_EQ(all(data)(2, 2), 1.0);
  data.set_preprocess(data::preprocess_for(data, "unit"));
  EXPECT_EQ(all(data).row(1), Eigen::RowVector3d(0.375, 0.5, 0.625));
  data.set_preprocess(data::preprocess_for(data, "none"));
  EXPECT_EQ(all(data), counting(3, 3));

  Dataset flat = Dataset::from_rows(RowMatrix::Constant(2, 2, 0.1));
  flat.set_preprocess(data::preprocess_for(flat, "pm1"));
  EXPECT_EQ(all(flat), RowMatrix::Zero(2, 2));
  Dataset huge = Dataset::from_rows(RowMatrix{{-1.5e308, 0.0, 1.5e308}});
  huge.set_preprocess(data::preprocess_for(huge, "pm1"));
  // 1 / 1.5e308 is subnormal and keeps 50 of its 53 bits.
  EXPECT_LT((all(huge) - RowMatrix{{-1, 0, 1}}).cwiseAbs().maxCoeff(), 1e-14);
  const Dataset tiny = Dataset::from_rows(RowMatrix{{0.0, 5e-324}}, "tiny");
  EXPECT_TRUE(has(refusal([&] { data::preprocess_for(tiny, "pm1"); }), {"tiny", "Rescale"}));
  EXPECT_TRUE(has(refusal<UsageError>([&] { data::preprocess_for(flat, "standardise"); }), {"standardize'?"}));
}

TEST(Preprocess, StandardizesEveryFeature) {
  const Index n = 3000, d = 250;  // several blocks
  RowMatrix values(n, d);
  const Noise noise(3);
  for (Index i = 0; i < n; ++i) noise.normal(Stream::choice, static_cast<std::uint64_t>(i), 0, {&values(i, 0), 250});
  values.col(4) = 100.0 + 1e-3 * values.col(4).array();
  values.col(7).setConstant(0.1);  // not a binary fraction: its mean over n rows is off by a rounding
  Dataset data = Dataset::from_rows(values, "normal");
  data.set_preprocess(data::preprocess_for(data, "standardize"));
  const RowMatrix read = all(data);
  EXPECT_EQ(read.col(7), Vector::Zero(n));
  for (Index j = 0; j < d; ++j) {
    if (j == 7) continue;
    // Feature 4 loses five digits to its mean; a sum of 3000 terms may lose two or three more of the sixteen.
    EXPECT_NEAR(read.col(j).mean(), 0.0, 1e-9) << j;
    EXPECT_NEAR(read.col(j).squaredNorm() / n, 1.0, 1e-9) << j;
  }
  values(0, 3) = 1e200;
  const Dataset wild = Dataset::from_rows(values, "wild");
  EXPECT_TRUE(has(refusal([&] { data::preprocess_for(wild, "standardize"); }), {"wild", "feature 3"}));
  const Dataset near = Dataset::from_rows(RowMatrix{{0, 0}, {1, 1e-200}}, "near");  // a variance that underflows
  EXPECT_TRUE(has(refusal([&] { data::preprocess_for(near, "standardize"); }), {"near", "feature 1", "0 to 1e-200"}));
  values(0, 3) = kNaN;
  const Dataset broken = Dataset::from_rows(values, "broken");
  EXPECT_TRUE(has(refusal([&] { data::preprocess_for(broken, "standardize"); }), {"broken", "row 0", "column 3"}));
}

TEST(Quality, CountsLikeTheObviousReference) {
  const Index n = 2000, d = 3;
  const Noise noise(5);
  std::string bytes;
  std::vector<long long> labels;
  for (Index i = 0; i < n; ++i) {
    double u[4];
    noise.uniform(Stream::choice, static_cast<std::uint64_t>(i), 0, u);
    for (int j = 0; j < 3; ++j) bytes += static_cast<char>(u[j] * 10);
    labels.push_back(u[3] < 0.8 ? 0 : 1);
  }
  std::map<std::string, std::vector<Index>> groups;
  for (Index i = 0; i < n; ++i) groups[bytes.substr(i * d, d)].push_back(i);
  data::Quality expected;
  for (const auto& [row, members] : groups) {
    const auto size = static_cast<Index>(members.size());
    expected.exact_duplicates += size - 1;
    expected.duplicate_groups += size > 1;
    expected.largest_group = std::max(expected.largest_group, size);
    for (const Index i : members) expected.cross_class_duplicates += labels[i] != labels[members.front()];
  }
  Dataset data = stored(bytes, 0, n, {d}, Scalar::u8);
  data.set_labels(labels, "here");
  const data::Quality quality = data::examine(data);
  EXPECT_GT(expected.exact_duplicates, 500);
  EXPECT_EQ(quality.exact_duplicates, expected.exact_duplicates);
  EXPECT_EQ(quality.duplicate_groups, expected.duplicate_groups);
  EXPECT_EQ(quality.largest_group, expected.largest_group);
  EXPECT_EQ(quality.cross_class_duplicates, expected.cross_class_duplicates);
}

// Three steps of the hash may be undone: rows of two words that are made to have one hash are still different rows.
TEST(Quality, RowsOfOneHashAreCompared) {
  const auto step = [](std::uint64_t hash, std::uint64_t word) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
  };
  const std::uint64_t first = 16 * 0x9e3779b97f4a7c15u, partner = step(first, 1) ^ step(first, 2) ^ 5;
  ASSERT_EQ(step(step(first, 1), 5), step(step(first, 2), partner));
  const std::string a = testing::bytes_of<std::uint64_t>({1, 5}), b = testing::bytes_of<std::uint64_t>({2, partner});
  const data::Quality quality = data::examine(stored(a + b + a + b + b, 0, 5, {2}, Scalar::i64));
  EXPECT_EQ(quality.duplicate_groups, 2);
  EXPECT_EQ(quality.exact_duplicates, 3);
  EXPECT_EQ(quality.largest_group, 3);
  EXPECT_EQ(data::examine(stored(a + b, 0, 2, {2}, Scalar::i64)).duplicate_groups, 0);
}

TEST(Quality, DropsRowsThatAreNotFinite) {
  RowMatrix values = counting(4, 2);
  values(0, 1) = kNaN;
  values.row(2).setConstant(kInfinity);
  Dataset data = Dataset::from_rows(values, "bad.npy");
  const data::Dropped dropped = data::drop_nonfinite(data);
  EXPECT_EQ(dropped.rows, 2);
  EXPECT_EQ(dropped.values, 3);
  EXPECT_EQ(all(data), (RowMatrix{{2, 3}, {6, 7}}));
  EXPECT_EQ(data::drop_nonfinite(data).rows, 0);
  Dataset none = Dataset::from_rows(RowMatrix::Constant(2, 1, kNaN), "none.npy");
  EXPECT_TRUE(has(refusal([&] { data::drop_nonfinite(none); }), {"none.npy: all 2 rows", "Mend the file"}));
}

TEST(Quality, RangesConstantsAndSignedZeros) {
  RowMatrix values = counting(4, 3);  // 0 .. 11
  values.col(1).setConstant(5);
  Dataset data = Dataset::from_rows(values);
  data.set_preprocess({{1.0}, {-2.0}, "x"});
  const data::Quality quality = data::examine(data);
  EXPECT_EQ(quality.minimum, -20);
  EXPECT_EQ(quality.maximum, 2);
  EXPECT_EQ(quality.constant_features, 1);
  EXPECT_EQ(quality.exact_duplicates, 0);
  EXPECT_EQ(quality.largest_group, 1);

  const data::Quality zeros = data::examine(Dataset::from_rows(RowMatrix{{0.0}, {-0.0}, {0.0}}));
  EXPECT_EQ(zeros.exact_duplicates, 1);
  EXPECT_EQ(zeros.constant_features, 1);
}

TEST(Quality, RefusesNonfiniteAndNamesTheRowOfTheFile) {
  RowMatrix values = counting(9, 4);
  values(6, 2) = kInfinity;
  values(6, 3) = kNaN;
  values(8, 0) = -kInfinity;
  const Dataset data = Dataset::from_rows(values, "bad.npy");
  EXPECT_TRUE(has(refusal([&] { data::examine(data); }), {"bad.npy", "3 values", "row 6", "column 2", "Remove"}));
  const Dataset view = data.select(std::vector<Index>{0, 8, 6});
  EXPECT_TRUE(has(refusal([&] { data::examine(view); }), {"3 values", "row 8", "column 0"}));
}

TEST(Generated, CentresFormATreeOfThreeLevels) {
  const auto half_distance = [](int a, int b) {
    return (data::three_level_centre(a) - data::three_level_centre(b)).squaredNorm() / 4;
  };
  EXPECT_EQ(half_distance(0, 1), 4);  // sums of few dyadic fractions: exact
  EXPECT_EQ(half_distance(6, 7), 4);
  // Sub-branches go off in their own directions, each adding its squared arm from both sides: (2^2 + 2^2) / 4.
  EXPECT_EQ(half_distance(0, 2), 16 + 2);
  EXPECT_EQ(half_distance(4, 7), 16 + 2);
  EXPECT_EQ(half_distance(0, 4), 64 + 8 + 2);
  EXPECT_EQ(half_distance(3, 5), 64 + 8 + 2);
}

TEST(Generated, FewRowsHaveFewClassesWithoutNames) {
  const Dataset data = data::three_level_mixture(1, 3);
  ASSERT_EQ(data.classes().size(), 3u);
  EXPECT_EQ(data.classes()[0].name, "1");
}

TEST(Generated, RowsAreDrawnAroundTheirCentres) {
  const Dataset data = data::three_level_mixture();
  ASSERT_EQ(data.rows(), 4096);
  ASSERT_EQ(data.dimension(), 64);
  ASSERT_EQ(data.classes().size(), 8u);
  EXPECT_EQ(data.classes()[6].name, "++-");
  RowMatrix rest = all(data);
  for (Index i = 0; i < rest.rows(); ++i) rest.row(i) -= data::three_level_centre(data.labels()[i]).transpose();
  // 262,144 normals: their mean has deviation 0.002, their mean square 0.0028; five of these.
  EXPECT_NEAR(rest.mean(), 0.0, 0.01);
  EXPECT_NEAR(rest.squaredNorm() / static_cast<double>(rest.size()), 1.0, 0.014);
  EXPECT_EQ(data::examine(data).exact_duplicates, 0);
  EXPECT_EQ(all(data::three_level_mixture(4000, 96)), all(data).bottomRows(96));
}

}  // namespace
}  // namespace denoiscope
