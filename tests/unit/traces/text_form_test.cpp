#include "traces/text_form.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "tests/unit/traces/records.h"

namespace farfault::traces {
namespace text_form_test {

using testing::event;
using testing::random_records;
using testing::range;
using testing::read;
using testing::Record;
using testing::RecordsReader;
using testing::some_agents;

std::string text_of(std::vector<Record> records, std::vector<Agent> agents = {{AgentKind::kCpuThread, "cpu"}},
                    std::size_t block_records = 7) {
  RecordsReader reader(std::move(records), std::move(agents), block_records);
  std::string out;
  const auto sink = write_to_memory(out, "out");
  write_text(reader, *sink);
  return out;
}

/// The text without the line of the agent.
std::string line_of(const Event& e) {
  std::string text = text_of({e});
  return text.substr(text.find('\n') + 1);
}

TEST_CASE("traces: the text of accesses") {
  CHECK(text_of({read(0xABCDEF, 8), Access::make(0xffffffffffff0000, 4096, Op::kWrite, 65535),
                 Access::make(0, 1, Op::kReadModifyWrite, 1), Access::make(16, Access::kMaxSize, Op::kAtomic)}) ==
        "agent 0 cpu_thread \"cpu\"\n"
        "0 R 0xabcdef 8\n"
        "0 W 0xffffffffffff0000 4096 +65535\n"
        "0 M 0x0 1 +1\n"
        "0 A 0x10 1073741823\n");
}

TEST_CASE("traces: the text of events") {
  Event map = range(EventKind::kMmap, 0x1000, 0x2000, Backing::kHeap);
  map.protection = 3;
  map.name = "a \"b\" \\ \n\xff";
  CHECK(line_of(map) == "0 mmap 0x1000+0x2000 rw- heap \"a \\\"b\\\" \\\\ \\x0A\\xFF\"\n");
  CHECK(line_of(range(EventKind::kMmap, 0x1000, 0x2000, Backing::kHugeTlb)) == "0 mmap 0x1000+0x2000 --- huge_tlb\n");
  CHECK(line_of(range(EventKind::kMmap, 0x1000, 0x2000, Backing::kDax)) == "0 mmap 0x1000+0x2000 --- dax\n");
  CHECK(line_of(range(EventKind::kMmap, 0x1000, 0x2000, Backing::kSpecial)) == "0 mmap 0x1000+0x2000 --- special\n");
  Event gup = range(EventKind::kGup, 0x1000, 0x2000);
  CHECK(line_of(gup) == "0 gup 0x1000+0x2000 write=0\n");
  gup.value = 1;
  CHECK(line_of(gup) == "0 gup 0x1000+0x2000 write=1\n");
  Event pin = range(EventKind::kPin, 0x1000, 0x2000);
  pin.value2 = 1;
  CHECK(line_of(pin) == "0 pin 0x1000+0x2000 write=0 long_term=1\n");
  CHECK(line_of(range(EventKind::kUnpin, 0x1000, 0x2000)) == "0 unpin 0x1000+0x2000\n");
  CHECK(line_of(event(EventKind::kFork, 4711)) == "0 fork child=4711\n");
  CHECK(line_of(range(EventKind::kMunmap, 0x1000, 0x2000)) == "0 munmap 0x1000+0x2000\n");
  Event move = range(EventKind::kMremap, 0x1000, 0x2000);
  move.value = 0x9000;
  CHECK(line_of(move) == "0 mremap 0x1000+0x2000 to=0x9000 new_length=0x0\n");
  Event protect = range(EventKind::kMprotect, 0, 0);
  CHECK(line_of(protect) == "0 mprotect 0x0+0x0 ---\n");
  protect.protection = 0xff;
  CHECK(line_of(protect) == "0 mprotect 0x0+0x0 protection=0xff\n");
  CHECK(line_of(event(EventKind::kCompute, 70000)) == "0 compute instructions=70000\n");
  CHECK(line_of(event(EventKind::kKernelLaunch, 0, 0, "k")) == "0 kernel_launch by=0 resident_blocks=0 \"k\"\n");
  Event turn = event(EventKind::kThreadBlock, 7);
  turn.value2 = 1;
  CHECK(line_of(turn) == "0 thread_block block=7 stage=1\n");
  CHECK(line_of(event(EventKind::kMarker)) == "0 marker \"\"\n");
  CHECK(line_of(event(EventKind::kKernelEnd)) == "0 kernel_end\n");
  Event copy = range(EventKind::kMemcpy, 0x1000, 0x10);
  copy.value = 0x2000;
  copy.value2 = static_cast<std::uint64_t>(CopyDirection::kDeviceToHost);
  CHECK(line_of(copy) == "0 memcpy 0x1000+0x10 to=0x2000 direction=device_to_host\n");
  copy.value2 = 77;
  CHECK(line_of(copy) == "0 memcpy 0x1000+0x10 to=0x2000 direction=77\n");
  Event advice = range(EventKind::kAdvise, 0x1000, 0x10);
  advice.value = static_cast<std::uint64_t>(Advice::kReadMostly);
  advice.value2 = 1;
  CHECK(line_of(advice) == "0 advise 0x1000+0x10 advice=read_mostly processor=1\n");
}

TEST_CASE("traces: the text shows every field of an event that is set, whether its kind uses it or not") {
  for (std::size_t kind = 0; kind < kEventKindCount; ++kind) {
    const Event plain = event(static_cast<EventKind>(kind));
    std::vector<Event> others(7, plain);
    others[0].backing = Backing::kShared;
    others[1].protection = 5;
    others[2].address = 7;
    others[3].length = 7;
    others[4].value = 7;
    others[5].value2 = 7;
    others[6].name = "n";
    std::set<std::string> texts = {line_of(plain)};
    for (const Event& other : others) texts.insert(line_of(other));
    CAPTURE(kind);
    CHECK(texts.size() == 8);
  }
}

TEST_CASE("traces: the text introduces agents where they first do something, after those they belong to") {
  const std::vector<Agent> agents = {{AgentKind::kCpuThread, "cpu"},
                                     {AgentKind::kGpuStream, "gpu"},
                                     {AgentKind::kCtaGroup, "ctas", 1},
                                     {AgentKind::kCopyEngine, "a\"b"}};
  CHECK(text_of({read(0, 1, 0, 2), read(0, 1, 0, 0)}, agents) ==
        "agent 1 gpu_stream \"gpu\"\n"
        "agent 2 cta_group \"ctas\" parent=1\n"
        "2 R 0x0 1\n"
        "agent 0 cpu_thread \"cpu\"\n"
        "0 R 0x0 1\n"
        "agent 3 copy_engine \"a\\\"b\"\n");
  CHECK(text_of({event(EventKind::kStreamSync, 1, 0)}, agents).starts_with("agent 0 cpu_thread \"cpu\"\nagent 1 gpu"));
}

TEST_CASE("traces: parents that go round in a circle, or are not there, end") {
  CHECK(text_of({read(0, 1)}, {{AgentKind::kCtaGroup, "a", 1}, {AgentKind::kCtaGroup, "b", 0}}) ==
        "agent 1 cta_group \"b\" parent=0\nagent 0 cta_group \"a\" parent=1\n0 R 0x0 1\n");
  CHECK(text_of({}, {{AgentKind::kCtaGroup, "a", 77}}) == "agent 0 cta_group \"a\" parent=77\n");
}

TEST_CASE("traces: the text does not depend on how a trace is cut into blocks") {
  const std::vector<Record> records = random_records(5, 5000, 50, 4);
  const std::string text = text_of(records, some_agents(4), 5000);
  CHECK(text == text_of(records, some_agents(4), 1));
  CHECK(text == text_of(records, some_agents(4), 13));
  CHECK(std::count(text.begin(), text.end(), '\n') == 5004);
}

}  // namespace text_form_test
}  // namespace farfault::traces
