// The one typed option: what a theory, a model, a landscape or an experiment declares, and what it was given. From one
// table come the checks, the flags of the command line, the keys of TOML files, help, man page and completion.
#pragma once

#include <filesystem>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace denoiscope {

/// list: numbers separated by commas; word: one of `words`; names: texts separated by commas; flag: true or false.
enum class Kind { number, whole, list, word, text, names, flag };

/// What a parameter of an experiment is about: its data, its model, or either.
enum class About { any, data, model };

/// Where it stands on a command line: --name VALUE; in its turn among the words without a flag; or all further words.
enum class Place { flag, positional, rest };

/// One parameter and the values it may take.
struct Parameter {
  std::string_view name;  ///< as in TOML; on the command line --name with hyphens
  std::string_view description;
  Kind kind = Kind::number;
  double low = -std::numeric_limits<double>::infinity();  ///< of every element of a list
  double high = std::numeric_limits<double>::infinity();
  bool open = false;  ///< low and high are themselves excluded
  bool required = true;
  /// Used when an optional one is not given; NaN: see `typed`.
  double fallback = std::numeric_limits<double>::quiet_NaN();
  std::string_view words = {};    ///< for Kind::word, separated by '|'; the value is the place of the word, from 0
  std::string_view typed = {};    ///< the default as one would type it; empty: it stays absent
  std::string_view metavar = {};  ///< what help shows for the value: "N", "FILE", "t,t,..."
  About about = About::any;
  Place place = Place::flag;
};

/// The usual rows of an experiment's table: optional, with their defaults.
namespace parameter {
constexpr double kUnbounded = std::numeric_limits<double>::infinity();
constexpr double kAbsent = std::numeric_limits<double>::quiet_NaN();

constexpr Parameter whole(std::string_view name, double fallback, double low, double high, std::string_view metavar,
                          std::string_view description) {
  return {name, description, Kind::whole, low, high, false, false, fallback, {}, {}, metavar};
}
constexpr Parameter number(std::string_view name, double fallback, double low, double high, std::string_view metavar,
                           std::string_view description) {
  return {name, description, Kind::number, low, high, false, false, fallback, {}, {}, metavar};
}
/// A number strictly within (low, high).
constexpr Parameter within(std::string_view name, double fallback, double low, double high, std::string_view metavar,
                           std::string_view description) {
  return {name, description, Kind::number, low, high, true, false, fallback, {}, {}, metavar};
}
/// Numbers of [low, high]; `open`: of (low, high).
constexpr Parameter list(std::string_view name, std::string_view typed, double low, double high, bool open,
                         std::string_view metavar, std::string_view description) {
  return {name, description, Kind::list, low, high, open, false, kAbsent, {}, typed, metavar};
}
constexpr Parameter word(std::string_view name, std::string_view words, std::string_view typed,
                         std::string_view description) {
  return {name, description, Kind::word, -kUnbounded, kUnbounded, false, false, kAbsent, words, typed, words};
}
constexpr Parameter text(std::string_view name, std::string_view typed, std::string_view metavar,
                         std::string_view description) {
  return {name, description, Kind::text, -kUnbounded, kUnbounded, false, false, kAbsent, {}, typed, metavar};
}
constexpr Parameter names(std::string_view name, std::string_view metavar, std::string_view description) {
  return {name, description, Kind::names, -kUnbounded, kUnbounded, false, false, kAbsent, {}, {}, metavar};
}
constexpr Parameter flag(std::string_view name, std::string_view description) {
  return {name, description, Kind::flag, -kUnbounded, kUnbounded, false, false, kAbsent, {}, "false"};
}
/// A word of the command line without a flag.
constexpr Parameter positional(std::string_view name, bool required, std::string_view metavar,
                               std::string_view description) {
  return {name, description, Kind::text, -kUnbounded, kUnbounded,       false, required, kAbsent,
          {},   {},          metavar,    About::any,  Place::positional};
}
/// The same, one of some words.
constexpr Parameter one_of(std::string_view words, Parameter p) {
  p.kind = Kind::word;
  p.words = words;
  return p;
}
/// All further words, kept with blanks between.
constexpr Parameter rest(std::string_view name, std::string_view metavar, std::string_view description) {
  return {name,    description, Kind::text, -kUnbounded, kUnbounded, false,      false,
          kAbsent, {},          {},         metavar,     About::any, Place::rest};
}
constexpr Parameter about(About what, Parameter p) {
  p.about = what;
  return p;
}
constexpr Parameter required(Parameter p) {
  p.required = true;
  return p;
}
}  // namespace parameter

/// A table made of others, in their order.
std::vector<Parameter> joined(std::initializer_list<std::span<const Parameter>> tables);

/// The rows of a table that are called so, in the order of the table.
std::vector<Parameter> only(std::span<const Parameter> table, std::initializer_list<std::string_view> names);

/// "--t-max" of the parameter t_max.
std::string flag_of(std::string_view name);

/// A parameter as it was used: given or by default.
struct Argument {
  std::string_view name;
  Kind kind = Kind::number;
  std::vector<double> values = {};  ///< of a number, whole, word or flag: one
  std::string typed = {};           ///< as it was typed; of a default as one would type it
  std::string source = {};          ///< where it was given; empty: by default
  std::string text() const;         ///< numbers in their shortest form, all else as typed
};

/// The parameters of one evaluation or experiment, checked against the table that declares them. Immutable once an
/// experiment starts.
class Arguments {
 public:
  Arguments() = default;
  /// Defaults. The table must outlive it.
  explicit Arguments(std::span<const Parameter> table);

  /// Throws UsageError, one line that names where it was given and the parameter, for an unknown name (with a
  /// suggestion), a value of the wrong kind or out of range. `where`: "--set", "theory clock", file and line.
  void set(std::string_view name, const std::string& typed, const std::string& where);
  /// Back to the default.
  void clear(std::string_view name);
  /// Keys of a TOML file; texts, numbers, booleans and flat lists of them. Throws UsageError that names file, line and
  /// what is wrong.
  void read_toml(const std::filesystem::path& file);
  /// The same of a text, which errors call `file`.
  void parse_toml(std::string_view text, const std::string& file);
  /// Throws UsageError for a required parameter that has no value; `where` as above, `synopsis` how to write it.
  void require_all(const std::string& where, const std::string& synopsis) const;
  /// Throws UsageError, which names where it was given, for what is not about `what`. `instead` says what the job is
  /// on.
  void require_only(About what, const std::string& instead) const;

  bool has(std::string_view name) const;                   ///< whether it has a value, given or by default
  bool given(std::string_view name) const;                 ///< whether it was given
  const std::string& source(std::string_view name) const;  ///< where; empty where it was not
  double operator[](std::string_view name) const;          ///< throws InternalError where it has no value
  double number(std::string_view name) const { return (*this)[name]; }
  long long whole(std::string_view name) const;                 ///< exact also beyond 2^53
  std::span<const double> list(std::string_view name) const;    ///< empty where it has no value
  std::vector<double> numbers(std::string_view name) const;     ///< the same, copied
  std::vector<long long> wholes(std::string_view name) const;   ///< throws UsageError where one is not whole
  std::vector<std::string> names(std::string_view name) const;  ///< what stands between commas
  const std::string& text(std::string_view name) const;         ///< as typed; empty where it has no value
  bool flag(std::string_view name) const { return text(name) == "true"; }

  /// What has a value, in the order declared.
  std::vector<Argument> used() const;
  /// One line a key, in the order of the table: what read_toml reads back to the same. What is not about `what` is left
  /// out (any: nothing is).
  std::string toml(About what = About::any) const;
  std::span<const Parameter> table() const { return table_; }

 private:
  std::size_t place_of(std::string_view name, const std::string& where) const;
  const Argument& at(std::string_view name) const;
  std::span<const Parameter> table_;
  std::vector<Argument> arguments_;  // one a row of the table
};

/// What an experiment is asked.
using Request = Arguments;

/// "NAME key=... [optional=default]": how to write it on a command line.
std::string synopsis(std::string_view name, std::span<const Parameter> parameters);

/// Settings written "key=value" for what `kind` ("theory", "model") calls `name`, with defaults, in the order declared.
/// Throws UsageError, one line that names kind, name and parameter, for an unknown or missing parameter, one given
/// twice, a value that is no number or is out of range.
Arguments read_arguments(std::string_view kind, std::string_view name, std::span<const Parameter> parameters,
                         std::span<const std::string> settings);

}  // namespace denoiscope
