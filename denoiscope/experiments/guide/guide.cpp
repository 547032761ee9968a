#include "denoiscope/experiments/guide.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "denoiscope/base/error.hpp"
#include "denoiscope/denoiser/guided.hpp"
#include "denoiscope/dynamics/time_grid.hpp"
#include "denoiscope/engine/empirical_path.hpp"
#include "denoiscope/experiments/grid.hpp"
#include "denoiscope/observables/records.hpp"
#include "denoiscope/process/clock.hpp"

namespace denoiscope::experiments {

namespace {

constexpr double kEnd = 0.002;      // where paths end by E[x_0|x]: takes 0.4 % of a unit variance away
constexpr double kTrust = 2;        // standard errors that must lie within the bounds as well
constexpr double kRounding = 1e-9;  // of a probability
constexpr double kHair = 1 - 1e-9;
constexpr std::uint64_t kClassNames = std::uint64_t{1} << 32;

GuidanceSettings guidance_of(double scale, const GuideInterval& interval) {
  GuidanceSettings g;
  g.guidance_scale = scale;
  if (interval.defined()) {
    g.t_low = interval.low;
    g.t_high = interval.high;
  }
  return g;
}

// Along the paths of one batch, or of any points.
struct Pair {
  std::shared_ptr<const Denoiser> conditional, unconditional;
};

Pair denoisers(const GuideSubject& subject, const GuideClass& cls, Index paths) {
  if (!subject.data) return {cls.law, subject.all};
  return {std::make_shared<EmpiricalPath>(*cls.data, paths, kPathTolerance, subject.arithmetic),
          std::make_shared<EmpiricalPath>(*subject.data, paths, kPathTolerance, subject.arithmetic)};
}

Record numbers(const std::vector<double>& values) {
  Record out = Record::list();
  for (const double v : values) out.push_back(finite(v));
  return out;
}

std::vector<double> numbers_from(const Record& record) {
  std::vector<double> out;
  for (const Record& v : record) out.push_back(number_from(v));
  return out;
}

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) out[i] = a[i] - b[i];
  return out;
}

// (y - mean)^2, so that their mean is the unbiased variance.
std::vector<double> squares(const std::vector<double>& y) {
  const auto n = static_cast<double>(y.size());
  const double mean = mean_of(y).value;
  std::vector<double> out(y.size());
  for (std::size_t i = 0; i < y.size(); ++i) out[i] = (y[i] - mean) * (y[i] - mean) * n / (n - 1);
  return out;
}

// With guidance and without.
struct Both {
  const GuidedSamples &guided, &plain;

  std::vector<double> extra() const { return differences(guided.position, plain.position); }
  // (m) of mean `ratio`, whose scatter is that of the ratio of variances
  std::vector<double> ratio() const {
    const std::vector<double> now = squares(guided.position), before = squares(plain.position);
    const double base = mean_of(before).value, of = mean_of(now).value / base;
    std::vector<double> out(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) out[i] = of + (now[i] - of * before[i]) / base;
    return out;
  }
};

void compare_steps(const Both& fine, const Both& coarse, GuideRow& row) {
  row.steps_shift = mean_of(differences(fine.extra(), coarse.extra()));
  row.steps_variance = mean_of(differences(fine.ratio(), coarse.ratio()));
}

// Two classes are mirror images: what holds of one holds of the other.
void add_theory(const GuideSubject& subject, const GuideInterval& interval, double t_max, GuideRow& row) {
  if (!subject.pair) return;
  theory::GuidedClass of = *subject.pair;
  of.omega = row.scale - 1;
  of.t_high = t_max;  // where paths start from the exact law of the class
  if (row.limited) {
    of.t_low = interval.low;
    of.t_high = interval.high;
  }
  const theory::GuidedLaw law = theory::guided_law(of, row.sde ? theory::BackwardLaw::sde : theory::BackwardLaw::ode);
  row.theory_shift = law.shift / std::sqrt(of.variance);
  row.theory_variance = law.variance / of.variance;
}

}  // namespace

GuidedSamples guided_samples(const GuideSubject& subject, const GuideSettings& settings, Index cls,
                             const Stepper& stepper, double guidance_scale, const GuideInterval& interval, double t_max,
                             const Noise& noise) {
  const GuideClass& of = subject.classes[cls];
  const Index m = settings.samples, d = subject.all->dimension();
  std::vector<std::uint64_t> names(static_cast<std::size_t>(m));
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = static_cast<std::uint64_t>(cls) * kClassNames + i;
  RowMatrix x0(m, d), z(m, d);
  of.law->sample_prior(noise, {Stream::prior, names, 1}, x0, {});
  noise.normal({Stream::prior, names, 2}, z);
  const Pair pair = denoisers(subject, of, m);
  const Guided guided(pair.conditional, pair.unconditional, guidance_of(guidance_scale, interval));
  StepperSettings stepping;
  stepping.intervals = settings.steps;
  Backward path(guided, stepper, t_max, std::exp(-t_max) * x0 + std::sqrt(noise_variance(t_max)) * z,
                normals_by_name(noise, names), stepping);
  std::vector<double> times = time_grid("karras", t_max, kEnd, settings.steps);
  // The ends of the interval are times of the grid, so that no step is guided in part: those are that start above its
  // lower end. A hair below both, as Guided acts at t_low <= t < t_high.
  if (interval.defined())
    for (const double end : {kHair * interval.low, kHair * interval.high})
      if (end > times.back() && end < times.front())
        *std::min_element(times.begin() + 1, times.end() - 1, [&](double a, double b) {
          return std::abs(std::log(a / end)) < std::abs(std::log(b / end));
        }) = end;
  for (std::size_t k = 1; k < times.size(); ++k) path.step(times[k]);
  RowMatrix clean(m, d);
  guided.denoise(path.time(), path.points(), clean);
  Summary s;
  subject.all->summarize(path.time(), path.points(), {}, s);
  GuidedSamples out;
  for (Index i = 0; i < m; ++i) {
    out.position.push_back(
        of.direction.size() == 0 ? kNaN : (clean.row(i).dot(of.direction.transpose()) - of.centre) / of.deviation);
    out.probability.push_back(std::exp(s.all.class_log_weight(i, cls)));
  }
  return out;
}

GuideRow guide_row(const GuidedSamples& samples, const GuidedSamples& plain) {
  GuideRow row;
  const Both both{samples, plain};
  row.shift = mean_of(samples.position);
  row.variance = mean_of(squares(samples.position));
  row.extra_shift = mean_of(both.extra());
  row.variance_ratio = mean_of(both.ratio());
  row.probability = mean_of(samples.probability);
  row.extra_probability = mean_of(differences(samples.probability, plain.probability));
  return row;
}

std::vector<GuideRow> guide_table(const GuideSubject& subject, const GuideSettings& settings,
                                  const GuideInterval& interval, double t_max, const Noise& noise, Run& run) {
  std::vector<GuideRow> table;
  for (std::size_t c = 0; c < subject.classes.size(); ++c)
    for (const bool sde : {true, false}) {
      GuideSettings half = settings;
      half.steps = settings.steps / 2;
      const auto samples = [&](double scale, bool limited, bool all = true) {
        const std::string name = fmt::format("{}-class{:02}-scale{:g}-{}{}", sde ? "sde" : "ode", c, scale,
                                             limited ? "interval" : "always", all ? "" : "-half");
        const Record unit = run.unit(name, [&] {
          const GuidedSamples s =
              guided_samples(subject, all ? settings : half, static_cast<Index>(c), sde ? *settings.sde : *settings.ode,
                             scale, limited ? interval : GuideInterval{}, t_max, noise);
          return Record{{"position", numbers(s.position)}, {"probability", numbers(s.probability)}};
        });
        return GuidedSamples{numbers_from(unit.at("position")), numbers_from(unit.at("probability"))};
      };
      for (const bool limited : {false, true}) {
        if (limited && !interval.defined()) continue;
        const GuidedSamples plain = samples(1, limited);  // on the same grid of times
        std::optional<GuidedSamples> coarse_plain;
        for (const double scale : settings.scales) {
          const GuidedSamples found = scale == 1 ? plain : samples(scale, limited);
          GuideRow row = guide_row(found, plain);
          if (scale != 1) {
            if (!coarse_plain) coarse_plain = samples(1, limited, false);
            compare_steps({found, plain}, {samples(scale, limited, false), *coarse_plain}, row);
          }
          row.cls = static_cast<Index>(c);
          row.sde = sde;
          row.limited = limited;
          row.scale = scale;
          add_theory(subject, interval, t_max, row);
          table.push_back(row);
        }
      }
    }
  return table;
}

bool within(const GuideRow& row, const GuideSettings& settings) {
  const auto sure = [](const Estimate& e) { return kTrust * e.standard_error; };
  if (row.scale == 1) return true;
  if (std::isnan(row.extra_shift.value) || std::isnan(row.variance_ratio.value)) return false;
  return std::abs(row.extra_shift.value) + sure(row.extra_shift) <= settings.most_shift &&
         row.variance_ratio.value - sure(row.variance_ratio) >= settings.least_variance &&
         row.extra_probability.value + sure(row.extra_probability) >= -kRounding;
}

std::string rule_of(const GuideSettings& s) {
  return fmt::format(
      "the largest scale such that it and all measured ones below it, guided inside of the interval, shift the mean of "
      "every class along its direction by at most {:g} of its standard deviations, leave at least {:g} of its variance "
      "there, both beyond {:g} standard errors, and do not lower the probability of the class; against the same paths "
      "at scale 1",
      s.most_shift, s.least_variance, kTrust);
}

double recommended_scale(const std::vector<GuideRow>& table, const GuideSettings& settings, bool sde) {
  double best = 1;
  for (const double scale : settings.scales) {
    const bool holds = std::all_of(table.begin(), table.end(), [&](const GuideRow& row) {
      return row.sde != sde || !row.limited || row.scale != scale || within(row, settings);
    });
    if (!holds) break;
    best = scale;
  }
  return best;
}

}  // namespace denoiscope::experiments
