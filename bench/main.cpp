#include "bench/main.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "bench/timing.hpp"
#include "denoiscope/base/files.hpp"

namespace denoiscope::bench {

int run(int argc, char** argv, std::size_t most, Record (*measure)(const Options&),
        void (*print_table)(const Record&)) {
  try {
    Options options;
    bool as_json = false;
    for (const std::string& word : std::vector<std::string>(argv + 1, argv + argc)) {
      if (word == "--json")
        as_json = true;
      else if (word == "--no-peers")
        options.with_peers = false;
      else if (word.starts_with("--") || options.words.size() == most)
        throw std::runtime_error(fmt::format("'{}', expected --json, --no-peers and at most {} words", word, most));
      else
        options.words.push_back(word);
    }
    const Record result = measure(options);
    if (as_json)
      fmt::print("{}\n", json_text(result));
    else
      print_table(result);
    return 0;
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", std::filesystem::path(argv[0]).filename().string(), error.what());
    return 1;
  }
}

Record ask_peer(const std::string& script, const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment) {
  const Scratch scratch("denoiscope-peer");
  std::vector<std::string> words = {"env"};
  words.insert(words.end(), environment.begin(), environment.end());
  words.push_back(python());
  words.push_back(script);
  words.insert(words.end(), arguments.begin(), arguments.end());
  try {
    if (run_process(words, scratch.file("out")).exit_code != 0) return nullptr;
    return parse_record(map_file(scratch.file("out")).text());
  } catch (const std::system_error& error) {
    fmt::print(stderr, "{}: no peers\n", error.what());
    return nullptr;
  }
}

Dataset single_precision(const Dataset& data, Index width) {
  const Index n = data.rows(), d = data.dimension();
  auto [bytes, at] = allocate_bytes(static_cast<std::size_t>(n * width) * sizeof(float));
  auto* out = reinterpret_cast<float*>(at);
  RowMatrix row(1, d);
  for (Index i = 0; i < n; ++i) {
    data.read(i, row);
    for (Index k = 0; k < d; ++k) out[i * width + k] = static_cast<float>(row(0, k));
  }
  return Dataset::from_bytes(std::move(bytes), 0, n, {width}, Scalar::f32, false, data.name());
}

std::string cell(const Record& value, const char* pattern) {
  return value.is_number() ? fmt::format(fmt::runtime(pattern), value.number()) : "-";
}

}  // namespace denoiscope::bench
