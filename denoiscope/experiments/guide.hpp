// Guidance computed instead of tuned: where along t it can change the class, what it does to the law of a class when
// integrated by SDE and by ODE, and the largest scale that keeps within stated bounds.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "denoiscope/base/record.hpp"
#include "denoiscope/dynamics/backward.hpp"
#include "denoiscope/engine/empirical.hpp"
#include "denoiscope/models/table.hpp"
#include "denoiscope/observables/speciation.hpp"
#include "denoiscope/study/experiment.hpp"
#include "denoiscope/theory/guidance.hpp"

namespace denoiscope::experiments {

inline constexpr Index kMostGuidedClasses = 32;

/// A class, and the line along which what guidance does to it is measured: from the mean of all to the mean of the
/// class.
struct GuideClass {
  long long label = 0;
  std::string name;
  double share = 1;                        ///< of all points
  std::shared_ptr<const Posterior> law;    ///< p(x_0 | class)
  std::optional<Dataset> data;             ///< its rows; none of a model
  std::vector<Index> rows = {};            ///< which rows of all data they are
  Vector direction = {};                   ///< (d) of length 1; empty where the means agree
  double centre = kNaN, deviation = kNaN;  ///< mean and standard deviation of the class along it
};

struct GuideSubject {
  std::string name;  ///< as one would type it
  std::shared_ptr<const Posterior> all;
  std::optional<Dataset> data;
  Arithmetic arithmetic;
  std::vector<GuideClass> classes;
  Index cross_class_duplicates = 0;         ///< rows of the data that repeat one of another class
  std::optional<theory::GuidedClass> pair;  ///< two equal Gaussian classes: what theory::guided_law is of
};

/// Throws UsageError for a model of one class, of too many, or whose classes have no law in closed form.
GuideSubject guide_subject(const Model& model);
/// Throws DataError for data without labels, of one class, or with a class of one row; UsageError for too many classes.
GuideSubject guide_subject(const Dataset& data, const Arithmetic& arithmetic);

struct GuideSettings {
  std::vector<double> scales = {1, 1.5, 2, 3};  ///< guidance_scale, rising from 1
  Index samples = 256;                          ///< of every class, scale and sampler
  int steps = 64;                               ///< of a karras grid
  const Stepper* sde = &find_stepper("exponential");
  const Stepper* ode = &find_stepper("dpm-solver++2m");
  Index queries = 512;        ///< points of all classes together at every time of the window's curves
  std::vector<double> times;  ///< of these; empty: placed by a pilot
  double most_shift = 0.5, least_variance = 0.5;
};

/// Scales rise from 1. Throws UsageError, which names the flag, for a stepper of the other equation.
GuideSettings guide_settings(const Request& request);

/// p(c | x_t) averaged over x_t of class c, and the window read off it.
struct ClassWindow {
  std::vector<double> times;
  std::vector<Estimate> own, left_out;  ///< left_out: with the point's own datum left out; of data only
  double chance = 0;                    ///< where it ends at large t: the class's share
  observables::GuidanceWindow window;
  std::optional<observables::GuidanceWindow> window_left_out;
};
std::vector<ClassWindow> guide_windows(const GuideSubject& subject, const GuideSettings& settings, const Noise& noise,
                                       Run& run);

/// OU times between which guidance acts.
struct GuideInterval {
  double low = kNaN, high = kNaN;
  bool defined() const { return low < high; }
};
/// From the lowest to the highest end of the classes' windows; undefined where none has both ends.
GuideInterval interval_of(const std::vector<ClassWindow>& windows);

/// What came out at t = 0: (m) positions along the class's direction, in its standard deviations from its mean, and
/// p(class | x).
struct GuidedSamples {
  std::vector<double> position, probability;
};
/// From the class's own noisy law at t_max. The noise of sample i of a class is the same for every scale, interval and
/// stepper, so that differences between these have little sampling error; results do not depend on threads.
GuidedSamples guided_samples(const GuideSubject& subject, const GuideSettings& settings, Index cls,
                             const Stepper& stepper, double guidance_scale, const GuideInterval& interval, double t_max,
                             const Noise& noise);

/// One row of the table. extra_* is what guidance adds to the same paths at scale 1, whose own shift is the bias of
/// steps and sampling. That bias does not cancel altogether: steps_* is what half as many steps make of it.
struct GuideRow {
  Index cls = 0;
  bool sde = true, limited = false;  ///< limited: guided inside of the interval only
  double scale = 1;
  Estimate shift, variance;  ///< in standard deviations of the class and as a ratio to its variance
  Estimate extra_shift, variance_ratio;
  /// extra_shift and variance_ratio less those of half as many steps; at most as much again is left by a stepper of
  /// first order. None at scale 1.
  Estimate steps_shift, steps_variance;
  Estimate probability, extra_probability;
  double theory_shift = kNaN, theory_variance = kNaN;
};
GuideRow guide_row(const GuidedSamples& samples, const GuidedSamples& plain);

std::vector<GuideRow> guide_table(const GuideSubject& subject, const GuideSettings& settings,
                                  const GuideInterval& interval, double t_max, const Noise& noise, Run& run);

/// Whether a row keeps to the rule that rule_of() states.
bool within(const GuideRow& row, const GuideSettings& settings);
std::string rule_of(const GuideSettings& settings);
/// The largest scale such that it and all below it keep to the rule in every class; 1 where none above does.
double recommended_scale(const std::vector<GuideRow>& table, const GuideSettings& settings, bool sde);

/// Where paths start: three units of t above the interval, where classes are told apart by a few percent of a
/// deviation; 6 where there is no interval.
double guide_start(const GuideInterval& interval);

/// Measures all of it. Returns the record of docs/schema/guide.schema.json but for "seed" and what every run adds; its
/// figures go to the frame of the run.
Record guide(const GuideSubject& subject, const GuideSettings& settings, const Noise& noise, Run& run);

/// {t_low, t_high, sigma_low, ...} in every clock, null where the interval is not defined.
Record to_record(const GuideInterval& interval);
std::vector<CurveFigure> guide_figures(const GuideSubject& subject, const std::vector<ClassWindow>& windows,
                                       const std::vector<GuideRow>& table);

Experiment guide_experiment();

}  // namespace denoiscope::experiments
