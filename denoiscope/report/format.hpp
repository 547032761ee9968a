// Numbers, times and foreign text as people read them.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "denoiscope/base/record.hpp"
#include "denoiscope/report/reading.hpp"

namespace denoiscope::report {

/// `text` with every `from` turned into `to`.
std::string replaced(std::string text, std::string_view from, std::string_view to);

/// Text safe between tags and in quoted attributes. Here and below controls of writing direction become U+FFFD.
std::string escape_html(std::string_view text);

/// JSON safe inside <script>: <, >, & and the two line separators of Unicode are written as \u escapes.
std::string json_for_script(const Record& value);

/// Script text that cannot end its <script> element early.
std::string script_for_page(std::string_view source);

/// Base64 with padding (RFC 4648).
std::string base64(std::string_view bytes);

/// Control characters, which could steer a terminal, become '?'.
std::string plain(std::string_view text);

/// Columns that UTF-8 text takes, one a code point.
std::size_t columns(std::string_view text);
/// Text cut or padded with blanks to `width` columns.
std::string fit(std::string_view text, std::size_t width);

/// "0.612", "60000" or "–" where there is none; `digits` significant ones.
std::string number(std::optional<double> value, int digits = 3);
/// To two digits, for numbers that are known no better: "920,000", "1.4e7".
std::string about(std::optional<double> value);
/// "60,000"
std::string count(std::optional<double> value);
/// "0.612 ± 0.004": the error to two digits, the value to the same place; the value alone where the error is unknown.
std::string with_error(std::optional<double> value, std::optional<double> error);

/// One noise level in every clock, as text; dashes where there is no time.
struct ClockText {
  std::string t, sigma, log_snr, alpha_bar, ddpm_step, flow_s;
};
ClockText clock_text(std::optional<double> t);

/// Names of the classes by label, cut to 60 columns, unique even where the data set repeats one.
class ClassNames {
 public:
  /// `classes` is data.classes.
  explicit ClassNames(const Reading& classes);
  /// The label itself where the class has no name.
  const std::string& of(const std::string& label) const;

 private:
  std::map<std::string, std::string> names_;
};

/// Values of the data set that are not finite, and what became of their rows. `data` is the record of that name.
std::string nonfinite(const Reading& data);

/// One entry of `window`: how long, in t, a trajectory has its class but not yet its datum.
std::string window_text(const Reading& window);

}  // namespace denoiscope::report
