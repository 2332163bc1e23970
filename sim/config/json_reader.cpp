#include "sim/config/json_reader.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/core/text.h"

namespace farfault::config {
namespace {

using Json = nlohmann::json;

/// Counts lines under nlohmann's lexer, which reads the first character after a number before it reports the number. So
/// a value's line is that of the last character that is no white space.
struct Position {
  std::size_t line = 1;        ///< of the next character
  std::size_t value_line = 1;  ///< of the last character that was no white space

  void pass(char c) {
    if (c == '\n') {
      ++line;
    } else if (c != ' ' && c != '\t' && c != '\r') {
      value_line = line;
    }
  }
};

class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    position_->pass(*at_++);
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator before = *this;
    ++*this;
    return before;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Position* position_;
};

/// Builds the document from the events of nlohmann's parser. False from an event ends the parse.
class Builder : public nlohmann::json_sax<Json> {
 public:
  Builder(std::string_view input, const SourcePtr& source, const Position& position, Diagnostics& diagnostics)
      : input_(input), source_(source), position_(position), diagnostics_(diagnostics) {}

  bool null() override { return add(Node{}); }
  bool boolean(bool value) override { return add(Node::of(value)); }
  bool number_unsigned(number_unsigned_t value) override { return add(Node::of(std::uint64_t{value})); }
  bool number_integer(number_integer_t value) override {
    Node node;
    node.kind = Node::Kind::kNegative;
    node.real = static_cast<double>(value);
    node.text = std::to_string(value);
    return add(std::move(node));
  }
  bool number_float(number_float_t value, const string_t& text) override {
    Node node;
    node.kind = Node::Kind::kReal;
    node.real = value;
    node.text = text;
    return add(std::move(node));
  }
  bool string(string_t& value) override { return add(Node::of(std::move(value))); }
  bool binary(binary_t&) override { return false; }  // JSON text has none

  bool start_object(std::size_t) override { return open(Node::object()); }
  bool end_object() override { return close(); }
  bool start_array(std::size_t) override { return open(Node::array()); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    Level& level = levels_.back();
    const auto [it, is_new] = level.index.emplace(name, level.node.items.size());
    level.next_key = Node::Key{name, position_.value_line};
    if (!is_new) {
      const std::size_t before = level.node.keys[it->second].line;
      diagnostics_.add(source_, position_.value_line, join(pointer(), name), "the key is there twice",
                       "keep one of the two (the other is in line " + std::to_string(before) + ')');
    }
    return true;
  }

  bool parse_error(std::size_t byte, const std::string&, const Json::exception& error) override {
    if (failed_) return false;
    std::size_t at = byte == 0 ? 0 : byte - 1;  // `byte` counts from 1, and is one beyond the input at its end
    at = std::min(at, input_.size());
    const std::string_view before = input_.substr(0, at);
    const auto newlines = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
    const std::size_t line_start = newlines == 0 ? 0 : before.rfind('\n') + 1;
    const std::string column = "column " + std::to_string(at - line_start + 1);
    diagnostics_.add(source_, newlines + 1, "", column + ": " + problem_of(error.what()), remedy_of(error.what(), at));
    failed_ = true;
    return false;
  }

  std::optional<Node> take() {
    if (failed_) return std::nullopt;
    return std::move(root_);
  }

 private:
  struct Level {
    Node node;
    Node::Key next_key;
    std::unordered_map<std::string, std::size_t> index;  ///< of an object's members: finding duplicates costs no search
  };

  /// "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error while ...; last read: ...;
  /// expected"
  static std::string problem_of(std::string text) {
    if (const std::size_t at = text.find("syntax error"); at != std::string::npos) {
      text.erase(0, at);
    } else if (const std::size_t end = text.find("] "); end != std::string::npos) {
      text.erase(0, end + 2);
    }
    if (const std::size_t from = text.find("; last read: '"); from != std::string::npos) {
      const std::size_t expected = text.rfind("; expected ");
      const bool tail = expected != std::string::npos && expected > from;
      text.erase(from, tail ? expected - from : std::string::npos);
    }
    return printable(text, 200);
  }

  std::string remedy_of(std::string_view text, std::size_t at) const {
    if (text.find("UTF-8") != std::string_view::npos) return "save the file as UTF-8";
    if (text.find("out_of_range") != std::string_view::npos) return "write a smaller number";
    if (at >= input_.size()) return "close what is open: a brace, a bracket or a quote is missing";
    if (input_[at] == '/') return "JSON has no comments: remove it";
    if (input_[at] == '\'') return "JSON has double quotes only";
    const std::size_t last = at == 0 ? std::string_view::npos : input_.find_last_not_of(" \t\r\n", at - 1);
    const bool after_comma = last != std::string_view::npos && input_[last] == ',';
    if (after_comma && (input_[at] == '}' || input_[at] == ']')) return "remove the comma before it";
    return "correct the JSON there";
  }

  std::string pointer() const {
    std::string out;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const Level& level = levels_[i];
      out = level.node.is_object() ? join(out, level.next_key.name) : join(out, level.node.items.size());
    }
    return out;
  }

  void mark(Node& node) const {
    node.source = source_;
    node.line = position_.value_line;
  }

  bool bounded(bool fine, const std::string& problem) {
    if (fine) return true;
    diagnostics_.add(source_, position_.value_line, "", problem, "a config needs far less; is this the right file?");
    failed_ = true;
    return false;
  }

  bool open(Node node) {
    if (!bounded(levels_.size() < kMostDepth, "values are nested deeper than " + std::to_string(kMostDepth)))
      return false;
    mark(node);
    levels_.push_back({std::move(node), {}, {}});
    return true;
  }

  bool close() {
    Node node = std::move(levels_.back().node);
    levels_.pop_back();
    return place(std::move(node));
  }

  bool add(Node node) {
    mark(node);
    return place(std::move(node));
  }

  bool place(Node node) {
    if (!bounded(++values_ <= kMostValues, "there are more than " + std::to_string(kMostValues) + " values"))
      return false;
    if (levels_.empty()) {
      root_ = std::move(node);
      return true;
    }
    Level& level = levels_.back();
    if (level.node.is_array()) {
      level.node.push(std::move(node));
      return true;
    }
    const std::size_t index = level.index.at(level.next_key.name);
    if (index < level.node.items.size()) {  // a duplicate
      level.node.keys[index].line = level.next_key.line;
      level.node.items[index] = std::move(node);
    } else {
      level.node.keys.push_back(level.next_key);
      level.node.items.push_back(std::move(node));
    }
    return true;
  }

  std::string_view input_;
  SourcePtr source_;
  const Position& position_;
  Diagnostics& diagnostics_;
  std::vector<Level> levels_;
  Node root_;
  std::size_t values_ = 0;
  bool failed_ = false;
};

}  // namespace

std::optional<Node> parse_json(std::string_view text, const SourcePtr& source, Diagnostics& diagnostics) {
  if (text.size() > kMostBytes) {
    diagnostics.add(source, 0, "", "the text is larger than 16 MiB",
                    "a config needs far less; is this the right file?");
    return std::nullopt;
  }
  Position position;
  Builder builder(text, source, position, diagnostics);
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): `last` is the end
  const CountingIterator first(text.data(), &position);
  const CountingIterator last(text.data() + text.size(), &position);
  Json::sax_parse(first, last, &builder);
  return builder.take();
}

std::optional<Node> parse_json_or_string(std::string_view text, const SourcePtr& source, Diagnostics& diagnostics) {
  if (text.size() > kMostBytes || Json::accept(text)) {
    std::optional<Node> node = parse_json(text, source, diagnostics);
    return node;
  }
  Node node = Node::of(std::string(text));
  node.source = source;
  // A string within JSON must be UTF-8; the parser is the one that knows.
  const std::string escaped = to_json(node);
  if (!Json::accept(escaped)) {
    diagnostics.add(node, "", "\"" + printable(text) + "\" is not UTF-8");
    return std::nullopt;
  }
  return node;
}

std::optional<std::string> read_text(const std::string& path_or_dash, Diagnostics& diagnostics) {
  const bool is_stdin = path_or_dash == "-";
  std::ifstream file;
  std::error_code ignored;
  if (!is_stdin && std::filesystem::is_directory(path_or_dash, ignored)) {
    diagnostics.add({printable(path_or_dash, 400), 0, "", "is a folder", "name a file"});
    return std::nullopt;
  }
  if (!is_stdin) {
    errno = 0;
    file.open(path_or_dash, std::ios::binary);
    if (!file) {
      const std::string reason = errno == 0 ? "it cannot be opened" : std::strerror(errno);
      diagnostics.add({printable(path_or_dash, 400), 0, "", "cannot be read: " + reason, "check the path"});
      return std::nullopt;
    }
  }
  std::istream& in = is_stdin ? std::cin : file;
  std::string text;
  std::array<char, 65536> piece{};
  while (in && text.size() <= kMostBytes) {  // one piece beyond the bound is enough for parse_json() to see it
    in.read(piece.data(), piece.size());
    text.append(piece.data(), static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) {
    diagnostics.add({printable(path_or_dash, 400), 0, "", "could not be read to its end", "check the disk"});
    return std::nullopt;
  }
  return text;
}

}  // namespace farfault::config
