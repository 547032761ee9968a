#include "denoiscope/base/record.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

namespace denoiscope {
namespace {

using nlohmann::json;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Builds a Record as the parser goes.
class Builder final : public nlohmann::json_sax<json> {
 public:
  Record take() { return std::move(root_); }
  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return put(nullptr); }
  bool start_object(std::size_t) override { return open(Record::object()); }
  bool start_array(std::size_t) override { return open(Record::list()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    name_ = std::move(name);
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const json::exception& error) override {
    if (dynamic_cast<const json::out_of_range*>(&error))  // 1e999, which has no place
      throw RecordError(0, "a number beyond 1e308", "finite numbers");
    throw RecordError(at > 0 ? at - 1 : 0, "no JSON text", "some");
  }

 private:
  Record& next(Record value) {
    if (open_.empty()) return root_ = std::move(value);
    Record& parent = *open_.back();
    if (parent.is_object()) return parent[name_] = std::move(value);
    parent.push_back(std::move(value));
    return parent.back();
  }
  template <class T>
  bool put(T&& value) {
    next(Record(std::forward<T>(value)));
    return true;
  }
  bool open(Record value) {
    open_.push_back(&next(std::move(value)));  // stays where it is: its parent grows no more until it is closed
    return true;
  }
  bool close() {
    open_.pop_back();
    return true;
  }

  Record root_;
  std::string name_;
  std::vector<Record*> open_;
};

// Lets the parser's callbacks know how far it is.
class Counted {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;
  Counted(const char* at, const char** reached) : at_(at), reached_(reached) {}
  reference operator*() const { return *at_; }
  Counted& operator++() {
    *reached_ = ++at_;
    return *this;
  }
  bool operator==(const Counted& other) const { return at_ == other.at_; }

 private:
  const char* at_;
  const char** reached_;
};

// A first reading that keeps nothing but the names in open objects.
class Watch final : public nlohmann::json_sax<json> {
 public:
  Watch(std::string_view text, std::size_t deepest, std::map<std::string, std::size_t>& places)
      : begin_(text.data()), reached_(text.data()), deepest_(deepest), places_(places) {}
  const char** reached() { return &reached_; }
  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t) override { return true; }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t&) override { return true; }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool key(string_t& name) override {
    if (keys_.size() == 1) places_.emplace(name, last());
    if (!keys_.back().insert(name).second) throw RecordError(last(), "'" + name + "' twice", "every name once");
    return true;
  }
  // `at` counts what was read, the end of the text too.
  bool parse_error(std::size_t at, const std::string&, const json::exception&) override {
    throw RecordError(at - 1, "no JSON text", "some");
  }

 private:
  bool open() {
    keys_.emplace_back();
    if (keys_.size() > deepest_)
      throw RecordError(last(), "more than " + std::to_string(deepest_) + " levels", "fewer");
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  // The last byte of what was read last.
  std::size_t last() const { return static_cast<std::size_t>(reached_ - begin_) - 1; }

  const char* begin_;
  const char* reached_;
  std::size_t deepest_;
  std::map<std::string, std::size_t>& places_;
  std::vector<std::set<std::string>> keys_;  // of the objects and lists that are open
};

json printable(const Record& value) {
  if (value.is_list()) {
    json out = json::array();
    for (const Record& element : value) out.push_back(printable(element));
    return out;
  }
  if (value.is_object()) {
    json out = json::object();
    for (const auto& [name, field] : value.fields()) out[name] = printable(field);
    return out;
  }
  if (value.is_flag()) return value.flag();
  if (value.is_natural()) return static_cast<std::uint64_t>(value.whole());
  if (value.is_whole()) return value.whole();
  if (value.is_number()) return value.number();
  if (value.is_text()) return value.text();
  return nullptr;
}

}  // namespace

Record::Record(std::string text) : type_(Type::text) { value_.text = new std::string(std::move(text)); }

Record::Record(std::initializer_list<Record> elements) {
  const auto named = [](const Record& e) { return e.is_list() && e.size() == 2 && e.front().is_text(); };
  if (std::all_of(elements.begin(), elements.end(), named)) {
    *this = object();
    for (const Record& e : elements)
      if (!contains(e.front().text())) (*this)[e.front().text()] = e.back();
  } else {
    *this = list(elements);
  }
}

Record::Record(const Record& other) : type_(other.type_), value_(other.value_) {
  if (type_ == Type::text) value_.text = new std::string(*other.value_.text);
  if (type_ == Type::list) value_.list = new List(*other.value_.list);
  if (type_ == Type::object) value_.fields = new Fields(*other.value_.fields);
}

Record& Record::operator=(Record other) noexcept {
  std::swap(type_, other.type_);
  std::swap(value_, other.value_);
  return *this;
}

void Record::clear() noexcept {
  if (type_ == Type::text) delete value_.text;
  if (type_ == Type::list) delete value_.list;
  if (type_ == Type::object) delete value_.fields;
  type_ = Type::null;
}

Record Record::list(std::initializer_list<Record> elements) {
  Record out;
  out.value_.list = new List(elements);
  out.type_ = Type::list;
  return out;
}

Record Record::object() {
  Record out;
  out.value_.fields = new Fields;
  out.type_ = Type::object;
  return out;
}

const char* Record::type_name() const {
  constexpr const char* kNames[] = {"null", "boolean", "number", "number", "number", "string", "array", "object"};
  return kNames[static_cast<int>(type_)];
}

void Record::expected(const char* what) const { throw RecordError(0, type_name(), what); }

bool Record::flag() const {
  if (type_ != Type::boolean) expected("true or false");
  return value_.truth;
}

double Record::number() const {
  if (type_ == Type::number) return value_.number;
  if (type_ == Type::integer) return static_cast<double>(value_.integer);
  if (type_ == Type::natural) return static_cast<double>(value_.natural);
  expected("a number");
}

long long Record::whole() const {
  if (type_ == Type::integer) return value_.integer;
  if (type_ == Type::natural) return static_cast<long long>(value_.natural);
  if (type_ == Type::number && value_.number == std::floor(value_.number) && std::abs(value_.number) < 9e15)
    return static_cast<long long>(value_.number);
  expected("a whole number");
}

const std::string& Record::text() const {
  if (type_ != Type::text) expected("a text");
  return *value_.text;
}

std::size_t Record::size() const {
  if (type_ == Type::list) return value_.list->size();
  if (type_ == Type::object) return value_.fields->size();
  return type_ == Type::null ? 0 : 1;
}

const Record* Record::find(std::string_view name) const {
  if (type_ != Type::object) return nullptr;
  const auto at = value_.fields->find(name);
  return at == value_.fields->end() ? nullptr : &at->second;
}

const Record& Record::at(std::string_view name) const {
  const Record* found = find(name);
  if (found == nullptr) throw RecordError(0, "no field '" + std::string(name) + "'", "one");
  return *found;
}

Record& Record::operator[](std::string_view name) {
  if (type_ == Type::null) *this = object();
  if (type_ != Type::object) expected("an object");
  const auto at = value_.fields->find(name);
  return at == value_.fields->end() ? value_.fields->emplace(name, Record()).first->second : at->second;
}

void Record::erase(std::string_view name) {
  if (type_ != Type::object) return;
  const auto at = value_.fields->find(name);
  if (at != value_.fields->end()) value_.fields->erase(at);
}

void Record::update(const Record& other) {
  for (const auto& [name, value] : other.fields()) (*this)[name] = value;
}

const Record::Fields& Record::fields() const {
  static const Fields kNone;
  if (type_ == Type::null) return kNone;
  if (type_ != Type::object) expected("an object");
  return *value_.fields;
}

const Record::List& Record::elements() const {
  static const List kNone;
  if (type_ == Type::null) return kNone;
  if (type_ != Type::list) expected("a list");
  return *value_.list;
}

const Record& Record::element(std::size_t place) const {
  const List& all = elements();
  if (place >= all.size()) throw RecordError(0, "a list of " + std::to_string(all.size()), "more");
  return all[place];
}

void Record::push_back(Record value) {
  if (type_ == Type::null) *this = list();
  if (type_ != Type::list) expected("a list");
  value_.list->push_back(std::move(value));
}

std::vector<double> Record::numbers() const {
  std::vector<double> out;
  for (const Record& value : *this) out.push_back(number_from(value));
  return out;
}

std::vector<std::ptrdiff_t> Record::wholes() const {
  std::vector<std::ptrdiff_t> out;
  for (const Record& value : *this) out.push_back(value.whole());
  return out;
}

std::vector<std::string> Record::texts() const {
  std::vector<std::string> out;
  for (const Record& value : *this) out.push_back(value.text());
  return out;
}

bool operator==(const Record& a, const Record& b) {
  if (a.is_number() && b.is_number())
    return a.is_whole() && b.is_whole() ? a.whole() == b.whole() : a.number() == b.number();
  if (a.type_ != b.type_) return false;
  if (a.is_text()) return a.text() == b.text();
  if (a.is_list()) return *a.value_.list == *b.value_.list;
  if (a.is_object()) return *a.value_.fields == *b.value_.fields;
  return a.is_null() || a.flag() == b.flag();
}

Record finite(double value) { return std::isfinite(value) ? Record(value) : Record(); }
Record finite(const std::optional<double>& value) { return value ? finite(*value) : Record(); }
double number_from(const Record& value) { return value.is_null() ? kNaN : value.number(); }

std::string json_text(const Record& value, int indent) {
  return printable(value).dump(indent, ' ', false, json::error_handler_t::replace);
}

Record parse_record(std::string_view text) {
  Builder builder;
  json::sax_parse(text, &builder);
  return builder.take();
}

Record parse_record(std::string_view text, std::size_t deepest, std::map<std::string, std::size_t>& places) {
  Watch watch(text, deepest, places);
  const Counted begin(text.data(), watch.reached()), end(text.data() + text.size(), watch.reached());
  json::sax_parse(begin, end, &watch);
  return parse_record(text);
}

}  // namespace denoiscope
