// safetensors and CSV.
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/open.hpp"
#include "tests/data/files.hpp"

namespace denoiscope {
namespace {

using testing::bytes_of;
using testing::Folder;
using testing::has;

const RowMatrix kRows{{1, 2, 3}, {4, 5, 6}};
const std::string kSix = bytes_of<double>({1, 2, 3, 4, 5, 6});

RowMatrix all(const Dataset& data) {
  RowMatrix out(data.rows(), data.dimension());
  data.read(0, out);
  return out;
}

std::string refused(const Folder& folder, const std::string& content) {
  const std::string file = folder.write("file", content);
  return testing::refusal([&] { data::open(file); });
}

std::string tensors(const std::string& header, const std::string& numbers) {
  return bytes_of<std::uint64_t>({header.size()}) + header + numbers;
}

std::string entry(const std::string& name, const std::string& type, const std::string& shape, std::size_t begin,
                  std::size_t end) {
  return "\"" + name + R"(":{"dtype":")" + type + R"(","shape":)" + shape + R"(,"data_offsets":[)" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

TEST(Safetensors, ReadsEveryTypeAndLabels) {
  const Folder folder;
  const auto open = [&](const std::string& content) { return data::open(folder.write("file", content)); };
  const auto one = [&](const std::string& type, const std::string& numbers) {
    return all(open(tensors("{" + entry("x", type, "[2,3]", 0, numbers.size()) + "}", numbers)));
  };
  EXPECT_EQ(one("F64", kSix), kRows);
  EXPECT_EQ(one("F32", bytes_of<float>({1, 2, 3, 4, 5, 6})), kRows);
  EXPECT_EQ(one("I32", bytes_of<std::int32_t>({1, 2, 3, 4, 5, 6})), kRows);
  EXPECT_EQ(one("I64", bytes_of<std::int64_t>({1, 2, 3, 4, 5, 6})), kRows);
  EXPECT_EQ(one("U8", bytes_of<std::uint8_t>({1, 2, 3, 4, 5, 6})), kRows);
  const std::string labels = bytes_of<std::int64_t>({9, -1});
  const std::string both = R"({"__metadata__":{"a":"b"},)" + entry("images", "F64", "[2,3,1]", 16, 64) + "," +
                           entry("y", "I64", "[2]", 0, 16) + "}   ";
  const Dataset data = open(tensors(both, labels + kSix));
  EXPECT_EQ(all(data), kRows);
  EXPECT_EQ(data.shape(), (std::vector<Index>{3, 1}));
  EXPECT_EQ(data.classes()[0].label, -1);
  EXPECT_EQ(data::open_labels(folder.path("file")), (std::vector<long long>{9, -1}));
}

TEST(Safetensors, RefusesWhatItCannotRead) {
  const Folder folder;
  const auto said = [&](const std::string& entries, const std::string& numbers = kSix) {
    return refused(folder, tensors("{" + entries + "}", numbers));
  };
  EXPECT_TRUE(has(said(entry("x", "BF16", "[8,3]", 0, 48)), {"x (unusable: type BF16, expected one of U8"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[2,3]", 0, 48) + "," + entry("x", "F64", "[2,3]", 0, 48)), {"'x' twice"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[2,2]", 0, 48)), {"byte 11 (data_offsets of x): 48 bytes", "the 32"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[2,3]", 8, 56)), {"data_offsets of x", "expected 0"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[1,2]", 0, 16) + "," + entry("a", "F64", "[1,3]", 8, 32)),
                  {"data_offsets of a", "expected 16"}));  // overlap
  EXPECT_TRUE(has(said(entry("x", "F64", "[1,2]", 0, 16) + "," + entry("a", "F64", "[1,3]", 24, 48)),
                  {"data_offsets of a", "expected 16"}));  // hole
  EXPECT_TRUE(has(said(entry("x", "F64", "[2,3]", 0, 48), kSix + "x"), {"(numbers): 49 bytes", "the 48"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[-2,-3]", 0, 48)), {"shape of x", "from 0"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[2.0,3]", 0, 48)), {"shape of x"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[4294967296,4294967296]", 0, 48)), {"(shape)", "2^63"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[2,3]", 48, 0)), {"begin before end"}));
  for (const char* bad :
       {R"({"dtype":"F64"})", R"(3)", R"({"a":1,"shape":[1],"data_offsets":[0,48]})",
        R"({"dtype":1,"shape":[1],"data_offsets":[0,48]})", R"({"dtype":"F64","a":1,"data_offsets":[0]})",
        R"({"dtype":"F64","shape":1,"data_offsets":[0,48]})", R"({"dtype":"F64","shape":[1],"a":true})",
        R"({"dtype":"F64","shape":[6],"data_offsets":48})", R"({"dtype":"F64","shape":[6],"data_offsets":[48]})"})
    EXPECT_TRUE(has(said(R"("x":)" + std::string(bad)), {"byte 11 (entry of x)", "two data_offsets"})) << bad;
  EXPECT_TRUE(has(said(entry("x", "F64", "[]", 0, 48)), {"x (unusable: no rows)"}));
  EXPECT_TRUE(has(said(entry("x", "F64", "[2,0]", 0, 48)), {"x (unusable: no rows)"}));
  std::string ones = "[1";
  for (int i = 0; i < 32; ++i) ones += ",1";
  EXPECT_TRUE(has(said(entry("x", "F64", ones + "]", 0, 48)), {"(shape): 33 axes, expected at most 32"}));
  EXPECT_TRUE(has(said(""), {"(numbers): 48 bytes", "the 0"}));
  EXPECT_TRUE(has(said(R"("x":)" + std::string(100'000, '[')), {"more than 8 levels"}));
  EXPECT_TRUE(has(refused(folder, bytes_of<std::uint64_t>({1 << 20}) + "{}"), {"(header)", "2 bytes left"}));
  std::string many;
  for (int i = 0; i <= 65536; ++i) many += (i > 0 ? "," : "") + entry(std::to_string(i), "U8", "[0]", 0, 0);
  EXPECT_TRUE(has(said(many, ""), {"65537 tensors", "at most 65536"}));
}

// Where a file is not yet known to begin as safetensors do.
TEST(Safetensors, RefusesOtherBeginnings) {
  const auto said = [](const std::string& content) {
    auto [bytes, at] = allocate_bytes(content.size());
    std::copy(content.begin(), content.end(), reinterpret_cast<char*>(at));
    return testing::refusal([&, given = bytes] { data::open_safetensors(given, data::Role::data, "file"); });
  };
  EXPECT_TRUE(has(said(tensors("[1]", "")), {"file: byte 8 (header): no JSON object"}));
  EXPECT_TRUE(has(said(bytes_of<std::uint64_t>({1ULL << 40}) + "{}"), {"byte 0 (header length): 1099511627776 bytes"}));
}

TEST(Safetensors, EveryTruncationAndByte) {
  const Folder folder;
  const std::string good = tensors("{" + entry("x", "F64", "[2,3]", 0, 48) + "}", kSix);
  testing::each_truncation(good, [&](const std::string& bad, std::size_t length) {
    ASSERT_TRUE(has(refused(folder, bad), {": byte ", "expected"})) << length;
  });
  testing::each_changed_byte(good, [&](const std::string& bad, std::size_t at) {
    const std::string said = refused(folder, bad);
    if (said == "accepted") {
      const Dataset data = data::open(folder.path("file"));
      ASSERT_EQ(static_cast<std::size_t>(data.rows()) * data.raw(0).size(), 48u) << at;
    } else {
      ASSERT_TRUE(has(said, {"expected"})) << at;
    }
  });
}

TEST(Csv, ReadsSeparatorsNamesAndLabels) {
  const Folder folder;
  const auto open = [&](const std::string& content) { return data::open(folder.write("file", content)); };
  for (const char* text :
       {"1,2,3\n4,5,6\n", "1,2,3\r\n4,5,6", "1;2;3\n4;5;6\n\n", "1\t2\t3\n4\t5\t6\n", "1 2 3\n4 5 6\n",
        "  1.0e+00   2e0 3\n  4 5  +6  \n", "a,b,c\n1,2,3\n4,5,6\n", "# a b c\n1 2 3\n4 5 6\n",
        "\xef\xbb\xbf\"gr\xc3\xb6\xc3\x9f"
        "e\",b,c\n\"1\", 2 ,3\n4,5,6\n"})
    EXPECT_EQ(all(open(text)), kRows) << text;
  EXPECT_EQ(all(open("1,2,3\r\r\n4\t,\t5,6\r\r\n")), kRows);
  EXPECT_TRUE(open("a,labels\n1,2\n").labelled());
  const Dataset labelled = open("a,Label,b,c\n1,7,2,3\n4,3.0,5,6\n");
  EXPECT_EQ(all(labelled), kRows);
  EXPECT_EQ(labelled.labels(), (std::vector<int>{1, 0}));
  EXPECT_EQ(data::open_labels(folder.path("file")), (std::vector<long long>{7, 3}));
  const auto labels = [&](const std::string& content) { return data::open_labels(folder.write("labels", content)); };
  EXPECT_EQ(labels("3\n0\n9007199254740993\n"), (std::vector<long long>{3, 0, 9007199254740993}));  // no double
  EXPECT_EQ(labels("name\n3\n-1\n"), (std::vector<long long>{3, -1}));
  EXPECT_EQ(labels("file,class\na.png,3\nb.png,-1\n"), (std::vector<long long>{3, -1}));
}

TEST(Csv, ErrorsNameLineAndColumn) {
  const Folder folder;
  EXPECT_TRUE(has(refused(folder, "1,2\n3,x\n"), {"(line 2, column 2): 'x', expected a number"}));
  EXPECT_TRUE(has(refused(folder, "1,2\n3\n"), {"(line 2, column 2): 1 cells, expected 2"}));
  EXPECT_TRUE(has(refused(folder, "1,2\n\n3,4\n"), {"(line 2, column 2): 1 cells"}));
  EXPECT_TRUE(has(refused(folder, "1,2\n3,\n"), {"(line 2, column 2): ''"}));
  EXPECT_TRUE(has(refused(folder, "a;b\n1,5;2\n"), {"(line 2, column 1): '1,5'", "with a point"}));
  EXPECT_TRUE(has(refused(folder, "1,2\n3,0x10\n"), {"'0x10'"}));
  EXPECT_TRUE(has(refused(folder, "1,2\n3,\"4\n"), {"(line 2, column 2): '\"4'"}));
  EXPECT_TRUE(has(refused(folder, "a,y\n1,1e300\n"), {"'1e300', expected an integer label"}));
  EXPECT_TRUE(has(refused(folder, "1,2\n3,4\x7f\n"), {"byte 0 (magic): '1,2\\x0a3,4\\x7f\\x0a'"}));
  EXPECT_TRUE(has(refused(folder, "1,2\n3,1e999\n"), {"'1e999'"}));
  EXPECT_TRUE(has(refused(folder, "a,y\n1,cat\n"), {"(line 2, column 2): 'cat', expected an integer label"}));
  EXPECT_TRUE(has(refused(folder, "a,y\n1,2.5\n"), {"'2.5'", "integer label"}));
  EXPECT_TRUE(has(refused(folder, "y,label,a\n1,2,3\n"), {"(line 1, column 2): a second column of labels"}));
  EXPECT_TRUE(has(refused(folder, "only words 1\n"), {"(line 2, column 1): the end of the file", "a row of numbers"}));
  EXPECT_TRUE(has(refused(folder, "no digits\n"), {"byte 0 (magic)", "CSV"}));
  EXPECT_TRUE(has(refused(folder, "y\n1\n2\n"), {"a row of numbers"}));
  EXPECT_TRUE(has(refused(folder, std::string(1 << 20, ',') + "1\n"), {"1048577 columns", "at most 1048576"}));
  const std::string large = folder.write("large", "1,2\n" + std::string(8192, '3'));
  std::filesystem::resize_file(large, (std::uintmax_t{1} << 31) + 1);  // a hole
  EXPECT_TRUE(has(testing::refusal([&] { data::open(large); }), {"byte 0 (length): 2147483649 bytes", "2 GiB"}));
  const std::string none = folder.write("none", "x1,label\n");
  EXPECT_TRUE(has(testing::refusal([&] { data::open_labels(none); }), {"(line 2, column 1)", "a row of numbers"}));
  const std::string two = folder.write("two", "1,2\n3,4\n");
  EXPECT_TRUE(has(testing::refusal([&] { data::open_labels(two); }), {"2 columns", "one named label"}));
}

TEST(Csv, EveryTruncationAndByte) {
  const Folder folder;
  const std::string good = "a,b,y\n1.5,-2e3,0\n4,5,1\n";
  const auto check = [&](const std::string& content, std::size_t) {
    const std::string said = refused(folder, content);
    if (said != "accepted") {
      ASSERT_TRUE(has(said, {"expected"})) << content;
      return;
    }
    // Text cannot tell a number cut short from a whole one, but rows and columns are what the lines say.
    const Dataset data = data::open(folder.path("file"));
    ASSERT_LE(data.rows(), 3) << content;
    ASSERT_LE(data.dimension(), 3) << content;
    ASSERT_EQ(data.raw(0).size(), static_cast<std::size_t>(data.dimension()) * 8);
    if (data.labelled()) {
      ASSERT_EQ(static_cast<Index>(data.labels().size()), data.rows());
    }
  };
  testing::each_truncation(good, check);
  testing::each_changed_byte(good, check);
}

}  // namespace
}  // namespace denoiscope
