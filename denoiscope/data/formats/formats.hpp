// One function a format that is read, one a format that is written; which one a file wants is decided in open.cpp and
// in write.cpp. Private to this room.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/formats/members.hpp"
#include "denoiscope/data/pictures.hpp"
#include "denoiscope/data/write.hpp"

namespace denoiscope::data {

inline constexpr std::string_view kNpyMagic = "\x93NUMPY";
inline constexpr std::string_view kZipMagic = "PK\x03\x04";
inline constexpr std::string_view kGzipMagic = "\x1f\x8b";
inline constexpr std::string_view kIdxMagic{"\0\0", 2};

/// NumPy's .npy, versions 1 to 3 (numpy.lib.format); the rows stay in `bytes`. `flat`, where given, becomes
/// whether the array has one axis only.
Dataset open_npy(Bytes bytes, const std::string& file, bool* flat = nullptr);

/// NumPy's .npz: a zip archive of .npy files, stored or deflated; stored ones stay in `bytes`.
Dataset open_npz(const Bytes& bytes, Role role, const std::string& file);

/// IDX, the format of MNIST: 0 0 type axes, big-endian extents, big-endian numbers.
Dataset open_idx(Bytes bytes, const std::string& file);

/// The same, gzipped; inflated into memory after its declared size has been checked.
Dataset open_idx_gz(const Bytes& packed, const std::string& file);

/// Whether a header of possible length follows.
bool is_safetensors(const Bytes& bytes);
/// safetensors: F32, F64, U8, I32 and I64; the rows stay in `bytes`.
Dataset open_safetensors(const Bytes& bytes, Role role, const std::string& file);

/// Columns of a table, labels included.
inline constexpr std::size_t kMaxColumns = std::size_t{1} << 20;
/// Whether the beginning is text, by which a file is taken for numbers in lines.
bool is_text(std::string_view content);
/// Numbers in lines, read into memory as doubles. Errors name line and column, both from 1.
Dataset open_csv(const Bytes& bytes, Role role, const std::string& file);

/// CIFAR-10 or CIFAR-100 binary. These have no magic: the size is a multiple of a record's and every label is possible.
bool is_cifar(std::string_view content);

/// Pictures with colour last, labels (the fine ones of CIFAR-100) set. The caller has asked is_cifar.
Dataset open_cifar(const Bytes& bytes, const std::string& file);

/// Whether the folder has train.bin or data_batch_1.bin; these and the batches that follow, one after another.
bool is_cifar_folder(const std::filesystem::path& folder);
Dataset open_cifar_folder(const std::filesystem::path& folder);

/// Whether the header of an IDX file fits the length of `content`: pictures of CIFAR may begin with the same bytes.
bool idx_fits(const Bytes& bytes);

/// A folder of PNG and JPEG pictures that have one size once brought to the form; sub-folders are classes, unless
/// dataset.json has labels.
Dataset open_image_folder(const std::filesystem::path& folder, const PictureForm& form);

/// A named array of a file: a data set of shape (n, shape...), or (n) where `flat`.
struct Array {
  std::string name;
  Dataset data;
  bool flat = false;
};

/// Shape with the rows first.
std::vector<Index> extents_of(const Array& array);

/// Labels as an array `labels` of integers (n).
Array labels_array(const Dataset& data);

/// All numbers as stored, little-endian, appended in the order of rows.
void append_numbers(std::string& out, const Dataset& data);

std::string encode_npy(const Array& array);
std::string encode_npz(std::span<const Array> arrays, bool compressed, const std::string& file);
std::string encode_safetensors(std::span<const Array> arrays, const Notes& notes);
/// Columns of data, then of labels; either may be left out.
std::string encode_csv(const Dataset* data, std::span<const long long> labels, const std::string& file);
std::string encode_grid(const Dataset& data, const Notes& notes, const std::string& file);

}  // namespace denoiscope::data
