// The frame of a result (docs/result-schema.md: page), for the terminal and for the page: question, verdicts, key
// numbers, sections, what to do next.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/report/format.hpp"
#include "denoiscope/report/page.hpp"
#include "denoiscope/report/report.hpp"
#include "denoiscope/report/table.hpp"

namespace denoiscope::report {
namespace {

// "60000", "0.5", "1e-05": whole numbers whole, of others as many digits as there are, at most four.
std::string shown(double value) {
  return value == std::floor(value) && std::abs(value) < 1e9 ? fmt::format("{:.0f}", value)
                                                             : fmt::format("{:.4g}", value);
}

// With its error where it has one.
std::string shown(const Reading& value, const Reading& error) {
  const std::optional<double> v = value.number(), e = error.number();
  return !v ? "–" : e && *e > 0 ? with_error(v, e) : shown(*v);
}

struct Cell {
  std::string text;
  bool numeric;
};

Cell cell_of(const Reading& cell) {
  if (cell.null()) return {"–", true};
  if (cell.is_object()) return {shown(cell["value"], cell["stderr"]), true};
  if (!cell.is_number()) return {plain(cell.text()), false};
  const std::optional<double> value = cell.number();
  return {value ? shown(*value) : "–", true};
}

struct Cells {
  std::vector<std::string> head;
  std::vector<std::vector<Cell>> rows;
  std::vector<std::size_t> width;
  std::vector<bool> numeric;  // columns that are set to the right
};

Cells cells_of(const Reading& section) {
  Cells out;
  for (const Reading& name : section["columns"].list()) out.head.push_back(plain(name.text()));
  const std::size_t many = out.head.size();
  out.numeric.assign(many, true);
  for (const std::string& name : out.head) out.width.push_back(columns(name));
  for (const Reading& row : section["rows"].list()) {
    std::vector<Cell> cells;
    for (const Reading& cell : row.list())
      if (cells.size() < many) cells.push_back(cell_of(cell));
    cells.resize(many, {"", true});
    for (std::size_t k = 0; k < many; ++k) {
      out.width[k] = std::max(out.width[k], columns(cells[k].text));
      if (!cells[k].numeric) out.numeric[k] = false;
    }
    out.rows.push_back(std::move(cells));
  }
  return out;
}

std::string line_of(const Cells& cells, const std::vector<std::string>& texts) {
  std::string line;
  for (std::size_t k = 0; k < texts.size(); ++k) {
    const std::string pad(cells.width[k] - columns(texts[k]), ' ');
    line += k == 0 ? "  " : "  ";
    line += cells.numeric[k] ? pad + texts[k] : texts[k] + pad;
  }
  return line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
}

std::vector<std::string> texts_of(const std::vector<Cell>& cells) {
  std::vector<std::string> texts;
  for (const Cell& cell : cells) texts.push_back(cell.text);
  return texts;
}

std::string section_text(const Reading& section) {
  if (!section["text"].null()) return "\n" + wrapped("", plain(section["text"].text()));
  const Cells cells = cells_of(section);
  std::string text = "\n" + plain(section["title"].text()) + "\n" + line_of(cells, cells.head);
  for (const auto& row : cells.rows) text += line_of(cells, texts_of(row));
  return text;
}

std::string section_html(const Reading& section) {
  if (!section["text"].null()) return fmt::format("<p>{}</p>\n", escape_html(section["text"].text()));
  const Cells cells = cells_of(section);
  std::string text =
      fmt::format("<h2>{}</h2>\n<div class=\"scroll\"><table>\n<thead><tr>", escape_html(section["title"].text()));
  const auto side = [&](std::size_t k) { return cells.numeric[k] ? " class=\"number\"" : " class=\"left\""; };
  for (std::size_t k = 0; k < cells.head.size(); ++k)
    text += fmt::format("<th{}>{}</th>", side(k), escape_html(cells.head[k]));
  text += "</tr></thead>\n<tbody>\n";
  for (const auto& row : cells.rows) {
    text += "<tr>";
    for (std::size_t k = 0; k < row.size(); ++k)
      text += fmt::format("<td{}>{}</td>", side(k), escape_html(row[k].text));
    text += "</tr>\n";
  }
  return text + "</tbody></table></div>\n";
}

bool is_time(const Reading& number) { return number["unit"].text() == "OU time"; }

// Times in every clock, others a line each.
std::string numbers_text(const Reading& numbers) {
  std::vector<std::pair<std::string, double>> times;
  std::vector<std::pair<std::string, std::string>> lines;
  std::size_t width = 30;
  for (const Reading& n : numbers.list()) {
    const std::string name = plain(n["name"].text());
    if (is_time(n) && n["value"].number()) times.emplace_back(name, *n["value"].number());
    const std::string unit = is_time(n) || n["unit"].null() ? "" : " " + plain(n["unit"].text());
    if (is_time(n) && n["stderr"].null() && !n["value"].null()) continue;
    lines.emplace_back(name, shown(n["value"], n["stderr"]) + unit);
    width = std::max(width, columns(name));
  }
  std::string text;
  for (const auto& [name, value] : lines)
    text += "  " + name + std::string(width - columns(name), ' ') + "  " + value + "\n";
  const std::string table = time_table(times);
  return (text.empty() ? "" : "\n" + text) + (table.empty() ? "" : "\n" + table);
}

std::string numbers_html(const Reading& numbers) {
  std::string cards, facts;
  for (const Reading& n : numbers.list()) {
    if (is_time(n))
      cards += card(escape_html(n["name"].text()), n["value"].number(), n["stderr"].number(), "");
    else
      facts += fmt::format("<div><dt>{}</dt><dd>{} {}</dd></div>\n", escape_html(n["name"].text()),
                           shown(n["value"], n["stderr"]), escape_html(n["unit"].text()));
  }
  return (cards.empty() ? "" : "<div class=\"cards\">\n" + cards + "</div>\n") +
         (facts.empty() ? "" : "<dl class=\"facts\">\n" + facts + "</dl>\n");
}

}  // namespace

std::string frame_text(const Reading& frame, bool colours) {
  std::string text = plain(frame["title"].text()) + "\n";
  if (!frame["question"].text().empty()) text += wrapped("", plain(frame["question"].text()));
  if (!frame["verdicts"].list().empty()) text += "\n" + verdict(frame["verdicts"], colours);
  text += numbers_text(frame["numbers"]);
  for (const Reading& section : frame["sections"].list()) text += section_text(section);
  std::string next;
  for (const Reading& step : frame["next"].list()) next += wrapped("next     ", plain(step.text()));
  return text + (next.empty() ? "" : "\n" + next);
}

std::string frame_head(const Reading& frame) {
  std::string text = fmt::format("<h1>{}</h1>\n", escape_html(frame["title"].text()));
  if (!frame["question"].text().empty())
    text += fmt::format("<p class=\"question\">{}</p>\n", escape_html(frame["question"].text()));
  return text + verdict_box(frame["verdicts"]) + numbers_html(frame["numbers"]);
}

std::string frame_sections(const Reading& frame) {
  std::string text, next;
  for (const Reading& section : frame["sections"].list()) text += section_html(section);
  for (const Reading& step : frame["next"].list()) next += fmt::format("<li>{}</li>\n", escape_html(step.text()));
  return text + (next.empty() ? "" : "<h2>Next</h2>\n<ul class=\"next\">\n" + next + "</ul>\n");
}

}  // namespace denoiscope::report
