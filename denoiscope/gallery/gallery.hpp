// The gallery: figures of the literature computed again and held to what was published or is exact. An entry is a small
// TOML file in examples/gallery, built into the library.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "denoiscope/base/parameters.hpp"
#include "denoiscope/base/record.hpp"

namespace denoiscope::gallery {

/// How much is spent: seconds for all entries, or what a figure for print takes.
enum class Scale { fast, full };

struct GalleryText {
  std::string_view name, text;
};

/// The entries, by name.
std::span<const GalleryText> gallery();
/// Arrays behind figures of papers, by name: rows SERIES,x,value,stderr under a line that names the columns; # cites.
std::span<const GalleryText> published();

/// What an entry says. Throws UsageError for a name that there is not (with a suggestion) and for a text that is no
/// entry.
Arguments gallery_entry(std::string_view name);
Arguments read_entry(const GalleryText& text);

/// A measured number beside one that is published or exact. It holds where they differ by at most kGallerySigmas joint
/// standard errors and `tolerance`.
struct Comparison {
  std::string quantity, source;  ///< source: "published", "reference" (computed apart) or "exact"
  double expected = 0, expected_error = 0;
  double measured = 0, error = 0;  ///< error: 0 for what is computed without sampling
  double tolerance = 0;
  double sigmas() const;  ///< |measured - expected| in joint errors; NaN where both are known without error
  bool holds() const;
};

/// Of a normal law 1e-6 are beyond, two-sided: the false-alarm rate of one comparison.
inline constexpr double kGallerySigmas = 4.9;

/// Computes an entry: "comparisons", "holds", "figure" (what report::gallery_figure draws), "skipped" with a reason
/// where its data are not installed. Throws UsageError for an entry whose published numbers name nothing measured.
Record reproduce(std::string_view name, const Arguments& entry, Scale scale);

/// What results of the entries depend on beside the scale, for a run that keeps them: the same for one as for all.
Record gallery_identity();

/// docs/gallery.md: what the entries are, without any measured number.
std::string gallery_page();

}  // namespace denoiscope::gallery
