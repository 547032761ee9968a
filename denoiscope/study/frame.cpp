#include "denoiscope/study/frame.hpp"

#include <cmath>

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

Record measured(double value, double error) {
  if (!std::isfinite(value)) return nullptr;
  return {{"value", value}, {"stderr", finite(error)}};
}

void Frame::verdict(Level level, const std::string& text) {
  constexpr const char* kNames[] = {"good", "note", "warn"};
  verdicts_.push_back({{"level", kNames[static_cast<int>(level)]}, {"text", text}});
}

void Frame::number(const std::string& name, Record value, const std::string& unit) {
  const bool pair = value.is_object();
  numbers_.push_back({{"name", name},
                      {"value", pair ? value["value"] : value},
                      {"stderr", pair ? value["stderr"] : Record()},
                      {"unit", unit.empty() ? Record() : Record(unit)}});
}

void Frame::table(const Table& table) {
  sections_.push_back({{"title", table.title}, {"columns", table.columns}, {"rows", table.rows}});
}

void Frame::text(const std::string& text) { sections_.push_back({{"text", text}}); }

void Frame::figure(const CurveFigure& figure) {
  figures_.push_back(
      {{"name", figure.name}, {"title", figure.title}, {"caption", figure.caption}, {"figure", to_record(figure)}});
}

void Frame::image(const std::string& file, const std::string& text) {
  images_.push_back({{"file", file}, {"text", text}});
}

void Frame::next(const std::string& text) { next_.push_back(text); }

Record Frame::record() const {
  return {{"title", title_},       {"question", question_}, {"verdicts", verdicts_}, {"numbers", numbers_},
          {"sections", sections_}, {"figures", figures_},   {"images", images_},     {"next", next_}};
}

}  // namespace denoiscope
