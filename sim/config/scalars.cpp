#include "sim/config/scalars.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <iterator>
#include <utility>

#include "sim/config/latency_curve.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::config {
namespace {

using Result = std::optional<Problem>;

/// At and above this a maximum means none: it is ParameterInfo's default.
constexpr double kNoMaximum = 1.8e19;
constexpr std::size_t kMostLevels = 8;
constexpr std::size_t kMostTexts = 64;
constexpr std::size_t kMostPoints = 256;
constexpr std::size_t kLongestText = 4096;

Result fine() { return std::nullopt; }
Result wrong(std::string problem, std::string remedy) { return Problem{std::move(problem), std::move(remedy)}; }

/// The parsers of quantities join problem and remedy with "; ".
Result split_problem(const std::string& text) {
  const std::size_t at = text.rfind("; ");
  if (at == std::string::npos) return wrong(text, "");
  return wrong(text.substr(0, at), text.substr(at + 2));
}

Result wrong_kind(const Node& node, const std::string& wanted, const std::string& remedy) {
  return wrong("is " + kind_text(node) + ", not " + wanted, remedy);
}

std::string number_text(double value) {
  const Node node = Node::of(value);
  const bool whole = std::floor(value) == value && std::abs(value) < 1e15;
  return whole ? std::to_string(static_cast<std::int64_t>(value)) : node.text;
}

std::string limit_text(std::uint64_t, double limit) { return number_text(limit); }
std::string limit_text(double, double limit) { return number_text(limit); }
std::string limit_text(Bytes, double limit) { return format_exact(Bytes(static_cast<std::uint64_t>(limit))); }
std::string limit_text(SimTime, double limit) { return format_exact(SimTime::from_picoseconds(limit)); }
std::string limit_text(Bandwidth, double limit) { return format_exact(Bandwidth::bytes_per_second(limit)); }

double magnitude(std::uint64_t value) { return static_cast<double>(value); }
double magnitude(double value) { return value; }
double magnitude(Bytes value) { return static_cast<double>(value.count()); }
double magnitude(SimTime value) { return static_cast<double>(value.picoseconds()); }
double magnitude(Bandwidth value) { return value.bytes_per_second(); }

template <class T>
Result check_range(const Field& field, T value) {
  const double number = magnitude(value);
  const bool open = field.maximum >= kNoMaximum;
  if (number >= field.minimum && (open || number <= field.maximum)) return fine();
  const std::string least = limit_text(value, field.minimum);
  const std::string range = open ? "at least " + least : "from " + least + " to " + limit_text(value, field.maximum);
  return wrong(limit_text(value, number) + " is out of range", "write a value " + range);
}

bool is_power_of_two(std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

template <class T>
Result check_power_of_two(const Field& field, T value, std::uint64_t count) {
  if (!field.power_of_two || is_power_of_two(count)) return fine();
  std::uint64_t below = 1;
  while (below <= count / 2) below *= 2;
  const auto down = static_cast<double>(below);
  return wrong(limit_text(value, static_cast<double>(count)) + " is not a power of two",
               "write " + limit_text(value, down) + " or " + limit_text(value, down * 2));
}

/// A JSON number that is a whole number: 1000, 1e3.
std::optional<std::uint64_t> whole_number(const Node& node) {
  if (node.kind == Node::Kind::kUnsigned) return node.number;
  constexpr double kExact = 9007199254740992.0;  // beyond 2^53 a double may stand for several integers
  const bool exact = node.kind == Node::Kind::kReal && node.real >= 0 && node.real <= kExact;
  if (!exact || std::floor(node.real) != node.real) return std::nullopt;
  return static_cast<std::uint64_t>(node.real);
}

bool is_number(const Node& node) {
  return node.kind == Node::Kind::kUnsigned || node.kind == Node::Kind::kNegative || node.kind == Node::Kind::kReal;
}

/// The number as it was written.
std::string written_number(const Node& node) {
  return node.kind == Node::Kind::kUnsigned ? std::to_string(node.number) : printable(node.text, 40);
}

std::string choice_remedy(const Field& field, std::string_view name) {
  return name_hint(name, field.choices) + (field.listing.empty() ? "" : " (" + field.listing + ')');
}

Result read(const Field&, bool* to, const Node& node) {
  if (node.kind != Node::Kind::kBoolean)
    return wrong_kind(node, "true or false", "write true or false, without quotes");
  *to = node.boolean;
  return fine();
}

Result read(const Field& field, std::uint64_t* to, const Node& node) {
  const std::optional<std::uint64_t> value = whole_number(node);
  if (!value) {
    if (is_number(node))
      return wrong(written_number(node) + " is not a whole number", "write one without a fraction or a sign");
    return wrong_kind(node, "a whole number", "write digits without quotes");
  }
  if (Result problem = check_range(field, *value)) return problem;
  if (Result problem = check_power_of_two(field, *value, *value)) return problem;
  *to = *value;
  return fine();
}

Result read(const Field& field, double* to, const Node& node) {
  double value = 0;
  if (node.kind == Node::Kind::kUnsigned) {
    value = static_cast<double>(node.number);
  } else if (is_number(node)) {
    value = node.real;
  } else if (field.ratio && node.is_string()) {
    const Parsed<double> percent = parse_percent(node.text);
    if (!percent) return split_problem(percent.problem);
    value = *percent.value;
  } else {
    return wrong_kind(node, field.ratio ? "a ratio" : "a number",
                      field.ratio ? "write 0.5 or \"50 %\"" : "write digits without quotes");
  }
  if (Result problem = check_range(field, value)) return problem;
  *to = value;
  return fine();
}

template <class T>
Result read_quantity(const Field& field, T* to, const Node& node, Parsed<T> (*parse)(std::string_view),
                     const char* noun, const char* unit, const char* example) {
  if (is_number(node)) {
    return wrong(written_number(node) + " is a number without a unit",
                 "write \"" + written_number(node) + ' ' + unit + '"');
  }
  const std::string remedy = std::string("write a number and a unit in quotes, such as \"") + example + '"';
  if (!node.is_string()) return wrong_kind(node, noun, remedy);
  const Parsed<T> parsed = parse(node.text);
  if (!parsed) return split_problem(parsed.problem);
  if (Result problem = check_range(field, *parsed.value)) return problem;
  *to = *parsed.value;
  return fine();
}

Result read(const Field& field, Bytes* to, const Node& node) {
  Bytes value;
  if (Result problem = read_quantity(field, &value, node, parse_bytes, "a size", "KiB", "16 GiB")) return problem;
  if (Result problem = check_power_of_two(field, value, value.count())) return problem;
  if (!field.sizes.empty() && std::find(field.sizes.begin(), field.sizes.end(), value) == field.sizes.end()) {
    std::string known;
    for (const Bytes size : field.sizes) known += (known.empty() ? "" : ", ") + format_exact(size);
    return wrong(format_exact(value) + " is not one of the sizes that are possible", "write one of " + known);
  }
  *to = value;
  return fine();
}

Result read(const Field& field, SimTime* to, const Node& node) {
  return read_quantity(field, to, node, parse_time, "a time", "us", "1.2 us");
}

Result read(const Field& field, Bandwidth* to, const Node& node) {
  return read_quantity(field, to, node, parse_bandwidth, "a bandwidth", "GB/s", "25 GB/s");
}

Result read(const Field& field, std::string* to, const Node& node) {
  if (!node.is_string()) return wrong_kind(node, "a string", "write it in double quotes");
  if (node.text.size() > kLongestText)
    return wrong("is longer than " + std::to_string(kLongestText) + " bytes", "shorten it");
  if (!field.choices.empty() &&
      std::find(field.choices.begin(), field.choices.end(), node.text) == field.choices.end()) {
    const std::string noun = field.noun.empty() ? "name" : field.noun;
    return wrong("unknown " + noun + ' ' + in_quotes(node.text), choice_remedy(field, node.text));
  }
  *to = node.text;
  return fine();
}

/// The index of a name.
Result read_name(std::span<const std::string_view> names, std::size_t* to, const Node& node) {
  const std::vector<std::string> known(names.begin(), names.end());
  if (!node.is_string()) return wrong_kind(node, "a name", name_hint("", known));
  const auto it = std::find(known.begin(), known.end(), node.text);
  if (it == known.end()) return wrong("unknown name " + in_quotes(node.text), name_hint(node.text, known));
  *to = static_cast<std::size_t>(it - known.begin());
  return fine();
}

Result read(const Field&, const EnumRef& to, const Node& node) {
  std::size_t index = 0;
  if (Result problem = read_name(to.names, &index, node)) return problem;
  *to.value = static_cast<std::uint8_t>(index);
  return fine();
}

Result read(const Field& field, std::vector<std::uint64_t>* to, const Node& node) {
  if (!node.is_array()) return wrong_kind(node, "an array of whole numbers", "write such as [9, 9, 9]");
  if (node.items.empty() || node.items.size() > kMostLevels) {
    return wrong("has " + std::to_string(node.items.size()) + " entries", "write 1 to " + std::to_string(kMostLevels));
  }
  std::vector<std::uint64_t> values;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    std::uint64_t value = 0;
    if (Result problem = read(field, &value, node.items[i])) {
      problem->problem = "entry " + std::to_string(i) + ": " + problem->problem;
      return problem;
    }
    values.push_back(value);
  }
  *to = std::move(values);
  return fine();
}

Result read(const Field& field, std::vector<std::string>* to, const Node& node) {
  if (!node.is_array()) return wrong_kind(node, "an array of strings", "write such as [\"a\", \"b\"]");
  if (node.items.size() > kMostTexts) {
    return wrong("has " + std::to_string(node.items.size()) + " entries",
                 "write at most " + std::to_string(kMostTexts));
  }
  std::vector<std::string> texts(node.items.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (Result problem = read(field, &texts[i], node.items[i])) {
      problem->problem = "entry " + std::to_string(i) + ": " + problem->problem;
      return problem;
    }
  }
  *to = std::move(texts);
  return fine();
}

/// [[size, time], ...], rising in both. None is legal: it takes away what a lower layer gave.
Result read(const Field& field, std::vector<CopyPoint>* to, const Node& node) {
  const std::string remedy = "write [[size, time], ...], such as [[\"4 KiB\", \"1.2 us\"], [\"64 KiB\", \"7.2 us\"]]";
  if (!node.is_array()) return wrong_kind(node, "an array of points", remedy);
  if (node.items.size() > kMostPoints) {
    return wrong("has " + std::to_string(node.items.size()) + " points",
                 "write at most " + std::to_string(kMostPoints));
  }
  std::vector<CopyPoint> points(node.items.size());
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Node& item = node.items[i];
    const std::string at = "point " + std::to_string(i);
    if (!item.is_array() || item.items.size() != 2) return wrong(at + " is not a size and a time", remedy);
    Result problem = read(field, &points[i].size, item.items[0]);
    if (!problem) problem = read(field, &points[i].time, item.items[1]);
    if (problem) {
      problem->problem = at + ": " + problem->problem;
      return problem;
    }
    if (points[i].size == Bytes()) return wrong(at + " is of no bytes", "begin with a size that was measured");
    if (i == 0) continue;
    if (points[i].size <= points[i - 1].size) {
      return wrong(at + ": " + format_exact(points[i].size) + " is not more than " + format_exact(points[i - 1].size) +
                       " of the point before",
                   "order the points by size, each once");
    }
    if (points[i].time <= points[i - 1].time) {
      return wrong(at + ": " + format_exact(points[i].time) + " for " + format_exact(points[i].size) +
                       " is not more than " + format_exact(points[i - 1].time) + " for " +
                       format_exact(points[i - 1].size),
                   "a larger piece takes longer; check the measurement, or leave one of the two points out");
    }
  }
  *to = std::move(points);
  return fine();
}

/// null takes away what a lower layer gave.
template <class T>
Result read(const Field& field, std::optional<T>* to, const Node& node) {
  if (node.is_null()) {
    to->reset();
    return fine();
  }
  T value{};
  if (Result problem = read(field, &value, node)) return problem;
  *to = std::move(value);
  return fine();
}

Result read(const Field&, std::optional<traces::Backing>* to, const Node& node) {
  if (node.is_null()) {
    to->reset();
    return fine();
  }
  std::size_t index = 0;
  if (Result problem = read_name(backing_names(), &index, node)) return problem;
  *to = static_cast<traces::Backing>(index);
  return fine();
}

std::optional<VirtualAddress> parse_address(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
  text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return VirtualAddress(value);
}

Result read_address(std::optional<VirtualAddress>* to, const Node& node) {
  const std::string remedy = "write such as \"0x7f0000001000\"";
  if (node.is_null()) {
    to->reset();
    return fine();
  }
  if (!node.is_string()) return wrong_kind(node, "an address", remedy);
  *to = parse_address(node.text);
  return *to ? fine() : wrong(in_quotes(node.text) + " is not a hexadecimal address of 64 bits", remedy);
}

Result read(const Field&, const AddressRangeRef& to, const Node& node) {
  const std::string remedy = "write [first, first beyond], such as [\"0x1000\", \"0x2000\"]";
  if (!node.is_array() || node.items.size() != 2) return wrong("is not an array of two addresses", remedy);
  std::optional<VirtualAddress> from;
  std::optional<VirtualAddress> beyond;
  if (Result problem = read_address(&from, node.items[0])) return problem;
  if (Result problem = read_address(&beyond, node.items[1])) return problem;
  if (from && beyond && *from >= *beyond) {
    return wrong(*from == *beyond ? "the range is empty" : "the range ends before it begins",
                 "the second address is the first beyond");
  }
  *to.from = from;
  *to.to = beyond;
  return fine();
}

Result read(const Field& field, const AccessRangeRef& to, const Node& node) {
  const std::string remedy = "write [first, first beyond], such as [0, 1000], or [1000, null]";
  if (!node.is_array() || node.items.size() != 2) return wrong("is not an array of two numbers of accesses", remedy);
  std::optional<std::uint64_t> from;
  std::optional<std::uint64_t> beyond;
  if (Result problem = read(field, &from, node.items[0])) return problem;
  if (Result problem = read(field, &beyond, node.items[1])) return problem;
  if (beyond && from.value_or(0) >= *beyond) {
    return wrong(from.value_or(0) == *beyond ? "the range is empty" : "the range ends before it begins",
                 "the second number is that of the first access beyond");
  }
  *to.from = from.value_or(0);
  *to.to = beyond;
  return fine();
}

Result read(const Field&, DeviceCapacity* to, const Node& node) {
  const std::string remedy = "write a size (\"4 GiB\"), a share (\"50 % of footprint\") or \"platform\"";
  if (is_number(node)) return wrong(written_number(node) + " is a number without a unit", remedy);
  if (!node.is_string()) return wrong_kind(node, "a capacity", remedy);
  std::string_view text = node.text;
  if (text == "platform") {
    *to = std::monostate();
    return fine();
  }
  const std::size_t at = text.find('%');
  if (at == std::string_view::npos) {
    const Parsed<Bytes> size = parse_bytes(text);
    if (!size) return wrong(split_problem(size.problem)->problem, remedy);
    if (*size.value < kPageSize)
      return wrong(format_exact(*size.value) + " is less than a page", "write 4 KiB or more");
    *to = *size.value;
    return fine();
  }
  std::string_view rest = text.substr(at + 1);
  const std::size_t word = rest.find_first_not_of(" \t");
  rest = word == std::string_view::npos ? "" : rest.substr(word);
  if (rest != "of footprint") return wrong(in_quotes(text) + " is a share of what?", "write \"50 % of footprint\"");
  const Parsed<double> share = parse_percent(text.substr(0, at + 1));
  if (!share) return wrong(split_problem(share.problem)->problem, remedy);
  if (*share.value <= 0 || *share.value > 1000) {
    return wrong(in_quotes(text) + " is out of range", "write a share above 0 % and up to 100000 %");
  }
  *to = FootprintShare{*share.value};
  return fine();
}

Result read(const Field&, LatencyCurve* to, const Node& node) { return read_latency_curve(to, node); }

std::string hexadecimal(VirtualAddress address) {
  char digits[16];
  const auto result = std::to_chars(std::begin(digits), std::end(digits), address.value(), 16);
  return "0x" + std::string(digits, result.ptr);
}

std::optional<Node> write(const bool* value) { return Node::of(*value); }
std::optional<Node> write(const std::uint64_t* value) { return Node::of(*value); }
std::optional<Node> write(const double* value) { return Node::of(*value); }
std::optional<Node> write(const Bytes* value) { return Node::of(format_exact(*value)); }
std::optional<Node> write(const SimTime* value) { return Node::of(format_exact(*value)); }
std::optional<Node> write(const Bandwidth* value) { return Node::of(format_exact(*value)); }
std::optional<Node> write(const std::string* value) { return Node::of(*value); }
std::optional<Node> write(const EnumRef& value) { return Node::of(std::string(value.names[*value.value])); }

std::optional<Node> write(const std::vector<std::uint64_t>* values) {
  Node out = Node::array();
  for (const std::uint64_t value : *values) out.push(Node::of(value));
  return out;
}

std::optional<Node> write(const std::vector<std::string>* texts) {
  Node out = Node::array();
  for (const std::string& text : *texts) out.push(Node::of(text));
  return out;
}

std::optional<Node> write(const std::vector<CopyPoint>* points) {
  if (points->empty()) return std::nullopt;
  Node out = Node::array();
  for (const CopyPoint& point : *points) {
    Node pair = Node::array();
    pair.push(Node::of(format_exact(point.size)));
    pair.push(Node::of(format_exact(point.time)));
    out.push(std::move(pair));
  }
  return out;
}

template <class T>
std::optional<Node> write(const std::optional<T>* value) {
  return *value ? write(&**value) : std::nullopt;
}

std::optional<Node> write(const std::optional<traces::Backing>* value) {
  if (!*value) return std::nullopt;
  return Node::of(std::string(backing_names()[static_cast<std::size_t>(**value)]));
}

std::optional<Node> write(const AddressRangeRef& range) {
  if (!*range.from && !*range.to) return std::nullopt;
  Node out = Node::array();
  out.push(*range.from ? Node::of(hexadecimal(**range.from)) : Node());
  out.push(*range.to ? Node::of(hexadecimal(**range.to)) : Node());
  return out;
}

std::optional<Node> write(const AccessRangeRef& range) {
  Node out = Node::array();
  out.push(Node::of(*range.from));
  out.push(*range.to ? Node::of(**range.to) : Node());
  return out;
}

/// "12.5 %" as a text that parse_percent() reads as the same ratio.
std::string percent_text(double ratio) {
  std::string text = Node::of(ratio * 100).text;
  const Parsed<double> back = parse_percent(text + " %");
  if (back && *back.value == ratio) return text + " %";
  // The product was rounded. Shifting the decimal point of the ratio's own text is exact.
  const std::string shortest = Node::of(ratio).text;
  const std::size_t e = shortest.find('e');
  const int exponent = e == std::string::npos ? 0 : std::stoi(shortest.substr(e + 1));
  return shortest.substr(0, e) + 'e' + std::to_string(exponent + 2) + " %";
}

std::optional<Node> write(const DeviceCapacity* capacity) {
  if (const Bytes* size = std::get_if<Bytes>(capacity)) return Node::of(format_exact(*size));
  if (const auto* share = std::get_if<FootprintShare>(capacity))
    return Node::of(percent_text(share->share) + " of footprint");
  return Node::of("platform");
}

std::optional<Node> write(const LatencyCurve* curve) { return write_latency_curve(*curve); }

Node nullable(const char* type) {
  Node node = Node::object();
  Node& types = node.set("type", Node::array());
  types.push(Node::of(type));
  types.push(Node::of("null"));
  return node;
}

Node reference(const char* name) {
  Node node = Node::object();
  node.set("$ref", Node::of(std::string("#/definitions/") + name));
  return node;
}

template <class Names>
Node enumeration(const Names& names) {
  Node node = typed_schema("string");
  Node& values = node.set("enum", Node::array());
  for (const auto& name : names) values.push(Node::of(std::string(name)));
  return node;
}

void set_limits(Node& node, const Field& field) {
  const auto limit = [](double value) {
    const bool whole = std::floor(value) == value && value >= 0 && value < 1e15;
    return whole ? Node::of(static_cast<std::uint64_t>(value)) : Node::of(value);
  };
  node.set("minimum", limit(field.minimum));
  if (field.maximum < kNoMaximum) node.set("maximum", limit(field.maximum));
}

Node whole_schema(const Field& field) {
  Node node = typed_schema("integer");
  if (!field.power_of_two) {
    set_limits(node, field);
    return node;
  }
  Node& values = node.set("enum", Node::array());
  for (std::uint64_t n = 1; static_cast<double>(n) <= field.maximum; n *= 2) {
    if (static_cast<double>(n) >= field.minimum) values.push(Node::of(n));
  }
  return node;
}

Node schema(const Field&, bool*) { return typed_schema("boolean"); }
Node schema(const Field& field, std::uint64_t*) { return whole_schema(field); }
Node schema(const Field& field, double*) {
  Node number = typed_schema("number");
  set_limits(number, field);
  if (!field.ratio) return number;
  Node either = Node::object();
  Node& ways = either.set("anyOf", Node::array());
  ways.push(std::move(number));
  ways.push(reference("percent"));
  return either;
}
Node schema(const Field&, Bytes*) { return reference("bytes"); }
Node schema(const Field&, SimTime*) { return reference("time"); }
Node schema(const Field&, Bandwidth*) { return reference("bandwidth"); }
Node schema(const Field& field, std::string*) {
  return field.choices.empty() ? typed_schema("string") : enumeration(field.choices);
}
Node schema(const Field&, const EnumRef& value) { return enumeration(value.names); }
Node schema(const Field& field, std::vector<std::uint64_t>*) {
  Node node = typed_schema("array");
  node.set("items", whole_schema(field));
  node.set("minItems", Node::of(std::uint64_t{1}));
  node.set("maxItems", Node::of(std::uint64_t{kMostLevels}));
  return node;
}
Node schema(const Field&, std::vector<std::string>*) {
  Node node = typed_schema("array");
  node.set("items", typed_schema("string"));
  node.set("maxItems", Node::of(std::uint64_t{kMostTexts}));
  return node;
}
Node schema(const Field& field, std::optional<std::uint64_t>*) {
  Node node = nullable("integer");
  set_limits(node, field);
  return node;
}
Node schema(const Field&, std::optional<std::string>*) { return nullable("string"); }
Node schema(const Field&, std::optional<traces::Backing>*) {
  Node node = Node::object();
  Node& values = node.set("enum", Node::array());
  for (const std::string_view name : backing_names()) values.push(Node::of(std::string(name)));
  values.push(Node());
  return node;
}

Node pair_of(Node item) {
  Node node = typed_schema("array");
  node.set("items", std::move(item));
  node.set("minItems", Node::of(std::uint64_t{2}));
  node.set("maxItems", Node::of(std::uint64_t{2}));
  return node;
}

Node schema(const Field&, const AddressRangeRef&) {
  Node address = nullable("string");
  address.set("pattern", Node::of("^0[xX][0-9a-fA-F]+$"));
  return pair_of(std::move(address));
}
Node schema(const Field&, const AccessRangeRef&) {
  Node number = nullable("integer");
  number.set("minimum", Node::of(std::uint64_t{0}));
  return pair_of(std::move(number));
}
Node schema(const Field&, std::vector<CopyPoint>*) {
  Node either = Node::object();
  Node& ways = either.set("anyOf", Node::array());
  ways.push(reference("bytes"));
  ways.push(reference("time"));
  Node node = typed_schema("array");
  node.set("items", pair_of(std::move(either)));
  node.set("maxItems", Node::of(std::uint64_t{kMostPoints}));
  return node;
}
Node schema(const Field&, DeviceCapacity*) { return reference("capacity"); }
Node schema(const Field&, LatencyCurve*) { return latency_curve_schema(); }

const std::string kNumberPattern = "[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?";
const std::string kBlankPattern = "[ \\t]*";
const std::string kBytesUnits = "([kMGTP]?B|[KMGTP]iB)";

Node pattern(const std::string& description, const std::string& expression) {
  Node node = typed_schema("string");
  node.set("description", Node::of(description));
  node.set("pattern", Node::of('^' + expression + '$'));
  return node;
}

std::string quantity_pattern(const std::string& units) {
  return kBlankPattern + kNumberPattern + kBlankPattern + units + kBlankPattern;
}

}  // namespace

std::optional<Problem> read_scalar(const Field& field, const Scalar& value, const Node& node) {
  return std::visit([&](const auto& to) { return read(field, to, node); }, value);
}

std::optional<Node> write_scalar(const Scalar& value) {
  return std::visit([](const auto& from) { return write(from); }, value);
}

Node write_parameter(const ParameterValue& value) {
  return std::visit([](const auto& from) { return *write(&from); }, value);
}

Node scalar_schema(const Field& field, const Scalar& value) {
  return std::visit([&](const auto& of) { return schema(field, of); }, value);
}

Node percent_node(double ratio) { return Node::of(percent_text(ratio)); }

Node quantity_definitions() {
  const std::string zero = kBlankPattern + "0+(\\.0+)?([eE][+-]?[0-9]+)?" + kBlankPattern;
  const std::string bytes = quantity_pattern(kBytesUnits);
  const std::string percent = quantity_pattern("%");
  const std::string time_units = "(ps|ns|us|\xC2\xB5s|\xCE\xBCs|ms|s|min|h)";
  const std::string rate_units = '(' + kBytesUnits + "|[kMGT]?bit)/s";
  Node out = Node::object();
  out.set("bytes", pattern("a size, such as \"16 GiB\"", '(' + bytes + '|' + zero + ')'));
  out.set("time", pattern("a time, such as \"1.2 us\"", '(' + quantity_pattern(time_units) + '|' + zero + ')'));
  out.set("bandwidth",
          pattern("a rate, such as \"25 GB/s\", or \"unlimited\"",
                  '(' + quantity_pattern(rate_units) + '|' + kBlankPattern + "unlimited" + kBlankPattern + ')'));
  out.set("percent", pattern("a ratio in percent, such as \"50 %\"", percent));
  out.set("capacity", pattern("a size, a share such as \"50 % of footprint\", or \"platform\"",
                              '(' + bytes + '|' + percent + "of footprint|platform)"));
  return out;
}

}  // namespace farfault::config
