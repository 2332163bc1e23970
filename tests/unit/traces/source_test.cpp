#include "traces/source.h"

#include <doctest/doctest.h>

#include "tests/unit/traces/testing.h"

namespace farfault::traces {
namespace source_test {

using testing::compressed;
using testing::error_of;
using testing::read_all;
using testing::TemporaryFile;

TEST_CASE("traces: a source opens the same trace again and again") {
  const std::string text = "==1== Lackey, an example Valgrind tool\nI  0401ab70,3\n S 1ffeffed88,8\n L 04033e06,1\n";
  for (const std::string& bytes : {text, compressed(text)}) {
    const TemporaryFile file(bytes, ".anything");
    const std::unique_ptr<Source> source = open_file(file.path());
    CHECK(source->description() == file.path());
    for (int i = 0; i < 3; ++i) {
      const std::unique_ptr<Reader> reader = source->open();
      CHECK(reader->format() == "lackey");
      CHECK(read_all(*reader).accesses ==
            std::vector<Access>{Access::make(0x1ffeffed88, 8, Op::kWrite, 1), Access::make(0x4033e06, 1, Op::kRead)});
    }
    // Two readers of one source do not know of each other.
    const std::unique_ptr<Reader> a = source->open();
    const std::unique_ptr<Reader> b = source->open();
    AccessBlock block;
    CHECK(a->next(block));
    CHECK(b->next(block));
    CHECK_FALSE(a->next(block));
    CHECK(block.empty());
  }
}

TEST_CASE("traces: a file that goes away between two readings is an error") {
  auto file = std::make_unique<TemporaryFile>(" L 04033e06,1\n");
  const std::string path = file->path();
  const std::unique_ptr<Source> source = open_file(path);
  file.reset();
  CHECK(error_of([&] { source->open(); }) == path + ": cannot be opened: No such file or directory; check the path");
}

TEST_CASE("traces: a file of no known format is refused and the known ones are named") {
  std::string known;
  for (const FormatInfo& format : formats()) known += (known.empty() ? "" : ", ") + std::string(format.name);
  const std::string problem = ": the format of this trace is not known: it does not begin like " + known +
                              "; known formats: " + known + "; each plain or compressed";
  for (const char* text : {"hello\n", "\n\n\n", "agent;op;addr;size\n", "==1== Memcheck, a memory error detector\n",
                           "I am text\n", " L x,1\n"}) {
    const TemporaryFile file(text);
    CHECK(error_of([&] { open_file(file.path()); }) == file.path() + problem);
  }
  const TemporaryFile nothing_inside(compressed(""));
  CHECK(error_of([&] { open_file(nothing_inside.path()); }) ==
        nothing_inside.path() + ": is empty; record the trace again");
  CHECK(error_of([] { open_file("/no/such/file"); }).starts_with("/no/such/file: cannot be opened"));
}

TEST_CASE("traces: words of the program before the trace do not hide its format") {
  const TemporaryFile file("hello\nworld\n==1== Lackey, an example Valgrind tool\n L 04033e06,1\n");
  const std::unique_ptr<Source> source = open_file(file.path());
  CHECK(error_of([&] { read_all(*source->open()); }).starts_with(file.path() + ":1: not a line of valgrind's lackey"));
}

}  // namespace source_test
}  // namespace farfault::traces
