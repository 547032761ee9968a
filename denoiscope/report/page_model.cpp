// The page of a model: what it is, when its classes form and its data would be reproduced, beside the closed forms.
#include <fmt/format.h>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"

namespace denoiscope::report {
namespace {

std::string header(const Page& page) {
  const Reading model = page.result["model"], speciation = page.result["speciation"];
  std::string text = fmt::format(
      "<header>\n<p class=\"eyebrow\">denoiscope · phases of an exactly solvable model</p>\n<h1>{}</h1>\n<p "
      "class=\"size\">{} · d = {} · {} · {} noisy points a time · seed {}</p>\n</header>\n",
      escape_html(model["text"].text()), escape_html(model["description"].text()), count(model["dimension"].number()),
      model["classes"].number().value_or(1) > 1 ? count(model["classes"].number()) + " classes" : "one class",
      count(page.result["queries"].number()), escape_html(page.result["seed"].text()));
  text += verdict_box(page.result["verdict"]) + "<div class=\"cards\">\n";
  const std::string none = speciation["reason"].null() ? speciation["t_s_reason"].text() : speciation["reason"].text();
  text += card("Speciation", speciation["t_s"].number(), speciation["t_s_stderr"].number(), none);
  std::size_t shown = 0;
  for (const Reading& entry : page.result["collapse"].list()) {
    if (shown++ == 3) break;  // the table has all of them
    text += card(fmt::format("Collapse of {} data", about(entry["n"].number())), entry["t_c"].number(),
                 entry["t_c_stderr"].number(), entry["reason"].text());
  }
  return text + "</div>\n";
}

std::string time_rows(const Reading& speciation, const Reading& theory) {
  std::string rows = clock_row("φ at its level", speciation["t_s"].number());
  if (!speciation["t_s_theory"].null()) rows += clock_row("closed form of φ", speciation["t_s_theory"].number());
  for (const Reading& named : theory["times"].list())
    rows += clock_row(escape_html(named["name"].text()), named["t"].number());
  return rows;
}

std::string pair_table(const Reading& pairs) {
  const auto all = pairs.list();
  if (all.empty()) return {};
  std::string text =
      "<div class=\"scroll\"><table><thead><tr><th>classes</th><th>t, both ways</th><th>from the first</th><th>from "
      "the "
      "second</th><th class=\"left\">remark</th></tr></thead><tbody>\n";
  for (const Reading& pair : all)
    text +=
        fmt::format("<tr><th>{} | {}</th><td>{}</td><td>{}</td><td>{}</td><td class=\"left\">{}</td></tr>\n",
                    escape_html(pair["a"].text()), escape_html(pair["b"].text()),
                    with_error(pair["t_rs"].number(), pair["t_rs_stderr"].number()), number(pair["t_rs_ab"].number()),
                    number(pair["t_rs_ba"].number()), escape_html(pair["reason"].text()));
  return text + "</tbody></table></div>\n";
}

std::string speciation(const Page& page) {
  const Reading speciation = page.result["speciation"];
  std::string text = "<section id=\"speciation\">\n<h2>Speciation: when classes form</h2>\n" +
                     absent(speciation["reason"]) + figure_places(page, {"phi"});
  if (!speciation["phi"].null())
    text += "<div class=\"scroll\"><table>" + clock_head("") + "<tbody>\n" +
            time_rows(speciation, page.result["theory"]) + "</tbody></table></div>\n";
  text += absent(speciation["pairs_reason"]) + figure_places(page, {"odds"}) + pair_table(speciation["pairs"]);
  return text + "</section>\n";
}

std::string collapse(const Page& page) {
  std::string text = "<section id=\"collapse\">\n<h2>Collapse: when n data would be told apart</h2>\n" +
                     figure_places(page, {"information"});
  text +=
      "<div class=\"scroll\"><table><thead><tr><th>data n</th><th>α = log n / "
      "d</th><th><i>t</i><sub>C</sub></th><th>closed "
      "form</th><th>σ</th><th>log-SNR</th><th>DDPM step</th><th>flow <i>s</i></th><th "
      "class=\"left\">remark</th></tr></thead><tbody>\n";
  for (const Reading& entry : page.result["collapse"].list()) {
    const ClockText clocks = clock_text(entry["t_c"].number());
    text += fmt::format(
        "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td "
        "class=\"left\">{}</td></tr>\n",
        about(entry["n"].number()), number(entry["alpha"].number()),
        with_error(entry["t_c"].number(), entry["t_c_stderr"].number()), number(entry["t_c_theory"].number(), 4),
        clocks.sigma, clocks.log_snr, clocks.ddpm_step, clocks.flow_s, escape_html(entry["reason"].text()));
  }
  return text + "</tbody></table></div>\n" + figure_places(page, {"entropy", "variance"}) + "</section>\n";
}

std::string about_model(const Page& page) {
  const Reading model = page.result["model"], theory = page.result["theory"];
  std::string text = "<section id=\"model\">\n<h2>The model</h2>\n<dl class=\"facts\">\n";
  const auto fact = [&](const std::string& name, const std::string& value) {
    text += fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", escape_html(name), escape_html(value));
  };
  fact("model", model["text"].text());
  fact("posterior after", model["citation"].text());
  fact("closed forms after", theory["citation"].null() ? "–" : theory["citation"].text());
  fact("largest error of log P", number(page.result["information"]["largest_bound"].number(), 2) + " nats");
  const Reading source = page.result["information"]["source_entropy"];
  if (!source.null()) fact("entropy of x₀", with_error(source["value"].number(), source["stderr"].number()) + " nats");
  return text + "</dl>\n" + absent(theory["reason"]) + "</section>\n";
}

}  // namespace

std::string model_parts(const Page& page) {
  return header(page) + speciation(page) + collapse(page) + about_model(page);
}

}  // namespace denoiscope::report
