/// Small helpers on names: what a user may have meant.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace farfault {

/// Number of single-character edits (insert, delete, substitute, swap neighbours) between two names.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The known names that `name` may have meant, nearest first, at most three; empty if none is near. Case counts little.
std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> known);

/// "did you mean \"lru\"?" ("\"lfu\" or \"lru\"" if they are equally near; if none is near, up to three that begin so),
/// or "known: a, b, c" (at most twelve).
std::string name_hint(std::string_view name, std::span<const std::string> known);

/// The text with control characters, bytes that are not UTF-8, and invisible characters that reorder text escaped
/// (\x1B, \u{202E}), for error messages that quote input. At most `limit` bytes, ending in "..." if it was cut; neither
/// a character nor an escape is cut in half.
std::string printable(std::string_view text, std::size_t limit = 80);

/// A space or a tab.
constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// As a field of comma-separated values (RFC 4180): in quotes if it holds a comma, a quote or the end of a line.
std::string csv_field(const std::string& text);

/// Fields as one such line, with its end.
std::string csv_line(const std::vector<std::string>& fields);

/// The printable text between quotes.
std::string in_quotes(std::string_view text);

/// What the system says of an errno.
std::string system_message(int error);

}  // namespace farfault
