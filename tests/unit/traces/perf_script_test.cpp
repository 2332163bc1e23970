#include "traces/readers/perf_script.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/traces/testing.h"
#include "traces/formats.h"

namespace farfault::traces {
namespace perf_script_test {

using testing::error_of;
using testing::read_bytes;
using testing::WholeTrace;

constexpr const char* kRecording = "tests/unit/traces/fixtures/bfs14.perf-script.txt";

WholeTrace read(std::string_view text) { return read_bytes<PerfScriptReader>(text); }
std::string parse_error(std::string_view text) {
  return error_of([&] { read(text); });
}

const std::string kFault =
    "  kernels 18480 [001]  1143.479976: exceptions:page_fault_user: address=0x7f00 ip=0x4000 error_code=0x6\n";

std::string mmap_line(const std::string& fields) {
  return "  kernels 18480 [001]  1143.479980:    syscalls:sys_enter_mmap: " + fields + "\n";
}

TEST_CASE("perf script: a recording has the faults and fixed maps that awk counts") {
  std::ifstream file(kRecording, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  const WholeTrace trace = read(text);
  // awk '/page_fault_user/ {print $NF}' FILE | sort | uniq -c
  REQUIRE(trace.accesses.size() == 47);
  std::size_t writes = 0;
  for (const Access& access : trace.accesses) {
    writes += access.is_write() ? 1 : 0;
    CHECK(access.size() == 1);
    CHECK(access.agent == 0);
  }
  CHECK(writes == 19);
  CHECK(trace.accesses[0] == Access::make(0x7f8863645b70, 1, Op::kRead));
  CHECK(trace.accesses[1] == Access::make(0x7f886365ee06, 1, Op::kWrite));
  CHECK(trace.agents == std::vector<Agent>{{AgentKind::kCpuThread, "kernels 18480"}});

  const auto maps = trace.of_kind(EventKind::kMmap);
  REQUIRE(maps.size() == 4);
  CHECK(maps[0].position == 15);
  CHECK(maps[0].event.address == 0x7f8863458000);
  CHECK(maps[0].event.length == 0x156000);
  CHECK(maps[0].event.protection == 5);
  CHECK(maps[0].event.backing == Backing::kExecutable);
  CHECK(maps[1].event.backing == Backing::kFile);
  CHECK(maps[3].event.address == 0x7f8863607000);
  CHECK(maps[3].event.length == 0xd000);  // 0xcf50 in whole pages
  CHECK(maps[3].event.backing == Backing::kPrivateAnonymous);

  const auto times = trace.of_kind(EventKind::kTimestamp);
  CHECK(times[0].position == 0);
  CHECK(times[0].event.value == 0);
  CHECK(times[1].position == 1);
  CHECK(times[1].event.value == 8000);
  CHECK(trace.meta.time_unit == "ns");
}

TEST_CASE("perf script: what perf prints with call chains, process ids and nanoseconds is read") {
  const WholeTrace trace = read(
      "# ========\n"
      "# hostname : vm\n"
      "# perf version : 6.1.187\n"
      "# cmdline : /usr/bin/perf record -g -e exceptions:page_fault_user /bin/true \n"
      "#\n"
      "            true 24948/24949 [001]  5737.684146643: exceptions:page_fault_user: address=0x7f0f9d0b7b70 "
      "ip=0x7f0f9d0b7b70 error_code=0x14\n"
      "\tffffffff821f5340 exc_page_fault+0x2f0 ([kernel.kallsyms])\n"
      "\t           1ab70 _start+0x0 (/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2)\n"
      "\n"
      "            true 24948/24950  5737.684146743: exceptions:page_fault_user: address=0x7f0f9d0d0e06 "
      "ip=0x7f0f9d0b87ad error_code=0x7\n");
  REQUIRE(trace.accesses.size() == 2);
  CHECK(trace.accesses[0] == Access::make(0x7f0f9d0b7b70, 1, Op::kRead, 0, 0));
  CHECK(trace.accesses[1] == Access::make(0x7f0f9d0d0e06, 1, Op::kWrite, 0, 1));
  CHECK(trace.agents ==
        std::vector<Agent>{{AgentKind::kCpuThread, "true 24948/24949"}, {AgentKind::kCpuThread, "true 24948/24950"}});
  REQUIRE(trace.events.size() == 2);
  CHECK(trace.events[1].event.value == 100);
  CHECK(trace.meta.recorder == "perf 6.1.187");
  CHECK(trace.meta.command == "/usr/bin/perf record -g -e exceptions:page_fault_user /bin/true");
}

TEST_CASE("perf script: a thread keeps its first name, and names may look like anything") {
  const std::string fields = " exceptions:page_fault_user: address=0x1000 ip=0x4000 error_code=0x4\n";
  const WholeTrace trace = read("perf 7 [000] 1.000001:" + fields + "a.out 7 [000] 1.000002:" + fields +
                                "Web: 3 2.5: x 8 [000] 1.000003:" + fields + " 9 [000] 1.000004:" + fields +
                                "\x1b[31m 10 [000] 1.000005:" + fields);
  REQUIRE(trace.agents.size() == 4);
  CHECK(trace.agents[0].name == "perf 7");
  CHECK(trace.agents[1].name == "Web: 3 2.5: x 8");
  CHECK(trace.agents[2].name == "9");
  CHECK(trace.agents[3].name == "\\x1B[31m 10");
  CHECK(trace.accesses[1].agent == 0);
}

TEST_CASE("perf script: maps at addresses that the kernel chose or refused are left out") {
  const std::string anonymous = ", prot: 0x00000003, flags: 0x00000022, fd: 0xffffffff, off: 0x00000000";
  const std::string fixed = ", prot: 0x00000003, flags: 0x00000032, fd: 0xffffffff, off: 0x00000000";
  CHECK(read(kFault + mmap_line("addr: 0x00000000, len: 0x00002000" + anonymous)).of_kind(EventKind::kMmap).empty());
  CHECK(read(kFault + mmap_line("addr: 0x10000000, len: 0x00002000" + anonymous)).of_kind(EventKind::kMmap).empty());
  CHECK(read(kFault + mmap_line("addr: 0x10000100, len: 0x00002000" + fixed)).of_kind(EventKind::kMmap).empty());
  CHECK(read(kFault + mmap_line("addr: 0x10000000, len: 0x00000000" + fixed)).of_kind(EventKind::kMmap).empty());
  CHECK(read(kFault + mmap_line("addr: 0xfffffffffffff000, len: 0x2000" + fixed)).of_kind(EventKind::kMmap).empty());
  CHECK(read(kFault + mmap_line("addr: 0x10000000, len: 0x00002000" + fixed)).of_kind(EventKind::kMmap).size() == 1);
}

TEST_CASE("perf script: other events are skipped, and a time that falls stands still") {
  const WholeTrace trace =
      read(kFault + "  kernels 18480 [001]  1143.479970:     250000 cycles:  ffffffff8104f45a x\n" +
           "  kernels 18480 [001]  1143.479970: exceptions:page_fault_user: address=0x8000 "
           "ip=0x4000 error_code=0x4\n");
  CHECK(trace.accesses.size() == 2);
  CHECK(trace.events.size() == 1);
}

TEST_CASE("perf script: lines that cannot be made out are errors that quote them") {
  CHECK(
      parse_error(kFault + "hello\x1b\n") ==
      "t:2: not a line of perf script: \"hello\\x1B\"; a line is NAME PID [CPU] SECONDS: EVENT: FIELDS, as perf script "
      "prints it");
  for (const char* line :
       {"kernels 18480 [001]  1143: exceptions:page_fault_user: address=0x1 ip=0x1 error_code=0x1",
        "kernels 18480 [001]  1143.4799: exceptions:page_fault_user: address=0x1 ip=0x1 error_code=0x1",
        "kernels 18480 [001]  99999999999.479900: exceptions:page_fault_user: address=0x1 ip=0x1 error_code=0x1",
        "kernels x [001]  1143.479900: exceptions:page_fault_user: address=0x1 ip=0x1 error_code=0x1",
        "1143.479900: exceptions:page_fault_user: address=0x1 ip=0x1 error_code=0x1",
        "kernels 18480 [001]  1143.479900 exceptions:page_fault_user address=0x1"}) {
    CHECK_MESSAGE(parse_error(std::string(line) + "\n").starts_with("t:1: not a line of perf script"), line);
  }
  const std::string header = "kernels 18480 [001]  1143.479900: exceptions:page_fault_user: ";
  for (const char* fields : {"", "ip=0x1 error_code=0x1", "address=0x1 ip=0x1", "address=4096 ip=0x1 error_code=0x1",
                             "address=0x1g error_code=0x1", "address=0xffffffffffffffff error_code=0x1",
                             "address=0x12345678123456781 error_code=0x1", "xaddress=0x1 error_code=0x1"}) {
    CHECK_MESSAGE(parse_error(header + fields + "\n").starts_with("t:1: cannot make out the page fault: \"kernels"),
                  fields);
  }
  CHECK(parse_error(mmap_line("addr: 0x1000, len: 0x1000, prot: 0x3"))
            .starts_with("t:1: cannot make out the call of mmap: \"  kernels"));
  CHECK(parse_error(kFault + "kernels 18480 [001]  1143.47") ==
        "t:2: the last line is cut short: \"kernels 18480 [001]  1143.47\"; the file is truncated: copy it again, or "
        "remove that line");
  CHECK(parse_error("# nothing\n\n") ==
        "t: has no page fault (2 lines); record with perf record -e exceptions:page_fault_user");
}

TEST_CASE("perf script: is recognised by its faults alone") {
  CHECK(PerfScriptReader::recognises(kFault));
  CHECK(PerfScriptReader::recognises("# ========\n#\n\n" + mmap_line("addr: 0x0") + kFault));
  CHECK_FALSE(PerfScriptReader::recognises(mmap_line("addr: 0x0")));
  CHECK_FALSE(PerfScriptReader::recognises("see exceptions:page_fault_user: address=0x1 ip=0x1 error_code=0x1\n"));
  CHECK_FALSE(PerfScriptReader::recognises(""));
  REQUIRE(find_format("perf-script") != nullptr);
  CHECK(find_format("perf-script")->recognises(kFault));
}

}  // namespace perf_script_test
}  // namespace farfault::traces
