// Entries that need no code: a request to an experiment, swept, and what of its record is a number, a point or a line.
//
// A term is a theory with its parameters ("mixture-phi d={d} t={t}"), a number, or a member of the record or of a row
// of it ("same_class.exact"), whose standard error is the member of that name with _stderr, or "stderr" beside it; or
// such terms with " * ", " / " or " - " between them, from left to right, or "log10 " before all.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <list>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/data/write.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/gallery/measure.hpp"
#include "denoiscope/study/subject.hpp"

namespace denoiscope::gallery {
namespace {

namespace fs = std::filesystem;

constexpr int kFine = 80;                                   // points of a line
constexpr std::uint64_t kHeldOut = std::uint64_t{1} << 32;  // seeds of held-out data are apart by this

bool mentions(const std::string& text, const Sweep::Place& place) {
  return std::any_of(place.begin(), place.end(),
                     [&](const auto& one) { return text.find("{" + one.first + "}") != std::string::npos; });
}

Sweep::Place joined(Sweep::Place a, const Sweep::Place& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// "NAME: REST"
std::pair<std::string, std::string> named(const std::string& text) {
  const std::size_t colon = text.find(": ");
  if (colon == std::string::npos) throw UsageError("gallery: '{}' is not NAME: TERM.", one_line(text));
  return {text.substr(0, colon), text.substr(colon + 2)};
}

// What follows `word` in the text, which it is taken off; empty where the word is not there.
std::string taken(std::string& text, const char* word) {
  const std::size_t at = text.rfind(word);
  if (at == std::string::npos) return {};
  const std::string out = text.substr(at + std::string_view(word).size());
  text.erase(at);
  return out;
}

const Record* member(const Record& of, const std::vector<std::string>& path) {
  const Record* at = &of;
  for (const std::string& name : path) {
    if (at->is_list() && name.find_first_not_of("0123456789") == std::string::npos) {
      const auto place = static_cast<std::size_t>(parse_integer(name, "gallery"));
      at = place < at->size() ? &at->at(place) : nullptr;
    } else {
      at = at->is_object() ? at->find(name) : nullptr;
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

// A number of one record; no member and no number: an error.
Estimate number_of(const Record& row, const Record& record, const std::string& text) {
  std::vector<std::string> path = split(text, '.');
  const auto find = [&] {
    const Record* found = member(row, path);
    return found != nullptr ? found : member(record, path);
  };
  const Record* found = find();
  if (found == nullptr) return {parse_number(text, "gallery: no member of the record, so a number"), 0, 1};
  if (found->is_object()) return {number_from(found->at("value")), number_from(found->at("stderr")), 1};
  const std::string last = path.back();
  path.back() = last + "_stderr";
  const Record* error = find();
  path.back() = "stderr";
  if (error == nullptr && last != "stderr") error = find();
  return {number_from(*found), error == nullptr ? 0 : number_from(*error), 1};
}

// A row of each record of a request that was repeated, and where the sweep stands.
struct Scene {
  std::vector<const Record*> rows, records;
  Sweep::Place vary, place;  // place: all of it
  bool first = false;        // of those of `vary`

  // What says nothing of `vary` is looked at once.
  bool wants(const std::string& item) const { return first || mentions(item, vary); }

  // Of repeated requests: the mean, with the error of their scatter.
  Estimate member_value(const std::string& text) const {
    if (rows.size() == 1) return number_of(*rows[0], *records[0], text);
    std::vector<double> values;
    for (std::size_t i = 0; i < rows.size(); ++i) values.push_back(number_of(*rows[i], *records[i], text).value);
    return mean_of(values);
  }

  Estimate value(std::string text) const {
    text = filled(text, place);
    if (text.rfind("log10 ", 0) == 0) return {std::log10(value(text.substr(6)).value), 0, 1};
    std::size_t at = 0;
    for (const char* word : {" * ", " / ", " - "})
      if (const std::size_t found = text.rfind(word); found != std::string::npos) at = std::max(at, found);
    if (at > 0) {
      const Estimate a = value(text.substr(0, at)), b = value(text.substr(at + 3));
      const double by = text[at + 1] == '/' ? 1 / b.value : b.value;
      if (text[at + 1] == '-') return {a.value - b.value, std::hypot(a.standard_error, b.standard_error), 1};
      return {a.value * by, std::abs(by) * a.standard_error, 1};  // b is exact
    }
    return text.find(' ') == std::string::npos ? member_value(text) : Estimate{theory_value(text), 0, 1};
  }

  // "TERM > TERM", or nothing
  bool holds(const std::string& text) const {
    const std::size_t above = text.find(" > ");
    return text.empty() || value(text.substr(0, above)).value > value(text.substr(above + 3)).value;
  }
};

// "TERM [= EXACT] [+- ERROR] [of COUNT] [within ALLOWED] [where TERM > TERM]": exact there alone. Without a count the
// number is held to what is exact, within its own error or the one that is said. With a count it is the share of so
// many events, held to a theory, or to another estimate of the same number: where the events are few their spread says
// little of their error, so that the binomial one is the least that is taken, and three events are allowed.
Quantity measured(const std::string& name, std::string text, const Scene& scene) {
  const std::string where = taken(text, " where "), allowed = taken(text, " within "), count = taken(text, " of "),
                    error = taken(text, " +- "), exact = taken(text, " = ");
  Quantity out{name, scene.value(text)};
  if (!error.empty()) out.measured.standard_error = scene.value(error).value;
  if (exact.empty() || !scene.holds(where)) return out;
  const Estimate beside = scene.value(exact);
  out.exact = beside.value;
  if (!allowed.empty()) out.allowed = scene.value(allowed).value;
  if (count.empty()) return out;
  const double n = scene.value(count).value;
  if (exact.find(' ') != std::string::npos) {
    out.allowed = allowed_where_rare(beside.value, static_cast<Index>(n));
    return out;
  }
  if (error.empty()) out.measured.standard_error = std::hypot(out.measured.standard_error, beside.standard_error);
  const double p = std::clamp(beside.value, 0.0, 1.0);
  out.measured.standard_error = std::max(out.measured.standard_error, std::sqrt(p * (1 - p) / n));
  out.allowed = 3 / n;
  return out;
}

// Numbers, points, and lines through what the rows themselves say.
void look(const Entry& entry, const Scene& scene, Observed& out) {
  const auto name_of = [&](const std::string& text) { return filled(text, scene.place, true); };
  for (const std::string& item : entry.items("measure")) {
    if (!scene.wants(item)) continue;
    const auto [name, term] = named(item);
    out.quantities.push_back(measured(name_of(name), term, scene));
  }
  if (!entry.settings().has("points")) return;
  const double x = scene.value(entry.text("x")).value;
  for (const std::string& item : entry.items("points")) {
    if (!scene.wants(item)) continue;
    const auto [name, term] = named(item);
    out.point(name_of(name), x, scene.value(term));
  }
  for (const std::string& item : entry.items("lines"))
    if (const auto [name, term] = named(item); scene.wants(item) && term.find("{x}") == std::string::npos)
      out.joined(name_of(name), x, scene.value(term).value);
}

// Data of a model in a file, for requests that are about data.
class SynthesizedFile {
 public:
  SynthesizedFile(std::string key, std::vector<std::string> words, std::uint64_t seed)
      : key_(std::move(key)), file_(fs::temp_directory_path() / fmt::format("denoiscope-{}-{}.npz", key_, getpid())) {
    const auto rows = std::find_if(words.begin(), words.end(), [](const auto& w) { return w.rfind("rows=", 0) == 0; });
    if (rows == words.end()) throw UsageError("gallery: synth without rows=N.");
    const long long n = parse_integer(rows->substr(5), "gallery: rows");
    words.erase(rows);
    data::write(file_, synthesize(make_model(words.front(), std::span(words).subspan(1)), n, seed));
  }
  ~SynthesizedFile() {
    std::error_code ignored;
    fs::remove(file_, ignored);
  }
  SynthesizedFile(const SynthesizedFile&) = delete;
  SynthesizedFile& operator=(const SynthesizedFile&) = delete;
  std::string setting() const { return key_ + "=" + file_.string(); }

 private:
  std::string key_;  // of the request
  fs::path file_;
};

std::vector<Record> records_of(const Entry& entry, const Sweep::Place& place) {
  std::vector<Record> out;
  for (Index i = 0; i < entry.many("repeat"); ++i) {
    const std::uint64_t seed = entry.seed() + static_cast<std::uint64_t>(i);
    const Sweep::Place here = joined(place, {{"seed", std::to_string(seed)}});
    std::vector<std::string> settings;
    std::list<SynthesizedFile> files;
    for (const char* key : {"data", "test"}) {
      const std::string which = key == std::string("data") ? "synth" : "synth_test";
      if (!entry.settings().has(which)) continue;
      files.emplace_back(key, entry.words(filled(entry.text(which), here)), files.empty() ? seed : seed + kHeldOut);
      settings.push_back(files.back().setting());
    }
    out.push_back(entry.ask(here, settings));
  }
  return out;
}

std::vector<const Record*> pointers(const std::vector<Record>& records, const std::vector<std::string>& path) {
  std::vector<const Record*> out;
  for (const Record& record : records) {
    out.push_back(member(record, path));
    if (out.back() == nullptr) throw UsageError("gallery: the record has no {}.", fmt::join(path, "."));
  }
  return out;
}

void run_experiment(const Entry& entry, const Sweep::Place& vary, bool first, Observed& out) {
  if (!entry.settings().has("rows")) {
    for (const Sweep::Place& along : entry.sweep("along").places) {
      const Sweep::Place place = joined(vary, along);
      const std::vector<Record> records = records_of(entry, place);
      look(entry, {pointers(records, {}), pointers(records, {}), vary, place, first}, out);
    }
    return;
  }
  const std::vector<Record> records = records_of(entry, vary);
  const auto [name, list] = named(entry.text("rows"));
  std::vector<std::string> path = split(list, '.');
  const std::size_t count = pointers(records, path).front()->size();
  path.emplace_back();
  for (std::size_t i = 0; i < count; ++i) {
    path.back() = std::to_string(i);
    const std::vector<const Record*> rows = pointers(records, path);
    const std::string at = fmt::format("{}", number_from(rows.front()->at(name)));
    look(entry, {rows, pointers(records, {}), vary, joined(vary, {{name, at}, {"row", path.back()}}), first}, out);
  }
}

// Numbers of theories, wherever the sweeps that they mention stand.
void add_numbers(const Entry& entry, Observed& out) {
  for (const std::string& item : entry.items("theories")) {
    const auto [name, term] = named(item);
    for (const Sweep::Place& vary : entry.sweep("vary").places) {
      for (const Sweep::Place& along : entry.sweep("along").places) {
        const Sweep::Place place = joined(vary, along);
        out.number(filled(name, place, true), theory_value(filled(term, place)));
        if (!mentions(term, along)) break;
      }
      if (!mentions(term, vary)) break;
    }
  }
}

// Lines of theories over x, between the first and the last point of the figure; or of a function, from place to place
// of `vary`.
void add_lines(const Entry& entry, Observed& out) {
  std::vector<double> x;
  for (const Curve& curve : out.curves)
    for (const Curve::Row& row : curve.rows) x.push_back(row.x);
  if (x.empty()) return;
  const auto [low, high] = std::minmax_element(x.begin(), x.end());
  x = entry.settings().flag("log_x") ? experiments::log_times(*low, *high, kFine) : spaced(*low, *high, kFine);
  for (const std::string& item : entry.items("lines")) {
    const auto [name, term] = named(item);
    if (term.find("{x}") == std::string::npos) {
      if (entry.settings().has("function"))
        for (const Sweep::Place& vary : entry.sweep("vary").places)
          out.joined(name, parse_number(vary.front().second, "vary"), theory_value(filled(term, vary)));
      continue;
    }
    for (const Sweep::Place& vary : entry.sweep("vary").places) {
      for (const double at : x)
        out.joined(filled(name, vary, true), at,
                   theory_value(filled(term, joined(vary, {{"x", fmt::format("{}", at)}}))));
      if (!mentions(item, vary)) break;
    }
  }
}

}  // namespace

void run_requests(const Entry& entry, Observed& out) {
  bool first = true;
  for (const Sweep::Place& vary : entry.sweep("vary").places)
    run_experiment(entry, vary, std::exchange(first, false), out);
}

std::vector<PublishedSeries> published_beside(const Entry& entry) {
  const std::string& name = entry.text("published");
  const auto known = published();
  const auto found = std::find_if(known.begin(), known.end(), [&](const GalleryText& one) { return one.name == name; });
  if (found == known.end()) throw UsageError("gallery: no published array '{}'.", name);
  const Record none = Record::object();
  std::vector<PublishedSeries> out;
  std::vector<std::string> columns;
  for (const std::string& line : split(std::string(found->text), '\n')) {
    if (line.empty() || line.front() == '#') continue;
    const std::vector<std::string> cells = split(line, ',');
    if (cells.size() != 4) throw UsageError("gallery: {}: '{}', expected four columns.", name, line);
    if (columns.empty()) {
      columns = cells;
      continue;
    }
    const Sweep::Place place = {{columns[0], cells[0]}, {columns[1], cells[1]}};
    const Scene scene{{&none}, {&none}, {}, place, true};
    if (!scene.holds(entry.text("published_where"))) continue;
    const std::string series = fmt::format("{}={}", columns[0], cells[0]);
    if (out.empty() || out.back().name != series) out.push_back({series, {}});
    out.back().rows.push_back({fmt::format("{}={}", columns[1], cells[1]),
                               scene.value(entry.text("published_x")).value,
                               scene.value(entry.text("published_beside")).value,
                               {parse_number(cells[2], name), parse_number(cells[3], name), 1}});
  }
  return out;
}

void add_theories(const Entry& entry, Observed& out) {
  add_numbers(entry, out);
  add_lines(entry, out);
}

}  // namespace denoiscope::gallery
