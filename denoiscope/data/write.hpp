// Data sets written as files that `open` reads back. Every file appears whole or not at all (base/files.hpp).
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "denoiscope/data/dataset.hpp"

namespace denoiscope::data {

/// What a file is to be; the extension of its name says it.
enum class FileKind { npy, npz, safetensors, csv, png };

/// Throws UsageError for an extension that is none of .npy, .npz, .safetensors, .csv and .png.
FileKind kind_of(const std::filesystem::path& file);

/// Whether files of this kind hold the labels beside the data.
bool holds_labels(FileKind kind);

/// Key and value of what a file says about itself. Keys: ASCII, 1 to 79 characters; empty values are left out of PNG.
using Notes = std::vector<std::pair<std::string, std::string>>;

/// Writes the rows as stored, without preprocessing, little-endian, in their type and shape (n, shape...):
///   .npy          the numbers only
///   .npz          arrays `images` (`x` where rows are no pictures) and `labels` (i64); deflated where `compressed`
///   .safetensors  tensors of the same names; `notes` become its metadata
///   .csv          names x0, x1, ... in the first line, labels in a last column `label`; digits that read back to the
///                 same double
///   .png          all pictures in a grid, row by row, with `notes`, rows and columns as text chunks; other than 8-bit
///                 pictures are scaled from their range to 0..255, and the range is noted
/// The content is made in memory. Returns its bytes. Throws UsageError (kind_of), DataError where the kind cannot hold
/// the data, ResourceError where the disk fails.
std::size_t write(const std::filesystem::path& file, const Dataset& data, const Notes& notes = {},
                  bool compressed = false);

/// Writes the labels of all rows: integers (n) as .npy, as the array `labels` of .npz or .safetensors, or as a column
/// `label` of .csv. Throws UsageError where there are no labels, and for .png.
std::size_t write_labels(const std::filesystem::path& file, const Dataset& data, const Notes& notes = {},
                         bool compressed = false);

/// Numbers with a name: shape (n, row...), or (n) where `row` is empty; n follows from the length.
struct NamedArray {
  std::string name;
  std::variant<std::span<const double>, std::span<const long long>> values;  ///< in C order
  std::vector<Index> row = {};
};

/// Writes arrays of '<f8' and '<i8' into one .npz, or as tensors into one .safetensors with `notes` as its metadata.
/// Returns its bytes. Throws UsageError for any other extension, DataError for 4 GiB and more in a .npz, ResourceError
/// where the disk fails.
std::size_t write_arrays(const std::filesystem::path& file, std::span<const NamedArray> arrays,
                         const Notes& notes = {});

/// Writes values (n, d) as .npy '<f8' C-order of shape (n, shape...).
void write_npy(const std::filesystem::path& file, Rows values, std::span<const Index> shape = {});
/// Writes integers as .npy '<i8' of shape (n).
void write_npy(const std::filesystem::path& file, std::span<const long long> values);

/// The PNG file of 8-bit pixels, rows top to bottom. channels: 1 (grey), 3 (RGB), 4 (RGBA). Notes become text chunks.
std::string encode_png(std::span<const unsigned char> pixels, Index height, Index width, Index channels,
                       const Notes& notes = {});

}  // namespace denoiscope::data
