#include "analysis/report/escape.h"

#include <algorithm>

#include "sim/core/text.h"

namespace farfault::report {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kLongestTitle = 4096;

/// Bytes of the valid UTF-8 character that the text begins with; 0 if there is none. REQUIRES: text is not empty.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  // Longer than need be, surrogates, beyond the last character.
  if ((first == 0xE0 && byte(1) < 0xA0) || (first == 0xED && byte(1) >= 0xA0)) return 0;
  if ((first == 0xF0 && byte(1) < 0x90) || (first == 0xF4 && byte(1) >= 0x90)) return 0;
  return length;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character.front());
  if (character.size() == 1) return first < 0x20 || first == 0x7F;
  // C1 controls, and the two characters of each plane that are none.
  if (character.size() == 2) return first == 0xC2 && static_cast<unsigned char>(character[1]) < 0xA0;
  return character.ends_with("\xBF\xBE") || character.ends_with("\xBF\xBF");
}

std::string escaped_text(std::string_view text, bool attribute) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const std::string_view character = text.substr(0, std::max<std::size_t>(length, 1));
    text.remove_prefix(character.size());
    const char c = character.front();
    const bool line_or_tab = c == '\t' || c == '\n' || c == '\r';
    if (length == 0 || (is_control(character) && !line_or_tab)) {
      out += kReplacement;
    } else if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else if (c == '\'') {
      out += "&#39;";
    } else if (line_or_tab) {
      out += attribute ? "&#" + std::to_string(static_cast<int>(c)) + ';' : std::string(1, c);
    } else {
      out += character;
    }
  }
  return out;
}

/// At most `limit` bytes, not within a character of valid text.
std::string_view cut(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t end = limit;
  while (end > 0 && limit - end < 3 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  return text.substr(0, end);
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

}  // namespace

std::string escaped(std::string_view text) { return escaped_text(text, false); }

std::string escaped_attribute(std::string_view text) { return escaped_text(text, true); }

std::string user_text(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return "<bdi>" + escaped(text) + "</bdi>";
  const bool whole = text.size() <= kLongestTitle;
  return "<bdi title=\"" + escaped_attribute(cut(text, kLongestTitle)) + (whole ? "" : "\xE2\x80\xA6") + "\">" +
         escaped(cut(text, limit)) + "\xE2\x80\xA6</bdi>";
}

std::string chart_label(std::string_view text, std::size_t limit) { return printable(text, limit); }

std::string script_json(const Json& json) {
  const std::string text = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (c == '<') {
      out += "\\u003c";
    } else {
      out += c;
    }
  }
  replace_all(out, "\xE2\x80\xA8", "\\u2028");
  replace_all(out, "\xE2\x80\xA9", "\\u2029");
  return out;
}

std::string shell_word(std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("_-./=:,@%+").find(c) != std::string_view::npos;
  });
  if (plain) return std::string(word);
  std::string out = "'";
  for (const char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

}  // namespace farfault::report
