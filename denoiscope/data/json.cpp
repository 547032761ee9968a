#include "denoiscope/data/json.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <iterator>
#include <set>
#include <vector>

#include "denoiscope/data/array.hpp"

namespace denoiscope::data {

namespace {

using nlohmann::json;

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

// A first reading that keeps nothing but the names in open objects. (The callback of json::parse could do the same, but
// takes time quadratic in the number of objects.)
class Watch final : public nlohmann::json_sax<json> {
 public:
  Watch(std::string_view text, std::size_t origin, const std::string& file, std::map<std::string, std::size_t>& places)
      : begin_(text.data()), reached_(text.data()), origin_(origin), file_(file), places_(places) {}
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
    if (!keys_.back().insert(name).second)
      malformed(file_, last(), "JSON", fmt::format("'{}' twice", printable(name)), "every name once");
    return true;
  }
  // `at` counts what was read, the end of the text too.
  bool parse_error(std::size_t at, const std::string&, const json::exception&) override {
    malformed(file_, origin_ + at - 1, "JSON", "no JSON text", "some", "The file is damaged.");
  }

 private:
  bool open() {
    constexpr std::size_t kDepth = 8;
    keys_.emplace_back();
    if (keys_.size() > kDepth)
      malformed(file_, last(), "JSON", fmt::format("more than {} levels", kDepth), "fewer", "The file is damaged.");
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  // The last byte of what was read last.
  std::size_t last() const { return origin_ + static_cast<std::size_t>(reached_ - begin_) - 1; }

  const char* begin_;
  const char* reached_;
  std::size_t origin_;
  const std::string& file_;
  std::map<std::string, std::size_t>& places_;
  std::vector<std::set<std::string>> keys_;  // of the objects and lists that are open
};

}  // namespace

json parse_json(std::string_view text, std::size_t origin, const std::string& file,
                std::map<std::string, std::size_t>& places) {
  Watch watch(text, origin, file, places);
  const Counted begin(text.data(), watch.reached()), end(text.data() + text.size(), watch.reached());
  json::sax_parse(begin, end, &watch);
  return json::parse(text);
}

}  // namespace denoiscope::data
