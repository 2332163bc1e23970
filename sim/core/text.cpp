#include "sim/core/text.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <system_error>
#include <tuple>

namespace farfault {
namespace {

constexpr std::size_t kMostSuggestions = 3;
constexpr std::size_t kMostListed = 12;

/// ASCII only, whatever the locale.
std::string lowered(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

struct Candidate {
  std::size_t distance;        ///< without regard to case
  std::size_t exact_distance;  ///< with regard to case; ranks "LRU" before "lru" for "LRu"
  std::string_view name;

  auto rank() const { return std::tie(distance, exact_distance, name); }
};

/// At most kMostSuggestions, nearest first.
std::vector<Candidate> candidates(std::string_view name, std::span<const std::string> known) {
  const std::string wanted = lowered(name);
  const std::size_t limit = std::max<std::size_t>(1, name.size() / 3);
  std::vector<Candidate> out;
  for (const std::string& candidate : known) {
    const std::size_t longer = std::max(name.size(), candidate.size());
    const std::size_t shorter = std::min(name.size(), candidate.size());
    // At least the difference in length; also keeps a very long input from costing anything.
    if (longer - shorter > limit) continue;
    const std::size_t distance = edit_distance(wanted, lowered(candidate));
    // Names that share no character are not near, however short they are.
    if (distance > limit || distance >= longer) continue;
    out.push_back({distance, edit_distance(name, candidate), candidate});
  }
  std::sort(out.begin(), out.end(), [](const Candidate& a, const Candidate& b) { return a.rank() < b.rank(); });
  if (out.size() > kMostSuggestions) out.resize(kMostSuggestions);
  return out;
}

constexpr std::string_view kHex = "0123456789ABCDEF";

std::string escaped_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return {'\\', 'x', kHex[byte >> 4U], kHex[byte & 15U]};
}

std::string escaped_code_point(std::uint32_t code_point) {
  std::string digits;
  for (; code_point != 0; code_point >>= 4U) digits.insert(digits.begin(), kHex[code_point & 15U]);
  return "\\u{" + digits + "}";
}

/// Invisible characters that change how the text around them is shown: they can make a message read as another one.
bool is_deceptive(std::uint32_t c) {
  return (c >= 0x80 && c <= 0x9F)         // C1 controls
         || c == 0x061C                   // Arabic letter mark
         || c == 0x200E || c == 0x200F    // left-to-right and right-to-left marks
         || (c >= 0x2028 && c <= 0x202E)  // line and paragraph separators, bidirectional embeddings and overrides
         || (c >= 0x2066 && c <= 0x2069)  // bidirectional isolates
         || c == 0xFEFF;                  // byte order mark
}

struct Utf8 {
  std::size_t length = 0;  ///< 0: the first byte does not begin a valid character
  std::uint32_t code_point = 0;
};

/// REQUIRES: text is not empty.
Utf8 decode(std::string_view text) {
  const auto first = static_cast<unsigned char>(text.front());
  if (first < 0x80) return {1, first};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return {};
  std::uint32_t code_point = first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0U) != 0x80) return {};
    code_point = code_point << 6U | (next & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
  if (code_point < kSmallest[length] || code_point > 0x10FFFF || surrogate) return {};
  return {length, code_point};
}

/// Names that begin with what was written, all equally near; none if they are more than a guess.
std::vector<Candidate> continuations(std::string_view name, std::span<const std::string> known) {
  const std::string wanted = lowered(name);
  std::vector<Candidate> out;
  if (wanted.size() < 2) return out;
  for (const std::string& candidate : known) {
    if (lowered(candidate).starts_with(wanted)) out.push_back({0, 0, candidate});
  }
  if (out.size() > kMostSuggestions) out.clear();
  return out;
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  // Optimal string alignment: three rows of the table are enough to see swapped neighbours.
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitute = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitute});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 1);
    }
  }
  return row[b.size()];
}

std::vector<std::string> nearest_names(std::string_view name, std::span<const std::string> known) {
  std::vector<std::string> out;
  for (const Candidate& candidate : candidates(name, known)) out.emplace_back(candidate.name);
  return out;
}

std::string name_hint(std::string_view name, std::span<const std::string> known) {
  std::vector<Candidate> near = candidates(name, known);
  if (near.empty()) near = continuations(name, known);
  std::string out;
  if (!near.empty()) {
    // Only equally near names: a second guess that is farther off is noise.
    const auto end = std::find_if(near.begin(), near.end(), [&](const Candidate& candidate) {
      return candidate.distance != near.front().distance || candidate.exact_distance != near.front().exact_distance;
    });
    for (auto it = near.begin(); it != end; ++it) {
      out += it == near.begin() ? "did you mean " : it + 1 == end ? " or " : ", ";
      out += in_quotes(it->name);
    }
    return out + '?';
  }
  if (known.empty()) return "none is known";
  for (std::size_t i = 0; i < std::min(known.size(), kMostListed); ++i) {
    out += i == 0 ? "known: " : ", ";
    out += printable(known[i]);
  }
  if (known.size() > kMostListed) out += ", ... (" + std::to_string(known.size()) + " in all)";
  return out;
}

std::string printable(std::string_view text, std::size_t limit) {
  constexpr std::string_view kCut = "...";
  std::string out;
  std::size_t cut = 0;  // the longest prefix of `out` that leaves room for kCut
  while (!text.empty()) {
    const Utf8 character = decode(text);
    const std::size_t length = std::max<std::size_t>(character.length, 1);
    std::string piece(text.substr(0, length));
    if (character.length == 0 || character.code_point < 0x20 || character.code_point == 0x7F) {
      piece = escaped_byte(text.front());
    } else if (is_deceptive(character.code_point)) {
      piece = escaped_code_point(character.code_point);
    }
    if (out.size() + piece.size() > limit) {
      if (limit < kCut.size()) return out;
      out.resize(cut);
      out += kCut;
      return out;
    }
    out += piece;
    if (out.size() + kCut.size() <= limit) cut = out.size();
    text.remove_prefix(length);
  }
  return out;
}

std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string out = "\"";
  for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

std::string csv_line(const std::vector<std::string>& fields) {
  std::string out;
  for (std::size_t i = 0; i < fields.size(); ++i) out += (i == 0 ? "" : ",") + csv_field(fields[i]);
  return out + '\n';
}

std::string in_quotes(std::string_view text) { return '"' + printable(text) + '"'; }

std::string system_message(int error) { return std::generic_category().message(error); }

}  // namespace farfault
