#include "sim/cli/table.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/cli/terminal.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

constexpr std::size_t kNarrowestColumn = 24;

/// Characters, not bytes.
std::size_t length(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string clean(const std::string& text) { return printable(text, std::string::npos); }

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(' ', at), text.size());
    const std::string word = text.substr(at, end - at);
    if (!lines.back().empty() && length(lines.back()) + 1 + length(word) > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
    at = end + 1;
  }
  return lines;
}

}  // namespace

std::string aligned_text(const Table& table, std::size_t width, bool color) {
  const std::size_t columns = table.header.size();
  std::vector<std::vector<std::string>> rows = {table.header};
  rows.insert(rows.end(), table.rows.begin(), table.rows.end());
  std::vector<std::size_t> widths(columns);
  for (auto& row : rows) {
    for (std::size_t i = 0; i < columns; ++i) {
      row[i] = clean(row[i]);
      widths[i] = std::max(widths[i], length(row[i]));
    }
  }
  std::size_t indent = 0;
  for (std::size_t i = 0; i + 1 < columns; ++i) indent += widths[i] + 2;
  const std::size_t room = width > indent + kNarrowestColumn ? width - indent : std::string::npos;

  std::string out;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    std::string line;
    for (std::size_t i = 0; i + 1 < columns; ++i) {
      line += rows[r][i] + std::string(widths[i] - length(rows[r][i]) + 2, ' ');
    }
    const std::vector<std::string> last = wrapped(rows[r].back(), room);
    for (std::size_t i = 0; i < last.size(); ++i) line += (i == 0 ? "" : '\n' + std::string(indent, ' ')) + last[i];
    line.erase(line.find_last_not_of(' ') + 1);
    out += (color && r == 0 ? "\x1B[1m" + line + "\x1B[0m" : line) + '\n';
  }
  return out;
}

std::string csv_text(const Table& table) {
  std::string out;
  const auto add = [&out](const std::vector<std::string>& row) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : ",") + csv_field(row[i]);
    out += '\n';
  };
  add(table.header);
  for (const auto& row : table.rows) add(row);
  return out;
}

std::string markdown_escaped(const std::string& text) {
  std::string out;
  for (const char c : clean(text)) {
    if (c == '|' || c == '\\' || c == '<' || c == '*' || c == '_' || c == '`' || c == '[') out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_text(const Table& table) {
  std::string out;
  const auto add = [&out](const std::vector<std::string>& row) {
    out += '|';
    for (const std::string& field : row) out += ' ' + markdown_escaped(field) + " |";
    out += '\n';
  };
  add(table.header);
  out += '|';
  for (std::size_t i = 0; i < table.header.size(); ++i) out += " --- |";
  out += '\n';
  for (const auto& row : table.rows) add(row);
  return out;
}

std::string json_text(const Table& table) {
  using Json = nlohmann::ordered_json;
  std::string out = "[";
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    Json row = Json::object();
    for (std::size_t i = 0; i < table.header.size(); ++i) row[table.header[i]] = table.rows[r][i];
    out += (r == 0 ? "\n  " : ",\n  ") + row.dump(-1, ' ', false, Json::error_handler_t::replace);
  }
  return out + (table.rows.empty() ? "]\n" : "\n]\n");
}

std::string formatted(const Table& table, Format format, ColorMode color) {
  switch (format) {
    case Format::kJson:
      return json_text(table);
    case Format::kCsv:
      return csv_text(table);
    case Format::kMarkdown:
      return markdown_text(table);
    case Format::kTable:
      break;
  }
  return aligned_text(table, terminal_width(Stream::kStdout), use_color(Stream::kStdout, color));
}

}  // namespace farfault::cli
