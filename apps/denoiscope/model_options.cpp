#include "model_options.hpp"

#include "denoiscope/base/error.hpp"

namespace denoiscope::app {

ModelOptions::ModelOptions(CLI::App& verb) {
  verb.add_option("--model", name_, "an exactly solvable model instead of data (see `denoiscope list denoisers`)")
      ->type_name("NAME");
  verb.add_option("key=value", parameters_, "parameters of the model")->type_name("");
}

void ModelOptions::apply(Settings& settings) const {
  if (!name_.empty()) settings.set("model", name_, "--model");
  if (!settings.given("model")) {
    if (parameters_.empty()) return;
    throw UsageError("'{}': one data set at a time{}", parameters_.front(),
                     parameters_.front().find('=') == std::string::npos
                         ? "; give its labels with --labels and held-out data with --test."
                         : ", and it has no parameters; those of a model need --model NAME.");
  }
  std::vector<std::string> typed;
  if (settings.source("data") == "DATA") {
    typed.push_back(settings.text("data"));
    settings.clear("data");
  }
  typed.insert(typed.end(), parameters_.begin(), parameters_.end());
  std::string all = settings.text("parameters");
  for (const std::string& item : typed) {
    if (item.find('=') == std::string::npos)
      throw UsageError(
          "'{}': with --model {} there is no data set; write parameters of the model as key=value, or leave out "
          "--model.",
          item, settings.text("model"));
    if (item.find(' ') != std::string::npos)
      throw UsageError("'{}': a parameter of a model holds no blank; write key=value.", item);
    all += (all.empty() ? "" : " ") + item;
  }
  settings.set("parameters", all, "key=value");
}

}  // namespace denoiscope::app
