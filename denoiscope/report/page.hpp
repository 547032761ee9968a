// The parts of the page, each a piece of HTML made from one part of the record.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "denoiscope/report/plot.hpp"
#include "denoiscope/report/reading.hpp"

namespace denoiscope::report {

/// What every part reads.
struct Page {
  const Reading& result;
  const std::filesystem::path& run_directory;
  const Figures& figures;
};

/// A whole page: `body` is HTML with places for the figures.
std::string document(const std::string& title, const std::string& body, const Figures& drawn);

/// The places of those of the named figures that exist, side by side where several are named.
std::string figure_places(const Page& page, const std::vector<std::string>& names);

std::string header_part(const Page& page);  ///< name and size of the data, verdict, the times that matter
std::string phases_part(const Page& page);  ///< phase diagram and regimes
std::string strips_part(const Page& page);  ///< real images, noisy and denoised; empty where the data are no images
std::string speciation_part(const Page& page);
std::string collapse_part(const Page& page);
std::string guidance_part(const Page& page);
std::string data_part(const Page& page);
std::string clocks_part(const Page& page);
std::string provenance_part(const Page& page);  ///< empty without provenance.json

std::string model_parts(const Page& page);       ///< all that is a model's own
std::string experiment_parts(const Page& page);  ///< all that is an experiment's own

/// The PNG file that a record names, as an element. Throws DataError unless it lies under the run directory: a record
/// from elsewhere must not be able to put other files of this machine into a page that people hand on.
std::string image_element(const Reading& name, const Page& page, const std::string& alternative);

std::string frame_head(const Reading& frame);      ///< title, question, verdicts and key numbers of a result
std::string frame_sections(const Reading& frame);  ///< its tables, remarks, and what to do next

std::string verdict_box(const Reading& verdict);
/// A time in every clock, large; `missing` says why there is none.
std::string card(const std::string& name, std::optional<double> t, std::optional<double> error,
                 const std::string& missing);

/// One row of a table of times: `name` is HTML, the rest is read from t.
std::string clock_row(const std::string& name, std::optional<double> t);
/// Header of such a table.
std::string clock_head(const std::string& first);

/// A remark instead of what is missing; empty where there is no reason to tell.
std::string absent(const Reading& reason);

}  // namespace denoiscope::report
