#include "analysis/strict_json.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <set>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::analysis {
namespace {

/// Bounds what the parser may build, and refuses a key that is there twice: nobody could say which is meant.
class JsonBounds {
 public:
  explicit JsonBounds(const JsonPlace& place) : place_(place), kind_(place.kind()) {}

  bool see(int depth, SortedJson::parse_event_t event, const SortedJson& value) {
    if (depth > kind_.most_depth) place_.fail("is nested deeper than any " + kind_.noun);
    if (++values_ > kind_.most_values) place_.fail("holds more values than any " + kind_.noun);
    if (event == SortedJson::parse_event_t::object_start) keys_.emplace_back();
    if (event == SortedJson::parse_event_t::object_end) keys_.pop_back();
    if (event == SortedJson::parse_event_t::key && !keys_.back().insert(value.get_ref<const std::string&>()).second) {
      place_.fail("has \"" + printable(value.get_ref<const std::string&>()) + "\" twice in an object");
    }
    return true;
  }

 private:
  const JsonPlace& place_;
  const JsonKind& kind_;
  std::size_t values_ = 0;
  std::vector<std::set<std::string>> keys_;
};

}  // namespace

void JsonPlace::fail(const std::string& problem, const std::string& remedy, std::size_t line) const {
  throw InputError(Diagnostic{.file = printable(file_, 400),
                              .line = line,
                              .pointer = printable(pointer_, 400),
                              .problem = problem,
                              .remedy = remedy.empty() ? kind_->remedy : remedy});
}

SortedJson parse_strict(std::string_view text, const JsonPlace& place) {
  const std::string& noun = place.kind().noun;
  if (text.size() > place.kind().most_bytes) place.fail("is larger than any " + noun);
  JsonBounds bounds(place);
  const auto see = [&bounds](int depth, SortedJson::parse_event_t event, SortedJson& value) {
    return bounds.see(depth, event, value);
  };
  try {
    return SortedJson::parse(text.begin(), text.end(), see);
  } catch (const SortedJson::parse_error& error) {
    const std::size_t at = std::min(error.byte, text.size());
    const auto line =
        static_cast<std::size_t>(std::count(text.begin(), text.begin() + static_cast<long>(at), '\n')) + 1;
    const bool cut = error.byte > text.size() || error.byte == 0;
    if (cut) place.fail("ends in the middle of a " + noun + ": it was cut off", "run it again", line);
    place.fail("is no JSON from here on", {}, line);
  } catch (const SortedJson::exception&) {
    place.fail("holds a number that is out of range");
  }
}

std::string read_bounded(const std::filesystem::path& file, std::size_t most_bytes, const JsonPlace& place,
                         const std::string& remedy) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) {
    const std::string reason = errno == 0 ? "it cannot be opened" : std::strerror(errno);
    place.fail("cannot be read: " + reason, remedy);
  }
  std::string text;
  std::vector<char> piece(std::size_t{1} << 16U);
  // One piece beyond the bound is enough for parse_strict() to see it.
  while (in && text.size() <= most_bytes) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) place.fail("could not be read to its end", "check the disk");
  return text;
}

const SortedJson& member(const SortedJson& object, const char* key, const JsonPlace& place) {
  if (!object.is_object()) place.fail("is no object");
  const auto it = object.find(key);
  if (it == object.end()) place.fail(std::string("has no member \"") + key + '"');
  return *it;
}

const SortedJson& array_member(const SortedJson& object, const char* key, const JsonPlace& place) {
  const SortedJson& out = member(object, key, place);
  if (!out.is_array()) JsonPlace(place, key).fail("is no array");
  return out;
}

std::string text_of(const SortedJson& value, const JsonPlace& place) {
  if (!value.is_string()) place.fail("is no text");
  return value.get<std::string>();
}

std::string text_member(const SortedJson& object, const char* key, const JsonPlace& place) {
  return text_of(member(object, key, place), JsonPlace(place, key));
}

std::uint64_t count_member(const SortedJson& object, const char* key, const JsonPlace& place) {
  const SortedJson& value = member(object, key, place);
  if (!value.is_number_unsigned()) JsonPlace(place, key).fail("is no whole number of 0 to 2^64 - 1");
  return value.get<std::uint64_t>();
}

double real_of(const SortedJson& value, const JsonPlace& place) {
  if (value.is_null()) return std::numeric_limits<double>::quiet_NaN();
  if (!value.is_number()) place.fail("is no number");
  return value.get<double>();
}

std::int64_t integer_of(const SortedJson& value, const JsonPlace& place) {
  constexpr auto kMost = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (!value.is_number_integer() || (value.is_number_unsigned() && value.get<std::uint64_t>() > kMost)) {
    place.fail("is no whole number of 64 bits");
  }
  return value.get<std::int64_t>();
}

std::vector<std::string> texts_member(const SortedJson& object, const char* key, const JsonPlace& place) {
  const SortedJson& array = array_member(object, key, place);
  const JsonPlace here(place, key);
  std::vector<std::string> out;
  for (const SortedJson& item : array) out.push_back(text_of(item, JsonPlace(here, std::to_string(out.size()))));
  return out;
}

}  // namespace farfault::analysis
