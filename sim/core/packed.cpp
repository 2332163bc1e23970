#include "sim/core/packed.h"

#include "sim/core/error.h"

namespace farfault {

void PackedWriter::add(const std::optional<std::uint32_t>& number) {
  add(number.has_value());
  add(number.value_or(0));
}

void PackedWriter::add(const std::vector<std::string>& texts) {
  add(static_cast<std::uint64_t>(texts.size()));
  for (const std::string& text : texts) add(std::string_view(text));
}

std::optional<std::uint32_t> PackedReader::optional_number() {
  const bool has = number<std::uint8_t>() != 0;
  const auto value = number<std::uint32_t>();
  return has ? std::optional(value) : std::nullopt;
}

std::vector<std::string> PackedReader::texts() {
  std::vector<std::string> out;
  for (auto left = number<std::uint64_t>(); left > 0; --left) out.push_back(text());
  return out;
}

void PackedReader::fail() const { throw RunError(damaged_); }

std::string_view PackedReader::piece(std::uint64_t size) {
  if (size > rest_.size()) fail();
  const std::string_view out = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return out;
}

}  // namespace farfault
