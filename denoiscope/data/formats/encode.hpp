// One function a format that is written; which one a file wants is decided in write.cpp. Private to this room.
#pragma once

#include <span>
#include <string>

#include "denoiscope/data/dataset.hpp"
#include "denoiscope/data/write.hpp"

namespace denoiscope::data {

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
