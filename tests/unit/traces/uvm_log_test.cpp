#include "traces/readers/uvm_log.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/unit/traces/testing.h"
#include "traces/formats.h"

namespace farfault::traces {
namespace uvm_log_test {

using testing::error_of;
using testing::read_bytes;
using testing::WholeTrace;

constexpr const char* kLog = "tests/unit/traces/fixtures/uvm-eval/abc_1.log";

WholeTrace read(std::string_view text) { return read_bytes<UvmLogReader>(text); }
std::string parse_error(std::string_view text) {
  return error_of([&] { read(text); });
}

/// A record of a fault on the given micro-TLB of GPC 0.
std::string fault(const std::string& address, int time, int access_type, int micro_tlb = 1) {
  return "4,1,2,-;f," + address + ',' + std::to_string(time) + ",0," + std::to_string(access_type) + ",2,1,0,0,0,127," +
         std::to_string(micro_tlb) + ",0,1,63\n";
}
const std::string kBegin = "4,1,2,-;s,\n";
const std::string kEnd = "4,1,2,-;b,\n";

WholeTrace recorded_log() {
  std::ifstream file(kLog, std::ios::binary);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  REQUIRE(!text.empty());
  return read(text);
}

TEST_CASE("uvm log: the recorded vector addition has 64 reads and 32 writes of one micro-TLB in its three batches") {
  const WholeTrace log = recorded_log();
  REQUIRE(log.accesses.size() == 96);
  for (std::size_t i = 0; i < 96; ++i) {
    CHECK(log.accesses[i].op() == (i < 64 ? Op::kRead : Op::kWrite));
    CHECK(log.accesses[i].agent == 1);
    CHECK(log.accesses[i].size() == 1);
  }
  CHECK(log.agents ==
        std::vector<Agent>{{AgentKind::kCpuThread, "uvm driver"}, {AgentKind::kGpuStream, "gpc 0 utlb 1"}});

  const auto markers = log.of_kind(EventKind::kMarker);
  REQUIRE(markers.size() == 6);
  const std::uint64_t positions[6] = {0, 56, 56, 64, 64, 96};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(markers[i].position == positions[i]);
    CHECK(markers[i].event.name == (i % 2 == 0 ? "batch begins" : "batch ends"));
    CHECK(markers[i].event.agent == 0);
  }
  const auto dependencies = log.of_kind(EventKind::kDependency);
  REQUIRE(dependencies.size() == 1);
  CHECK(dependencies[0].position == 64);
  CHECK(dependencies[0].event.agent == 1);
  const auto frees = log.of_kind(EventKind::kMunmap);
  REQUIRE(frees.size() == 4);
  CHECK(frees[0].position == 0);
  CHECK(frees[0].event.address == 0x207600000);
  CHECK(frees[3].position == 96);
  CHECK(frees[3].event.address == 0x7fb144400000);
  CHECK(frees[3].event.length == 2097152);
}

TEST_CASE("uvm log: faults of a batch come in the order of their GPU timestamps") {
  const WholeTrace log = recorded_log();
  // The log's oldest entry is the first of three with ...809664 and ...809696 (lines 31 to 34).
  CHECK(log.accesses[0].address == 0x7fb144203000);
  CHECK(log.accesses[1].address == 0x7fb144200000);
  CHECK(log.accesses[2].address == 0x7fb144201000);
  CHECK(log.accesses[3].address == 0x7fb144202000);
  CHECK(log.accesses[4].address == 0x7fb144204000);
  const auto times = log.of_kind(EventKind::kTimestamp);
  CHECK(times.front().position == 0);
  CHECK(times.front().event.value == 0);
  CHECK(times[1].position == 1);
  CHECK(times[1].event.value == 32);
  CHECK(times.back().event.value == 1606348764143813856 - 1606348764141809664);
  CHECK(std::is_sorted(times.begin(), times.end(),
                       [](const auto& a, const auto& b) { return a.event.value < b.event.value; }));
  CHECK(log.meta.time_unit == "ns");
}

TEST_CASE("uvm log: time stands still for faults that are older than the batch before") {
  const WholeTrace log =
      read(kBegin + fault("1000", 50, 1) + kEnd + kBegin + fault("2000", 40, 1) + fault("3000", 60, 1) + kEnd);
  const auto times = log.of_kind(EventKind::kTimestamp);
  REQUIRE(times.size() == 2);
  CHECK(times[0].event.value == 0);
  CHECK(times[1].position == 2);
  CHECK(times[1].event.value == 10);
}

TEST_CASE("uvm log: access types are those of the driver") {
  const WholeTrace log = read(kBegin + fault("1000", 1, 1) + fault("2000", 2, 2) + fault("3000", 3, 3) +
                              fault("4000", 4, 4) + fault("5123", 5, 0) + kEnd);
  REQUIRE(log.accesses.size() == 4);
  CHECK(log.accesses[0].op() == Op::kRead);
  CHECK(log.accesses[1].op() == Op::kWrite);
  CHECK(log.accesses[2].op() == Op::kAtomic);
  CHECK(log.accesses[3].op() == Op::kAtomic);
  const auto prefetches = log.of_kind(EventKind::kPrefetch);
  REQUIRE(prefetches.size() == 1);
  CHECK(prefetches[0].event.address == 0x5000);
  CHECK(prefetches[0].event.length == 4096);
  CHECK(prefetches[0].event.value == 1);
  CHECK(parse_error(fault("1000", 1, 5)).starts_with("t:1: access type 5 unknown: \"4,1,2,-;f,1000,1,0,5,"));
}

TEST_CASE("uvm log: a write depends on reads of earlier batches of its micro-TLB, not on those beside it") {
  const auto dependencies_of = [](const std::string& text) {
    const WholeTrace log = read(text);
    std::vector<std::pair<std::uint64_t, std::uint16_t>> places;
    for (const auto& placed : log.of_kind(EventKind::kDependency)) {
      places.emplace_back(placed.position, placed.event.agent);
    }
    return places;
  };
  using Places = std::vector<std::pair<std::uint64_t, std::uint16_t>>;
  CHECK(dependencies_of(kBegin + fault("1000", 1, 1) + fault("2000", 2, 2) + kEnd).empty());
  // Before the batch's first fault of the micro-TLB, once.
  CHECK(dependencies_of(kBegin + fault("1000", 1, 1) + kEnd + kBegin + fault("2000", 3, 2) + fault("3000", 2, 1) +
                        fault("4000", 4, 2) + kEnd) == Places{{1, 1}});
  // What was read beside the write counts for the next batch.
  CHECK(dependencies_of(kBegin + fault("1000", 1, 1) + fault("2000", 2, 2) + kEnd + kBegin + fault("3000", 3, 3) +
                        kEnd + kBegin + fault("4000", 4, 2) + kEnd) == Places{{2, 1}});
  CHECK(dependencies_of(kBegin + fault("1000", 1, 1, 1) + kEnd + kBegin + fault("2000", 2, 2, 2) + kEnd).empty());
}

TEST_CASE("uvm log: an agent is a micro-TLB of a GPC, or of the hub") {
  const WholeTrace log = read(
      "4,1,2,-;f,1000,1,0,1,2,1,0,0,5,127,3,2,1,63\n"
      "4,1,2,-;f,2000,2,0,1,2,1,0,0,6,127,3,1,1,63\n"
      "4,1,2,-;f,3000,3,0,1,2,1,0,0,9,127,3,2,7,63\n"
      "4,1,2,-;f,4000,4,0,1,2,1,1,2,9,15,0,0,7,63\n");
  CHECK(log.agents == std::vector<Agent>{{AgentKind::kCpuThread, "uvm driver"},
                                         {AgentKind::kGpuStream, "gpc 2 utlb 3"},
                                         {AgentKind::kGpuStream, "gpc 1 utlb 3"},
                                         {AgentKind::kCopyEngine, "hub utlb 0"}});
  REQUIRE(log.accesses.size() == 4);
  CHECK(log.accesses[2].agent == 1);
  CHECK(log.accesses[3].agent == 3);
  CHECK(parse_error("4,1,2,-;f,1000,1,0,1,2,1,2,0,5,127,3,2,1,63\n").starts_with("t:1: client type 2 unknown"));
}

TEST_CASE("uvm log: other records and their dictionaries are skipped") {
  const WholeTrace log = read(
      "6,339,5140900,-;NET: Registered protocol family 10\n"
      " SUBSYSTEM=net\n\n"
      "30,340,5690716,c;udevd[80]: starting version 181\n" +
      kBegin + "4,1,2,-;final words\n" + fault("1000", 1, 1) + kEnd);
  CHECK(log.accesses.size() == 1);
  CHECK(log.of_kind(EventKind::kMarker).size() == 2);
}

TEST_CASE("uvm log: a log that begins or ends inside a batch keeps its faults") {
  const WholeTrace log = read(fault("1000", 2, 1) + fault("2000", 1, 1) + kEnd + kBegin + fault("3000", 3, 1) + kBegin +
                              fault("4000", 4, 1));
  REQUIRE(log.accesses.size() == 4);
  CHECK(log.accesses[0].address == 0x2000);
  CHECK(log.accesses[3].address == 0x4000);
  const auto markers = log.of_kind(EventKind::kMarker);
  REQUIRE(markers.size() == 3);
  CHECK(markers[0].position == 2);
  CHECK(markers[2].position == 3);
}

TEST_CASE("uvm log: batches of any allowed size come through in blocks, larger ones are an error") {
  std::string text = kBegin;
  for (std::size_t i = 0; i < UvmLogReader::kMaxBatchFaults; ++i) text += fault("1000", static_cast<int>(i), 1);
  const std::string twice = text + kEnd + text + kEnd;
  UvmLogReader reader(open_bytes_in_memory(twice, "t"));
  AccessBlock block;
  std::size_t accesses = 0;
  while (reader.next(block)) {
    CHECK(block.accesses.size() <= kBlockAccesses);
    CHECK(block.events.size() <= kBlockAccesses);
    accesses += block.accesses.size();
  }
  CHECK(accesses == 2 * UvmLogReader::kMaxBatchFaults);
  CHECK(parse_error(text + fault("1000", 1, 1)) ==
        "t:4098: the batch has more than 4096 faults; lines are missing from the log: record it with a larger kernel "
        "log (log_buf_len)");
}

TEST_CASE("uvm log: lines that are not as the driver writes them are errors that quote them") {
  const std::string remedy =
      "; a line is PRIORITY,SEQUENCE,MICROSECONDS,-;TEXT as /dev/kmsg gives it, with the texts of the instrumented "
      "driver";
  CHECK(parse_error(kBegin + "s,\n") == "t:2: not a record of /dev/kmsg: \"s,\"" + remedy);
  for (const char* line : {"4,1,-;s,", "4,1,2;s,", "4,1,2,;s,", "x,1,2,-;s,", "[ 1.5] s,", "4,1,2,-,s"}) {
    CHECK_MESSAGE(parse_error(kBegin + line + "\n").starts_with("t:2: not a record of /dev/kmsg"), line);
  }
  for (const char* line :
       {"f,", "f,1000", "f,1000,1,0,1,2,1,0,0,0,127,1,0,1", "f,1000,1,0,1,2,1,0,0,0,127,1,0,1,63,5",
        "f,0x1000,1,0,1,2,1,0,0,0,127,1,0,1,63", "f,1000,1,0,-1,2,1,0,0,0,127,1,0,1,63",
        "f,12345678123456781,1,0,1,2,1,0,0,0,127,1,0,1,63", "f,1000,99999999999999999999,0,1,2,1,0,0,0,127,1,0,1,63"}) {
    CHECK_MESSAGE(parse_error("4,1,2,-;" + std::string(line) + "\n").starts_with("t:1: not a fault of 14 fields"),
                  line);
  }
  CHECK(parse_error("4,1,2,-;f,fffffffffffff001,1,0,1,2,1,0,0,0,127,1,0,1,63\n")
            .starts_with("t:1: address out of range"));
  const std::string range = "4,1,2,-;uvm range destroy va_range->node.start, va_range->size: ";
  CHECK(parse_error(range + "1000, 4096\n").starts_with("t:1: not a range"));
  CHECK(parse_error(range + "0x1000, 4096 B\n").starts_with("t:1: not a range"));
  for (const char* numbers : {"0x1001, 4096", "0x1000, 4095", "0x1000, 0", "0xfffffffffffff000, 4096"}) {
    CHECK(parse_error(range + numbers + "\n").starts_with("t:1: the range does not consist of whole pages"));
  }
  CHECK(parse_error(kBegin + "4,1,2,-;f,1000,1,0") ==
        "t:2: the last line is cut short: \"4,1,2,-;f,1000,1,0\"; the file is truncated: copy it again, or remove that "
        "line");
}

TEST_CASE("uvm log: a log without a fault is an error") {
  CHECK(parse_error(kBegin + kEnd) ==
        "t: the log has no fault (2 lines); record with the instrumented UVM driver, and keep its lines (\"s,\", "
        "\"f,...\", \"b,\")");
}

TEST_CASE("uvm log: is recognised by its records, whatever stands before them") {
  CHECK(UvmLogReader::recognises(kBegin));
  CHECK(UvmLogReader::recognises("6,339,5140900,-;NET: Registered protocol family 10\n SUBSYSTEM=net\n" + kEnd));
  CHECK(UvmLogReader::recognises(fault("1000", 1, 1)));
  CHECK_FALSE(UvmLogReader::recognises("6,339,5140900,-;NET: Registered protocol family 10\n"));
  CHECK_FALSE(UvmLogReader::recognises("s,\nf,1000,1,0,1,2,1,0,0,0,127,1,0,1,63\nb,\n"));
  CHECK_FALSE(UvmLogReader::recognises(""));
  REQUIRE(find_format("uvm-log") != nullptr);
  CHECK(find_format("uvm-log")->recognises(kBegin));
}

}  // namespace uvm_log_test
}  // namespace farfault::traces
