#include "denoiscope/dynamics/sampler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "denoiscope/base/error.hpp"
#include "denoiscope/dynamics/bridge.hpp"

namespace denoiscope {
namespace {

void check(const SampleSettings& s) {
  if (s.times.empty() || !(s.times.front() > 0) || std::isinf(s.times.front()))
    throw UsageError("sample: paths start at t = {}, expected a finite time above 0.",
                     s.times.empty() ? "none" : fmt::format("{}", s.times.front()));
  for (std::size_t k = 1; k < s.times.size(); ++k)
    if (!(s.times[k] >= 0 && s.times[k] < s.times[k - 1]))
      throw UsageError("sample: t = {} after {}, expected times that fall, down to 0 at most.", s.times[k],
                       s.times[k - 1]);
  Index before = -1;
  for (const Index place : s.keep) {
    if (place <= before || place >= static_cast<Index>(s.times.size()))
      throw UsageError("sample: keep place {} after {} of {} times, expected rising places.", place, before,
                       s.times.size());
    before = place;
  }
}

// Takes `path` down the times. Points are kept on the way.
template <class Path>
void descend(Path& path, const SampleSettings& s, Samples& out) {
  std::size_t kept = 0;
  for (std::size_t k = 0; k < s.times.size(); ++k) {
    if (k > 0) path.step(s.times[k]);
    if (kept == s.keep.size() || s.keep[kept] != static_cast<Index>(k)) continue;
    out.kept.push_back(path.points());
    ++kept;
  }
}

std::uint64_t parse_seed(const std::string& text, const std::string& whole, std::string_view what) {
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  constexpr std::size_t kDigits = 18;  // of any number of which fits
  if (!digits || text.size() > kDigits)
    throw UsageError("{}: '{}' in '{}', expected whole numbers from 0 and ranges of them, as 0-63 or 1,5,9-12.", what,
                     text, shortened(whole));
  return static_cast<std::uint64_t>(parse_integer(text, what));
}

}  // namespace

Samples integrated_samples(const Denoiser& model, const SampleSettings& s, const Noise& noise,
                           std::span<const std::uint64_t> seeds) {
  check(s);
  const std::vector<std::uint64_t> names(seeds.begin(), seeds.end());
  RowMatrix start(static_cast<Index>(names.size()), model.dimension());
  noise.normal({Stream::prior, names, 0}, start);
  Backward path(model, *s.stepper, s.times.front(), std::move(start), normals_by_name(noise, names), s.stepping);
  Samples out;
  descend(path, s, out);
  out.clean = path.points();
  if (path.time() > 0) model.denoise(path.time(), path.points(), out.clean);
  return out;
}

Samples exact_samples(const Posterior& model, const SampleSettings& s, const Noise& noise,
                      std::span<const std::uint64_t> seeds) {
  check(s);
  Bridge path(model, s.times.front(), noise, seeds);
  Samples out;
  descend(path, s, out);
  out.clean = path.clean();
  return out;
}

std::vector<std::uint64_t> parse_seeds(std::string_view text, std::string_view what, std::size_t most) {
  const std::string whole(text);
  std::vector<std::uint64_t> seeds;
  for (const std::string& part : split(text, ',')) {
    const std::size_t dash = part.find('-');
    const std::uint64_t first = parse_seed(part.substr(0, dash), whole, what);
    const std::uint64_t last = dash == std::string::npos ? first : parse_seed(part.substr(dash + 1), whole, what);
    if (last < first) throw UsageError("{}: {} falls, expected a range as {}-{}.", what, part, last, first);
    if (last - first >= most || seeds.size() + (last - first) >= most)
      throw UsageError("{}: '{}' names more than {} seeds. Give fewer, in several jobs.", what, shortened(whole), most);
    for (std::uint64_t seed = first; seed <= last; ++seed) seeds.push_back(seed);
  }
  if (seeds.empty()) throw UsageError("{}: no seeds, expected some, as 0-63 or 1,5,9-12.", what);
  std::vector<std::uint64_t> sorted = seeds;
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end())
    throw UsageError("{}: {} is named twice, and one seed is one sample. Name it once.", what, *twice);
  return seeds;
}

}  // namespace denoiscope
