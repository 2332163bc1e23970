/// Rows of text in the formats that `--format` offers.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sim/cli/options.h"

namespace farfault::cli {

struct Table {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< each as long as the header
};

/// Aligned for people: control characters are escaped, and with a width the last column is wrapped into it.
std::string aligned_text(const Table& table, std::size_t width, bool color);
/// RFC 4180, with \n.
std::string csv_text(const Table& table);
std::string markdown_text(const Table& table);
/// A text that Markdown shows as it is.
std::string markdown_escaped(const std::string& text);
/// An array of objects, one a line, all values strings.
std::string json_text(const Table& table);

/// In a format, for stdout.
std::string formatted(const Table& table, Format format, ColorMode color);

}  // namespace farfault::cli
