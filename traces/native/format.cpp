#include "traces/native/format.h"

#include <algorithm>

namespace farfault::traces::native {
namespace {

// What follows an event's kind.
constexpr unsigned kHasMapping = 1U;  // backing and protection
constexpr unsigned kHasAddress = 2U;
constexpr unsigned kHasLength = 4U;
constexpr unsigned kHasValue = 8U;
constexpr unsigned kHasValue2 = 16U;
constexpr unsigned kHasName = 32U;

unsigned fields_of(const Event& event) {
  unsigned fields = 0;
  if (event.backing != Backing::kUnknown || event.protection != 0) fields |= kHasMapping;
  if (event.address != 0) fields |= kHasAddress;
  if (event.length != 0) fields |= kHasLength;
  if (event.value != 0) fields |= kHasValue;
  if (event.value2 != 0) fields |= kHasValue2;
  if (!event.name.empty()) fields |= kHasName;
  return fields;
}

bool take_event(ListReader& list, Event& event) {
  std::uint8_t fields = 0;
  if (!list.integer_up_to(kEventKindCount - 1, event.kind) || !list.byte(fields) || fields > 63) return false;
  if (!list.integer_up_to(kMaxAgents - 1, event.agent)) return false;
  if ((fields & kHasMapping) != 0) {
    if (!list.integer_up_to(kBackingCount - 1, event.backing) || !list.integer_up_to(7, event.protection)) return false;
  }
  if ((fields & kHasAddress) != 0 && !list.integer(event.address)) return false;
  if ((fields & kHasLength) != 0 && !list.integer(event.length)) return false;
  if ((fields & kHasValue) != 0 && !list.integer(event.value)) return false;
  if ((fields & kHasValue2) != 0 && !list.integer(event.value2)) return false;
  if ((fields & kHasName) != 0 && !list.text(event.name, kMaxNameBytes)) return false;
  return event.address + event.length >= event.address;
}

}  // namespace

std::string type_text(std::uint32_t code) {
  std::string out;
  for (unsigned i = 0; i < 4; ++i) {
    const char c = static_cast<char>(code >> 8U * i & 0xFFU);
    out += (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '?';
  }
  return out;
}

std::uint64_t checksum_of(const ChunkHeader& header, std::string_view payload) {
  constexpr std::size_t kCovered = kChunkHeaderBytes - sizeof header.checksum;
  // The header's sum seeds the payload's: both count, and neither has to be copied.
  return XXH3_64bits_withSeed(payload.data(), payload.size(), XXH3_64bits(&header, kCovered));
}

void put_integer(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out += static_cast<char>(value | 0x80U);
    value >>= 7U;
  }
  out += static_cast<char>(value);
}

void put_text(std::string& out, std::string_view text) {
  put_integer(out, text.size());
  out += text;
}

bool ListReader::integer(std::uint64_t& value) {
  value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    std::uint8_t part = 0;
    if (!byte(part)) return false;
    const std::uint64_t bits = part & 0x7FU;
    if (shift == 63 && bits > 1) return false;
    value |= bits << shift;
    if ((part & 0x80U) == 0) return true;
  }
  return false;
}

bool ListReader::text(std::string& text, std::size_t longest) {
  std::uint64_t size = 0;
  if (!integer(size) || size > longest || size > rest_.size()) return false;
  text = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return true;
}

bool ListReader::byte(std::uint8_t& value) {
  if (rest_.empty()) return false;
  value = static_cast<std::uint8_t>(rest_.front());
  rest_.remove_prefix(1);
  return true;
}

void put_events(std::string& out, const std::vector<Event>& events) {
  std::uint32_t position = 0;
  for (const Event& event : events) {
    put_integer(out, event.position - position);
    position = event.position;
    const unsigned fields = fields_of(event);
    put_integer(out, static_cast<std::uint64_t>(event.kind));
    out += static_cast<char>(fields);
    put_integer(out, event.agent);
    if ((fields & kHasMapping) != 0) {
      put_integer(out, static_cast<std::uint64_t>(event.backing));
      put_integer(out, event.protection);
    }
    if ((fields & kHasAddress) != 0) put_integer(out, event.address);
    if ((fields & kHasLength) != 0) put_integer(out, event.length);
    if ((fields & kHasValue) != 0) put_integer(out, event.value);
    if ((fields & kHasValue2) != 0) put_integer(out, event.value2);
    if ((fields & kHasName) != 0) put_text(out, shortened(event.name, kMaxNameBytes));
  }
}

bool take_events(ListReader& list, std::size_t count, std::uint32_t last_position, std::vector<Event>& events) {
  std::uint32_t position = 0;
  for (std::size_t i = 0; i < count; ++i) {
    std::uint32_t step = 0;
    Event event;
    if (!list.integer_up_to(last_position - position, step) || !take_event(list, event)) return false;
    position += step;
    event.position = position;
    events.push_back(std::move(event));
  }
  return true;
}

std::string_view shortened(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return text;
  std::size_t size = limit;
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80) --size;
  return text.substr(0, size);
}

}  // namespace farfault::traces::native
