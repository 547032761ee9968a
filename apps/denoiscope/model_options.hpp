// `--model NAME key=value ...`: a verb on data that can be about a model instead.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "denoiscope/study/settings.hpp"

namespace denoiscope::app {

class ModelOptions {
 public:
  /// Adds --model and the positionals key=value. To be made after DATA, which then takes the first of them.
  explicit ModelOptions(CLI::App& verb);

  /// Moves what was typed into the settings `model` and `parameters`, the first parameter out of `data`. What a
  /// configuration file says of the parameters comes before what is typed. Throws UsageError for positionals that are
  /// neither DATA nor parameters of a model.
  void apply(Settings& settings) const;

 private:
  std::string name_;
  std::vector<std::string> parameters_;
};

}  // namespace denoiscope::app
