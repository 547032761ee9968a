// One door for every format: what a file is, is decided by its content, never by its name.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/pictures.hpp"

namespace denoiscope::data {

/// A data set that is known by name.
struct Known {
  const char* name;
  const char* description;
  const char* source;  ///< where it comes from: Debian package, generator
};
std::span<const Known> known_datasets();

/// Opens `what`: a known name ("fashion-mnist", or "" for the embedded default), or a path to .npy, .npz, IDX, IDX.gz,
/// or a folder of PNG/JPEG images (class sub-folders or dataset.json become labels). Labels that come with the data are
/// set. Not preprocessed. `form`: see `reformed`; with it, the files of a folder need not have one size or colour type.
/// Throws DataError: "<file>: byte <offset> (<field>): <found>, expected <what>. <hint>".
Dataset open(const std::string& what, const PictureForm& form = {});

/// The known held-out part of a known data set; throws DataError where there is none.
Dataset open_test(const std::string& what, const PictureForm& form = {});

/// Class labels from .npy, .npz, IDX(.gz), safetensors or CSV of integers, one a row.
std::vector<long long> open_labels(const std::filesystem::path& file);

}  // namespace denoiscope::data
