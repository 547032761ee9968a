#include <fmt/format.h>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/report/assets.hpp"
#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"
#include "denoiscope/report/report.hpp"

namespace denoiscope::report {
namespace {

/// The source expression that lets one inline script run: its SHA-256 (Content Security Policy, level 2).
std::string hash_source(const std::string& script) {
  const std::string hex = sha256(std::string_view(script));
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    bytes += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  return fmt::format("'sha256-{}'", base64(bytes));
}

struct Scripts {
  std::string elements, sources;
};

/// Only scripts whose hash the page names may run, so that nothing in the data ever can.
Scripts scripts() {
  const Assets files = assets();
  Scripts all;
  for (const std::string_view source : {files.vega, files.vega_lite, files.vega_embed, files.script}) {
    const std::string script = script_for_page(source);
    all.sources.append(" ").append(hash_source(script));
    all.elements.append("<script>").append(script).append("</script>\n");
  }
  return all;
}

std::string data_parts(const Page& page) {
  return header_part(page) + phases_part(page) + strips_part(page) + speciation_part(page) + collapse_part(page) +
         guidance_part(page) + data_part(page) + clocks_part(page) + provenance_part(page);
}

std::string body(const Page& page) {
  std::string text = "<main>\n";
  text += is_of_experiment(page.result) ? experiment_parts(page) + provenance_part(page)
          : is_of_model(page.result)    ? model_parts(page) + clocks_part(page) + provenance_part(page)
                                        : data_parts(page);
  const std::string seed = escape_html(page.result["seed"].text());
  text += fmt::format(
      "<footer>denoiscope · {}{} · drawn by Vega, Vega-Lite and vega-embed"
      "<details><summary>notices</summary><pre>{}</pre></details></footer>\n</main>\n",
      escape_html(page.result["schema"].text()), seed.empty() ? "" : " · seed " + seed, escape_html(assets().licences));
  return text;
}

}  // namespace

std::string figure_places(const Page& page, const std::vector<std::string>& names) {
  std::string places;
  int shown = 0;
  for (const std::string& name : names)
    for (const auto& figure : page.figures) {
      if (figure.first != name) continue;
      places +=
          fmt::format("<figure class=\"plot{}\"><div data-figure=\"{}\"></div><figcaption>{}</figcaption></figure>\n",
                      figure.second.contains("hconcat") ? " maps" : "", escape_html(name),
                      escape_html(figure.second["description"].text()));
      ++shown;
    }
  if (shown == 0) return {};
  return names.size() == 1 ? places : "<div class=\"pair\">\n" + places + "</div>\n";
}

std::string absent(const Reading& reason) {
  const std::string text = reason.text();
  return text.empty() ? "" : fmt::format("<p class=\"absent\">{}</p>\n", escape_html(text));
}

std::string html(const Record& result, const std::filesystem::path& run_directory) {
  const Reading record(result, (run_directory / "result.json").string() + ": ");
  const Figures drawn = figures(result);
  const Page page{record, run_directory, drawn};
  const Reading title = is_of_experiment(record) ? record["page"]["title"]
                        : is_of_model(record)    ? record["model"]["text"]
                                                 : record["data"]["name"];
  return document(title.text(), body(page), drawn);
}

std::string document(const std::string& title, const std::string& body, const Figures& drawn) {
  Record specifications = Record::object();
  for (const auto& figure : drawn) specifications[figure.first] = figure.second;
  const Scripts code = scripts();
  std::string text = "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n";
  text += fmt::format(
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src{}; style-src "
      "'unsafe-inline'; img-src data: blob:; "
      "base-uri 'none'; form-action 'none'\">\n",
      code.sources);
  text +=
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" "
      "content=\"light dark\">\n";
  text += fmt::format("<title>{} · denoiscope</title>\n<style>\n{}</style>\n</head>\n<body>\n", escape_html(title),
                      assets().style);
  text += body;
  text +=
      fmt::format("<script type=\"application/json\" id=\"figures\">{}</script>\n", json_for_script(specifications));
  return text + code.elements + "</body>\n</html>\n";
}

}  // namespace denoiscope::report
