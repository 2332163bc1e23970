/// JSON text to a document, and nothing more lenient than JSON: no comments, no duplicate keys, UTF-8 only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "sim/config/diagnostics.h"
#include "sim/config/document.h"

namespace farfault::config {

/// Bounds on what a config may cost; far above what any needs.
inline constexpr std::size_t kMostBytes = std::size_t{16} << 20U;
inline constexpr std::size_t kMostDepth = 64;
inline constexpr std::size_t kMostValues = 100'000;

/// The document, or nothing where the text is no JSON or beyond a bound. Duplicate keys are reported, and the last
/// value is kept so that the rest can be checked.
std::optional<Node> parse_json(std::string_view text, const SourcePtr& source, Diagnostics& diagnostics);

/// As parse_json(), but a text that is no JSON is a string: what stands after "=" in --set.
std::optional<Node> parse_json_or_string(std::string_view text, const SourcePtr& source, Diagnostics& diagnostics);

/// The whole file; "-" is standard input. Nothing, with a diagnostic, if it cannot be read or is beyond kMostBytes.
std::optional<std::string> read_text(const std::string& path_or_dash, Diagnostics& diagnostics);

}  // namespace farfault::config
