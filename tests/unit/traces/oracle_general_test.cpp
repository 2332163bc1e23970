#include "traces/readers/oracle_general.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tests/unit/traces/testing.h"
#include "traces/formats.h"

namespace farfault::traces {
namespace oracle_general_test {

using testing::error_of;
using testing::read_bytes;
using testing::WholeTrace;

/// Byte by byte, so that the test does not depend on the machine's order.
void put(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xffU);
}
std::string record(std::uint32_t time, std::uint64_t object, std::uint32_t size, std::int64_t next = -1) {
  std::string out;
  put(out, time, 4);
  put(out, object, 8);
  put(out, size, 4);
  put(out, static_cast<std::uint64_t>(next), 8);
  return out;
}

WholeTrace read(std::string_view bytes) { return read_bytes<OracleGeneralReader>(bytes); }
std::string parse_error(std::string_view bytes) {
  return error_of([&] { read(bytes); });
}

constexpr std::uint64_t kFirst = OracleGeneralReader::kFirstAddress;

TEST_CASE("oracleGeneral: an object is a page, numbered as it first appears") {
  const WholeTrace trace = read(record(7, 0xdeadbeefcafef00d, 4096, 2) + record(7, 3, 4096) +
                                record(9, 0xdeadbeefcafef00d, 4096) + record(9, 0, 4096));
  REQUIRE(trace.accesses.size() == 4);
  const std::uint64_t pages[] = {0, 1, 0, 2};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(trace.accesses[i] == Access::make(kFirst + pages[i] * 4096, 4096, Op::kRead));
  }
  REQUIRE(trace.events.size() == 2);
  CHECK(trace.events[0].event.kind == EventKind::kTimestamp);
  CHECK(trace.events[0].event.value == 0);
  CHECK(trace.events[1].position == 2);
  CHECK(trace.events[1].event.value == 2);
  CHECK(trace.meta.time_unit == "s");
  CHECK(trace.agents == std::vector<Agent>{{AgentKind::kCpuThread, "thread 1"}});
}

TEST_CASE("oracleGeneral: an access has its object's size, but stays in the page") {
  const WholeTrace trace = read(record(0, 1, 0) + record(0, 2, 512) + record(0, 3, 1'000'000'000));
  CHECK(trace.accesses[0].size() == 1);
  CHECK(trace.accesses[1].size() == 512);
  CHECK(trace.accesses[2].size() == 4096);
}

TEST_CASE("oracleGeneral: many objects keep their pages over blocks") {
  constexpr std::uint64_t kObjects = 20'000;
  std::string bytes;
  for (std::uint64_t round = 0; round < 2; ++round) {
    // Ids that only differ in their upper bits, as hashes by shifting do.
    for (std::uint64_t i = 0; i < kObjects; ++i) bytes += record(static_cast<std::uint32_t>(i / 9000), i << 44U, 4096);
    if (round == 0) bytes += record(3, 5, 1);
  }
  const std::string first = bytes.substr(0, (kObjects + 1) * OracleGeneralReader::kRecordBytes);
  const WholeTrace trace = read(first);
  REQUIRE(trace.accesses.size() == kObjects + 1);
  for (std::uint64_t i = 0; i <= kObjects; ++i) REQUIRE(trace.accesses[i].address == kFirst + i * 4096);
  CHECK(parse_error(bytes) ==
        "t: at byte 480024: the time is before that of the request before it; this is not oracleGeneral, or sort it by "
        "time");
}

TEST_CASE("oracleGeneral: more objects than fit the table are an error") {
  const std::string bytes = record(0, 1, 1) + record(0, 2, 1) + record(0, 1, 1) + record(0, 3, 1);
  OracleGeneralReader reader(open_bytes_in_memory(bytes, "t"), 2);
  CHECK(error_of([&] { testing::read_all(reader); }) ==
        "t: at byte 72: more than 2 objects; cut the trace, or sample its objects");
}

TEST_CASE("oracleGeneral: a file that is cut short is an error") {
  CHECK(
      parse_error(record(0, 1, 1) + "12345") ==
      "t: at byte 24: the last record has 5 bytes instead of 24; the file is truncated, or not oracleGeneral: copy it "
      "again");
  CHECK(parse_error("x").starts_with("t: at byte 0: the last record has 1 bytes"));
}

TEST_CASE("oracleGeneral: is recognised by records that can be, and by nothing else") {
  constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();
  CHECK(OracleGeneralReader::recognises(record(5, 1, 4096, 2) + record(5, 2, 64, kNever) + record(90, 1, 4096)));
  CHECK_FALSE(OracleGeneralReader::recognises(record(5, 1, 4096) + "x"));
  CHECK_FALSE(OracleGeneralReader::recognises(record(5, 1, 4096) + record(4, 1, 4096)));
  CHECK_FALSE(OracleGeneralReader::recognises(record(5, 1, 4096) + record(5 + 3'000'000, 1, 4096)));
  CHECK_FALSE(OracleGeneralReader::recognises(record(5, 1, 4096) + record(5, 1, 4096, 1)));
  CHECK_FALSE(OracleGeneralReader::recognises(record(5, 1, 4096, -2)));
  CHECK_FALSE(OracleGeneralReader::recognises(record(5, 1, 1U << 31U)));
  CHECK_FALSE(OracleGeneralReader::recognises(record(5, 1, 0)));
  CHECK_FALSE(OracleGeneralReader::recognises(std::string(24, ' ')));
  CHECK_FALSE(OracleGeneralReader::recognises(std::string(48, '\0')));
  CHECK_FALSE(OracleGeneralReader::recognises(""));

  std::string head;
  while (head.size() < kHeadBytes) head += record(1, head.size(), 4096, static_cast<std::int64_t>(head.size()) + 9);
  head.resize(kHeadBytes);
  CHECK(OracleGeneralReader::recognises(head));
  // The last format of the list, since it has no mark of its own.
  CHECK(formats().back().name == "oracle-general");
}

}  // namespace oracle_general_test
}  // namespace farfault::traces
