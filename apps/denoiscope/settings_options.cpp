#include "settings_options.hpp"

#include <algorithm>

#include "denoiscope/base/error.hpp"

namespace denoiscope::app {
namespace {

std::string flag_of(std::string key) {
  std::replace(key.begin(), key.end(), '_', '-');
  return "--" + key;
}

}  // namespace

SettingsOptions::SettingsOptions(CLI::App& verb, std::span<const Setting> table, const std::vector<std::string>& keys)
    : table_(table) {
  for (const Setting& s : table) {
    if (!keys.empty() && std::find(keys.begin(), keys.end(), s.key) == keys.end()) continue;
    std::string& value = typed_[s.key];
    if (s.kind == SettingKind::flag) {
      option_[s.key] = verb.add_flag(flag_of(s.key), value, s.help);
      continue;
    }
    const bool positional = std::string(s.key) == "data";
    option_[s.key] =
        verb.add_option(positional ? "DATA" : flag_of(s.key), value, s.help)->type_name(positional ? "" : s.metavar);
    if (s.fallback[0] != '\0') option_[s.key]->default_str(s.fallback);
  }
  verb.add_option("--config", config_, "settings from a TOML file; flags win over it")->type_name("FILE");
  verb.add_option("--set", set_, "one setting, as in the TOML file; may be repeated")
      ->type_name("KEY=VALUE")
      ->expected(1)
      ->take_all();
}

Settings SettingsOptions::resolve() const {
  Settings settings(table_);
  if (!config_.empty()) settings.read_toml(config_);
  for (const std::string& item : set_) {
    const std::size_t equals = item.find('=');
    if (equals == std::string::npos) throw UsageError("--set: '{}' is not KEY=VALUE.", item);
    settings.set(item.substr(0, equals), item.substr(equals + 1), "--set");
  }
  for (const auto& [key, option] : option_)
    if (option->count() > 0) settings.set(key, typed_.at(key), key == "data" ? "DATA" : flag_of(key));
  return settings;
}

}  // namespace denoiscope::app
