// The head of the page: what was looked at, what to do about it, and the times that matter in every clock.
#include <fmt/format.h>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"

namespace denoiscope::report {
namespace {

std::string shape_of(const Reading& shape) {
  std::string text;
  for (const Reading& side : shape.list()) text += (text.empty() ? "" : " × ") + side.text();
  return text;
}

}  // namespace

std::string verdict_box(const Reading& verdict) {
  const auto findings = verdict.list();
  if (findings.empty()) return {};
  std::string text = "<section class=\"verdict\" aria-label=\"Verdict\">\n<ul>\n";
  for (const Reading& finding : findings) {
    const std::string level = finding["level"].text();
    const char* known = level == "good" ? "good" : level == "warn" ? "warn" : "note";
    text += fmt::format("<li class=\"{}\"><span class=\"level\">{}</span><p>{}</p></li>\n", known,
                        level == "warn" ? "warning" : known, escape_html(finding["text"].text()));
  }
  return text + "</ul>\n</section>\n";
}

std::string card(const std::string& name, std::optional<double> t, std::optional<double> error,
                 const std::string& missing) {
  const ClockText clocks = clock_text(t);
  if (!t)
    return fmt::format("<div class=\"card\"><h3>{}</h3><p class=\"big none\">–</p><p class=\"clocks\">{}</p></div>\n",
                       name, escape_html(missing));
  const std::string both = with_error(t, error);
  const std::size_t sign = both.find(" ±");
  const std::string value = both.substr(0, sign);
  const std::string spread = sign == std::string::npos ? "" : fmt::format(" <small>{}</small>", both.substr(sign + 1));
  return fmt::format(
      "<div class=\"card\"><h3>{}</h3><p class=\"big\"><i>t</i> = {}{}</p><dl "
      "class=\"clocks\"><div><dt>σ</dt><dd>{}</dd></div><div><dt>log-SNR</dt><dd>{}</dd></div>"
      "<div><dt>DDPM step</dt><dd>{}</dd></div><div><dt>flow s</dt><dd>{}</dd></div></dl></div>\n",
      name, value, spread, clocks.sigma, clocks.log_snr, clocks.ddpm_step, clocks.flow_s);
}

namespace {

std::string cards(const Reading& result) {
  const Reading speciation = result["speciation"], collapse = result["collapse"];
  const auto tree = speciation["tree"].list();
  std::string text = "<div class=\"cards\">\n";
  text += card("Speciation, first mode", speciation["half_log"].number(), std::nullopt,
               speciation["half_log_reason"].text());
  if (!tree.empty()) {
    text += card("First classes part", tree.back()["t"].number(), std::nullopt, "");
    if (tree.size() > 1) text += card("Last classes part", tree.front()["t"].number(), std::nullopt, "");
  }
  text += card("Collapse on single data", collapse["t_c"].number(), collapse["t_c_stderr"].number(),
               collapse["reason"].text());
  return text + "</div>\n";
}

std::string bound(const Reading& t, const char* open) { return t.null() ? open : number(t.number()); }

}  // namespace

std::string header_part(const Page& page) {
  const Reading data = page.result["data"];
  const auto classes = data["classes"].list();
  std::string size =
      fmt::format("{} {}", count(data["rows"].number()), data["shape"].list().size() >= 2 ? "images" : "points");
  if (data["shape"].list().size() >= 2) size += " of " + shape_of(data["shape"]);
  size += fmt::format(" · d = {}", count(data["dimension"].number()));
  if (!classes.empty()) size += fmt::format(" · {} classes", classes.size());
  if (!page.result["collapse"]["alpha"].null())
    size += fmt::format(" · α = log n / d = {}", number(page.result["collapse"]["alpha"].number()));
  size += " · seed " + page.result["seed"].text();
  std::string name = data["name"].text();
  if (name.empty()) name = "unnamed data";
  return fmt::format(
             "<header>\n<p class=\"eyebrow\">denoiscope · phases of generation</p>\n<h1>{}</h1>\n<p "
             "class=\"size\">{}</p>\n</header>\n",
             escape_html(name), escape_html(size)) +
         verdict_box(page.result["verdict"]) + cards(page.result);
}

std::string phases_part(const Page& page) {
  const auto regimes = page.result["regimes"].list();
  std::string text = figure_places(page, {"phase_diagram"});
  if (!regimes.empty()) text += "<ol class=\"regimes\">\n";
  for (std::size_t i = 0; i < regimes.size(); ++i) {
    const Reading& regime = regimes[i];
    const ClockText from = clock_text(regime["t_from"].number()), to = clock_text(regime["t_to"].number());
    const bool first = regime["t_from"].null(), last = regime["t_to"].null();
    text += fmt::format(
        "<li><span class=\"chip\" style=\"background:{}\"></span><div><h3>{} <span><i>t</i> {} → {} &ensp; σ {} → "
        "{}</span></h3><p>{}</p></div></li>\n",
        regime_colour(i, regimes.size()), escape_html(regime["name"].text()), bound(regime["t_from"], "∞"),
        bound(regime["t_to"], "0"), first ? "∞" : from.sigma, last ? "0" : to.sigma,
        escape_html(regime["text"].text()));
  }
  if (!regimes.empty()) text += "</ol>\n";
  std::string windows;
  for (const char* which : {"coarsest", "finest"}) {
    const Reading window = page.result["window"][which];
    if (!window["width"].null())
      windows += fmt::format("{}{} classes {}", windows.empty() ? "Window between speciation and collapse: " : "; ",
                             which, window_text(window));
  }
  if (!windows.empty()) text += fmt::format("<p class=\"window\">{}.</p>\n", escape_html(windows));
  return text.empty() ? "" : "<section id=\"phases\">\n<h2>The phases along time</h2>\n" + text + "</section>\n";
}

std::string clock_head(const std::string& first) {
  return fmt::format(
      "<thead><tr><th>{}</th><th><i>t</i></th><th>σ (EDM)</th><th>log-SNR</th><th>ᾱ</th><th>DDPM step</th><th>flow "
      "<i>s</i></th></tr></thead>\n",
      first);
}

std::string clock_row(const std::string& name, std::optional<double> t) {
  const ClockText c = clock_text(t);
  return fmt::format("<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n", name,
                     c.t, c.sigma, c.log_snr, c.alpha_bar, c.ddpm_step, c.flow_s);
}

std::string guidance_part(const Page& page) {
  const Reading guidance = page.result["guidance"];
  if (guidance.null()) return {};
  std::string text = "<section id=\"guidance\">\n<h2>Guidance window</h2>\n";
  if (!guidance["t_high"].null() || !guidance["t_low"].null()) {
    text +=
        "<p>Where guidance towards a class can change the class. Earlier in generation there is nothing to decide yet, "
        "later the class is decided.</p>\n";
    text += "<div class=\"scroll\"><table>" + clock_head("") + "<tbody>\n";
    text += clock_row("from", guidance["t_high"].number()) + clock_row("until", guidance["t_low"].number());
    if (!guidance["t_high_loo"].null() || !guidance["t_low_loo"].null())
      text += clock_row("from, leave-one-out", guidance["t_high_loo"].number()) +
              clock_row("until, leave-one-out", guidance["t_low_loo"].number());
    text += "</tbody></table></div>\n";
  }
  if (!guidance["convention"].null())
    text += fmt::format("<p class=\"remark\">{}</p>\n", escape_html(guidance["convention"].text()));
  return text + absent(guidance["reason"]) + "</section>\n";
}

std::string clocks_part(const Page& page) {
  const auto times = page.result["times"].list();
  if (times.empty()) return {};
  std::string text = fmt::format(
      "<section id=\"clocks\">\n<h2>Clocks</h2>\n<details><summary>The {} times of this run in every "
      "clock</summary>\n<div class=\"scroll\"><table>",
      times.size());
  text += clock_head("") + "<tbody>\n";
  for (std::size_t i = 0; i < times.size(); ++i) text += clock_row(fmt::format("{}", i), times[i]["t"].number());
  return text + "</tbody></table></div>\n</details>\n</section>\n";
}

}  // namespace denoiscope::report
