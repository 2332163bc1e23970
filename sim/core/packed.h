/// Numbers, texts and lists as bytes, for processes of one farfault on machines of one byte order: between a process
/// and those that it started, and in files that live no longer than a run. No format to keep.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace farfault {

class PackedWriter {
 public:
  template <class Number>
    requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  void add(Number number) {
    bytes_.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  void add(std::string_view text) {
    add(static_cast<std::uint64_t>(text.size()));
    bytes_ += text;
  }
  void add(const std::optional<std::uint32_t>& number);
  void add(const std::vector<std::string>& texts);

  void reserve(std::size_t bytes) { bytes_.reserve(bytes); }
  std::string_view bytes() const { return bytes_; }
  std::string take() { return std::exchange(bytes_, {}); }
  void clear() { bytes_.clear(); }

 private:
  std::string bytes_;
};

/// Reads what a PackedWriter wrote, in the same order. Borrows the bytes. Each throws RunError with the sentence that
/// the constructor was given where there are fewer; enumerations are as they were written, which may be no value of
/// theirs.
class PackedReader {
 public:
  PackedReader(std::string_view bytes, const char* damaged) : rest_(bytes), damaged_(damaged) {}

  template <class Number>
    requires std::is_arithmetic_v<Number> || std::is_enum_v<Number>
  Number number() {
    Number out{};
    piece(sizeof out).copy(reinterpret_cast<char*>(&out), sizeof out);
    return out;
  }
  std::string text() { return std::string(piece(number<std::uint64_t>())); }
  std::optional<std::uint32_t> optional_number();
  std::vector<std::string> texts();
  bool at_end() const { return rest_.empty(); }
  [[noreturn]] void fail() const;

 private:
  std::string_view piece(std::uint64_t size);

  std::string_view rest_;
  const char* damaged_;
};

}  // namespace farfault
