// Where along t guidance can change the class: there p(class | x_t) of the class's own noisy points rises.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "denoiscope/base/error.hpp"
#include "denoiscope/experiments/findings.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/experiments/guide.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::experiments {

namespace {

constexpr Index kFewestOfClass = 16;
constexpr std::uint64_t kClassNames = std::uint64_t{1} << 32;  // names of a class's points are apart by this

// Points of known class: q of class c is the same at every t and however many there are.
struct Points {
  RowMatrix clean, z;      // (m, d)
  std::vector<Index> own;  // row of the data; empty of a model
  Index each = 0;          // of a class; classes one after another
};

Points points_of(const GuideSubject& subject, Index queries, const Noise& noise) {
  const auto classes = static_cast<Index>(subject.classes.size());
  Points p;
  p.each = std::max(kFewestOfClass, queries / classes);
  p.clean.resize(classes * p.each, subject.all->dimension());
  p.z.resize(p.clean.rows(), p.clean.cols());
  std::vector<std::uint64_t> names(static_cast<std::size_t>(p.each));
  for (Index c = 0; c < classes; ++c) {
    const GuideClass& cls = subject.classes[c];
    for (Index q = 0; q < p.each; ++q)
      names[q] = static_cast<std::uint64_t>(c) * kClassNames + static_cast<std::uint64_t>(q);
    auto clean = p.clean.middleRows(c * p.each, p.each);
    if (cls.data) {
      const auto n = static_cast<Index>(cls.rows.size());
      const std::vector<Index> order = noise.permutation(n, Order::of_class, c);
      std::vector<Index> rows;
      for (Index q = 0; q < p.each; ++q) rows.push_back(order[q % n]);
      cls.data->read(rows, clean);
      for (const Index row : rows) p.own.push_back(cls.rows[row]);
    } else {
      cls.law->sample_prior(noise, {Stream::prior, names, 0}, clean, {});
    }
    noise.normal({Stream::query, names, 0}, p.z.middleRows(c * p.each, p.each));
  }
  return p;
}

// One time: {own: [Estimate of a class], left_out: the same or null}.
Record measure(const GuideSubject& subject, const Points& p, double t) {
  const RowMatrix x = std::exp(-t) * p.clean + std::sqrt(noise_variance(t)) * p.z;
  Wanted what;
  what.leave_out = p.own;
  Summary s;
  subject.all->summarize(t, x, what, s);
  const auto average = [&](const RowMatrix& log_weight) {
    Record out = Record::list();
    for (Index c = 0; c * p.each < x.rows(); ++c) {
      const Vector own = log_weight.col(c).segment(c * p.each, p.each).array().exp();
      out.push_back(to_record(share_of({own.data(), static_cast<std::size_t>(own.size())})));
    }
    return out;
  };
  return {{"own", average(s.all.class_log_weight)},
          {"left_out", p.own.empty() ? Record() : average(s.without.class_log_weight)}};
}

using Curves = std::vector<std::vector<Estimate>>;  // (classes, times)

struct Measurements {
  Curves own, left_out;
};

Measurements measure_all(const GuideSubject& subject, const Points& points, const std::vector<double>& times,
                         const char* prefix, Run& run) {
  const std::size_t classes = subject.classes.size();
  Measurements out{Curves(classes), Curves(classes)};
  run.expect(static_cast<int>(times.size()));
  for (std::size_t k = 0; k < times.size(); ++k) {
    const Record unit =
        run.unit(fmt::format("{}-{:02}", prefix, k), [&] { return measure(subject, points, times[k]); });
    for (std::size_t c = 0; c < classes; ++c) {
      out.own[c].push_back(estimate_from(unit.at("own").at(c)));
      if (!unit.at("left_out").is_null()) out.left_out[c].push_back(estimate_from(unit.at("left_out").at(c)));
    }
  }
  return out;
}

// Further times and what was measured there, in their places.
void merge(std::vector<double>& times, const std::vector<double>& more, Measurements& all, const Measurements& found) {
  for (std::size_t k = 0; k < more.size(); ++k) {
    const auto at = std::upper_bound(times.begin(), times.end(), more[k]) - times.begin();
    times.insert(times.begin() + at, more[k]);
    for (const auto& [curves, values] : {std::pair{&all.own, &found.own}, {&all.left_out, &found.left_out}})
      for (std::size_t c = 0; c < curves->size(); ++c)
        if (!(*values)[c].empty()) (*curves)[c].insert((*curves)[c].begin() + at, (*values)[c][k]);
  }
}

std::vector<double> placed(const GuideSubject& subject, const GuideSettings& settings, const Noise& noise, Run& run) {
  const std::vector<double> even = even_grid();
  const Index few = std::min<Index>(settings.queries, kPilotQueries);
  const Measurements pilot = measure_all(subject, points_of(subject, few, noise), even, "pilot", run);
  std::vector<std::vector<double>> curves;
  for (const auto& of_class : pilot.own) {
    std::vector<double> curve;
    for (const Estimate& e : of_class) curve.push_back(e.value);
    curves.push_back(curve);
  }
  return adapted_grid(even, curves);
}

}  // namespace

std::vector<ClassWindow> guide_windows(const GuideSubject& subject, const GuideSettings& settings, const Noise& noise,
                                       Run& run) {
  std::vector<double> times = settings.times.empty() ? placed(subject, settings, noise, run) : settings.times;
  const Points points = points_of(subject, settings.queries, noise);
  Measurements measured = measure_all(subject, points, times, "window", run);
  const auto windows = [&] {
    std::vector<ClassWindow> out;
    for (std::size_t c = 0; c < subject.classes.size(); ++c) {
      ClassWindow w;
      w.times = times;
      w.own = measured.own[c];
      w.left_out = measured.left_out[c];
      w.chance = subject.classes[c].share;
      w.window = observables::guidance_window(times, w.own, w.chance);
      if (!w.left_out.empty()) {
        const auto n = static_cast<double>(subject.data->rows());
        w.window_left_out = observables::guidance_window(times, w.left_out, (w.chance * n - 1) / (n - 1));
      }
      out.push_back(std::move(w));
    }
    return out;
  };
  if (!settings.times.empty()) return windows();
  std::vector<double> found;
  for (const ClassWindow& w : windows())
    for (const observables::Crossing* crossing : {&w.window.low, &w.window.high})
      found.push_back(crossing->t.value_or(kNaN));
  const std::vector<double> again = not_near(times, found);
  merge(times, again, measured, measure_all(subject, points, again, "crossing", run));
  return windows();
}

GuideInterval interval_of(const std::vector<ClassWindow>& windows) {
  GuideInterval hull;
  for (const ClassWindow& w : windows) {
    if (!w.window.low.t || !w.window.high.t) continue;
    hull.low = std::isnan(hull.low) ? *w.window.low.t : std::min(hull.low, *w.window.low.t);
    hull.high = std::isnan(hull.high) ? *w.window.high.t : std::max(hull.high, *w.window.high.t);
  }
  return hull;
}

double guide_start(const GuideInterval& interval) {
  constexpr double kAbove = 3, kUsual = 6;
  return interval.defined() ? interval.high + kAbove : kUsual;
}

Record to_record(const GuideInterval& interval) {
  Record out;
  const auto put = [&](const char* name, double t) {
    const Record clock = std::isnan(t) ? Record() : clock_record(t);
    for (const char* key : {"t", "sigma", "log_snr", "ddpm_step"})
      out[fmt::format("{}_{}", key, name)] = clock.is_null() ? Record() : clock.at(key);
  };
  put("low", interval.low);
  put("high", interval.high);
  return out;
}

}  // namespace denoiscope::experiments
