// One door for every format: what a file is, is decided by its content, never by its name.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/data/dataset.hpp"

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
/// set. Not preprocessed. Throws DataError: "<file>: byte <offset> (<field>): <found>, expected <what>. <hint>".
Dataset open(const std::string& what);

/// The known held-out part of a known data set; throws DataError where there is none.
Dataset open_test(const std::string& what);

/// Class labels from .npy, .npz, IDX(.gz), safetensors or CSV of integers, one a row.
std::vector<long long> open_labels(const std::filesystem::path& file);

/// Writes values (n, d) as .npy '<f8' C-order of shape (n, shape...).
void write_npy(const std::filesystem::path& file, Rows values, std::span<const Index> shape = {});
/// Writes integers as .npy '<i8' of shape (n).
void write_npy(const std::filesystem::path& file, std::span<const long long> values);

/// The PNG file of 8-bit pixels, rows top to bottom. channels: 1 (grey), 3 (RGB), 4 (RGBA).
std::string encode_png(std::span<const unsigned char> pixels, Index height, Index width, Index channels);

}  // namespace denoiscope::data
