#include "traces/readers/lackey.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "tests/unit/traces/testing.h"
#include "traces/source.h"

namespace farfault::traces {
namespace lackey_test {

using testing::Contents;
using testing::error_of;
using testing::read_all;
using testing::TemporaryFile;

LackeyReader reader_of(std::string_view text) { return LackeyReader(open_bytes_in_memory(text, "t")); }

Contents parsed(std::string_view text) {
  LackeyReader reader = reader_of(text);
  return read_all(reader);
}

std::string parse_error(const std::string& text) {
  return error_of([&] { parsed(text); });
}

/// The events of system calls alone: an access is added, without which a trace is an error.
std::vector<Event> events_of(const std::string& calls) {
  std::vector<Event> out;
  for (const Contents::PlacedEvent& placed : parsed(calls + " L 04033e06,1\n").events) out.push_back(placed.event);
  return out;
}

Event event(EventKind kind, std::uint64_t address = 0, std::uint64_t length = 0) {
  Event out;
  out.kind = kind;
  out.address = address;
  out.length = length;
  return out;
}

TEST_CASE("lackey: accesses carry address and size and operation and the instructions before them") {
  const TemporaryFile file(
      "==18199== Lackey, an example Valgrind tool\n"
      "==18199== Command: ./kernels bfs 11 8\n"
      "==18199== \n"
      "I  0401ab70,3\n"
      "I  0401ab73,5\n"
      " S 1fff0006d8,8\n"
      " L 1ffeffed88,16\n"
      "I  0401b770,1\n"
      " M 04033e06,1\n"
      "\n"
      "--18199-- a warning\n"
      " L 00000000,1024\n"
      "==18199== \n");
  LackeyReader reader(open_bytes(file.path()));
  CHECK(reader.format() == "lackey");
  const Contents contents = read_all(reader);
  CHECK(contents.accesses ==
        std::vector<Access>{Access::make(0x1fff0006d8, 8, Op::kWrite, 2), Access::make(0x1ffeffed88, 16, Op::kRead),
                            Access::make(0x4033e06, 1, Op::kReadModifyWrite, 1), Access::make(0, 1024, Op::kRead)});
  CHECK(contents.events.empty());
  CHECK(reader.meta().command == "./kernels bfs 11 8");
  REQUIRE(reader.agents().size() == 1);
  CHECK(reader.agents()[0].kind == AgentKind::kCpuThread);
  CHECK(reader.agents()[0].name == "thread 1");
  AccessBlock block;
  CHECK_FALSE(reader.next(block));
  CHECK(block.empty());
}

TEST_CASE("lackey: numbers of unusual width are read all the same") {
  const Contents contents = parsed(
      " L 0,1\n L a,9\n L 1234567,8\n L 123456789,8\n L fffffffffffffff0,8\n L 0000000000000010,00000008\n"
      " S 04033e06,1048576\nI  1,123456\nI  0123456789abcdef,1\n M 04033e06,99999\n");
  CHECK(contents.accesses ==
        std::vector<Access>{Access::make(0, 1, Op::kRead), Access::make(10, 9, Op::kRead),
                            Access::make(0x1234567, 8, Op::kRead), Access::make(0x123456789, 8, Op::kRead),
                            Access::make(0xfffffffffffffff0, 8, Op::kRead), Access::make(0x10, 8, Op::kRead),
                            Access::make(0x4033e06, 1 << 20, Op::kWrite),
                            Access::make(0x4033e06, 99999, Op::kReadModifyWrite, 2)});
}

TEST_CASE("lackey: the last line needs no line end") {
  CHECK(parsed(" L 04033e06,1\n S 04033e07,12").accesses.back() == Access::make(0x4033e07, 12, Op::kWrite));
}

TEST_CASE("lackey: instructions that do not fit a gap become a compute event") {
  const auto instructions = [](std::size_t n) {
    std::string out;
    for (std::size_t i = 0; i < n; ++i) out += "I  0401ab70,3\n";
    return out;
  };
  const Contents contents =
      parsed(instructions(Access::kMaxGap) + " L 04033e06,1\n" + instructions(std::size_t{Access::kMaxGap} + 3) +
             " S 04033e07,1\n" + instructions(5));
  CHECK(contents.accesses == std::vector<Access>{Access::make(0x4033e06, 1, Op::kRead, Access::kMaxGap),
                                                 Access::make(0x4033e07, 1, Op::kWrite, Access::kMaxGap)});
  REQUIRE(contents.events.size() == 2);
  CHECK(contents.events[0].position == 1);
  CHECK(contents.events[0].event.kind == EventKind::kCompute);
  CHECK(contents.events[0].event.value == 3);
  CHECK(contents.events[1].position == 2);
  CHECK(contents.events[1].event.kind == EventKind::kCompute);
  CHECK(contents.events[1].event.value == 5);
  CHECK(contents.instructions() == 2 * std::size_t{Access::kMaxGap} + 8);
}

TEST_CASE("lackey: blocks are full and events keep their place in them") {
  std::string text;
  for (std::size_t i = 0; i < 3 * kBlockAccesses; ++i) {
    if (i % kBlockAccesses == 0) text += "SYSCALL[7,1](11) sys_munmap ( 0x483c000, 4096 )[sync] --> Success(0x0) \n";
    text += " L 04033e06,1\n";
  }
  text += "SYSCALL[7,1](11) sys_munmap ( 0x483c000, 4096 )[sync] --> Success(0x0) \n";
  LackeyReader reader = reader_of(text);
  std::vector<std::size_t> sizes;
  std::vector<std::size_t> places;
  std::size_t before = 0;
  AccessBlock block;
  while (reader.next(block)) {
    sizes.push_back(block.accesses.size());
    for (const Event& e : block.events) {
      CHECK(e.position <= block.accesses.size());
      places.push_back(before + e.position);
    }
    before += block.accesses.size();
  }
  CHECK(sizes == std::vector<std::size_t>{kBlockAccesses, kBlockAccesses, kBlockAccesses, 0});
  CHECK(places == std::vector<std::size_t>{0, kBlockAccesses, 2 * kBlockAccesses, 3 * kBlockAccesses});
}

TEST_CASE("lackey: a trace of system calls alone comes in blocks of bounded size") {
  std::string text;
  for (int i = 0; i < 20'000; ++i) {
    text += "SYSCALL[7,1](11) sys_munmap ( 0x483c000, 4096 )[sync] --> Success(0x0) \n";
  }
  text += " L 04033e06,1\n";
  LackeyReader reader = reader_of(text);
  AccessBlock block;
  std::size_t events = 0;
  while (reader.next(block)) {
    CHECK(block.events.size() <= kBlockAccesses);
    events += block.events.size();
  }
  CHECK(events == 20'000);
}

TEST_CASE("lackey: mmap gives the place that the kernel chose and what stands behind it") {
  struct Case {
    const char* arguments;
    std::uint64_t length;
    std::uint8_t protection;
    Backing backing;
  };
  for (const Case& c : std::array{
           Case{"0x0, 8192, 3, 34, 4294967295, 0", 8192, 3, Backing::kPrivateAnonymous},
           Case{"0x0, 8196, 3, 34, 4294967295, 0", 12288, 3, Backing::kPrivateAnonymous},
           Case{"0x0, 8392704, 0, 131106, 4294967295, 0", 8392704, 0, Backing::kPrivateAnonymous},
           Case{"0x0, 16400, 1, 2050, 4, 0", 20480, 1, Backing::kFile},
           Case{"0x4838000, 4096, 5, 2066, 4, 4096", 4096, 5, Backing::kExecutable},
           Case{"0x0, 1, 1, 1, 4, 0", 4096, 1, Backing::kShared},
           Case{"0x0, 4096, 5, 1, 4, 0", 4096, 5, Backing::kShared},
           Case{"0x0, 4096, 3, 3, 4, 0", 4096, 3, Backing::kShared},
           Case{"0x0, 2097152, 3, 33, -1, 0", 2097152, 3, Backing::kShared},
           Case{"0x0, 2097152, 3, 262178, -1, 0", 2097152, 3, Backing::kHugeTlb},
           Case{"0x0, 4096, 3, 524291, 4, 0", 4096, 3, Backing::kDax},
           Case{"0x0, 0x2000, 16777223, 34, -1, 0", 8192, 7, Backing::kPrivateAnonymous},
       }) {
    Event expected = event(EventKind::kMmap, 0x4838000, c.length);
    expected.protection = c.protection;
    expected.backing = c.backing;
    const std::string line =
        "SYSCALL[18199,1](9) sys_mmap ( " + std::string(c.arguments) + " ) --> [pre-success] Success(0x4838000) \n";
    CHECK_MESSAGE(events_of(line) == std::vector<Event>{expected}, line);
  }
}

TEST_CASE("lackey: munmap and mprotect and mremap become events") {
  Event protect = event(EventKind::kMprotect, 0x4a18000, 16384);
  protect.protection = 1;
  Event moved = event(EventKind::kMremap, 0x483c000, 8192);
  moved.value = 0x4a2e000;
  moved.value2 = 1048576;
  CHECK(
      events_of("SYSCALL[7,1](11) sys_munmap ( 0x483c000, 53191 )[sync] --> Success(0x0) \n"
                "SYSCALL[7,1](10) sys_mprotect ( 0x4a18000, 16384, 1 )[sync] --> Success(0x0) \n"
                "SYSCALL[7,1](25) sys_mremap ( 0x483c000, 8192, 1048576, 0x1 ) --> [pre-success] Success(0x4a2e000) \n"
                "SYSCALL[7,1](25) sys_mremap ( 0x483c000, 8000, 1048570, 0x3, 0x4a2e000 ) --> [pre-success] "
                "Success(0x4a2e000) \n") ==
      std::vector<Event>{event(EventKind::kMunmap, 0x483c000, 53248), protect, moved, moved});
}

TEST_CASE("lackey: calls that failed change nothing") {
  CHECK(events_of("SYSCALL[7,1](9) sys_mmap ( 0x0, 0, 3, 34, 4294967295, 0 ) --> [pre-fail] Failure(0x16) \n"
                  "SYSCALL[7,1](11) sys_munmap ( 0x123001, 1 )[sync] --> Failure(0x16) \n"
                  "SYSCALL[7,1](10) sys_mprotect ( 0x123000, 4096, 1 )[sync] --> Failure(0xc) \n"
                  "SYSCALL[7,1](25) sys_mremap ( 0x4a2e000, 4096, 1048576, 0x0 ) --> [pre-fail] Failure(0xc) \n"
                  "SYSCALL[7,1](56) sys_clone ( 3d0f00, 0x0, 0x0, 0x0, 0x0 ) --> [pre-fail] Failure(0xb) \n")
            .empty());
}

TEST_CASE("lackey: the first brk gives the base of the heap and later ones its size") {
  CHECK(
      events_of("SYSCALL[18199,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000) \n"
                "SYSCALL[18199,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x4035000) \n"
                "SYSCALL[18199,1](12) sys_brk ( 0x4056000 ) --> [pre-success] Success(0x4056000) \n"
                // Valgrind's heap cannot grow for ever; then words of its own come between the call and its result.
                "SYSCALL[18199,1](12) sys_brk ( 0x4859000 )==18199== brk segment overflow in thread #1: can't grow to "
                "0x4859000\n"
                "==18199== (see section Limitations in user manual)\n"
                "==18199== NOTE: further instances of this message will not be shown\n"
                " --> [pre-success] Success(0x4056000) \n"
                "SYSCALL[18199,1](12) sys_brk ( 0x4054000 ) --> [pre-success] Success(0x4054000) \n"
                // Below the base: the process runs another program now.
                "SYSCALL[18199,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x3000000) \n") ==
      std::vector<Event>{event(EventKind::kBrk, 0x4035000, 0), event(EventKind::kBrk, 0x4035000, 0x21000),
                         event(EventKind::kBrk, 0x4035000, 0x1f000), event(EventKind::kBrk, 0x3000000, 0)});
}

TEST_CASE("lackey: results may come later and of several threads at once") {
  const Contents contents = parsed(
      "SYSCALL[7,1](11) sys_munmap ( 0x1000000, 4096 ) --> [async] ... \n"
      " L 04033e06,1\n"
      "SYSCALL[7,2](11) sys_munmap ( 0x2000000, 4096 )\n"
      " --> [async] ... \n"
      "SYSCALL[7,3](202) sys_futex ( 0x552e990, 265, 7607, 0x0, 0x0 ) --> [async] ... \n"
      " L 04033e06,1\n"
      "SYSCALL[7,2](11) ... [async] --> Success(0x0) \n"
      "SYSCALL[7,3](202) ... [async] --> Success(0x0) \n"
      " L 04033e06,1\n"
      "SYSCALL[7,1](11) ... [async] --> Success(0x0) \n"
      "SYSCALL[7,1](11) ... [async] --> Success(0x0) \n");
  REQUIRE(contents.events.size() == 2);
  CHECK(contents.events[0].position == 2);
  CHECK(contents.events[0].event.address == 0x2000000);
  CHECK(contents.events[1].position == 3);
  CHECK(contents.events[1].event.address == 0x1000000);
}

TEST_CASE("lackey: lines of calls that do not matter are skipped") {
  CHECK(events_of(
            "SYSCALL[7,1](257) sys_openat ( 4294967196, 0x4034bb0(/a) --> Success(0x1)), 524288 ) --> [async] ... \n"
            "SYSCALL[7,1](257) ... [async] --> Success(0x4) \n"
            "SYSCALL[7,1](334) unimplemented (by the kernel) syscall: 334! (ni_syscall)\n"
            " --> [pre-fail] Failure(0x26) \n"
            "SYSCALL[7,1](158) arch_prctl ( 4098, 4a2b740 ) --> [pre-success] Success(0x0) \n"
            "SYSCALL[7,1](39) sys_getpid ()[sync] --> Success(0x1d5a) \n"
            "SYSCALL[7,1](234) sys_tgkill ( 7, 7, 6 ) --> [async] ... \n"
            "==7== Process terminating with default action of signal 6 (SIGABRT)\n"
            "==7==    at 0x48D3EEC: __pthread_kill_implementation (pthread_kill.c:44)\n")
            .empty());
}

TEST_CASE("lackey: threads and children and the end are noted") {
  LackeyReader reader = reader_of(
      "SYSCALL[7606,1](56) sys_clone ( 3d0f00, 0x552df70, 0x552e990, 0x552e990, 0x552e6c0 ) --> [pre-success] "
      "Success(0x1db7) \n"
      "SYSCALL[7606,1](56) sys_clone ( 1200011, 0x0, 0x0, 0x4a2ba10, 0x0 )   clone(fork): process 7606 created child "
      "7608\n"
      " --> [pre-success] Success(0x1db8) \n"
      " --> [pre-success] Success(0x0) \n"
      "SYSCALL[7608,1](231) exit_group( 3 ) --> [pre-success] Success(0x0) \n"
      "SYSCALL[7606,1](58) sys_fork ( )   fork: process 7606 created child 7609\n"
      " --> [pre-success] Success(0x1db9) \n"
      "SYSCALL[7606,1](56) sys_clone ( 4111, 0x4846ff0, 0x0, 0x0, 0x0 ) --> [pre-success] Success(0x0) \n"
      "SYSCALL[7606,1](56) sys_clone ( 4111, 0x4846ff0, 0x0, 0x0, 0x0 ) --> [pre-success] Success(0x1dba) \n"
      " L 04033e06,1\n"
      "SYSCALL[7606,1](231) exit_group( 5 ) --> [pre-success] Success(0x0) \n");
  const Contents contents = read_all(reader);
  REQUIRE(contents.events.size() == 5);
  CHECK(contents.events[0].event.kind == EventKind::kMarker);
  CHECK(contents.events[0].event.name == "starts thread 7607");
  CHECK(contents.events[1].event.kind == EventKind::kFork);
  CHECK(contents.events[1].event.value == 7608);
  CHECK(contents.events[2].event.kind == EventKind::kFork);
  CHECK(contents.events[2].event.value == 7609);
  CHECK(contents.events[3].event.kind == EventKind::kFork);
  CHECK(contents.events[3].event.value == 7610);
  CHECK(contents.events[4].event.kind == EventKind::kExit);
  CHECK(contents.events[4].event.value == 5);
  CHECK(contents.events[4].position == 1);
  CHECK(reader.agents().size() == 1);
  CHECK(reader.limits().unknown.back().starts_with("process of an access"));
}

// With --trace-sched=yes. The lines are of recordings by valgrind 3.19.
constexpr std::string_view kFirstLock =
    "--17919--   SCHED[1]:  acquired lock (thread_wrapper(starting new thread))\n"
    "--17919--   SCHED[1]: entering VG_(scheduler)\n";

TEST_CASE("lackey: each access is of the thread that took the lock last") {
  const std::string all =
      std::string(kFirstLock) +
      "I  0401ab70,3\n"
      " S 1fff000710,8\n"
      "SYSCALL[17919,1](56) sys_clone ( 3d0f00, 0x5a2ef70, 0x5a2f990, 0x5a2f990, 0x5a2f6c0 ) --> [pre-success] "
      "Success(0x4601) --17919--   SCHED[1]: releasing lock (VG_(vg_yield)) -> VgTs_Yielding\n"
      "--17919--   SCHED[2]:  acquired lock (thread_wrapper(starting new thread))\n"
      "--17919--   SCHED[2]: entering VG_(scheduler)\n"
      " L 05000000,4\n"
      "--17919--   SCHED[2]: releasing lock (VG_(client_syscall)[async]) -> VgTs_WaitSys\n"
      "--17919--   SCHED[1]:  acquired lock (VG_(vg_yield))\n"
      "\n"
      " L 1fff000710,8\n"
      "--17919--   SCHED[2]:  acquired lock (VG_(client_syscall)[async])\n"
      "SYSCALL[17919,2](11) sys_munmap ( 0x5000000, 4096 )[sync] --> Success(0x0) \n"
      " S 05000008,4\n";
  LackeyReader reader = reader_of(all);
  const Contents contents = read_all(reader);
  CHECK(contents.accesses == std::vector<Access>{Access::make(0x1fff000710, 8, Op::kWrite, 1, 0),
                                                 Access::make(0x5000000, 4, Op::kRead, 0, 1),
                                                 Access::make(0x1fff000710, 8, Op::kRead, 0, 0),
                                                 Access::make(0x5000008, 4, Op::kWrite, 0, 1)});
  REQUIRE(reader.agents().size() == 2);
  CHECK(reader.agents()[0].name == "thread 1");
  CHECK(reader.agents()[1] == Agent{AgentKind::kCpuThread, "thread 2", kNoAgent});
  REQUIRE(contents.events.size() == 2);
  CHECK(contents.events[0].event.name == "starts thread 17921");
  CHECK(contents.events[0].event.agent == 0);
  CHECK(contents.events[1].event.kind == EventKind::kMunmap);
  CHECK(contents.events[1].event.agent == 1);
  for (const std::string& unknown : reader.limits().unknown) CHECK(unknown.find("thread") == std::string::npos);
}

TEST_CASE("lackey: instructions are counted for each thread, and none is lost when its number is used again") {
  const std::string to_1 = "--7--   SCHED[1]:  acquired lock (VG_(scheduler):timeslice)\n";
  const std::string to_2 = "--7--   SCHED[2]:  acquired lock (VG_(scheduler):timeslice)\n";
  const std::string new_2 = "--7--   SCHED[2]:  acquired lock (thread_wrapper(starting new thread))\n";
  const std::string i = "I  0401ab70,3\n";
  const std::string all = i + "--7--   SCHED[1]:  acquired lock (thread_wrapper(starting new thread))\n" + i + i +
                          new_2 + i + to_1 + i + " L 00001000,8\n" + to_2 + i + " L 00002000,8\n" + i + i + i + new_2 +
                          i + i + to_1 + i;
  LackeyReader reader = reader_of(all);
  const Contents contents = read_all(reader);
  CHECK(contents.accesses ==
        std::vector<Access>{Access::make(0x1000, 8, Op::kRead, 4, 0), Access::make(0x2000, 8, Op::kRead, 2, 1)});
  CHECK(reader.agents().size() == 3);
  // What the first thread 2 did at last, then what the others have left at the end.
  REQUIRE(contents.events.size() == 3);
  for (std::size_t k = 0; k < 3; ++k) CHECK(contents.events[k].event.kind == EventKind::kCompute);
  CHECK(contents.events[0].event.agent == 1);
  CHECK(contents.events[0].event.value == 3);
  CHECK(contents.events[1].event.agent == 0);
  CHECK(contents.events[1].event.value == 1);
  CHECK(contents.events[2].event.agent == 2);
  CHECK(contents.events[2].event.value == 2);
}

TEST_CASE("lackey: lines about the lock of another process are not of this trace's threads") {
  const std::string all = std::string(kFirstLock) +
                          "--17920--   SCHED[2]:  acquired lock (thread_wrapper(starting new thread))\n"
                          " L 04033e06,1\n";
  LackeyReader reader = reader_of(all);
  CHECK(read_all(reader).accesses[0].agent == 0);
  CHECK(reader.agents().size() == 1);
}

TEST_CASE("lackey: more threads than agents share the last one, and the limits say so") {
  std::string text(kFirstLock);
  for (std::size_t k = 0; k < kMaxAgents + 2; ++k) {
    text += "--17919--   SCHED[2]:  acquired lock (thread_wrapper(starting new thread))\nI  0401ab70,3\n";
  }
  const std::string all = text + " L 04033e06,1\n";
  LackeyReader reader = reader_of(all);
  const Contents contents = read_all(reader);
  CHECK(reader.agents().size() == kMaxAgents);
  CHECK(contents.accesses[0].agent == kMaxAgents - 1);
  CHECK(contents.instructions() == kMaxAgents + 2);
  const std::vector<std::string>& unknown = reader.limits().unknown;
  CHECK(std::count_if(unknown.begin(), unknown.end(),
                      [](const std::string& what) { return what.starts_with("thread of some accesses"); }) == 1);
  CHECK(parse_error("--7--   SCHED[4096]:  acquired lock (a)\n").find("is not below 4096") != std::string::npos);
  CHECK(parse_error("--7--   SCHED[x]:  acquired lock (a)\n").find("not a line of") != std::string::npos);
}

TEST_CASE("lackey: what many threads leave behind comes in blocks of bounded size") {
  std::string text(kFirstLock);
  for (std::size_t k = 2; k < LackeyReader::kMaxThreads; ++k) {
    text += "--17919--   SCHED[" + std::to_string(k) +
            "]:  acquired lock (thread_wrapper(starting new thread))\nI  0401ab70,3\n**17919** farfault: a\n";
  }
  const std::string all = text + " L 04033e06,1\nI  0401ab70,3\n";
  LackeyReader reader = reader_of(all);
  AccessBlock block;
  std::size_t events = 0;
  while (reader.next(block)) {
    CHECK(block.events.size() <= kBlockAccesses);
    events += block.events.size();
  }
  // A marker and a rest each; the last thread's single instruction before its access is a gap.
  CHECK(events == 2 * (LackeyReader::kMaxThreads - 2));
}

TEST_CASE("lackey: what the program prints through valgrind marks phases") {
  const Contents contents = parsed(std::string(kFirstLock) +
                                   " L 04033e06,1\n"
                                   "**17919** farfault: solve ]* \xff\n"
                                   "**17919** other words\n"
                                   "that go on\n"
                                   " L 04033e06,1\n"
                                   "**17919** farfault: " +
                                   std::string(5000, 'x') + "\n");
  REQUIRE(contents.events.size() == 2);
  CHECK(contents.events[0].event.kind == EventKind::kMarker);
  CHECK(contents.events[0].event.name == "solve ]* \xff");
  CHECK(contents.events[0].position == 1);
  CHECK(contents.events[1].event.name == std::string(LackeyReader::kMaxMarkerBytes, 'x'));
}

TEST_CASE("lackey: the end of the program is told") {
  const std::string begin(kFirstLock);
  const auto meta_of = [&](const std::string& end) {
    const std::string all = begin + " L 04033e06,1\n" + end;
    LackeyReader reader = reader_of(all);
    read_all(reader);
    return reader.meta();
  };
  const TraceMeta exited = meta_of("SYSCALL[17919,1](231) exit_group( 259 ) --> [pre-success] Success(0x0) \n");
  CHECK(exited.exit_status == 3);
  CHECK_FALSE(exited.exit_signal);
  const TraceMeta killed = meta_of(
      "==19453== Using Valgrind-3.19.0 and LibVEX; rerun with -h for copyright info\n"
      "==17919== Process terminating with default action of signal 11 (SIGSEGV)\n"
      "==17919==  Access not within mapped region at address 0x8\n"
      "SCHEDSETJMP(line 1034) tid 1, jumped=1476725570\n"
      "--17919--   SCHED[1]: exiting VG_(scheduler)\n");
  CHECK(killed.exit_signal == 11);
  CHECK_FALSE(killed.exit_status);
  CHECK(killed.recorder == "valgrind-3.19.0 lackey");
}

TEST_CASE("lackey: a program that becomes another one by exec ends the trace") {
  const std::string failed =
      "SYSCALL[7,1](59) sys_execve ( 0x4035ca8(/usr/sbin/true), 0x1298a8, 0x4035b58 ) --> [pre-fail] Failure(0x2) \n";
  const std::string called = "SYSCALL[7,1](59) sys_execve ( 0x4035ca8(/usr/bin/true), 0x1298a8, 0x4035b58 )";
  const auto ends_by_exec = [](const std::string& text) {
    const std::string all = " L 04033e06,1\n" + text;
    LackeyReader reader = reader_of(all);
    read_all(reader);
    const bool is_told = reader.limits().unknown.back() == "what the program did after it called exec";
    CHECK(is_told == reader.ended_by_exec());
    return reader.ended_by_exec();
  };
  CHECK(ends_by_exec(failed + called));
  CHECK(ends_by_exec(called + "\n"));
  CHECK_FALSE(ends_by_exec(failed));
  // A child's.
  CHECK_FALSE(ends_by_exec("SYSCALL[8,1](39) sys_getpid ()[sync] --> Success(0x8) \n" + called));
}

TEST_CASE("lackey: names of files may hold line ends") {
  const Contents contents = parsed(
      " L 04033e06,1\n"
      "SYSCALL[7,1](257) sys_openat ( 4294967196, 0x10a008(/tmp/a\n"
      "b) --> Success(0x1)\n"
      "x), 0 ) --> [async] ... \n"
      "--7--   SCHED[1]: releasing lock (VG_(client_syscall)[async]) -> VgTs_WaitSys\n"
      " L 04033e06,1\n");
  CHECK(contents.accesses.size() == 2);
  LackeyReader reader = reader_of(
      " L 04033e06,1\n"
      "SYSCALL[7,1](59) sys_execve ( 0x4035ca8(/tmp/a\nb), 0x1298a8, 0x4035b58 ) --> [pre-fail] Failure(0x2) \n");
  read_all(reader);
  CHECK_FALSE(reader.ended_by_exec());
  CHECK(parse_error("SYSCALL[7,1](334) unimplemented (by the kernel) syscall: 334! (ni_syscall)\nhello\n")
            .find("not a line of") != std::string::npos);
}

TEST_CASE("lackey: children that were not recorded are named among what is not known") {
  LackeyReader reader = reader_of(
      "SYSCALL[7606,1](56) sys_clone ( 1200011, 0x0, 0x0, 0x4a2ba10, 0x0 )   clone(fork): process 7606 created child "
      "7608\n"
      " --> [pre-success] Success(0x1db8) \n"
      " L 04033e06,1\n");
  read_all(reader);
  CHECK(reader.limits().unknown.back() == "accesses of child processes");
}

TEST_CASE("lackey: a map of a device is special") {
  const std::string calls =
      "SYSCALL[17919,1](2) sys_open ( 0x10a008(/dev/nvidia0), 2 )[sync] --> Success(0x3) \n"
      "SYSCALL[17919,1](9) sys_mmap ( 0x0, 4096, 3, 1, 3, 0 ) --> [pre-success] Success(0x4837000) \n"
      "SYSCALL[17919,1](9) sys_mmap ( 0x0, 4096, 3, 33, 3, 0 ) --> [pre-success] Success(0x4838000) \n";
  const std::vector<Event> events = events_of(std::string(kFirstLock) + calls);
  REQUIRE(events.size() == 2);
  CHECK(events[0].name == "/dev/nvidia0");
  CHECK(events[0].backing == Backing::kSpecial);
  CHECK(events[1].backing == Backing::kShared);
}

TEST_CASE("lackey: maps of files have the names that the files were opened with") {
  const auto names_of = [](const std::string& text) {
    std::vector<std::string> out;
    for (const Contents::PlacedEvent& placed : parsed(text).events) out.push_back(placed.event.name);
    return out;
  };
  const auto map = [](int descriptor, int flags = 2) {
    return "SYSCALL[17919,1](9) sys_mmap ( 0x0, 4096, 1, " + std::to_string(flags) + ", " + std::to_string(descriptor) +
           ", 0 ) --> [pre-success] Success(0x4837000) \n";
  };
  const std::string calls =
      "SYSCALL[17919,1](257) sys_openat ( 4294967196, 0x483ba40(/lib/a), (b) --> Success(0x9)), 524288 ) --> [async] "
      "... \n"
      "--17919--   SCHED[1]: releasing lock (VG_(client_syscall)[async]) -> VgTs_WaitSys\n"
      "--17919--   SCHED[1]:  acquired lock (VG_(client_syscall)[async])\n"
      "SYSCALL[17919,1](257) ... [async] --> Success(0x3) \n" +
      map(3) + map(3, 34) + map(4) +
      "SYSCALL[17919,1](33) sys_dup2 ( 3, 5 )[sync] --> Success(0x5) \n"
      "SYSCALL[17919,1](3) sys_close ( 3 )[sync] --> Success(0x0) \n" +
      map(3) + map(5) +
      "SYSCALL[17919,1](2) sys_open ( 0x10a008(c), 0 )[sync] --> Success(0x3) \n"
      "SYSCALL[17919,1](2) sys_open ( 0x10a008(d), 0 )[sync] --> Failure(0x2) \n"
      "SYSCALL[17919,1](33) sys_dup2 ( 3, 5 )[sync] --> Success(0x5) \n" +
      map(5) + "SYSCALL[17919,1](436) sys_close_range ( 3, 4294967295, 0 )[sync] --> Success(0x0) \n" + map(5) +
      " L 04033e06,1\n";
  const std::string a = "/lib/a), (b) --> Success(0x9)";
  CHECK(names_of(std::string(kFirstLock) + calls) == std::vector<std::string>{a, "", "", "", a, "c", ""});
  // As ever without the lines about the lock.
  std::string without = calls;
  without.erase(without.find("--17919--   SCHED[1]: rel"),
                without.find("SYSCALL[17919,1](257) ...") - without.find("--17919--   SCHED[1]: rel"));
  CHECK(names_of(without) == std::vector<std::string>(7));
}

TEST_CASE("lackey: names of open files are bounded in number and length") {
  OpenFiles files;
  files.open(1, std::string(OpenFiles::kMaxNameBytes, 'n'));
  files.open(2, std::string(OpenFiles::kMaxNameBytes + 1, 'n'));
  CHECK(files.name(1).size() == OpenFiles::kMaxNameBytes);
  CHECK(files.name(2).empty());
  for (std::uint64_t k = 2; k < 2 * OpenFiles::kMaxFiles; ++k) files.open(k, "a");
  CHECK(files.name(OpenFiles::kMaxFiles) == "a");
  CHECK(files.name(OpenFiles::kMaxFiles + 1).empty());
  files.close(1);
  files.open(9999, "b");
  CHECK(files.name(9999) == "b");
}

TEST_CASE("lackey: limits say what the trace does not tell") {
  LackeyReader without_calls = reader_of(" L 04033e06,1\n");
  read_all(without_calls);
  REQUIRE(without_calls.limits().unknown.size() == 4);
  CHECK(without_calls.limits().unknown[0] == "time of an access");
  CHECK(without_calls.limits().unknown[1].starts_with("thread of an access"));
  CHECK(without_calls.limits().unknown[2].starts_with("first maps of the executable"));
  CHECK(without_calls.limits().unknown[3] == "maps (recorded without --trace-syscalls=yes)");
  LackeyReader with_calls = reader_of(" L 04033e06,1\nSYSCALL[7,1](39) sys_getpid ()[sync] --> Success(0x1) \n");
  read_all(with_calls);
  CHECK(with_calls.limits().unknown.size() == 3);
}

TEST_CASE("lackey: lines that it does not write are errors that quote them") {
  const std::string remedy =
      "; if output of the program or of a second process is mixed in, record with --log-file=FILE and "
      "--child-silent-after-fork=yes";
  const TemporaryFile file(" L 04033e06,1\nhello\x1b[31m\n L 04033e06,1\n");
  LackeyReader reader(open_bytes(file.path()));
  CHECK(error_of([&] { read_all(reader); }) ==
        file.path() + ":2: not a line of valgrind's lackey: \"hello\\x1B[31m\"" + remedy);

  for (const char* line : {"I",
                           "I  ",
                           "I  0401ab70",
                           "I  0401ab70,",
                           "I  0401ab70,3 ",
                           "I  0401ab70,3\r",
                           "I 0401ab70,3",
                           "I  0401AB70,3",
                           "I  0401ab7g,3",
                           "I  ,3",
                           "I  12345678123456781,3",
                           " L",
                           " L ",
                           " L 04033e06",
                           " L 04033e06,",
                           " L 04033e06,1x",
                           " L 04033e06 1",
                           " L ,1",
                           " L 0x4033e06,1",
                           " L -4033e06,1",
                           " L 04033e06,-1",
                           "L 04033e06,1",
                           "  L 04033e06,1",
                           " X 04033e06,1",
                           " l 04033e06,1",
                           " L 04033e06,99999999999999999999",
                           "==x== a",
                           "==1=",
                           "=1=",
                           "--1==",
                           "SYSCALL[",
                           "SYSCALL[1](9) sys_brk ( 0x0 )",
                           "SYSCALL[1,1]",
                           "SYSCALL[1,1](9",
                           "SYSCALL[x,1](9) sys_brk ( 0x0 )",
                           " --> ",
                           " --> Success(0x0",
                           " --> [pre-success] Success(0x0) L 1fff0001d0,8",
                           "SB 04001000",
                           "\x80\xff"}) {
    const std::string error = parse_error(" L 04033e06,1\n\n" + std::string(line) + "\n L 04033e06,1\n");
    CHECK_MESSAGE(error.starts_with("t:3: not a line of valgrind's lackey: \""), line << ": " << error);
    CHECK(error.ends_with(remedy));
  }
}

TEST_CASE("lackey: an incomplete last line is told from a strange one") {
  CHECK(parse_error(" L 04033e06,1\nI  0401a") ==
        "t:2: the last line is cut short: \"I  0401a\"; the file is truncated: copy it again, or remove that line");
  CHECK(parse_error(" L 04033e06,1\n L 04033e06,").starts_with("t:2: the last line is cut short"));
  CHECK(parse_error(" L 04033e06,1\nhello\n L 04033e06,1").starts_with("t:2: not a line"));
}

TEST_CASE("lackey: accesses that cannot be are errors") {
  const std::string remedy = "; the file is damaged: copy or record it again";
  CHECK(parse_error("I  0401ab70,3\n L 04033e06,0\n") == "t:2: the access \" L 04033e06,0\" has no size" + remedy);
  CHECK(parse_error(" S 04033e06,1048577\n") ==
        "t:1: the access \" S 04033e06,1048577\" is larger than 1048576 bytes" + remedy);
  CHECK(parse_error("\n\n M 00000000004033e06,1\n") ==
        "t:3: the address in \" M 00000000004033e06,1\" has more than 16 hexadecimal digits" + remedy);
  CHECK(parse_error(" L fffffffffffffff9,8\n") ==
        "t:1: the access \" L fffffffffffffff9,8\" goes past the end of the address space" + remedy);
  CHECK(parse_error(" L ffffffffffffffff,1\n").starts_with("t:1: the access"));
  CHECK(parse_error(" L ffffffffffffff00,255\n").empty());
}

TEST_CASE("lackey: system calls that cannot be made out are errors") {
  for (const char* line :
       {"SYSCALL[7,1](9) sys_mmap", "SYSCALL[7,1](9) sys_mmap (", "SYSCALL[7,1](9) sys_mmap ( 0x0, 1 )",
        "SYSCALL[7,1](12) sys_brk ( )", "SYSCALL[7,1](12) sys_brk ( zero ) --> [pre-success] Success(0x0)",
        "SYSCALL[7,1](12) sys_brk ( 0x11112222333344445 ) --> [pre-success] Success(0x0)",
        "SYSCALL[7,1](12) sys_brk ( 0x0 0x0 ) --> [pre-success] Success(0x0)",
        "SYSCALL[7,1](12) sys_brk ( 1, 2, 3, 4, 5, 6, 7 ) --> [pre-success] Success(0x0)",
        "SYSCALL[7,1](12) sys_brk ( 0x0 ) --> ", "SYSCALL[7,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0)",
        "SYSCALL[7,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x)",
        "SYSCALL[7,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x1",
        "SYSCALL[7,1](12) sys_brk ( 0x0 ) --> [pre-success] Success(0x1) L 04033e06,1",
        "SYSCALL[7,1](12) sys_brk ( 0x0 ) --> [pre-success] Maybe(0x1)",
        "SYSCALL[7,1](57) sys_fork ( )   fork: process 7606 created child x"}) {
    const std::string error = parse_error(" L 04033e06,1\n" + std::string(line) + "\n");
    CHECK_MESSAGE(error.starts_with("t:2: cannot make out the system call in \"" + std::string(line)), error);
  }
  CHECK(parse_error("SYSCALL[7,1](11) sys_munmap ( 0xfffffffffffff000, 4096 )[sync] --> Success(0x0) \n")
            .starts_with("t:1: the range in \"SYSCALL[7,1](11) sys_munmap"));
  CHECK(parse_error("SYSCALL[7,1](11) sys_munmap ( 0x0, 18446744073709551615 )[sync] --> Success(0x0) \n")
            .starts_with("t:1: the range in"));
  std::string unfinished;
  for (std::size_t i = 0; i <= LackeyReader::kMaxUnfinishedCalls; ++i) {
    unfinished += "SYSCALL[7,1](11) sys_munmap ( 0x0, 4096 ) --> [async] ... \n";
  }
  CHECK(parse_error(unfinished).starts_with("t:1025: more than 1024 system calls have no result yet"));
}

TEST_CASE("lackey: a trace without an access is an error at its end") {
  CHECK(parse_error("==1== Lackey\nI  0401ab70,3\n") ==
        "t: the trace has no memory access (2 lines); record it with valgrind --tool=lackey --trace-mem=yes");
  LackeyReader reader = reader_of("SYSCALL[7,1](11) sys_munmap ( 0x483c000, 4096 )[sync] --> Success(0x0) \n");
  CHECK(error_of([&] { read_all(reader); }).starts_with("t: the trace has no memory access (1 lines)"));
}

TEST_CASE("lackey: line numbers are right far into a file") {
  std::string text;
  for (int i = 0; i < 200'000; ++i) text += i % 3 == 0 ? " L 04033e06,1\n" : "I  0401ab70,3\n";
  CHECK(parse_error(text + "oops\n").starts_with("t:200001: not a line"));
}

struct SampleTotals {
  const char* path;
  std::size_t instructions;
  std::size_t loads;
  std::size_t stores;
  std::size_t modifies;
  std::uint64_t bytes;
  const char* command;
};

void check_sample(const SampleTotals& totals, std::vector<std::pair<std::uint64_t, Event>>& events) {
  LackeyReader reader(open_bytes(totals.path));
  std::size_t by_op[4] = {};
  std::size_t instructions = 0;
  std::uint64_t bytes = 0;
  std::uint64_t before = 0;
  AccessBlock block;
  while (reader.next(block)) {
    for (const Access& access : block.accesses) {
      ++by_op[static_cast<std::size_t>(access.op())];
      instructions += access.gap;
      bytes += access.size();
    }
    for (const Event& e : block.events) {
      if (e.kind == EventKind::kCompute) instructions += e.value;
      events.emplace_back(before + e.position, e);
    }
    before += block.accesses.size();
  }
  // As counted by: zstdcat --long=27 FILE | awk '{n[substr($0, 1, 2)]++} END {for (k in n) print k, n[k]}'
  CHECK(by_op[static_cast<std::size_t>(Op::kRead)] == totals.loads);
  CHECK(by_op[static_cast<std::size_t>(Op::kWrite)] == totals.stores);
  CHECK(by_op[static_cast<std::size_t>(Op::kReadModifyWrite)] == totals.modifies);
  CHECK(by_op[static_cast<std::size_t>(Op::kAtomic)] == 0);
  CHECK(instructions == totals.instructions);
  CHECK(bytes == totals.bytes);
  CHECK(reader.meta().command == totals.command);
}

/// The events of one kind: where they are, address and length.
using Place = std::array<std::uint64_t, 3>;
std::vector<Place> places_of(const std::vector<std::pair<std::uint64_t, Event>>& events, EventKind kind,
                             Backing backing) {
  std::vector<Place> out;
  for (const auto& [position, e] : events) {
    if (e.kind == kind && e.backing == backing) out.push_back({position, e.address, e.length});
  }
  return out;
}

TEST_CASE("lackey: the bfs sample has the totals that awk counts and its events where they were") {
  std::vector<std::pair<std::uint64_t, Event>> events;
  check_sample({"traces/samples/bfs.lackey.zst", 6197572, 167960, 83296, 19914, 1301339, "./kernels bfs 11 8"}, events);
  REQUIRE(events.size() == 28);
  CHECK(places_of(events, EventKind::kBrk, Backing::kUnknown) ==
        std::vector<Place>{{4604, 0x4035000, 0}, {270127, 0x4035000, 0x21000}});
  CHECK(places_of(events, EventKind::kMmap, Backing::kExecutable) ==
        std::vector<Place>{{8269, 0x4838000, 4096}, {10141, 0x486f000, 1400832}});
  CHECK(places_of(events, EventKind::kMprotect, Backing::kUnknown) ==
        std::vector<Place>{
            {31329, 0x4a18000, 16384}, {32702, 0x483a000, 4096}, {33982, 0x10b000, 4096}, {36522, 0x4031000, 8192}});
  CHECK(places_of(events, EventKind::kMunmap, Backing::kUnknown) == std::vector<Place>{{37110, 0x483c000, 53248}});
  CHECK(places_of(events, EventKind::kMmap, Backing::kPrivateAnonymous) ==
        std::vector<Place>{{7989, 0x4835000, 8192},
                           {10310, 0x4a1e000, 53248},
                           {12738, 0x4a2b000, 12288},
                           {38949, 0x4a2e000, 65536},
                           {38955, 0x4a3e000, 65536},
                           {38961, 0x483c000, 12288},
                           {38966, 0x4a4e000, 65536},
                           {38972, 0x483f000, 8192},
                           {38978, 0x4841000, 8192},
                           {38983, 0x4843000, 8192}});
  // Five instructions follow the last access.
  CHECK(places_of(events, EventKind::kCompute, Backing::kUnknown) == std::vector<Place>{{271170, 0, 0}});
  CHECK(places_of(events, EventKind::kExit, Backing::kUnknown) == std::vector<Place>{{271170, 0, 0}});
}

TEST_CASE("lackey: the stream sample has the totals that awk counts and its events where they were") {
  std::vector<std::pair<std::uint64_t, Event>> events;
  check_sample(
      {"traces/samples/stream.lackey.zst", 7209452, 1601568, 1452915, 1483, 24369491, "./kernels stream 131072 2"},
      events);
  REQUIRE(events.size() == 24);
  std::vector<Place> anonymous = places_of(events, EventKind::kMmap, Backing::kPrivateAnonymous);
  REQUIRE(anonymous.size() == 6);
  anonymous.erase(anonymous.begin(), anonymous.begin() + 3);
  CHECK(anonymous ==
        std::vector<Place>{{38939, 0x4a2d000, 1048576}, {38944, 0x4b2d000, 1048576}, {38949, 0x4c2d000, 1048576}});
  CHECK(places_of(events, EventKind::kBrk, Backing::kUnknown) ==
        std::vector<Place>{{4604, 0x4035000, 0}, {3054933, 0x4035000, 0x21000}});
}

}  // namespace lackey_test
}  // namespace farfault::traces
