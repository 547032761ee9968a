// The strip of real images, and where the numbers of the page come from.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"

namespace denoiscope::report {
namespace {

struct Image {
  std::optional<double> t;
  std::string noisy, mean;  ///< <img> elements
};

std::vector<Image> images_of(const Reading& strip, const std::string& name, const Page& page) {
  std::vector<Image> images;
  for (const Reading& image : strip["images"].list()) {
    const auto t = image["t"].number();
    const std::string at = number(t);
    images.push_back({t, image_element(image["noisy"], page, fmt::format("{} with noise at t = {}", name, at)),
                      image_element(image["mean"], page, fmt::format("posterior mean of {} at t = {}", name, at))});
  }
  std::stable_sort(images.begin(), images.end(),
                   [](const Image& a, const Image& b) { return a.t.value_or(0) < b.t.value_or(0); });
  return images;
}

/// The regime that holds t, as its place in the list; the number of regimes where none does.
std::size_t regime_at(double t, const std::vector<Reading>& regimes) {
  for (std::size_t i = 0; i < regimes.size(); ++i)
    if (t <= regimes[i]["t_from"].number().value_or(HUGE_VAL) && t > regimes[i]["t_to"].number().value_or(0)) return i;
  return regimes.size();
}

std::string strip_head(const std::vector<Image>& images, const std::vector<Reading>& regimes) {
  std::string bands = "<tr class=\"bands\"><td></td>", clocks = "<tr class=\"when\"><td></td>";
  for (std::size_t i = 0; i < images.size();) {
    const std::size_t regime = regime_at(images[i].t.value_or(0), regimes);
    std::size_t end = i;
    while (end < images.size() && regime_at(images[end].t.value_or(0), regimes) == regime) ++end;
    const bool known = regime < regimes.size();
    bands += fmt::format("<th colspan=\"{}\" style=\"--regime:{}\">{}</th>", end - i,
                         known ? regime_colour(regime, regimes.size()) : "transparent",
                         known ? escape_html(regimes[regime]["name"].text()) : "");
    i = end;
  }
  for (const Image& image : images)
    clocks += fmt::format("<th><i>t</i> {}<br><span>σ {}</span></th>", number(image.t, 2), clock_text(image.t).sigma);
  return bands + "</tr>\n" + clocks + "</tr>\n";
}

std::string strip_rows(const std::vector<Image>& images, const std::string& name, const std::string& row) {
  std::string noisy = fmt::format("<tr class=\"noisy\"><th rowspan=\"2\"><b>{}</b><br>row {}</th>", escape_html(name),
                                  escape_html(row)),
              mean = "<tr class=\"mean\">";
  for (const Image& image : images) {
    noisy += "<td>" + image.noisy + "</td>";
    mean += "<td>" + image.mean + "</td>";
  }
  return noisy + "</tr>\n" + mean + "</tr>\n";
}

std::string value_of(const Reading& value, const Record& raw) {
  if (raw.is_object()) {
    std::string text = "<dl class=\"facts\">\n";
    for (const auto& field : value.fields())
      text += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape_html(field.first),
                          value_of(field.second, raw.at(field.first)));
    return text + "</dl>\n";
  }
  if (raw.is_list()) return "<code>" + escape_html(json_text(raw)) + "</code>";
  return escape_html(value.text());
}

}  // namespace

std::string strips_part(const Page& page) {
  const auto strips = page.result["strips"].list();
  const auto regimes = page.result["regimes"].list();
  const ClassNames names(page.result["data"]["classes"]);
  std::string body, head;
  for (const Reading& strip : strips) {
    const std::string name = strip["label"].null() ? "datum" : names.of(strip["label"].text());
    const std::vector<Image> images = images_of(strip, name, page);
    if (images.empty()) continue;
    const std::string own_head = strip_head(images, regimes);
    if (own_head != head) body += own_head;
    head = own_head;
    body += strip_rows(images, name, strip["row"].text());
  }
  if (body.empty()) return {};
  return "<section id=\"strips\">\n<h2>What it looks like</h2>\n<figure><div class=\"scroll\"><table "
         "class=\"strip\">\n" +
         body +
         "</table></div>\n<figcaption>Above, a datum with noise; below, the mean of the posterior over all data. From "
         "right to left the mean turns from the average of everything "
         "to a typical member of the class, and at last to the very datum.</figcaption></figure>\n</section>\n";
}

std::string provenance_part(const Page& page) {
  const std::filesystem::path file = page.run_directory / "provenance.json";
  if (!std::filesystem::exists(file)) return {};
  Record raw;
  try {
    raw = parse_record(map_file(file).text());
  } catch (const RecordError& error) {
    throw DataError("{}: not JSON: {}. Run the analysis again.", file.string(), error.what());
  }
  const Reading provenance(raw, file.string() + ": ");
  return "<section id=\"provenance\">\n<h2>Provenance</h2>\n<details><summary>Versions, machine and settings of this "
         "run</summary>\n" +
         value_of(provenance, raw) + "</details>\n</section>\n";
}

}  // namespace denoiscope::report
