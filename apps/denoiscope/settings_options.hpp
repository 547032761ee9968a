// Flags made from a table of settings, with --config and --set over them.
#pragma once

#include <CLI/CLI.hpp>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "denoiscope/study/settings.hpp"

namespace denoiscope::app {

class SettingsOptions {
 public:
  /// `keys`: which rows of the table become flags (empty: all). The setting `data` is the positional DATA.
  SettingsOptions(CLI::App& verb, std::span<const Setting> table, const std::vector<std::string>& keys = {});
  /// Defaults, then --config, then --set, then flags.
  Settings resolve() const;

 private:
  std::span<const Setting> table_;
  std::map<std::string, std::string> typed_;
  std::map<std::string, CLI::Option*> option_;
  std::string config_;
  std::vector<std::string> set_;
};

}  // namespace denoiscope::app
