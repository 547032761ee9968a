// Settings: immutable once a run starts, printable, hashed into its records. One table per verb makes the flags, the
// TOML keys, the help texts and the printed configuration.
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace denoiscope {

enum class SettingKind { text, integer, number, numbers, names, flag };

/// What a setting is about: the job on data, on a model, or either.
enum class Use { both, data, model };

/// One setting: --flag-name on the command line (underscores become hyphens), flag_name in TOML.
struct Setting {
  const char* key;
  SettingKind kind;
  const char* fallback;  ///< as typed; of a flag: "false"
  const char* metavar;   ///< what the help shows for the value
  const char* help;
  Use use = Use::both;
};

class Settings {
 public:
  explicit Settings(std::span<const Setting> table);

  /// Throws UsageError for an unknown key (with a suggestion) or a value of the wrong kind; `where` names the source.
  void set(const std::string& key, const std::string& value, const std::string& where);
  /// Keys of a TOML file; strings, numbers, booleans and flat arrays of them. Throws UsageError naming file, line and
  /// what is wrong.
  void read_toml(const std::filesystem::path& file);
  /// The same of a text, which errors call `file`.
  void parse_toml(std::string_view text, const std::string& file);

  const std::string& text(const char* key) const;
  long long integer(const char* key) const;
  double number(const char* key) const;
  std::vector<double> numbers(const char* key) const;
  std::vector<long long> integers(const char* key) const;
  std::vector<std::string> names(const char* key) const;
  bool flag(const char* key) const { return text(key) == "true"; }
  bool given(const char* key) const { return !text(key).empty(); }

  /// Where the setting was given (the `where` of set), empty where it has its default.
  const std::string& source(const char* key) const;
  /// Back to the default.
  void clear(const char* key);
  /// Throws UsageError, which names where it was given, for a setting that is not for `use`. `instead` says what the
  /// job is about.
  void require_only(Use use, const std::string& instead) const;

  /// One line a key, in the order of the table: what read_toml reads back to the same settings. Of those that are not
  /// for `use` none is written (Use::both: all are).
  std::string toml(Use use = Use::both) const;

 private:
  const Setting& find(const std::string& key, const std::string& where) const;
  std::span<const Setting> table_;
  std::map<std::string, std::string> value_, source_;
};

}  // namespace denoiscope
