#include "denoiscope/gallery/measure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "denoiscope/base/error.hpp"
#include "denoiscope/base/text.hpp"
#include "denoiscope/experiments/experiments.hpp"
#include "denoiscope/theory/registry.hpp"

namespace denoiscope::gallery {
namespace {

Request request_of(std::span<const Parameter> table, const std::vector<std::string>& settings) {
  Request request(table);
  const bool model = std::any_of(settings.begin(), settings.end(),
                                 [](const std::string& setting) { return setting.rfind("model=", 0) == 0; });
  std::string of_model;
  for (const std::string& setting : settings) {
    const std::size_t equals = std::min(setting.find('='), setting.size());
    const std::string name = setting.substr(0, equals);
    if (std::any_of(table.begin(), table.end(),
                    [&](const Parameter& p) { return p.name == name && !(model && p.about == About::data); }))
      request.set(name, setting.substr(std::min(equals + 1, setting.size())), "gallery");
    else
      of_model += (of_model.empty() ? "" : " ") + setting;
  }
  if (!of_model.empty()) request.set("parameters", of_model, "gallery");
  return request;
}

}  // namespace

void Observed::number(std::string name, const Estimate& measured, std::optional<double> exact, double allowed) {
  quantities.push_back({std::move(name), measured, exact, allowed});
}

void Observed::number(std::string name, double computed, std::optional<double> exact, double allowed) {
  number(std::move(name), Estimate{computed, 0, 1}, exact, allowed);
}

Curve& Observed::curve_of(const std::string& name, bool points) {
  for (Curve& curve : curves)
    if (curve.name == name) return curve;
  return curves.emplace_back(Curve{name, points});
}

void Observed::point(const std::string& curve, double x, const Estimate& y) {
  curve_of(curve, true).rows.push_back({x, y.value, y.standard_error});
}

void Observed::joined(const std::string& curve, double x, double y) {
  curve_of(curve, false).rows.push_back({x, y, 0});
}

void Observed::line(const std::string& curve, const std::vector<double>& x, const std::function<double(double)>& y) {
  for (const double at : x) joined(curve, at, y(at));
}

std::vector<double> Sweep::numbers() const {
  std::vector<double> out;
  for (const Place& place : places)
    if (!place.empty()) out.push_back(parse_number(place.front().second, place.front().first));
  return out;
}

double Entry::number(std::string_view key) const {
  const std::span<const double> values = settings_.list(key);
  if (values.empty()) throw UsageError("gallery: {} is needed and not given.", key);
  return scale_ == Scale::fast ? values.front() : values.back();
}

std::vector<std::string> Entry::items(std::string_view key) const {
  std::vector<std::string> out;
  for (const std::string& part : settings_.names(key))
    if (out.empty() || part.find(": ") != std::string::npos)
      out.push_back(part);
    else
      out.back() += "," + part;
  return out;
}

Sweep Entry::sweep(std::string_view key) const {
  Sweep out;
  if (!settings_.has(key)) return {{Sweep::Place()}};
  for (std::string part : split(settings_.text(key), ';')) {
    part.erase(0, part.find_first_not_of(' '));
    const std::size_t equals = std::min(part.find('='), part.size());
    const std::vector<std::string> values = split(part.substr(std::min(equals + 1, part.size())), ',');
    out.places.resize(std::max(out.places.size(), values.size()));
    if (equals == 0 || values.size() != out.places.size())
      throw UsageError("gallery: {} = '{}'; expected NAME=VALUE,... and as many of each name.", key,
                       settings_.text(key));
    for (std::size_t i = 0; i < values.size(); ++i)
      out.places[i].emplace_back(part.substr(0, equals), words(values[i]).front());
  }
  return out;
}

Model Entry::model(const Sweep::Place& place, const std::string& more) const {
  std::vector<std::string> all = words(filled(text("parameters"), place));
  if (!more.empty()) all.push_back(more);
  return make_model(text("model"), all);
}

Record Entry::ask(const Sweep::Place& place, const std::vector<std::string>& more) const {
  std::vector<std::string> all = words(filled(text("request"), place));
  all.insert(all.end(), more.begin(), more.end());
  const Experiment& experiment = experiments::find(text("experiment"));
  const Request request = request_of(experiment.parameters, all);
  Silent silent;
  Run run(request, {}, silent);
  return experiment.run(request, run);
}

std::vector<std::string> Entry::words(const std::string& text) const {
  std::vector<std::string> out = split(text, ' ');
  std::erase(out, "");
  for (std::string& word : out) {
    const std::size_t bar = word.find('|');
    if (bar == std::string::npos) continue;
    word = scale_ == Scale::fast ? word.substr(0, bar) : word.substr(0, word.find('=') + 1) + word.substr(bar + 1);
  }
  return out;
}

std::string filled(std::string text, const Sweep::Place& place, bool rounded) {
  for (const auto& [name, value] : place) {
    const std::string key = "{" + name + "}";
    const bool number = rounded && value.find_first_not_of("+-.0123456789e") == std::string::npos;
    const std::string put = number ? fmt::format("{:g}", parse_number(value, name)) : value;
    for (std::size_t at = 0; (at = text.find(key, at)) != std::string::npos; at += put.size())
      text.replace(at, key.size(), put);
  }
  return text;
}

Dataset data_of(const std::vector<std::string>& settings) {
  static const std::vector<Parameter> table = joined({kDataParameters, kSeedParameters});
  return load(request_of(table, settings)).data;
}

RowMatrix points_of(const Model& model, Index rows, std::uint64_t seed) {
  RowMatrix out(rows, model.posterior().dimension());
  synthesize(model, rows, seed).read(0, out);
  return out;
}

double theory_value(const std::string& term) {
  std::vector<std::string> words = split(term, ' ');
  std::erase(words, "");
  const std::size_t dot = words.front().find('.');
  const theory::Result result = theory::evaluate(words.front().substr(0, dot), std::span(words).subspan(1)).result;
  if (dot == std::string::npos) return result.value;
  for (const auto& [name, value] : result.fields)
    if (name == words.front().substr(dot + 1)) return value;
  throw UsageError("gallery: theory {} has no such field.", words.front());
}

std::vector<double> spaced(double low, double high, int many) {
  std::vector<double> out;
  for (int i = 0; i < many; ++i) out.push_back(low + (high - low) * i / (many - 1));
  return out;
}

std::vector<double> spaced(const std::vector<double>& between, int many) {
  const auto [low, high] = std::minmax_element(between.begin(), between.end());
  return spaced(*low, *high, many);
}

std::vector<std::uint64_t> numbered(Index m) {
  std::vector<std::uint64_t> out(static_cast<std::size_t>(m));
  std::iota(out.begin(), out.end(), std::uint64_t{0});
  return out;
}

Estimate scaled(const Vector& values, double factor) {
  const Vector all = values * factor;
  return mean_of({all.data(), static_cast<std::size_t>(all.size())});
}

double allowed_where_rare(double theory, Index starts) {
  const double rare = std::min(theory, 1 - theory);
  return rare * static_cast<double>(starts) < 14 ? rare : 0;
}

}  // namespace denoiscope::gallery
