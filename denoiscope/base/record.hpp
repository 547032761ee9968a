// Record: what is measured, as data. A value is null, true or false, a whole number, a number, a text, a list, or an
// object of named fields in the order of their names. It is written as JSON and read back to the same bits. This is the
// only door to JSON: record.cpp alone sees the parser and the printer of a library.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace denoiscope {

class Record {
 public:
  using List = std::vector<Record>;
  using Fields = std::map<std::string, Record, std::less<>>;  ///< in the order of their names

  Record() = default;
  Record(std::nullptr_t) {}
  Record(std::same_as<bool> auto value) : type_(Type::boolean) { value_.truth = value; }
  template <std::integral T>
  requires(!std::same_as<T, bool>) Record(T value) : type_(std::signed_integral<T> ? Type::integer : Type::natural) {
    if constexpr (std::signed_integral<T>)
      value_.integer = value;
    else
      value_.natural = value;
  }
  Record(std::floating_point auto value) : type_(Type::number) { value_.number = value; }
  Record(std::string text);
  Record(std::string_view text) : Record(std::string(text)) {}
  Record(const char* text) : Record(std::string(text)) {}
  /// An object where every element is a list of two that begins with a text, else a list: {{"t", 1.5}, {"n", 3}} is an
  /// object, {1.5, 3} a list, {} null.
  Record(std::initializer_list<Record> elements);
  /// A list of what a range holds.
  template <std::ranges::input_range R>
  requires(!std::convertible_to<R, std::string_view> && !std::same_as<std::remove_cvref_t<R>, Record> &&
           std::constructible_from<Record, std::ranges::range_value_t<R>>) Record(const R& range)
      : Record(list()) {
    for (const auto& element : range) push_back(Record(static_cast<const std::ranges::range_value_t<R>&>(element)));
  }
  /// Null where there is none.
  template <class T>
  requires std::constructible_from<Record, T> Record(const std::optional<T>& value) {
    if (value) *this = Record(*value);
  }
  Record(const Record& other);
  Record(Record&& other) noexcept : type_(other.type_), value_(other.value_) { other.type_ = Type::null; }
  Record& operator=(Record other) noexcept;
  ~Record() { clear(); }

  static Record list(std::initializer_list<Record> elements = {});
  static Record object();

  bool is_null() const { return type_ == Type::null; }
  bool is_flag() const { return type_ == Type::boolean; }
  bool is_whole() const { return type_ == Type::integer || type_ == Type::natural; }
  bool is_natural() const { return type_ == Type::natural; }  ///< as read from JSON: whole, not negative
  bool is_number() const { return is_whole() || type_ == Type::number; }
  bool is_text() const { return type_ == Type::text; }
  bool is_list() const { return type_ == Type::list; }
  bool is_object() const { return type_ == Type::object; }
  /// "null", "boolean", "number", "string", "array" or "object": what JSON calls it.
  const char* type_name() const;

  // Each throws RecordError where the value is of another type.
  bool flag() const;
  double number() const;
  long long whole() const;
  const std::string& text() const;

  /// Of a list or an object; null has none, anything else is one.
  std::size_t size() const;
  bool empty() const { return size() == 0; }

  /// A field; throws RecordError where there is none.
  const Record& at(std::string_view name) const;
  const Record& operator[](std::string_view name) const { return at(name); }
  const Record& operator[](const char* name) const { return at(name); }
  /// A field, null at first; null becomes an object.
  Record& operator[](std::string_view name);
  Record& operator[](const char* name) { return (*this)[std::string_view(name)]; }
  bool contains(std::string_view name) const { return find(name) != nullptr; }
  /// Null where there is no such field.
  const Record* find(std::string_view name) const;
  void erase(std::string_view name);
  /// Takes over the fields of another object.
  void update(const Record& other);
  const Fields& fields() const;  ///< of an object; none of null

  /// An element of a list; throws RecordError beyond its end.
  template <std::integral I>
  const Record& operator[](I place) const {
    return element(static_cast<std::size_t>(place));
  }
  template <std::integral I>
  Record& operator[](I place) {
    return const_cast<Record&>(element(static_cast<std::size_t>(place)));
  }
  template <std::integral I>
  const Record& at(I place) const {
    return element(static_cast<std::size_t>(place));
  }
  const Record& front() const { return element(0); }
  const Record& back() const { return element(size() - 1); }
  Record& back() { return const_cast<Record&>(element(size() - 1)); }
  /// Null becomes a list.
  void push_back(Record value);
  const Record* begin() const { return elements().data(); }
  const Record* end() const { return elements().data() + elements().size(); }
  Record* begin() { return const_cast<Record*>(elements().data()); }
  Record* end() { return const_cast<Record*>(elements().data()) + elements().size(); }

  std::vector<double> numbers() const;  ///< of a list of numbers; NaN for null
  std::vector<std::ptrdiff_t> wholes() const;
  std::vector<std::string> texts() const;

  friend bool operator==(const Record& a, const Record& b);

 private:
  enum class Type : std::uint8_t { null, boolean, integer, natural, number, text, list, object };
  void clear() noexcept;
  [[noreturn]] void expected(const char* what) const;
  const Record& element(std::size_t place) const;
  const List& elements() const;

  Type type_ = Type::null;
  union {
    bool truth;
    std::int64_t integer;
    std::uint64_t natural;
    double number;
    std::string* text;
    List* list;
    Fields* fields;
  } value_ = {};
};

/// The number, or null where it is not finite or there is none.
Record finite(double value);
Record finite(const std::optional<double>& value);
/// The number, NaN for null.
double number_from(const Record& value);

/// A text that is no JSON, or a value that is not what was asked for.
struct RecordError : std::runtime_error {
  RecordError(std::size_t byte_, std::string found_, std::string expected_)
      : std::runtime_error(found_ + ", expected " + expected_),
        byte(byte_),
        found(std::move(found_)),
        expected(std::move(expected_)) {}
  std::size_t byte;  ///< of the text, where it was read from one
  std::string found, expected;
};

/// The text of `value`; `indent` < 0: on one line. NaN and infinities become null. JSON is UTF-8 and file names need
/// not be: what is no UTF-8 becomes U+FFFD, so that a name can spoil itself but not the record.
std::string json_text(const Record& value, int indent = -1);

/// The value that the whole of `text` spells. Throws RecordError.
Record parse_record(std::string_view text);

/// The same of a text from strangers: refuses also a name twice in one object, and more levels than `deepest`. `places`
/// becomes the bytes at which the names in the outermost object end.
Record parse_record(std::string_view text, std::size_t deepest, std::map<std::string, std::size_t>& places);

}  // namespace denoiscope
