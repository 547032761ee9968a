// Denoisers by name: what `denoiscope list denoisers` shows and `--model NAME key=value ...` makes. A new model is one
// row in table.cpp.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/denoiser/denoiser.hpp"

namespace denoiscope {

class Hierarchy;

/// What a row of the table makes.
struct Made {
  /// Null for a law from which points can be drawn and no more.
  std::shared_ptr<const Posterior> posterior;
  Index dimension = 0;
  /// As Posterior::sample_prior.
  std::function<void(const Noise&, const Names&, MutRows x0, std::span<int> label)> sample;
};

struct DenoiserEntry {
  std::string_view name;
  std::string_view description;
  std::string_view citation;
  std::span<const Parameter> parameters = {};
  Made (*make)(const Arguments&) = nullptr;  ///< null where the posterior is that of data and not of a model
  /// The model under so many grammars, its own first; null where its points are no trees.
  std::vector<Hierarchy> (*grammars)(const Arguments&, Index count) = nullptr;
};

std::span<const DenoiserEntry> denoisers();

/// "NAME key=... [optional=default]".
std::string synopsis(const DenoiserEntry& entry);

/// A model made from "key=value" settings, and what it was made from.
struct Model {
  const DenoiserEntry* entry;
  Arguments arguments;
  Made made;
  /// "curie-weiss N=100 beta=1.5 h=0"
  std::string text() const;
  /// Throws UsageError where the model has none in closed form.
  const Posterior& posterior() const;
};

/// Throws UsageError, one line that names model and parameter, for an unknown model, one that needs data, and settings
/// that are unknown, missing, given twice or out of range.
Model make_model(std::string_view name, std::span<const std::string> settings);

}  // namespace denoiscope
