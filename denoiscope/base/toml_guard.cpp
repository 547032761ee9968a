#include "denoiscope/base/toml_guard.hpp"

#include <algorithm>

#include "denoiscope/base/error.hpp"

namespace denoiscope {
namespace {

constexpr std::size_t kLargest = 1 << 20;
constexpr int kDeepest = 32, kMostDots = 4096;

// Reads the lines as far as to know what is inside quotes or a comment. Since texts end with their line, a line never
// depends on the one before but for the brackets that are open.
class Guard {
 public:
  Guard(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  void run() {
    while (at_ < text_.size()) line();
  }

 private:
  [[noreturn]] void refuse(std::string_view found, std::string_view expected) const {
    throw UsageError("{}: {}, expected {}.", toml_place(file_, text_, at_), found, expected);
  }

  void line() {
    char before = '\0';  // the last character of the line that is no blank
    int dots = 0;
    for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      const char c = text_[at_];
      check_character();
      if (c == '#') return skip_comment();
      if (c == '"' || c == '\'') skip_text(c, before);
      if (static_cast<unsigned char>(c) >= 0x80) refuse("a character outside of ASCII", "such only within quotes");
      if (c == '[' && before == '\0' && depth_ == 0) refuse("a table", "flat settings, key = value");
      if (c == '[' || c == '{') ++depth_;
      if ((c == ']' || c == '}') && depth_ > 0) --depth_;
      dots += c == '.' ? 1 : 0;
      if (depth_ > kDeepest || dots > kMostDots)
        refuse(fmt::format("nested more than {} deep", kDeepest), "flat settings and lists");
      if (c != ' ' && c != '\t') before = c;
    }
    ++at_;
  }

  void skip_comment() {
    for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) check_character();
    ++at_;
  }

  // To the closing quote, or to the end of the line, of which the parser complains itself.
  void skip_text(char quote, char before) {
    if (before != '\0' && std::string_view("=,[{.").find(before) == std::string_view::npos)
      refuse("a quote within a value", "texts wholly within quotes");
    if (text_.substr(at_ + 1, 2) == std::string(2, quote)) refuse("a text over several lines", "one within its line");
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] == '\n') refuse("the end of the line", fmt::format("a closing {}", quote));
      check_character();
      if (text_[at_] == '\\' && quote == '"' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') ++at_;
    }
    if (at_ >= text_.size()) refuse("the end of the file", fmt::format("a closing {}", quote));
  }

  // The Unicode line ends count: the parser takes them for such.
  void check_character() const {
    const char c = text_[at_];
    const bool control =
        (c >= 0 && c < ' ' && c != '\t' && !(c == '\r' && text_.substr(at_ + 1, 1) == "\n")) || c == 0x7f;
    const std::string_view rest = text_.substr(at_, 3);
    if (control || rest.starts_with("\xc2\x85") || rest == "\xe2\x80\xa8" || rest == "\xe2\x80\xa9")
      refuse("a control character", "text");
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

std::string toml_place(const std::string& file, std::string_view text, std::size_t offset) {
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(offset), '\n');
  return fmt::format("{}: byte {} (line {})", file, offset, line);
}

void guard_toml(std::string_view text, const std::string& file) {
  if (text.size() > kLargest)
    throw UsageError("{}: {} bytes, expected at most {} of a configuration. Is it one?",
                     toml_place(file, text, kLargest), text.size(), kLargest);
  Guard(text, file).run();
}

}  // namespace denoiscope
