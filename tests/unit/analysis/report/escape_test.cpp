#include "analysis/report/escape.h"

#include <doctest/doctest.h>

#include "tests/unit/analysis/report/support.h"

namespace farfault::report {

TEST_CASE("report: text of elements and attributes is escaped") {
  CHECK(escaped("a < b & c > \"d\" 'e'") == "a &lt; b &amp; c &gt; &quot;d&quot; &#39;e&#39;");
  CHECK(escaped("line\nand\ttab") == "line\nand\ttab");
  CHECK(escaped_attribute("line\nand\ttab") == "line&#10;and&#9;tab");
  const std::string hostile = escaped(kHostile);
  CHECK(hostile.find_first_of("<>\"'") == std::string::npos);
}

TEST_CASE("report: control characters and bytes that are not UTF-8 are replaced") {
  const std::string gone = "\xEF\xBF\xBD";
  CHECK(escaped(std::string("a\0b", 3)) == "a" + gone + "b");
  CHECK(escaped("\x1B[31m\x7F") == gone + "[31m" + gone);
  CHECK(escaped("\xC2\x85") == gone);  // C1
  CHECK(escaped("\xFF\xC0\x80") == gone + gone + gone);
  CHECK(escaped("\xED\xA0\x80") == gone + gone + gone);  // half of a pair
  CHECK(escaped("\xEF\xBF\xBF") == gone);
  CHECK(escaped("\xE2\x82") == gone + gone);  // cut off
  CHECK(escaped("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80") == "\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80");
}

TEST_CASE("report: a name of a user stands apart, and is cut where it is long") {
  CHECK(user_text("\xE2\x80\xAE"
                  "abc") ==
        "<bdi>\xE2\x80\xAE"
        "abc</bdi>");
  const std::string name = "a\"<" + std::string(10'000, 'x');
  const std::string html = user_text(name, 40);
  CHECK(html.size() < 5000);
  CHECK(html.starts_with("<bdi title=\"a&quot;&lt;xxx"));
  CHECK(html.ends_with("xxx\xE2\x80\xA6</bdi>"));
  // Not within a character.
  CHECK(user_text("\xC3\xA4\xC3\xA4", 3) == "<bdi title=\"\xC3\xA4\xC3\xA4\">\xC3\xA4\xE2\x80\xA6</bdi>");
  CHECK(chart_label("a\nb\xE2\x80\xAE") == "a\\x0Ab\\u{202E}");
}

TEST_CASE("report: JSON in a script cannot end it") {
  const Json json = {{"</script>", "<!--\xE2\x80\xA8\xE2\x80\xA9\xFF"}};
  const std::string text = script_json(json);
  CHECK(text == "{\"\\u003c/script>\":\"\\u003c!--\\u2028\\u2029\xEF\xBF\xBD\"}");
  CHECK(Json::parse(script_json(Json(kHostile.substr(0, 40)))) == Json(kHostile.substr(0, 40)));
}

TEST_CASE("report: words of a command line") {
  CHECK(shell_word("links.pcie.generation=5") == "links.pcie.generation=5");
  CHECK(shell_word("") == "''");
  CHECK(shell_word("16 GiB") == "'16 GiB'");
  CHECK(shell_word("it's $HOME") == "'it'\\''s $HOME'");
}

}  // namespace farfault::report
