/// JSON that other programs, or earlier ones, wrote: parsed within bounds, and read with every fault named by its
/// place. Includes nlohmann/json: for .cpp files.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace farfault::analysis {

using SortedJson = nlohmann::json;

/// What a file may be at most, and what its faults are called.
struct JsonKind {
  std::string noun;    ///< "result": "is nested deeper than any result"
  std::string remedy;  ///< of a fault that has no better one
  std::size_t most_bytes = std::size_t{64} << 20U;
  std::size_t most_values = 4'000'000;
  int most_depth = 16;
};

/// Where a reader is, for its messages. REQUIRES: the kind outlives it.
class JsonPlace {
 public:
  JsonPlace(std::string file, const JsonKind& kind) : file_(std::move(file)), kind_(&kind) {}
  JsonPlace(const JsonPlace& parent, const std::string& key)
      : file_(parent.file_), pointer_(parent.pointer_ + '/' + key), kind_(parent.kind_) {}

  const JsonKind& kind() const { return *kind_; }
  /// Throws InputError with file and pointer; an empty remedy is the kind's.
  [[noreturn]] void fail(const std::string& problem, const std::string& remedy = {}, std::size_t line = 0) const;

 private:
  std::string file_;
  std::string pointer_;
  const JsonKind* kind_;
};

/// Throws InputError for what is no JSON, was cut off, is beyond the bounds, or has a key twice in an object.
SortedJson parse_strict(std::string_view text, const JsonPlace& place);
/// The file's bytes, one piece more than `most_bytes` at most. Throws InputError if it cannot be read.
std::string read_bounded(const std::filesystem::path& file, std::size_t most_bytes, const JsonPlace& place,
                         const std::string& remedy);

/// Each throws InputError where the value is not what is asked for.
const SortedJson& member(const SortedJson& object, const char* key, const JsonPlace& place);
const SortedJson& array_member(const SortedJson& object, const char* key, const JsonPlace& place);
std::string text_of(const SortedJson& value, const JsonPlace& place);
std::string text_member(const SortedJson& object, const char* key, const JsonPlace& place);
std::uint64_t count_member(const SortedJson& object, const char* key, const JsonPlace& place);
/// NaN for null, which is how result files write what is not finite.
double real_of(const SortedJson& value, const JsonPlace& place);
std::int64_t integer_of(const SortedJson& value, const JsonPlace& place);
std::vector<std::string> texts_member(const SortedJson& object, const char* key, const JsonPlace& place);

}  // namespace farfault::analysis
