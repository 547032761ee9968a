// The page of an experiment: what was measured, its figures, its pictures.
#include <fmt/format.h>

#include <cstdint>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"

namespace denoiscope::report {
namespace {

constexpr int kCell = 96;  // pixels across below which a picture is drawn enlarged, with hard edges

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}

// The name becomes that of a file.
void require_name(const Reading& name) {
  const std::string text = name.text();
  if (text.empty() || text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") != std::string::npos)
    throw DataError("{}: found '{}', expected the name of a figure: small letters, digits and hyphens.", name.place(),
                    plain(text));
}

}  // namespace

void add_experiment(const Reading& result, Figures& out) {
  for (const Reading& figure : result["page"]["figures"].list()) {
    require_name(figure["name"]);
    out.emplace_back(figure["name"].text(),
                     curves_figure(figure["title"].text(), figure["caption"].text(), figure["figure"]));
  }
}

std::string image_element(const Reading& name, const Page& page, const std::string& alternative) {
  const std::filesystem::path file = std::filesystem::path(name.text()).lexically_normal();
  if (file.empty() || file.is_absolute() || *file.begin() == "..")
    throw DataError("{}: found '{}', expected the name of a PNG file under the run directory.", name.place(),
                    name.text());
  const Bytes bytes = map_file(page.run_directory / file);
  constexpr std::string_view kSignature("\x89PNG\r\n\x1a\n", 8);
  if (bytes.size < 24 || bytes.text().substr(0, 8) != kSignature)
    throw DataError("{}: not a PNG file, named by {}.", (page.run_directory / file).string(), name.place());
  const bool small = big_endian(bytes.text(), 16) < static_cast<std::uint32_t>(kCell);
  return fmt::format("<img{} alt=\"{}\" src=\"data:image/png;base64,{}\">", small ? " class=\"crisp\"" : "",
                     escape_html(alternative), base64(bytes.text()));
}

std::string experiment_parts(const Page& page) {
  const Reading own = page.result["page"];
  std::string text = "<section id=\"experiment\">\n" + frame_head(own);
  for (const Reading& figure : own["figures"].list()) text += figure_places(page, {figure["name"].text()});
  std::string images;
  for (const Reading& image : own["images"].list()) {
    const std::string what = image["text"].text();
    images += fmt::format("<figure>{}<figcaption>{}</figcaption></figure>\n", image_element(image["file"], page, what),
                          escape_html(what));
  }
  if (!images.empty()) text += "<div class=\"pictures\">\n" + images + "</div>\n";
  text += frame_sections(own) + "</section>\n";
  if (!page.result["speciation"].null()) text += speciation_part(page) + guidance_part(page) + clocks_part(page);
  if (!page.result["collapse"].null()) text += collapse_part(page);
  return text;
}

}  // namespace denoiscope::report
