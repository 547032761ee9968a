#include "denoiscope/experiments/describe.hpp"

#include <algorithm>

#include "denoiscope/observables/near_duplicates.hpp"
#include "denoiscope/observables/spectrum.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::experiments {
namespace {

constexpr Index kNearSample = 2048;
constexpr std::size_t kListedEigenvalues = 4096;

}  // namespace

Record describe(const Dataset& data, const data::Dropped& dropped, const Request& request) {
  const data::Quality quality = data::examine(data);
  require_summable(data, quality.minimum, quality.maximum);
  const bool all_rows = request.text("duplicates") == "full";
  const Noise noise(static_cast<std::uint64_t>(request.whole("seed")));
  const data::NearDuplicates near = observables::near_duplicates(data, all_rows ? data.rows() : kNearSample, noise);
  const observables::Covariances covariances = observables::covariances(data);
  const observables::Spectrum& spectrum = covariances.spectrum;

  Record closest = Record::list();
  for (const auto& pair : near.closest)
    closest.push_back(
        {{"row", data.original_row(pair.row)}, {"other", data.original_row(pair.other)}, {"distance", pair.distance}});
  Record classes = Record::list();
  for (const ClassInfo& c : data.classes())
    classes.push_back({{"label", c.label}, {"name", c.name}, {"count", c.count}});
  std::vector<double> eigenvalues = spectrum.eigenvalues;
  eigenvalues.resize(std::min(eigenvalues.size(), kListedEigenvalues));
  Record pairs = Record::list();
  for (std::size_t a = 0; a < covariances.pairs.size(); ++a)
    for (std::size_t b = a + 1; b < covariances.pairs.size(); ++b) {
      const observables::PairSpectrum& p = covariances.pairs[a][b];
      pairs.push_back({{"a", a},
                       {"b", b},
                       {"eigenvalue", p.eigenvalue},
                       {"half_distance2", p.half_distance2},
                       {"overlap", p.overlap}});
    }
  return {{"name", data.name()},
          {"rows", data.rows()},
          {"dimension", data.dimension()},
          {"shape", data.shape()},
          {"stored_type", scalar_name(data.scalar())},
          {"scale", data.preprocess().name},
          {"range", {quality.minimum, quality.maximum}},
          {"hash", data.hash()},
          {"nonfinite", dropped.values},
          {"dropped_rows", dropped.rows},
          {"constant_features", quality.constant_features},
          {"duplicates",
           {{"exact", quality.exact_duplicates},
            {"groups", quality.duplicate_groups},
            {"largest_group", quality.largest_group},
            {"cross_class", quality.cross_class_duplicates},
            {"near", near.near},
            {"near_checked", near.checked},
            {"typical_distance", near.typical_distance},
            {"near_threshold", near.threshold},
            {"closest", closest}}},
          {"classes", classes},
          {"trace", spectrum.trace},
          {"participation_dimension", spectrum.participation_dimension},
          {"eigenvalues", eigenvalues},
          {"eigenvalues_complete", spectrum.complete},
          {"pair_spectra", pairs},
          {"test", nullptr}};
}

}  // namespace denoiscope::experiments
