// What entries of the gallery measure: numbers and curves, by a request to an experiment, by theories, or by a function
// of this room. Private to it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "denoiscope/base/noise.hpp"
#include "denoiscope/base/stats.hpp"
#include "denoiscope/data/dataset.hpp"
#include "denoiscope/gallery/gallery.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/study/frame.hpp"

namespace denoiscope::gallery {

/// A number that is measured.
struct Quantity {
  std::string name;  ///< "same_class d=64 t=2"
  Estimate measured;
  std::optional<double> exact = std::nullopt;
  double allowed = 0;  ///< what it may differ beyond its error, beside the tolerance of the entry
};

/// What an entry has measured so far.
struct Observed {
  std::vector<Quantity> quantities;
  std::vector<Curve> curves;

  void number(std::string name, const Estimate& measured, std::optional<double> exact = {}, double allowed = 0);
  /// Computed without sampling.
  void number(std::string name, double computed, std::optional<double> exact = {}, double allowed = 0);
  /// A measured point of the curve of that name.
  void point(const std::string& curve, double x, const Estimate& y);
  /// A point of the line of that name.
  void joined(const std::string& curve, double x, double y);
  void line(const std::string& curve, const std::vector<double>& x, const std::function<double(double)>& y);

 private:
  Curve& curve_of(const std::string& name, bool points);
};

/// A parameter and its values as one would type them; or several that go together ("kappa=1,2; t=0.5,0.7").
struct Sweep {
  using Place = std::vector<std::pair<std::string, std::string>>;  ///< name and value of each parameter
  std::vector<Place> places;
  std::vector<double> numbers() const;  ///< of the first parameter
};

/// An entry at a scale, as what measures it reads it.
class Entry {
 public:
  Entry(const Arguments& settings, Scale scale) : settings_(settings), scale_(scale) {}
  const Arguments& settings() const { return settings_; }
  const std::string& text(std::string_view key) const { return settings_.text(key); }
  /// The number of a list "fast, full" that the scale asks for; a single number is both.
  double number(std::string_view key) const;
  Index many(std::string_view key) const { return static_cast<Index>(number(key)); }
  /// The texts "NAME: TERM" of a list. There may be commas in a term.
  std::vector<std::string> items(std::string_view key) const;
  /// Of the keys `vary` and `along`; one place without parameters where there is none.
  Sweep sweep(std::string_view key) const;
  std::vector<double> values() const { return sweep("vary").numbers(); }
  std::vector<double> times() const { return sweep("along").numbers(); }
  /// The model of the entry at a place of a sweep, with a further parameter.
  Model model(const Sweep::Place& place = {}, const std::string& more = "") const;
  /// What the experiment of the entry says of its request at a place of the sweeps.
  Record ask(const Sweep::Place& place, const std::vector<std::string>& more = {}) const;
  std::uint64_t seed() const { return static_cast<std::uint64_t>(settings_.whole("seed")); }
  Noise noise() const { return Noise(seed()); }
  /// Settings written with blanks between, of which "a|b" is a, or b at full scale.
  std::vector<std::string> words(const std::string& text) const;

 private:
  const Arguments& settings_;
  Scale scale_;
};

/// The text with "{name}" replaced by the value of each parameter; rounded: as names of quantities have it.
std::string filled(std::string text, const Sweep::Place& place, bool rounded = false);
/// The data that settings "key=value" name.
Dataset data_of(const std::vector<std::string>& settings);
/// Independent points of the model: which, how many, of which seed.
RowMatrix points_of(const Model& model, Index rows, std::uint64_t seed);
/// "NAME.FIELD key=... key=...": a field of a theory, or its value where no field is named.
double theory_value(const std::string& term);

/// `many` numbers from low to high, evenly spaced.
std::vector<double> spaced(double low, double high, int many);
/// The same between the least and the largest of some.
std::vector<double> spaced(const std::vector<double>& between, int many);
/// Names of m trajectories: 0 .. m - 1.
std::vector<std::uint64_t> numbered(Index m);
/// Mean of values (m) times a factor.
Estimate scaled(const Vector& values, double factor = 1);
/// What a probability of that theory measured over `starts` may differ. Where fewer than 14 starts are expected to lose
/// it (or to keep it), all of them may be absent from the sample (e^-14 = 1e-6), whose spread then says nothing.
double allowed_where_rare(double theory, Index starts);

/// What the keys `request`, `rows`, `measure`, `points` and `lines` say.
void run_requests(const Entry& entry, Observed& out);
/// A series of a published array, and what ours is at each of its places.
struct PublishedSeries {
  std::string name;  ///< "d=256"
  struct Row {
    std::string at;  ///< "t=1.5"
    double x, ours;
    Estimate published;
  };
  std::vector<Row> rows;
};
/// What the keys `published...` say. Throws UsageError for an array that there is not, or that is none.
std::vector<PublishedSeries> published_beside(const Entry& entry);
/// What `theories` and `lines` say of theories; lines reach over the points that there are.
void add_theories(const Entry& entry, Observed& out);

}  // namespace denoiscope::gallery
