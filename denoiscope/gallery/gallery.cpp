#include "denoiscope/gallery/gallery.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/files.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/experiments/experiments.hpp"
#include "denoiscope/gallery/functions.hpp"

namespace denoiscope::gallery {

namespace {

constexpr double kAny = parameter::kUnbounded;

constexpr Parameter text(std::string_view name, std::string_view typed, std::string_view description) {
  return parameter::text(name, typed, "", description);
}
constexpr Parameter list(std::string_view name, std::string_view typed, std::string_view description) {
  return parameter::list(name, typed, -kAny, kAny, false, "", description);
}

constexpr Parameter kEntry[] = {
    text("title", "", "what the figure is called"),
    text("caption", "", "what is to be seen"),
    text("source", "", "where it was published"),
    text("values_from", "", "where the numbers of `expected` are from"),
    parameter::word("values_are", "published|reference", "reference",
                    "what `expected` is: printed in a paper, or computed apart"),
    text("experiment", "", "a verb of the program, which is asked `request`"),
    text("request", "", "key=value ..., {name} for what is swept, fast|full"),
    text("synth", "", "the data of the request: MODEL key=value ... rows=N"),
    text("synth_test", "", "the same of its held-out data"),
    list("repeat", "1", "how often, with one seed more each time; numbers are means: fast and full"),
    text("function", "", "which function of the gallery, where no experiment does it"),
    text("model", "", "of a function"),
    text("parameters", "", "of the model"),
    text("data", "", "of a function"),
    text("vary", "", "NAME=a,b,...: one curve each; NAME=a,b; OTHER=c,d: both at once"),
    text("along", "", "the same along a curve"),
    text("rows", "", "NAME: list of the record whose rows are places along a curve, by their member NAME"),
    parameter::names("measure", "",
                     "NAME: TERM [= EXACT] [+- ERROR] [of COUNT] [within ALLOWED] [where TERM > TERM] (requests.cpp)"),
    parameter::names("theories", "", "NAME: theory and its parameters"),
    parameter::names("points", "", "CURVE: TERM"),
    parameter::names("lines", "", "CURVE: TERM, along rows; or of {x}: all along the figure"),
    text("x", "", "the term that is the x of the figure"),
    text("published", "", "which array of examples/gallery/published stands beside"),
    text("published_beside", "", "the term it is held to, of {d} and {t} as its columns are called"),
    text("published_where", "", "TERM > TERM: where it is"),
    text("published_x", "{t}", "the term that is its x of the figure"),
    list("samples", "", "number of data: fast and full"),
    list("starts", "400", "points: fast and full"),
    list("steps", "1000", "of what is integrated: fast and full"),
    parameter::whole("seed", 1, 0, 9.2e18, "", ""),
    parameter::names("expected", "", "QUANTITY = VALUE +- ERROR"),
    parameter::number("tolerance", 0, 0, kAny, "", "beside statistical errors"),
    text("tolerance_reason", "", "why"),
    text("x_title", "time t", ""),
    text("y_title", "", ""),
    parameter::flag("log_x", ""),
};

const char* name_of(Scale scale) { return scale == Scale::fast ? "fast" : "full"; }

/// "QUANTITY = VALUE +- ERROR"
Comparison parse_expected(const std::string& text, const std::string& where) {
  const std::size_t equals = text.find(" = "), plus = text.find(" +- ");
  if (equals == std::string::npos || plus == std::string::npos || plus < equals)
    throw UsageError("{}: expected: '{}' is not QUANTITY = VALUE +- ERROR.", where, one_line(text));
  Comparison out;
  out.quantity = text.substr(0, equals);
  out.expected = parse_number(text.substr(equals + 3, plus - equals - 3), where + ": expected");
  out.expected_error = parse_number(text.substr(plus + 4), where + ": expected");
  return out;
}

void take_measured(Comparison& comparison, const Quantity& quantity, double tolerance) {
  comparison.quantity = quantity.name;
  comparison.measured = quantity.measured.value;
  comparison.error = std::isnan(quantity.measured.standard_error) ? 0 : quantity.measured.standard_error;
  comparison.tolerance = tolerance + quantity.allowed;
}

std::vector<Comparison> compare(const Arguments& entry, const std::string& where, const Observed& observed) {
  std::vector<Comparison> out;
  const double tolerance = entry.number("tolerance");
  for (const std::string& text : entry.names("expected")) {
    Comparison comparison = parse_expected(text, where);
    comparison.source = entry.text("values_are");
    const auto found = std::find_if(observed.quantities.begin(), observed.quantities.end(),
                                    [&](const Quantity& q) { return q.name == comparison.quantity; });
    if (found == observed.quantities.end()) {
      std::vector<std::string> measured(observed.quantities.size());
      std::transform(observed.quantities.begin(), observed.quantities.end(), measured.begin(),
                     [](const Quantity& q) { return q.name; });
      throw UsageError("{}: expected: nothing measured is called '{}'.{}", where, comparison.quantity,
                       did_you_mean(comparison.quantity, measured));
    }
    take_measured(comparison, *found, tolerance);
    out.push_back(comparison);
  }
  for (const Quantity& quantity : observed.quantities) {
    if (!quantity.exact) continue;
    Comparison comparison;
    comparison.source = "exact";
    comparison.expected = *quantity.exact;
    take_measured(comparison, quantity, tolerance);
    out.push_back(comparison);
  }
  return out;
}

// A published array: every number beside ours, and chi^2 a point of each series.
std::vector<Comparison> compare_published(const Entry& entry, Observed& observed) {
  std::vector<Comparison> out;
  if (!entry.settings().has("published")) return out;
  for (const PublishedSeries& series : published_beside(entry)) {
    double chi2 = 0;
    for (const PublishedSeries::Row& row : series.rows) {
      Comparison comparison;
      comparison.quantity = fmt::format("published {} {}", series.name, row.at);
      comparison.source = "published";
      comparison.expected = row.published.value;
      comparison.expected_error = row.published.standard_error;
      comparison.measured = row.ours;
      comparison.tolerance = entry.settings().number("tolerance");
      out.push_back(comparison);
      chi2 += std::pow((row.ours - row.published.value) / row.published.standard_error, 2);
      observed.point("published, " + series.name, row.x, row.published);
    }
    const auto n = static_cast<double>(series.rows.size());
    Comparison all;
    all.quantity = fmt::format("chi^2 a point, {}", series.name);
    all.source = "published";
    all.expected = 1;
    all.expected_error = std::sqrt(2 / n);  // of a chi-square
    all.measured = chi2 / n;
    out.push_back(all);
  }
  return out;
}

Record figure_of(const Arguments& entry, const Observed& observed) {
  return to_record({.name = {},
                    .title = entry.text("title"),
                    .caption = entry.text("caption"),
                    .x_title = entry.text("x_title"),
                    .y_title = entry.text("y_title"),
                    .log_x = entry.flag("log_x"),
                    .curves = observed.curves});
}

Record record_of(const Comparison& c) {
  return {{"quantity", c.quantity},
          {"source", c.source},
          {"expected", c.expected},
          {"expected_error", c.expected_error},
          {"measured", finite(c.measured)},
          {"stderr", c.error},
          {"sigmas", finite(c.sigmas())},
          {"tolerance", c.tolerance},
          {"holds", c.holds()}};
}

const Function& function_of(const Arguments& entry, const std::string& where) {
  const std::string name = entry.has("function") ? entry.text("function") : "requests";
  for (const Function& function : kFunctions)
    if (function.name == name) return function;
  throw UsageError("{}: unknown function '{}'.{}", where, one_line(name), did_you_mean(name, names_of(kFunctions)));
}

}  // namespace

double Comparison::sigmas() const {
  const double joint = std::hypot(error, expected_error);
  return joint > 0 ? std::abs(measured - expected) / joint : kNaN;
}

bool Comparison::holds() const {
  return std::abs(measured - expected) <= kGallerySigmas * std::hypot(error, expected_error) + tolerance;
}

Arguments read_entry(const GalleryText& text) {
  Arguments entry(kEntry);
  const std::string where = fmt::format("{}.toml", text.name);
  entry.parse_toml(text.text, where);
  for (const char* key : {"title", "caption", "source"})
    if (!entry.has(key)) throw UsageError("{}: no {}; every entry has one.", where, key);
  if (!entry.has("experiment") && !entry.has("function"))
    throw UsageError("{}: neither experiment nor function; every entry has one.", where);
  if (entry.has("published") != entry.has("published_beside"))
    throw UsageError("{}: published and published_beside go together.", where);
  if (entry.has("experiment")) experiments::find(entry.text("experiment"));
  if (entry.number("tolerance") > 0 && !entry.has("tolerance_reason"))
    throw UsageError("{}: tolerance = {} without tolerance_reason; say why.", where, entry.text("tolerance"));
  if (entry.has("expected") && !entry.has("values_from"))
    throw UsageError("{}: expected without values_from; say where the numbers are from.", where);
  function_of(entry, where);
  return entry;
}

Arguments gallery_entry(std::string_view name) {
  for (const GalleryText& text : gallery())
    if (text.name == name) return read_entry(text);
  throw UsageError("the gallery has no entry '{}'.{} See denoiscope reproduce list.", one_line(name),
                   did_you_mean(name, names_of(gallery())));
}

Record reproduce(std::string_view name, const Arguments& entry, Scale scale) {
  const std::string where = fmt::format("{}.toml", name);
  Record record = {
      {"name", name},
      {"title", entry.text("title")},
      {"caption", entry.text("caption")},
      {"source", entry.text("source")},
      {"scale", name_of(scale)},
      {"tolerance_reason", entry.has("tolerance_reason") ? Record(entry.text("tolerance_reason")) : Record()},
      {"comparisons", Record::list()},
      {"skipped", nullptr},
      {"figure", nullptr},
      {"holds", true}};
  const auto start = std::chrono::steady_clock::now();
  try {
    const Entry at_scale(entry, scale);
    Observed observed;
    function_of(entry, where).run(at_scale, observed);
    add_theories(at_scale, observed);
    std::vector<Comparison> comparisons = compare_published(at_scale, observed);
    const std::vector<Comparison> measured = compare(entry, where, observed);
    comparisons.insert(comparisons.end(), measured.begin(), measured.end());
    for (const Comparison& comparison : comparisons) {
      record["comparisons"].push_back(record_of(comparison));
      if (!comparison.holds()) record["holds"] = false;
    }
    record["figure"] = figure_of(entry, observed);
  } catch (const DataError& error) {  // a data set that is not installed here says nothing of us
    record["skipped"] = error.what();
  }
  record["seconds"] = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return record;
}

Record gallery_identity() {
  std::string all;
  for (const GalleryText& one : gallery()) all += fmt::format("[{}]\n{}\n", one.name, one.text);
  return {{"gallery_sha256", sha256(all)}};
}

std::string gallery_page() {
  std::string text =
      "# Gallery\n\nFigures of the field, computed again and held to what was published or is exact. Written by\n"
      "`denoiscope reproduce list --markdown` from `examples/gallery/*.toml`, pictures at the scale of seconds.\n\n"
      "`denoiscope reproduce NAME --out DIR` writes the figure as a page and as Vega-Lite, and prints every number\n"
      "beside what it should be; `denoiscope reproduce all` runs them all, in seconds, and ends with 1 where one does\n"
      "not hold: beyond 4.9 joint standard errors (one false alarm in 1e6 comparisons) plus the stated tolerance.\n";
  for (const GalleryText& one : gallery()) {
    const Arguments entry = read_entry(one);
    text += fmt::format("\n## {0}\n\n{1}: {2}\n\n![{1}](gallery/{0}.svg)\n\nSource: {3}.", one.name,
                        entry.text("title"), entry.text("caption"), entry.text("source"));
    if (entry.has("experiment"))
      text += fmt::format(" Request: `{} {}`.", entry.text("experiment"), entry.text("request"));
    if (entry.has("synth")) text += fmt::format(" Its data: `{}`.", entry.text("synth"));
    if (entry.has("model"))
      text += fmt::format(" Model: `{}{}{}`.", entry.text("model"), entry.has("parameters") ? " " : "",
                          entry.text("parameters"));
    if (entry.has("data")) text += fmt::format(" Data: `{}`.", entry.text("data"));
    if (entry.has("published"))
      text += fmt::format(
          " Beside it, number by number and by chi^2 a point: [the array behind the published figure]"
          "(../examples/gallery/published/{}.csv).",
          entry.text("published"));
    if (entry.number("tolerance") > 0)
      text += fmt::format(" Tolerance {}: {}.", entry.text("tolerance"), entry.text("tolerance_reason"));
    text += "\n";
    if (!entry.has("expected")) continue;
    text += fmt::format("\nNumbers from {}:\n\n| quantity | value |\n|---|---|\n", entry.text("values_from"));
    for (const std::string& expected : entry.names("expected")) {
      const std::size_t equals = expected.find(" = ");
      text += fmt::format("| {} | {} |\n", expected.substr(0, equals), expected.substr(equals + 3));
    }
  }
  return text;
}

}  // namespace denoiscope::gallery
