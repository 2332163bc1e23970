#include "sim/replay/timeline/trace_event.h"

#include <array>
#include <charconv>

namespace farfault::timeline {
namespace {

constexpr std::size_t kBuffer = std::size_t{1} << 16U;
constexpr std::size_t kMostCharacters = 200;
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

/// Bytes of the UTF-8 character that the text begins with; 0 if it is none. REQUIRES: text is not empty.
std::size_t character_length(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0U) != 0x80) return 0;
  }
  const unsigned second = byte(1);
  const bool too_long = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool none = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);  // surrogates, > U+10FFFF
  return too_long || none ? 0 : length;
}

void append_character(std::string& out, std::string_view character) {
  constexpr std::string_view kHex = "0123456789abcdef";
  const auto c = static_cast<unsigned char>(character.front());
  if (c == '"' || c == '\\') {
    out += '\\';
    out += character;
  } else if (c < 0x20 || c == 0x7F) {
    out += "\\u00";
    out += kHex[c >> 4U];
    out += kHex[c & 15U];
  } else {
    out += character;
  }
}

}  // namespace

void append_microseconds(std::string& out, SimTime time) {
  constexpr std::uint64_t kPicoseconds = 1'000'000;
  const std::int64_t ps = time.picoseconds();
  const std::uint64_t size =
      ps < 0 ? std::uint64_t{0} - static_cast<std::uint64_t>(ps) : static_cast<std::uint64_t>(ps);
  if (ps < 0) out += '-';
  out += std::to_string(size / kPicoseconds);
  std::uint64_t rest = size % kPicoseconds;
  if (rest == 0) return;
  out += '.';
  for (std::uint64_t digit = kPicoseconds / 10; rest != 0; digit /= 10) {
    out += static_cast<char>('0' + rest / digit);
    rest %= digit;
  }
}

void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  std::size_t before_last = 0;
  for (std::size_t characters = 0; !text.empty(); ++characters) {
    if (characters + 1 == kMostCharacters) before_last = out.size();
    if (characters == kMostCharacters) {
      out.resize(before_last);
      out += kEllipsis;
      break;
    }
    const std::size_t length = character_length(text);
    length == 0 ? static_cast<void>(out += kReplacement) : append_character(out, text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

void EventArgs::begin(std::string_view key) {
  text_ += text_.empty() ? '{' : ',';
  append_quoted(text_, key);
  text_ += ':';
}

EventArgs& EventArgs::add(std::string_view key, std::uint64_t value) {
  begin(key);
  text_ += std::to_string(value);
  return *this;
}

EventArgs& EventArgs::add(std::string_view key, std::string_view text) {
  begin(key);
  append_quoted(text_, text);
  return *this;
}

EventArgs& EventArgs::add(std::string_view key, VirtualAddress address) {
  std::array<char, 16> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), address.value(), 16).ptr;
  return add(key, "0x" + std::string(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

EventArgs& EventArgs::add_microseconds(std::string_view key, SimTime time) {
  begin(key);
  append_microseconds(text_, time);
  return *this;
}

EventArgs& EventArgs::add_number(std::string_view key, std::string_view number) {
  begin(key);
  text_ += number;
  return *this;
}

TraceEventWriter::TraceEventWriter(std::unique_ptr<traces::ByteSink> sink, std::uint64_t limit)
    : sink_(std::move(sink)), buffer_("{\"displayTimeUnit\":\"ns\",\"traceEvents\":["), limit_(limit) {}

void TraceEventWriter::append(std::string_view event) {
  buffer_ += first_ ? "\n" : ",\n";
  first_ = false;
  buffer_ += event;
  if (buffer_.size() < kBuffer) return;
  sink_->write(buffer_);
  buffer_.clear();
}

void TraceEventWriter::event(std::string_view event) {
  if (written_ >= limit_) {
    ++left_out_;
    return;
  }
  ++written_;
  append(event);
}

void TraceEventWriter::metadata(std::string_view event) { append(event); }

void TraceEventWriter::finish(const Notes& notes) {
  buffer_ += "\n],\"otherData\":{";
  bool first = true;
  for (const auto& [name, text] : notes) {
    if (!first) buffer_ += ',';
    first = false;
    append_quoted(buffer_, name);
    buffer_ += ':';
    append_quoted(buffer_, text);
  }
  buffer_ += "}}\n";
  sink_->write(buffer_);
  buffer_.clear();
  sink_->close();
}

}  // namespace farfault::timeline
