#include "denoiscope/data/json.hpp"

#include <fmt/format.h>

#include <set>
#include <vector>

#include "denoiscope/data/array.hpp"

namespace denoiscope::data {

namespace {

using nlohmann::json;

// A first reading that keeps nothing but the names in open objects. (The callback of json::parse could do the same, but
// takes time quadratic in the number of objects.)
class Watch final : public nlohmann::json_sax<json> {
 public:
  Watch(std::size_t origin, const std::string& file) : origin_(origin), file_(file) {}
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
    if (!keys_.back().insert(name).second)
      malformed(file_, origin_, "JSON", fmt::format("'{}' twice", printable(name)), "every name once");
    return true;
  }
  bool parse_error(std::size_t at, const std::string&, const json::exception&) override {
    malformed(file_, origin_ + (at > 0 ? at - 1 : 0), "JSON", "no JSON text", "some", "The file is damaged.");
  }

 private:
  bool open() {
    constexpr std::size_t kDepth = 8;
    keys_.emplace_back();
    if (keys_.size() > kDepth)
      malformed(file_, origin_, "JSON", fmt::format("more than {} levels", kDepth), "fewer", "The file is damaged.");
    return true;
  }
  bool close() {
    keys_.pop_back();
    return true;
  }

  std::size_t origin_;
  const std::string& file_;
  std::vector<std::set<std::string>> keys_;  // of the objects and lists that are open
};

}  // namespace

json parse_json(std::string_view text, std::size_t origin, const std::string& file) {
  Watch watch(origin, file);
  json::sax_parse(text, &watch);
  return json::parse(text);
}

}  // namespace denoiscope::data
