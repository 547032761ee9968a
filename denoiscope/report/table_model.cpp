// What `denoiscope analyze --model` says in a terminal.
#include <fmt/format.h>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/table.hpp"

namespace denoiscope::report {
namespace {

std::string model_summary(const Reading& model) {
  std::string text = heading("model  " + plain(model["text"].text()));
  text += wrapped("  ", model["description"].text() + " (" + model["citation"].text() + ")");
  return text + row("dimension, classes",
                    fmt::format("{}, {}", count(model["dimension"].number()), count(model["classes"].number())));
}

std::string times(const Reading& result) {
  const Reading speciation = result["speciation"];
  std::string rows = time_row("speciation, phi at its level", speciation["t_s"].number()) +
                     time_row("speciation, closed form", speciation["t_s_theory"].number());
  for (const Reading& pair : speciation["pairs"].list())
    rows +=
        time_row(fmt::format("classes {} | {}, log-odds", pair["a"].text(), pair["b"].text()), pair["t_rs"].number());
  for (const Reading& named : result["theory"]["times"].list())
    rows += time_row(named["name"].text(), named["t"].number());
  for (const Reading& entry : result["collapse"].list()) {
    const std::string name = fmt::format("collapse of {} data", about(entry["n"].number()));
    rows += time_row(name, entry["t_c"].number()) + time_row(name + ", closed form", entry["t_c_theory"].number());
  }
  return rows.empty() ? "" : "\n" + time_head() + rows;
}

std::string missing(const Reading& result) {
  const Reading speciation = result["speciation"];
  std::string text;
  if (!speciation["reason"].null()) text += wrapped("  ", speciation["reason"].text());
  if (!speciation["t_s_reason"].null()) text += wrapped("  speciation: ", speciation["t_s_reason"].text());
  for (const Reading& pair : speciation["pairs"].list())
    if (!pair["reason"].null())
      text += wrapped(fmt::format("  classes {} | {}: ", pair["a"].text(), pair["b"].text()), pair["reason"].text());
  for (const Reading& entry : result["collapse"].list())
    if (!entry["reason"].null())
      text += wrapped(fmt::format("  collapse of {} data: ", about(entry["n"].number())), entry["reason"].text());
  return text.empty() ? "" : heading("what there is no time for") + text;
}

/// The curves at the times of the grid.
std::string curves(const Reading& result) {
  const auto phi = result["speciation"]["phi"].list(), i = result["information"]["i"].list();
  const auto form = result["information"]["i_theory"].list();
  const auto entropy = result["information"]["posterior_entropy"].list();
  const auto theory = result["speciation"]["phi_theory"].list();
  std::string text = heading("curves") + "  " + right("t", 8);
  if (!phi.empty()) text += right("phi", 21) + (theory.empty() ? "" : right("closed form", 12));
  text += right("I / nats", 21) + (form.empty() ? "" : right("closed form", 12)) +
          (entropy.empty() ? "" : right("H(x_0|x_t)", 21)) + "\n";
  const auto measured = [](const Reading& point, const char* field) {
    return with_error(point[field].number(), point["stderr"].number());
  };
  for (std::size_t k = 0; k < i.size(); ++k) {
    text += "  " + right(number(i[k]["t"].number(), 4), 8);
    if (k < phi.size()) text += right(measured(phi[k], "phi"), 21);
    if (k < theory.size()) text += right(number(theory[k]["phi"].number(), 4), 12);
    text += right(measured(i[k], "value"), 21);
    if (k < form.size()) text += right(number(form[k]["value"].number(), 5), 12);
    if (k < entropy.size()) text += right(measured(entropy[k], "value"), 21);
    text += "\n";
  }
  return text;
}

}  // namespace

std::string model_table(const Reading& result, bool colours) {
  return verdict(result["verdict"], colours) + times(result) + model_summary(result["model"]) + missing(result) +
         curves(result);
}

}  // namespace denoiscope::report
