#include "traces/readers/csv.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/traces/testing.h"
#include "traces/formats.h"
#include "traces/native/writer.h"
#include "traces/text_form.h"

namespace farfault::traces {
namespace csv_test {

using testing::error_of;
using testing::read_bytes;
using testing::WholeTrace;

WholeTrace read(std::string_view text) { return read_bytes<CsvReader>(text); }
std::string parse_error(std::string_view text) {
  return error_of([&] { read(text); });
}

TEST_CASE("csv: a line is an access") {
  const WholeTrace trace = read(
      "agent,op,addr,size\n"
      "main,r,0x7f00000010aF,8\n"
      "main,W,4096,4\n"
      "worker,m,0X10,1\n"
      "main,A,18446744073709551611,4");
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x7f00000010af, 8, Op::kRead, 0, 0),
                                              Access::make(4096, 4, Op::kWrite, 0, 0),
                                              Access::make(16, 1, Op::kReadModifyWrite, 0, 1),
                                              Access::make(0xfffffffffffffffb, 4, Op::kAtomic, 0, 0)});
  CHECK(trace.events.empty());
  CHECK(trace.agents == std::vector<Agent>{{AgentKind::kCpuThread, "main"}, {AgentKind::kCpuThread, "worker"}});
  CHECK(trace.meta.time_unit.empty());
  CHECK(trace.limits.unknown.back() == "time of an access");
}

TEST_CASE("csv: the header decides the order of the columns") {
  const WholeTrace trace = read("time,size,addr,op,agent\n5,8,0x1000,w,a\n7,16,0x2000,r,b\n");
  REQUIRE(trace.accesses.size() == 2);
  CHECK(trace.accesses[1] == Access::make(0x2000, 16, Op::kRead, 0, 1));
  REQUIRE(trace.events.size() == 2);
  CHECK(trace.events[1].event.value == 2);
}

TEST_CASE("csv: times count from the first one, in whole nanoseconds, and are events where they change") {
  const WholeTrace trace =
      read("agent,op,addr,size,time\na,r,0,1,1000\na,r,1,1,1000.75\nb,r,2,1,1250.5\na,r,3,1,18446744073709551615\n");
  REQUIRE(trace.events.size() == 3);
  CHECK(trace.events[0].position == 0);
  CHECK(trace.events[0].event.kind == EventKind::kTimestamp);
  CHECK(trace.events[0].event.value == 0);
  CHECK(trace.events[1].position == 2);
  CHECK(trace.events[1].event.value == 250);
  CHECK(trace.events[1].event.agent == 1);
  CHECK(trace.events[2].event.value == 18446744073709551615U - 1000);
  CHECK(trace.meta.time_unit == "ns");
  CHECK(parse_error("agent,op,addr,size,time\na,r,0,1,10\n\na,r,0,1,9.9\n") ==
        "t:4: the time is before that of the access before it; sort the lines by time");
}

TEST_CASE("csv: kinds of agents follow from their names") {
  const WholeTrace trace = read(
      "agent,op,addr,size\n"
      "gpu0,r,0,1\nstream 7,r,0,1\ncta 3,r,0,1\ncopy 0,r,0,1\nmy gpu,r,0,1\nGPU,r,0,1\n");
  REQUIRE(trace.agents.size() == 6);
  const AgentKind kinds[] = {AgentKind::kGpuStream,  AgentKind::kGpuStream, AgentKind::kCtaGroup,
                             AgentKind::kCopyEngine, AgentKind::kCpuThread, AgentKind::kCpuThread};
  for (std::size_t i = 0; i < 6; ++i) CHECK(trace.agents[i].kind == kinds[i]);
}

TEST_CASE("csv: fields may be quoted, lines may end in CRLF or be blank, and a byte order mark is no name") {
  const WholeTrace trace = read(
      "\xEF\xBB\xBF\r\n\n\"agent\",op,\"addr\",size\r\n"
      "\r\n\"a, \"\"b\"\"\",\"r\",\"0x10\",\"4\"\r\n\n\"\"\"\",w,32,\"4\"");
  REQUIRE(trace.accesses.size() == 2);
  CHECK(trace.accesses[0] == Access::make(16, 4, Op::kRead, 0, 0));
  CHECK(trace.accesses[1] == Access::make(32, 4, Op::kWrite, 0, 1));
  CHECK(trace.agents[0].name == "a, \"b\"");
  CHECK(trace.agents[1].name == "\"");
}

Event event(EventKind kind, std::uint64_t address, std::uint64_t length, std::uint64_t value = 0,
            std::uint64_t value2 = 0) {
  Event out;
  out.kind = kind;
  out.address = address;
  out.length = length;
  out.value = value;
  out.value2 = value2;
  return out;
}

Event mapped(std::uint64_t address, std::uint64_t length, std::uint8_t protection, Backing backing) {
  Event out = event(EventKind::kMmap, address, length);
  out.protection = protection;
  out.backing = backing;
  return out;
}

TEST_CASE("csv: a line may be an event") {
  const WholeTrace trace = read(
      "agent,op,addr,size,detail\n"
      "main,mmap,0x100000,8589934592,\n"
      "main,w,0x100000,8,\n"
      "main,mmap,0x5000,4096,r-x file\n"
      "main,mmap,0x7000,4096, huge_tlb  ---\n"
      "main,gup,0x100001,8191,write\n"
      "main,gup,0x100000,4096,\n"
      "main,pin,0x100000,4096,write long_term\n"
      "main,pin,0x101000,1,long_term\n"
      "main,pin,0x102000,1,\n"
      "main,unpin,0x100000,4096,\n"
      "main,fork,0,0,4711\n"
      "main,fork,0,0,\n"
      "main,munmap,0x100000,4096,\n"
      "main,r,0x101000,8,\n");
  CHECK(trace.accesses ==
        std::vector<Access>{Access::make(0x100000, 8, Op::kWrite), Access::make(0x101000, 8, Op::kRead)});
  const std::vector<Event> expected = {mapped(0x100000, 8589934592, 3, Backing::kPrivateAnonymous),
                                       mapped(0x5000, 4096, 5, Backing::kFile),
                                       mapped(0x7000, 4096, 0, Backing::kHugeTlb),
                                       event(EventKind::kGup, 0x100001, 8191, 1),
                                       event(EventKind::kGup, 0x100000, 4096),
                                       event(EventKind::kPin, 0x100000, 4096, 1, 1),
                                       event(EventKind::kPin, 0x101000, 1, 0, 1),
                                       event(EventKind::kPin, 0x102000, 1),
                                       event(EventKind::kUnpin, 0x100000, 4096),
                                       event(EventKind::kFork, 0, 0, 4711),
                                       event(EventKind::kFork, 0, 0),
                                       event(EventKind::kMunmap, 0x100000, 4096)};
  REQUIRE(trace.events.size() == expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CAPTURE(i);
    Event found = trace.events[i].event;
    found.position = 0;
    CHECK(found == expected[i]);
    CHECK(trace.events[i].position == (i == 0 ? 0 : 1));
  }
  CHECK(std::find(trace.limits.unknown.begin(), trace.limits.unknown.end(), "maps") == trace.limits.unknown.end());
}

TEST_CASE("csv: the trace by hand of docs/traces.md keeps all its events when it is converted") {
  CsvReader reader(open_bytes_in_memory(R"(agent,op,addr,size,detail
main,mmap,0x10000000,8192,rw- private_anonymous
main,w,0x10000000,8,
main,w,0x10001000,8,
main,gup,0x10000000,4096,write
main,pin,0x10000000,8192,write long_term
gpu0 stream 7,r,0x10000000,128,
main,unpin,0x10000000,8192,
main,fork,0,0,4711
main,w,0x10001000,8,
)",
                                        "t"));
  std::string fft;
  NativeWriter writer(write_to_memory(fft, "fft"));
  CHECK(convert(reader, writer) == 4);
  const auto again = find_format("fft")->read(open_bytes_in_memory(fft, "fft"), {});
  std::string text;
  const auto sink = write_to_memory(text, "text");
  write_text(*again, *sink);
  CHECK(text == R"(agent 0 cpu_thread "main"
0 mmap 0x10000000+0x2000 rw- private_anonymous
0 W 0x10000000 8
0 W 0x10001000 8
0 gup 0x10000000+0x1000 write=1
0 pin 0x10000000+0x2000 write=1 long_term=1
agent 1 gpu_stream "gpu0 stream 7"
1 R 0x10000000 128
0 unpin 0x10000000+0x2000
0 fork child=4711
0 W 0x10001000 8
)");
}

TEST_CASE("csv: events have times, need no details, and may be all there is") {
  const WholeTrace trace = read("op,time,agent,size,addr\nfork,5,a,0,0\ngup,9,a,4096,0x1000\n");
  CHECK(trace.accesses.empty());
  REQUIRE(trace.events.size() == 4);
  CHECK(trace.events[1].event.kind == EventKind::kFork);
  CHECK(trace.events[2].event.value == 4);
  CHECK(trace.events[3].event.kind == EventKind::kGup);
}

TEST_CASE("csv: events that do not fit are errors that name line and field") {
  const auto error = [](const std::string& line) { return parse_error("agent,op,addr,size,detail\n" + line + "\n"); };
  CHECK(error("a,r,0,1,write") == "t:2: detail is \"write\"; leave it empty: an access has none");
  CHECK(error("a,gup,0,4096,writes") ==
        "t:2: detail is \"writes\"; write \"write\", or nothing where pages are only read");
  CHECK(error("a,pin,0,4096,write longterm") == "t:2: detail is \"longterm\"; write \"write\", \"long_term\" or both");
  CHECK(error("a,unpin,0,4096,write") == "t:2: detail is \"write\"; leave it empty: unpin has none");
  CHECK(error("a,munmap,0,4096,rw-") == "t:2: detail is \"rw-\"; leave it empty: munmap has none");
  CHECK(error("a,fork,0,0,-1") == "t:2: detail is \"-1\"; write the child's id as a decimal number");
  CHECK(error("a,fork,0,4096,1") == "t:2: a fork has no range; write 0 for addr and size");
  for (const char* word : {"rwxr", "wr-", "hep", "executabl"}) {
    CHECK(error("a,mmap,0,4096," + std::string(word)) ==
          "t:2: detail is \"" + std::string(word) +
              "\"; write a protection such as rw-, a backing such as private_anonymous, or both");
  }
  for (const char* range : {"1,4096", "4096,1", "0x1800,4096", "4096,6144"}) {
    CHECK(error("a,mmap," + std::string(range) + ",").starts_with("t:2: the mapping is not of whole pages; "));
  }
  for (const char* op : {"mmap", "munmap", "gup", "pin", "unpin"}) {
    CHECK(error("a," + std::string(op) + ",4096,0,") == "t:2: the range is empty; write its size in bytes");
  }
  CHECK(error("a,gup,4096,18446744073709551615,").starts_with("t:2: the range goes past the end of the address space"));
  CHECK(error("a,GUP,0,4096,").starts_with("t:2: op is \"GUP\""));
  CHECK(error("a,brk,0,4096,").starts_with("t:2: op is \"brk\""));
}

TEST_CASE("csv: headers that do not fit are errors") {
  const std::string remedy = "; the columns are agent, op, addr, size and, where there are such, time and detail";
  CHECK(parse_error("agent,op,addr,size,pc\n") == "t:1: unknown column \"pc\"" + remedy);
  CHECK(parse_error("agent,op,addr,size,\n") == "t:1: unknown column \"\"" + remedy);
  CHECK(parse_error("agent,op,addr, size\n") == "t:1: unknown column \" size\"" + remedy);
  CHECK(parse_error("\nagent,op,\x1b,size\n") == "t:2: unknown column \"\\x1B\"" + remedy);
  CHECK(parse_error("agent,op,addr,time\n") == "t:1: there is no column \"size\"" + remedy);
  CHECK(parse_error("agent,op,addr,size,op\n") == "t:1: the column \"op\" is there twice" + remedy);
  CHECK(parse_error("\n\n") ==
        "t: has no access (2 lines); the first line names the columns, \"agent,op,addr,size\"; accesses follow");
  CHECK(parse_error("agent,op,addr,size\n").starts_with("t: has no access (1 lines)"));
}

TEST_CASE("csv: lines that do not fit are errors that name line and field") {
  const auto error = [](const std::string& line) { return parse_error("agent,op,addr,size,time\n" + line + "\n"); };
  CHECK(error("a,x,0,1,0") ==
        "t:2: op is \"x\"; write r (read), w (write), m (read-modify-write), a (atomic), or mmap, munmap, fork, gup, "
        "pin, "
        "unpin");
  CHECK(error("a,,0,1,0").starts_with("t:2: op is \"\""));
  CHECK(error("a,rw,0,1,0").starts_with("t:2: op is \"rw\""));
  for (const char* address :
       {"", "0x", "-1", "+1", " 1", "1f", "0x1g", "18446744073709551616", "0x10000000000000000"}) {
    CHECK(error("a,r," + std::string(address) + ",1,0") ==
          "t:2: addr is \"" + std::string(address) + "\"; write a decimal number, or a hexadecimal one after 0x");
  }
  for (const char* size : {"", "0", "-1", "0x8", "8 ", "1073741824", "99999999999999999999"}) {
    CHECK(error("a,r,0," + std::string(size) + ",0") ==
          "t:2: size is \"" + std::string(size) + "\"; write 1 to 1073741823 bytes");
  }
  for (const char* time : {"", "-1", "1.", "1.x", ".5", "1e9", "1.2.3", "18446744073709551616"}) {
    CHECK(error("a,r,0,1," + std::string(time)) ==
          "t:2: time is \"" + std::string(time) + "\"; write nanoseconds, 1250 or 1250.5");
  }
  CHECK(error(",r,0,1,0") == "t:2: agent is \"\"; a name has 1 to 128 bytes, all printable");
  CHECK(error(std::string(129, 'a') + ",r,0,1,0").starts_with("t:2: agent is \"aaa"));
  CHECK(error("a\x1b[31m,r,0,1,0").starts_with("t:2: agent is \"a\\x1B[31m\""));
  CHECK(error(std::string(128, 'a') + ",r,0,1,0").empty());
  CHECK(error("a,r,18446744073709551615,1,0") ==
        "t:2: the access goes past the end of the address space; mend the line \"a,r,18446744073709551615,1,0\"");
  CHECK(error("a,r,0,1") == "t:2: has 4 fields instead of 5; complete the line");
  CHECK(error("a,r,0,1,0,") == "t:2: has more than 5 fields; quote a field that holds a comma");
  CHECK(error("\"a,r,0,1,0") ==
        "t:2: a quoted field does not end on its line; close the quotes; a quote inside them is written twice");
  CHECK(error("\"a\" ,r,0,1,0") == "t:2: something follows a quoted field: \" ,r,0,1,0\"; quote the whole field");
  CHECK(parse_error("agent,op,addr,size\na,r,0x1000,8\na,r,0x") ==
        "t:3: the last line is cut short: \"a,r,0x\"; the file is truncated: copy it again, or remove that line");
}

TEST_CASE("csv: agents are told apart whatever their order, up to as many as an access can name") {
  std::string text = "agent,op,addr,size\n";
  for (std::size_t i = 0; i < kMaxAgents; ++i) text += "t" + std::to_string(i) + ",r,0,1\n";
  const WholeTrace trace = read(text + "t0,r,0,1\nt65535,r,0,1\n");
  CHECK(trace.agents.size() == kMaxAgents);
  CHECK(trace.accesses[kMaxAgents].agent == 0);
  CHECK(trace.accesses[kMaxAgents + 1].agent == 65535);
  CHECK(parse_error(text + "one more,r,0,1\n") == "t:65538: there are more than 65536 agents; merge agents");
}

TEST_CASE("csv: blocks hold a bounded number of accesses and events") {
  std::string text = "agent,op,addr,size,time\n";
  for (int i = 0; i < 10'000; ++i) text += "a,r,0,1," + std::to_string(i) + "\n";
  CsvReader reader(open_bytes_in_memory(text, "t"));
  AccessBlock block;
  std::size_t accesses = 0;
  while (reader.next(block)) {
    CHECK(block.accesses.size() <= kBlockAccesses);
    CHECK(block.events.size() <= kBlockAccesses);
    accesses += block.accesses.size();
  }
  CHECK(accesses == 10'000);
}

TEST_CASE("csv: is recognised by a first line that names all columns that must be there") {
  CHECK(CsvReader::recognises("agent,op,addr,size\n"));
  CHECK(CsvReader::recognises("\xEF\xBB\xBF\r\n\"size\",addr,pc,op,agent\r\nx"));
  CHECK_FALSE(CsvReader::recognises("agent,op,addr\n"));
  CHECK_FALSE(CsvReader::recognises("agent,op,addr,sizes\n"));
  CHECK_FALSE(CsvReader::recognises("a,r,0,1\nagent,op,addr,size\n"));
  CHECK_FALSE(CsvReader::recognises(""));
  REQUIRE(find_format("csv") != nullptr);
  CHECK(find_format("csv")->recognises("agent,op,addr,size\n"));
}

}  // namespace csv_test
}  // namespace farfault::traces
