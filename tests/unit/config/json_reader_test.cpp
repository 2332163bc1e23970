#include "sim/config/json_reader.h"

#include <doctest/doctest.h>

#include <string>

namespace farfault::config {
namespace json_reader_test {

const auto kSource = std::make_shared<const Source>(Source{"f.json", kScenarioLayer, "", ""});

std::vector<Diagnostic> problems(const std::string& text) {
  Diagnostics diagnostics;
  parse_json(text, kSource, diagnostics);
  try {
    diagnostics.throw_if_any();
  } catch (const InputError& error) {
    return error.diagnostics();
  }
  return {};
}

Node parsed(const std::string& text) {
  Diagnostics diagnostics;
  const auto node = parse_json(text, kSource, diagnostics);
  REQUIRE(node);
  REQUIRE(diagnostics.empty());
  return *node;
}

TEST_CASE("config: values know their lines") {
  const Node node = parsed("{\n\"a\": 1,\n\"b\":\n  2\n,\n\"c\": [\n3\n,\n\"x\"\n],\n\"d\": {\n\"e\": true\n}\n}\n");
  CHECK(node.line == 1);
  CHECK(node.find("a")->line == 2);
  CHECK(node.find("b")->line == 4);
  CHECK(node.keys[1].line == 3);
  CHECK(node.find("c")->line == 6);
  CHECK(node.find("c")->items[0].line == 7);
  CHECK(node.find("c")->items[1].line == 9);
  CHECK(node.find("d")->line == 11);
  CHECK(node.find("d")->find("e")->line == 12);
}

TEST_CASE("config: numbers keep their kind") {
  const Node node = parsed(R"([18446744073709551615, -3, 0.5, 1e3])");
  CHECK(node.items[0].number == 18446744073709551615ULL);
  CHECK(node.items[1].kind == Node::Kind::kNegative);
  CHECK(node.items[1].text == "-3");
  CHECK(node.items[2].real == 0.5);
  CHECK(node.items[3].kind == Node::Kind::kReal);
}

TEST_CASE("config: a syntax error has line and column") {
  const auto found = problems("{\n  \"a\": 1,\n  \"b\": oops\n}");
  REQUIRE(found.size() == 1);
  CHECK(found[0].line == 3);
  CHECK(found[0].problem.rfind("column 8: syntax error", 0) == 0);
  CHECK_FALSE(found[0].remedy.empty());
}

TEST_CASE("config: syntax errors have a remedy for what people do") {
  CHECK(problems("{\"a\": 1,}").at(0).remedy == "remove the comma before it");
  CHECK(problems("{\"a\": 1} // why").at(0).remedy == "JSON has no comments: remove it");
  CHECK(problems("{'a': 1}").at(0).remedy == "JSON has double quotes only");
  CHECK(problems("{\"a\": 1").at(0).remedy == "close what is open: a brace, a bracket or a quote is missing");
  CHECK(problems("{\"a\": \"\xff\"}").at(0).remedy == "save the file as UTF-8");
  CHECK(problems("{\"a\": 1e999}").at(0).remedy == "write a smaller number");
  CHECK(problems("").size() == 1);
}

TEST_CASE("config: duplicate keys are errors that name both lines") {
  const auto found = problems("{\"a\": {\"b\": 1,\n\"c\": 2,\n\"b\": 3}}");
  REQUIRE(found.size() == 1);
  CHECK(found[0].text() == "f.json:3: /a/b: the key is there twice; keep one of the two (the other is in line 1)");
}

TEST_CASE("config: depth and size are bounded") {
  CHECK(problems(std::string(63, '[') + std::string(63, ']')).empty());
  CHECK(problems(std::string(64, '[') + std::string(64, ']')).empty());
  CHECK(problems(std::string(65, '[') + std::string(65, ']')).size() == 1);
  CHECK(problems(std::string(1'000'000, '[')).size() == 1);
  std::string many = "[0";
  for (std::size_t i = 0; i < kMostValues; ++i) many += ",0";
  CHECK(problems(many + "]").size() == 1);
  CHECK(problems(std::string(kMostBytes + 1, ' ')).size() == 1);
}

TEST_CASE("config: a value on the command line is JSON or else a string") {
  Diagnostics diagnostics;
  CHECK(parse_json_or_string("5", kSource, diagnostics)->number == 5);
  CHECK(parse_json_or_string("\"5\"", kSource, diagnostics)->text == "5");
  CHECK(parse_json_or_string("64KiB", kSource, diagnostics)->text == "64KiB");
  CHECK(parse_json_or_string("", kSource, diagnostics)->text.empty());
  CHECK(parse_json_or_string("null", kSource, diagnostics)->is_null());
  CHECK(diagnostics.empty());
  CHECK_FALSE(parse_json_or_string("\xff", kSource, diagnostics));
  CHECK_FALSE(diagnostics.empty());
}

TEST_CASE("config: a document is written as JSON that reads back") {
  const std::string text =
      "{\n  \"a\": [1, -2, 0.5, \"x\\n\\u0001\\\"\"],\n  \"b\": {\n    \"c\": {}\n  },\n  \"d\": null,\n  \"e\": "
      "true\n}";
  CHECK(to_json(parsed(text)) == text);
}

TEST_CASE("config: merging goes member by member") {
  const Node node =
      merged(parsed(R"({"a": {"x": 1, "y": 2}, "b": [1, 2]})"), parsed(R"({"a": {"y": 3, "z": 4}, "b": [5]})"));
  CHECK(to_json(node) == to_json(parsed(R"({"a": {"x": 1, "y": 3, "z": 4}, "b": [5]})")));
}

}  // namespace json_reader_test
}  // namespace farfault::config
