#include <fmt/format.h>

#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"

namespace denoiscope::data {
namespace {

constexpr std::size_t kMaxHeader = 64 * 1024;  // of 32 axes, a real one takes less than 1 KiB

// The header is a Python literal; this reads the few tokens that numpy writes, and nothing is evaluated.
class Literal {
 public:
  Literal(std::string_view text, std::size_t offset, const std::string& file)
      : text_(text), offset_(offset), file_(file) {}

  [[noreturn]] void fail(std::string_view field, std::string_view expected, std::string_view hint = "") const {
    const std::string rest = printable(text_.substr(at_));
    malformed(file_, offset_ + at_, field, rest.empty() ? "the end of the header" : fmt::format("'{}'", rest), expected,
              hint);
  }

  bool accept(char c) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  void expect(char c, std::string_view field) {
    if (!accept(c)) fail(field, fmt::format("'{}'", c));
  }

  std::string_view quoted(std::string_view field) {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    const std::size_t end = quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos)
      fail(field, "a quoted name", field == "descr" ? "Structured arrays are not read; save one field." : "");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return inside;
  }

  bool word(std::string_view expected) {
    skip_space();
    if (text_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  std::size_t integer(std::string_view field) {
    skip_space();
    std::size_t value = 0, end = at_;
    for (; end < text_.size() && text_[end] >= '0' && text_[end] <= '9'; ++end)
      if (__builtin_mul_overflow(value, std::size_t{10}, &value) ||
          __builtin_add_overflow(value, static_cast<std::size_t>(text_[end] - '0'), &value))
        fail(field, "a length below 2^64", "The header is damaged.");
    if (end == at_) fail(field, "a whole number");
    at_ = end;
    return value;
  }

  bool at_end() {
    skip_space();
    return at_ == text_.size();
  }

  /// Where in the file the next token begins.
  std::size_t next() {
    skip_space();
    return offset_ + at_;
  }

 private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  std::string_view text_;
  std::size_t offset_;
  const std::string& file_;
  std::size_t at_ = 0;
};

// "u1", "i4", ...: a letter, then how many bytes.
std::string type_code(Scalar scalar) { return fmt::format("{}{}", scalar_name(scalar)[0], scalar_bytes(scalar)); }

void read_type(Literal& literal, ArrayHeader& header, const std::string& file) {
  const std::size_t at = literal.next();
  const std::string_view type = literal.quoted("descr");
  const char order = type.empty() ? '\0' : type.front();
  const bool has_order = order == '<' || order == '>' || order == '|' || order == '=';
  const std::string_view kind = has_order ? type.substr(1) : type;
  if (kind.starts_with('O'))
    malformed(file, at, "descr", "an array of Python objects", "plain numbers",
              "Objects are stored as pickles, which are programs; they are never loaded.");
  for (const Scalar scalar : kScalars) {
    if (kind != type_code(scalar) || (order == '|' && scalar != Scalar::u8)) continue;
    header.scalar = scalar;
    header.swapped = order == '>' && scalar != Scalar::u8;
    return;
  }
  malformed(file, at, "descr", fmt::format("type '{}'", printable(type)), "one of |u1 <i4 <i8 <f4 <f8",
            "Convert it in Python: array.astype('float32').");
}

void read_order(Literal& literal) {
  if (literal.word("False")) return;
  literal.fail("fortran_order", "False (C order)",
               "Save it again in Python: numpy.save(file, numpy.ascontiguousarray(array)).");
}

void read_shape(Literal& literal, ArrayHeader& header) {
  literal.expect('(', "shape");
  while (!literal.accept(')')) {
    if (header.extents.size() == kMaxAxes) literal.fail("shape", fmt::format("at most {} axes", kMaxAxes));
    header.extents.push_back(literal.integer("shape"));
    literal.word("L");  // Python 2 wrote long integers so
    if (literal.accept(',')) continue;
    if (header.extents.size() == 1) literal.fail("shape", "',' after a single axis");
    literal.expect(')', "shape");
    break;
  }
}

ArrayHeader read_header(std::string_view text, std::size_t offset, const std::string& file) {
  Literal literal(text, offset, file);
  ArrayHeader header;
  bool type = false, order = false, shape = false;
  literal.expect('{', "header");
  while (!literal.accept('}')) {
    const std::size_t at = literal.next();
    const std::string_view key = literal.quoted("header");
    literal.expect(':', "header");
    if (key == "descr" && !type) {
      read_type(literal, header, file);
      type = true;
    } else if (key == "fortran_order" && !order) {
      read_order(literal);
      order = true;
    } else if (key == "shape" && !shape) {
      read_shape(literal, header);
      shape = true;
    } else {
      malformed(file, at, "header", fmt::format("key '{}'", printable(key)),
                "descr, fortran_order and shape once each");
    }
    if (literal.accept(',')) continue;
    literal.expect('}', "header");
    break;
  }
  if (!literal.at_end()) literal.fail("header", "nothing after '}'");
  if (!type || !order || !shape)
    literal.fail("header", type && order ? "shape" : type ? "fortran_order" : "descr", "The header is damaged.");
  return header;
}

}  // namespace

Dataset open_npy(Bytes bytes, const std::string& file, bool* flat) {
  Cursor cursor(bytes.span(), file);
  const auto magic = cursor.take(kNpyMagic.size(), "magic");
  if (!bytes.text().starts_with(kNpyMagic))
    malformed(file, 0, "magic", fmt::format("'{}'", printable(bytes.text().substr(0, magic.size()))), "that of .npy");
  const auto version = cursor.take(2, "version");
  const int major = std::to_integer<int>(version[0]), minor = std::to_integer<int>(version[1]);
  if (major < 1 || major > 3 || minor != 0)
    malformed(file, kNpyMagic.size(), "version", fmt::format("{}.{}", major, minor), "1.0, 2.0 or 3.0");
  const std::size_t length_at = cursor.at();
  std::size_t length = 0, place = 0;
  for (const std::byte b : cursor.take(major == 1 ? 2 : 4, "header length"))
    length |= std::to_integer<std::size_t>(b) << (8 * place++);
  if (length > kMaxHeader)
    malformed(file, length_at, "header length", fmt::format("{} bytes", length), fmt::format("at most {}", kMaxHeader),
              "The header is damaged.");
  const std::size_t header_at = cursor.at();
  const auto text = cursor.take(length, "header");
  const ArrayHeader header = read_header({reinterpret_cast<const char*>(text.data()), text.size()}, header_at, file);
  if (flat != nullptr) *flat = header.extents.size() == 1;
  return array_dataset(std::move(bytes), cursor.at(), header, file);
}

namespace {

std::string header_of(const Array& array) {
  const Scalar scalar = array.data.scalar();
  const std::vector<Index> extents = extents_of(array);
  const std::string shape = fmt::format("({}{})", fmt::join(extents, ", "), extents.size() == 1 ? "," : "");
  std::string text = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': {}, }}",
                                 scalar_bytes(scalar) == 1 ? '|' : '<', type_code(scalar), shape);
  constexpr std::size_t kPrefix = 10, kAlign = 64;  // the numbers begin at a multiple of 64, as numpy has it
  text.append((kAlign - (kPrefix + text.size() + 1) % kAlign) % kAlign, ' ');
  text += '\n';
  std::string header(kNpyMagic);
  header += {'\x01', '\x00', static_cast<char>(text.size() & 0xff), static_cast<char>(text.size() >> 8)};
  return header + text;
}

}  // namespace

std::string encode_npy(const Array& array) {
  std::string content = header_of(array);
  append_numbers(content, array.data);
  return content;
}

}  // namespace denoiscope::data
