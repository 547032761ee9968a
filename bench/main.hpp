// What all benchmarks share: their command line, how a result is shown, and peers in Python.
#pragma once

#include <string>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/data/dataset.hpp"

namespace denoiscope::bench {

struct Options {
  bool with_peers = true;
  std::vector<std::string> words;  ///< in order, options apart
  /// The word at that place, or what stands for it.
  std::string word(std::size_t place, const std::string& otherwise) const {
    return place < words.size() ? words[place] : otherwise;
  }
};

/// A main: NAME [--json] [--no-peers] [WORD ...], at most `most` words. Prints what `measure` returns, as one JSON
/// object or by `print_table`. Returns 1, its message on stderr, where anything throws.
int run(int argc, char** argv, std::size_t most, Record (*measure)(const Options&), void (*print_table)(const Record&));

/// What a Python script prints, JSON; null where it fails or there is no Python. environment: NAME=value of its
/// process.
Record ask_peer(const std::string& script, const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment = {});

/// The numbers as peers get them, in single precision, with zeros to the right up to `width` columns.
Dataset single_precision(const Dataset& data, Index width);

/// A number of a table, or "-" where there is none.
std::string cell(const Record& value, const char* pattern);

}  // namespace denoiscope::bench
