#include "denoiscope/experiments/sample/sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/pixels.hpp"
#include "denoiscope/data/quality.hpp"
#include "denoiscope/engine/empirical_path.hpp"
#include "denoiscope/observables/copy_tests.hpp"

namespace denoiscope::experiments {

namespace {

constexpr Index kNumbers = Index{1} << 18;        // of a block: 2 MiB, some 5 MB as JSON
constexpr Index kMostRows = 1024, kFewRows = 64;  // fewer make a sweep over the data dear
constexpr double kUnitWork = 2e11;                // products of points and data in about ten seconds
constexpr double kLook = 1e-3;  // noise level at which a sample is asked for its class and neighbours, at most

double look_level(const SampleSettings& s) {
  double t = kLook;
  for (const double time : s.times)
    if (time > 0) t = std::min(t, time);
  return t;
}

// EmpiricalPath keeps the data once more. An adaptive stepper asks for each path alone.
bool follows_paths(const SampleJob& job) {
  constexpr double kMost = 1e9;  // numbers of the data
  return job.data && !job.sampling.settings.stepper->adaptive &&
         static_cast<double>(job.data->rows()) * static_cast<double>(job.data->dimension()) <= kMost;
}

std::vector<SampleFact> facts_of(const SampleJob& job, const RowMatrix& clean, std::span<const std::uint64_t> seeds) {
  const double t = look_level(job.sampling.settings), shrink = std::exp(-t);
  Wanted what;
  what.neighbours = job.data.has_value();
  Summary s;
  job.posterior->summarize(t, shrink * clean, what, s);
  const bool classes = job.posterior->classes() > 1 || (job.data && job.data->labelled());
  std::vector<SampleFact> facts(seeds.size());
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    const auto row = static_cast<Index>(i);
    SampleFact& fact = facts[i];
    fact.seed = seeds[i];
    if (classes) {
      Index best = 0;
      fact.weight = std::exp(s.all.class_log_weight.row(row).maxCoeff(&best));
      fact.cls = static_cast<int>(best);
    }
    if (!job.data) continue;
    fact.nearest = job.data->original_row(s.nearest(row, 0));
    fact.d1 = s.distance(row, 0) / shrink;
    if (s.nearest(row, 1) >= 0) fact.d2 = s.distance(row, 1) / shrink;
  }
  return facts;
}

Record numbers(const RowMatrix& values) { return std::vector<double>(values.data(), values.data() + values.size()); }

RowMatrix matrix_from(const Record& values, Index rows) {
  const auto flat = values.numbers();
  return Eigen::Map<const RowMatrix>(flat.data(), rows, static_cast<Index>(flat.size()) / rows);
}

using Seeds = std::span<const std::uint64_t>;

std::vector<Seeds> blocks_of(const SampleJob& job) {
  const std::size_t each = seeds_a_block(job);
  std::vector<Seeds> blocks;
  for (std::size_t begin = 0; begin < job.sampling.seeds.size(); begin += each)
    blocks.push_back(Seeds(job.sampling.seeds).subspan(begin, std::min(each, job.sampling.seeds.size() - begin)));
  return blocks;
}

// Rows of scalars of one type as a data set of this shape.
template <class Number>
Dataset in_memory(const std::vector<Number>& values, Index rows, const std::vector<Index>& shape, Scalar scalar,
                  const std::string& name) {
  auto [bytes, at] = allocate_bytes(values.size() * sizeof(Number));
  std::memcpy(at, values.data(), values.size() * sizeof(Number));
  return Dataset::from_bytes(std::move(bytes), 0, rows, shape, scalar, false, name);
}

void label(const SampleJob& job, const std::vector<SampleFact>& facts, Dataset& samples) {
  if (facts.empty() || facts.front().cls < 0) return;
  std::vector<long long> labels;
  labels.reserve(facts.size());
  for (const SampleFact& fact : facts) labels.push_back(job.data ? job.data->classes()[fact.cls].label : fact.cls);
  samples.set_labels(labels, job.source);
  if (!job.data) return;
  std::vector<std::string> names;
  for (const ClassInfo& present : samples.classes())
    for (const ClassInfo& known : job.data->classes())
      if (known.label == present.label) names.push_back(known.name);
  samples.name_classes(names);
}

}  // namespace

std::size_t seeds_a_block(const SampleJob& job) {
  const auto frames = static_cast<Index>(job.sampling.settings.keep.size());
  const Index d = job.posterior->dimension();
  Index rows = std::clamp<Index>(kNumbers / (d * (1 + frames)), 1, kMostRows);
  if (job.data && !job.sampling.exact) {
    const double each = static_cast<double>(job.data->rows()) * static_cast<double>(d) *
                        static_cast<double>(job.sampling.settings.times.size());
    rows = std::min(rows, std::max(kFewRows, static_cast<Index>(kUnitWork / each)));
  }
  return static_cast<std::size_t>(rows);
}

SampleBlock sample_block(const SampleJob& job, std::span<const std::uint64_t> seeds) {
  const SampleSettings& settings = job.sampling.settings;
  const Samples samples = [&] {
    if (job.sampling.exact) return exact_samples(*job.posterior, settings, job.noise, seeds);
    if (!follows_paths(job)) return integrated_samples(*job.posterior, settings, job.noise, seeds);
    const EmpiricalPath score(*job.data, static_cast<Index>(seeds.size()), kPathTolerance, job.arithmetic);
    return integrated_samples(score, settings, job.noise, seeds);
  }();
  SampleBlock block;
  block.clean = samples.clean;
  const Index d = job.posterior->dimension();
  block.path.resize(samples.clean.rows(), d * static_cast<Index>(samples.kept.size()));
  for (std::size_t k = 0; k < samples.kept.size(); ++k)
    block.path.middleCols(d * static_cast<Index>(k), d) = samples.kept[k];
  block.facts = facts_of(job, samples.clean, seeds);
  return block;
}

Record to_record(const SampleBlock& block) {
  Record facts = Record::list();
  for (const SampleFact& f : block.facts)
    facts.push_back({f.seed, f.cls, finite(f.weight), f.nearest, finite(f.d1), finite(f.d2)});
  return {{"clean", numbers(block.clean)}, {"path", numbers(block.path)}, {"facts", facts}};
}

SampleBlock sample_block_from(const Record& unit) {
  SampleBlock block;
  for (const Record& f : unit.at("facts"))
    block.facts.push_back({static_cast<std::uint64_t>(f.at(0).whole()), static_cast<int>(f.at(1).whole()),
                           number_from(f.at(2)), f.at(3).whole(), number_from(f.at(4)), number_from(f.at(5))});
  const auto rows = static_cast<Index>(block.facts.size());
  block.clean = matrix_from(unit.at("clean"), rows);
  block.path = matrix_from(unit.at("path"), rows);
  return block;
}

SampleBlock all_samples(const SampleJob& job, Run& run) {
  const std::vector<Seeds> blocks = blocks_of(job);
  const auto frames = static_cast<Index>(job.sampling.settings.keep.size());
  const auto rows = static_cast<Index>(job.sampling.seeds.size());
  const Index d = job.posterior->dimension();
  run.expect(static_cast<int>(blocks.size()));
  SampleBlock all{RowMatrix(rows, d), RowMatrix(rows, d * frames), {}};
  for (std::size_t k = 0; k < blocks.size(); ++k) {  // one unit at a time is in memory
    const auto begin = static_cast<Index>(all.facts.size());
    const SampleBlock block = sample_block_from(
        run.unit(fmt::format("samples-{:05d}", k), [&] { return to_record(sample_block(job, blocks[k])); }));
    all.clean.middleRows(begin, block.clean.rows()) = block.clean;
    all.path.middleRows(begin, block.path.rows()) = block.path;
    all.facts.insert(all.facts.end(), block.facts.begin(), block.facts.end());
  }
  return all;
}

Record sample_records(const SampleJob& job, const SampleBlock& all, std::size_t most) {
  Record list = Record::list();
  for (std::size_t i = 0; i < std::min(most, all.facts.size()); ++i) {
    const SampleFact& fact = all.facts[i];
    Record record = {{"seed", fact.seed}, {"class", nullptr}, {"weight", finite(fact.weight)}, {"nearest", nullptr}};
    if (fact.cls >= 0) record["class"] = job.data ? Record(job.data->classes()[fact.cls].label) : Record(fact.cls);
    if (fact.nearest >= 0)
      record["nearest"] = {{"row", fact.nearest},
                           {"distance", finite(fact.d1)},
                           {"second_distance", finite(fact.d2)},
                           {"gap_ratio", finite(observables::gap_ratio(fact.d1, fact.d2))}};
    list.push_back(std::move(record));
  }
  return list;
}

Dataset samples_as_data(const SampleJob& job, const SampleBlock& all, bool as_pixels) {
  const Index rows = all.clean.rows(), d = all.clean.cols();
  const std::vector<Index> shape = job.data ? job.data->shape() : std::vector<Index>{d};
  const std::string name = "samples of " + job.source;
  Dataset samples = [&] {
    if (!as_pixels || !job.data) {
      RowMatrix values = all.clean;
      if (job.data)
        for (Index k = 0; k < values.size(); ++k)
          values.data()[k] = data::stored_value(job.data->preprocess(), k % d, values.data()[k]);
      return in_memory(std::vector<double>(values.data(), values.data() + values.size()), rows, shape, Scalar::f64,
                       name);
    }
    const data::Range range = job.data->scalar() == Scalar::u8 ? data::Range{} : data::finite_range(*job.data);
    std::vector<unsigned char> pixels;
    for (Index i = 0; i < rows; ++i) {
      const auto one = data::pixels_of(*job.data, {range.minimum, range.maximum},
                                       {all.clean.row(i).data(), static_cast<std::size_t>(d)});
      pixels.insert(pixels.end(), one.begin(), one.end());
    }
    return in_memory(pixels, rows, shape, Scalar::u8, name);
  }();
  label(job, all.facts, samples);
  return samples;
}

}  // namespace denoiscope::experiments
