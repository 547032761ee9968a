// Numbers as text: one row a line, separated by commas, semicolons, tabs or spaces; a first line of names is welcome.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <iterator>
#include <optional>

#include "denoiscope/base/error.hpp"
#include "denoiscope/data/formats/array.hpp"
#include "denoiscope/data/formats/formats.hpp"
#include "denoiscope/data/formats/scalar.hpp"

namespace denoiscope::data {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 31;
constexpr std::string_view kMark = "\xef\xbb\xbf";  // some programs begin UTF-8 files with it

struct Source {
  const std::string& file;
  std::string_view text;
};

// `at`: where in the source, at its end where null.
[[noreturn]] void refuse(const Source& source, const char* at, std::size_t line, std::size_t column,
                         const std::string& found, std::string_view expected, std::string_view hint = "") {
  const auto offset = at == nullptr ? source.text.size() : static_cast<std::size_t>(at - source.text.data());
  malformed(source.file, offset, fmt::format("line {}, column {}", line, column), found, expected, hint);
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::string_view unquoted(std::string_view cell) {
  cell = trimmed(cell);
  if (cell.size() >= 2 && cell.front() == '"' && cell.back() == '"') cell = cell.substr(1, cell.size() - 2);
  return cell;
}

// Whatever the user's locale is: from_chars knows none.
std::optional<double> number(std::string_view cell) {
  if (cell.starts_with('+')) cell.remove_prefix(1);
  double value = 0;
  const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (failure != std::errc() || end != cell.data() + cell.size()) return std::nullopt;
  return value;
}

std::optional<long long> integer(std::string_view cell) {
  long long value = 0;
  const auto [end, failure] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  if (failure == std::errc() && end == cell.data() + cell.size()) return value;
  constexpr double kExact = 9007199254740992;        // 2^53: larger doubles skip integers
  const std::optional<double> spelt = number(cell);  // 3.0, as numpy.savetxt writes a 3
  if (!spelt || !(std::abs(*spelt) <= kExact) || std::trunc(*spelt) != *spelt) return std::nullopt;
  return static_cast<long long>(*spelt);
}

char separator_of(std::string_view line) {
  for (const char c : {'\t', ';', ','})
    if (line.find(c) != std::string_view::npos) return c;
  return ' ';
}

// Cells of a line; spaces may be several, and around the line.
void cut(std::string_view line, char separator, std::vector<std::string_view>& cells) {
  cells.clear();
  while (true) {
    if (separator == ' ') line = trimmed(line);
    const std::size_t end = std::min(line.find(separator), line.size());
    cells.push_back(unquoted(line.substr(0, end)));
    if (end == line.size()) return;
    line.remove_prefix(end + 1);
  }
}

bool names_labels(std::string_view name) {
  std::string low(name);
  for (char& c : low)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return low == "label" || low == "labels" || low == "class" || low == "y";
}

// Lines of the file, the last with or without a line end.
class Lines {
 public:
  explicit Lines(std::string_view text) : rest_(text) {}
  std::string_view next() {
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    const std::string_view line = rest_.substr(0, end);
    rest_.remove_prefix(std::min(end + 1, rest_.size()));
    ++number_;
    return line;
  }
  std::size_t number() const { return number_; }
  bool only_blank_left() const { return rest_.find_first_not_of(" \t\r\n") == std::string_view::npos; }

 private:
  std::string_view rest_;
  std::size_t number_ = 0;
};

struct Table {
  std::size_t columns = 0;  ///< with the labels'
  std::optional<std::size_t> label_column;
  std::vector<double> values;
  std::vector<long long> labels;
};

// Whether the first line is one of names; if so, finds the column of labels.
bool read_names(const std::vector<std::string_view>& cells, const Source& source, Table& table) {
  bool names = false;
  for (const std::string_view cell : cells) names = names || !number(cell);
  for (std::size_t column = 0; names && column < cells.size(); ++column) {
    if (!names_labels(cells[column])) continue;
    if (table.label_column) refuse(source, cells[column].data(), 1, column + 1, "a second column of labels", "one");
    table.label_column = column;
  }
  return names;
}

void read_row(const std::vector<std::string_view>& cells, std::size_t line, const Source& source, Role role,
              Table& table) {
  if (cells.size() != table.columns)
    refuse(source, cells.front().data(), line, std::min(cells.size(), table.columns) + 1,
           fmt::format("{} cells", cells.size()), fmt::format("{} as in the first line", table.columns));
  for (std::size_t column = 0; column < cells.size(); ++column) {
    const std::string_view cell = cells[column];
    if (column == table.label_column) {
      const std::optional<long long> label = integer(cell);
      if (!label)
        refuse(source, cell.data(), line, column + 1, fmt::format("'{}'", printable(cell)), "an integer label",
               "Number the classes.");
      table.labels.push_back(*label);
    } else if (role == Role::data) {
      const std::optional<double> value = number(cell);
      if (!value)
        refuse(source, cell.data(), line, column + 1, fmt::format("'{}'", printable(cell)), "a number",
               cell.find(',') != std::string_view::npos ? "Write decimals with a point." : "");
      table.values.push_back(*value);
    }
  }
}

Table read_table(std::string_view text, const std::string& file, Role role) {
  if (text.size() > kMaxBytes)
    malformed(file, 0, "length", fmt::format("{} bytes of text", text.size()), "at most 2 GiB", "Save it as .npy.");
  const Source source{file, text};
  if (text.starts_with(kMark)) text.remove_prefix(kMark.size());
  Table table;
  Lines lines(text);
  std::vector<std::string_view> cells;
  char separator = ' ';
  while (!lines.only_blank_left()) {
    std::string_view line = lines.next();
    const bool first = lines.number() == 1;
    if (first && line.starts_with('#')) line.remove_prefix(1);  // so numpy.savetxt writes names
    line = line.ends_with('\r') ? line.substr(0, line.size() - 1) : line;
    if (first) separator = separator_of(trimmed(line));
    cut(line, separator, cells);
    if (!first) {
      read_row(cells, lines.number(), source, role, table);
      continue;
    }
    table.columns = cells.size();
    if (table.columns > kMaxColumns)
      refuse(source, cells[kMaxColumns].data(), 1, kMaxColumns + 1, fmt::format("{} columns", table.columns),
             fmt::format("at most {}", kMaxColumns));
    const bool names = read_names(cells, source, table);
    if (role == Role::labels && !table.label_column && table.columns == 1) table.label_column = 0;
    if (role == Role::labels && !table.label_column)
      refuse(source, line.data(), 1, 1, fmt::format("{} columns", table.columns),
             "one column, or one named label, class or y");
    if (!names) read_row(cells, 1, source, role, table);
  }
  if (table.values.empty() && (role == Role::data || table.labels.empty()))
    refuse(source, nullptr, lines.number() + 1, 1, "the end of the file", "a row of numbers");
  return table;
}

template <class T>
Dataset table_dataset(const std::vector<T>& values, std::size_t columns, Scalar scalar, const std::string& file) {
  auto [bytes, at] = allocate_bytes(values.size() * sizeof(T));
  std::memcpy(at, values.data(), values.size() * sizeof(T));
  return Dataset::from_bytes(std::move(bytes), 0, static_cast<Index>(values.size() / columns),
                             {static_cast<Index>(columns)}, scalar, false, file);
}

}  // namespace

bool is_text(std::string_view content) {
  constexpr std::size_t kLooked = 4096;
  bool first_line = true;  // where names may be in any script
  for (const char c : content.substr(0, kLooked)) {
    if (c == '\n') first_line = false;
    const auto code = static_cast<unsigned char>(c);
    const bool blank = c == '\n' || c == '\t' || c == '\r';
    if ((code < 0x20 && !blank) || code == 0x7f || (code >= 0x80 && !first_line)) return false;
  }
  // Without a whole line with a digit it is a word, or the beginning of some other format.
  return content.find('\n') != std::string_view::npos && content.find_first_of("0123456789") != std::string_view::npos;
}

Dataset open_csv(const Bytes& bytes, Role role, const std::string& file) {
  const Table table = read_table(bytes.text(), file, role);
  if (role == Role::labels) return table_dataset(table.labels, 1, Scalar::i64, file);
  Dataset data = table_dataset(table.values, table.columns - (table.label_column ? 1 : 0), Scalar::f64, file);
  if (table.label_column) data.set_labels(table.labels, file);
  return data;
}

namespace {

// One row's cells. Floats are spelt as the doubles they are: 0.1f reads back as 0.1f only from 0.10000000149011612.
void append_row(std::string& out, const Dataset& data, Index row) {
  with_scalar(data.scalar(), data.swapped(), [&]<class T, bool kSwapped>() {
    const std::byte* from = data.raw(row).data();
    for (Index j = 0; j < data.dimension(); ++j) {
      const T value = load<T, kSwapped>(from + j * Index{sizeof(T)});
      if (j > 0) out += ',';
      if constexpr (std::is_integral_v<T>) {
        fmt::format_to(std::back_inserter(out), "{}", static_cast<long long>(value));
      } else {
        fmt::format_to(std::back_inserter(out), "{}", static_cast<double>(value));
      }
    }
  });
}

}  // namespace

std::string encode_csv(const Dataset* data, std::span<const long long> labels, const std::string& file) {
  const Index columns = data == nullptr ? 0 : data->dimension();
  if (static_cast<std::size_t>(columns) + (labels.empty() ? 0 : 1) > kMaxColumns)
    throw DataError("{}: {} columns, expected at most {} in a CSV. Write .npy or .safetensors.", file, columns,
                    kMaxColumns);
  std::string out;
  for (Index j = 0; j < columns; ++j) fmt::format_to(std::back_inserter(out), "{}x{}", j > 0 ? "," : "", j);
  if (!labels.empty()) out += columns > 0 ? ",label" : "label";
  out += '\n';
  const Index rows = data == nullptr ? static_cast<Index>(labels.size()) : data->rows();
  for (Index row = 0; row < rows; ++row) {
    if (data != nullptr) append_row(out, *data, row);
    if (!labels.empty()) fmt::format_to(std::back_inserter(out), "{}{}", columns > 0 ? "," : "", labels[row]);
    out += '\n';
  }
  return out;
}

}  // namespace denoiscope::data
