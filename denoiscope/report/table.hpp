// What the tables for the terminal are made of: lines of at most 100 columns.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "denoiscope/report/reading.hpp"

namespace denoiscope::report {

inline constexpr std::size_t kWidth = 100;
inline constexpr std::size_t kName = 42;  ///< columns for the name of a time

/// `text` behind blanks that make it `width` columns wide.
std::string right(const std::string& text, std::size_t width);
/// `text` in lines of at most kWidth columns: the first after `lead`, the rest below its end.
std::string wrapped(const std::string& lead, const std::string& text);
std::string heading(const std::string& name);
std::string row(const std::string& name, const std::string& value);
/// Head and rows of a table of times in every clock; a row without a time is empty.
std::string time_head();
std::string time_row(const std::string& name, std::optional<double> t);
std::string verdict(const Reading& findings, bool colours);

/// The frame of an experiment's result.
std::string frame_text(const Reading& frame, bool colours);
/// Everything that `denoiscope analyze --model` says.
std::string model_table(const Reading& result, bool colours);

}  // namespace denoiscope::report
