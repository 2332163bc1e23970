#include "sim/core/text.h"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

namespace farfault {
namespace text_test {

using namespace std::string_view_literals;
using Names = std::vector<std::string>;

TEST_CASE("text: edit distance counts single edits and swaps") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("lru", "lru") == 0);
  CHECK(edit_distance("", "lru") == 3);
  CHECK(edit_distance("lrru", "lru") == 1);
  CHECK(edit_distance("lu", "lru") == 1);
  CHECK(edit_distance("lfu", "lru") == 1);
  CHECK(edit_distance("rlu", "lru") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("ca", "abc") == 3);
}

TEST_CASE("text: nearest names") {
  const Names known = {"lru", "lfu", "fifo", "random", "tree-prefetch"};
  CHECK(nearest_names("lrru", known) == Names{"lru"});
  CHECK(nearest_names("LRU", known).front() == "lru");
  CHECK(nearest_names("lxu", known) == Names{"lfu", "lru"});
  CHECK(nearest_names("randmo", known) == Names{"random"});
  CHECK(nearest_names("treeprefetch", known) == Names{"tree-prefetch"});
  CHECK(nearest_names("clock", known).empty());
  CHECK(nearest_names("", known).empty());
  CHECK(nearest_names("x", Names{"y", "z"}).empty());
  CHECK(nearest_names("a1", Names{"a2", "a3", "a4", "a5"}) == Names{"a2", "a3", "a4"});
  CHECK(nearest_names(std::string(1'000'000, 'x'), known).empty());
}

TEST_CASE("text: name hints") {
  const Names known = {"fifo", "lfu", "lru"};
  CHECK(name_hint("lrru", known) == "did you mean \"lru\"?");
  CHECK(name_hint("lxu", known) == "did you mean \"lfu\" or \"lru\"?");
  CHECK(name_hint("a1", Names{"a2", "a3", "a4"}) == "did you mean \"a2\", \"a3\" or \"a4\"?");
  CHECK(name_hint("belady", known) == "known: fifo, lfu, lru");
  CHECK(name_hint("belady", Names{}) == "none is known");
  // What goes on as it was begun, if it is not too much.
  CHECK(name_hint("uvm", Names{"lru", "uvm-default", "uvm-other"}) == "did you mean \"uvm-default\" or \"uvm-other\"?");
  CHECK(name_hint("u", Names{"uvm-default"}) == "known: uvm-default");
  CHECK(name_hint("ab", Names{"ab-one", "ab-two", "ab-three", "ab-four"}).starts_with("known: "));
}

TEST_CASE("text: name hints list at most twelve") {
  Names known;
  for (int i = 0; i < 12; ++i) known.push_back("policy" + std::to_string(i));
  CHECK(name_hint("x", known).ends_with("policy11"));
  known.emplace_back("policy12");
  const std::string hint = name_hint("x", known);
  CHECK(hint.ends_with("policy11, ... (13 in all)"));
  CHECK(hint.find("policy12") == std::string::npos);
}

TEST_CASE("text: printable keeps valid UTF-8") {
  CHECK(printable("plain text") == "plain text");
  CHECK(printable("\xC2\xB5s \xE2\x82\xAC \xF0\x9F\x99\x82") == "\xC2\xB5s \xE2\x82\xAC \xF0\x9F\x99\x82");
  CHECK(printable("C:\\x") == "C:\\x");
  CHECK(printable("").empty());
}

TEST_CASE("text: printable escapes control characters") {
  CHECK(printable("a\nb\tc\x1B[0m\x7F") == "a\\x0Ab\\x09c\\x1B[0m\\x7F");
  CHECK(printable("a\0b"sv) == "a\\x00b");
  CHECK(printable("\xC2\x85") == "\\u{85}");
}

TEST_CASE("text: printable escapes what reorders text") {
  CHECK(printable("a\xE2\x80\xAE"
                  "b") == "a\\u{202E}b");
  CHECK(printable("\xE2\x80\x8E\xE2\x80\x8F") == "\\u{200E}\\u{200F}");
  CHECK(printable("\xE2\x80\xAA") == "\\u{202A}");
  CHECK(printable("\xE2\x81\xA6\xE2\x81\xA9") == "\\u{2066}\\u{2069}");
  CHECK(printable("\xD8\x9C\xEF\xBB\xBF") == "\\u{61C}\\u{FEFF}");
}

TEST_CASE("text: printable escapes bytes that are not UTF-8") {
  CHECK(printable("\xFF") == "\\xFF");
  CHECK(printable("\x80") == "\\x80");
  CHECK(printable("a\xC2") == "a\\xC2");
  CHECK(printable("\xC0\xAF") == "\\xC0\\xAF");                    // overlong
  CHECK(printable("\xE0\x80\xAF") == "\\xE0\\x80\\xAF");           // overlong
  CHECK(printable("\xED\xA0\x80") == "\\xED\\xA0\\x80");           // surrogate
  CHECK(printable("\xF4\x90\x80\x80") == "\\xF4\\x90\\x80\\x80");  // beyond U+10FFFF
  CHECK(printable("\xE2\x82"
                  "a") ==
        "\\xE2\\x82"
        "a");  // cut short
}

TEST_CASE("text: printable cuts long text at a character") {
  CHECK(printable(std::string(80, 'x')) == std::string(80, 'x'));
  CHECK(printable(std::string(81, 'x')) == std::string(77, 'x') + "...");
  CHECK(printable("abcdef", 5) == "ab...");
  CHECK(printable("abcdef", 6) == "abcdef");
  CHECK(printable("ab\xE2\x82\xAC"
                  "def",
                  7) == "ab...");  // no room for the whole euro sign
  CHECK(printable("ab\xE2\x82\xAC"
                  "def",
                  8) ==
        "ab\xE2\x82\xAC"
        "def");
  CHECK(printable("ab\x01"
                  "def",
                  8) == "ab...");
  CHECK(printable("abc", 2) == "ab");
  CHECK(printable("abc", 0).empty());
  CHECK(printable("abcd", 3) == "...");
}

TEST_CASE("text: fields of comma-separated values are quoted where they must be") {
  CHECK(csv_field("plain text") == "plain text");
  CHECK(csv_field("") == "");
  CHECK(csv_field("a,b") == "\"a,b\"");
  CHECK(csv_field("say \"x\"") == "\"say \"\"x\"\"\"");
  CHECK(csv_field("two\nlines\r") == "\"two\nlines\r\"");
}

}  // namespace text_test
}  // namespace farfault
