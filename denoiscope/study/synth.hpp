// Data drawn from a model whose law is known.
#pragma once

#include <cstdint>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/models/table.hpp"

namespace denoiscope {

/// `rows` independent clean points of the model, labelled by the class each was drawn from where the model has several.
/// Row i is a function of (model, seed, i) alone. Throws UsageError for rows < 1.
Dataset synthesize(const Model& model, Index rows, std::uint64_t seed);

}  // namespace denoiscope
