// Data sets that are known by name. Private to this room.
#pragma once

#include <filesystem>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

enum class Part { training, test };

/// Fashion-MNIST (arXiv:1708.07747) from a folder with its four IDX.gz files: 60,000 or 10,000 pictures with their
/// labels. Throws DataError naming the Debian package when they are missing.
Dataset fashion_mnist(const std::filesystem::path& folder, Part part);

/// Opens by name; `name` is one of known_datasets().
Dataset open_known(std::string_view name, Part part);

}  // namespace denoiscope::data
