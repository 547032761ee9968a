#include "denoiscope/study/experiment.hpp"

#include <fmt/format.h>

#include <cmath>

#include "denoiscope/base/files.hpp"
#include "denoiscope/base/record.hpp"
#include "denoiscope/engine/kernels/kernel.hpp"
#include "denoiscope/study/arithmetic.hpp"
#include "denoiscope/study/provenance.hpp"

namespace denoiscope {

Record to_record(const CurveFigure& figure) {
  Record curves = Record::list();
  for (const Curve& curve : figure.curves) {
    Record rows = Record::list();
    for (const Curve::Row& row : curve.rows) {
      const double error = std::isnan(row.error) ? 0 : row.error;
      if (std::isfinite(row.x) && std::isfinite(row.y))
        rows.push_back({{"x", row.x}, {"value", row.y}, {"low", row.y - error}, {"high", row.y + error}});
    }
    curves.push_back({{"name", curve.name}, {"points", curve.points}, {"rows", rows}});
  }
  return {{"x_title", figure.x_title}, {"y_title", figure.y_title}, {"log_x", figure.log_x}, {"curves", curves}};
}

std::string toml_of(const Record& settings) {
  std::string text;
  for (const auto& [key, value] : settings.fields())
    if (!value.is_null() && value != "") text += fmt::format("{} = {}\n", key, json_text(value));
  return text;
}

Record identity_of(const Dataset& data, const Settings& settings) {
  std::string labels;
  for (const int label : data.labels()) labels += fmt::format("{},", label);
  for (const ClassInfo& c : data.classes()) labels += fmt::format("{}:{},", c.label, c.name);
  return {{"data", data.name()},
          {"data_sha256", data.hash()},
          {"labels_sha256", sha256(labels)},
          {"scale", settings.text("scale")},
          {"precision", settings.text("precision")},
          {"kernel", kernel_of(arithmetic_of(settings), data)}};
}

ExperimentRun::ExperimentRun(Record settings, const std::filesystem::path& folder, IfExists if_exists,
                             Progress& progress, int units)
    : settings_(std::move(settings)),
      run_(folder.empty()
               ? nullptr
               : std::make_unique<RunDirectory>(
                     folder,
                     toml_of(settings_) + fmt::format("# denoiscope {}, kernel {}\n", version(), kernel::best().name),
                     if_exists)),
      plan_(run_.get(), progress, units) {}

void ExperimentRun::write(const std::string& file, std::string_view content) const {
  if (run_) run_->write(file, content);
}

void ExperimentRun::finish(const Record& record, const ExperimentPage& page, const std::string& command_line) {
  plan_.finish();
  if (!run_) return;
  Record result = record;
  Record figures = Record::list(), images = Record::list();
  for (const CurveFigure& figure : page.figures)
    figures.push_back(
        {{"name", figure.name}, {"title", figure.title}, {"caption", figure.caption}, {"figure", to_record(figure)}});
  for (const auto& [file, text] : page.images) images.push_back({{"file", file}, {"text", text}});
  result["schema"] = "denoiscope.experiment/1";
  result["page"] = {{"title", page.title}, {"table", page.table}, {"figures", figures}, {"images", images}};
  run_->write("result.json", json_text(result, 1));
  Record made = provenance(command_line);
  made["settings"] = settings_;
  run_->write("provenance.json", json_text(made, 1));
}

}  // namespace denoiscope
