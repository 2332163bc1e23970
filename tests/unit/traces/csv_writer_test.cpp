#include "traces/csv_writer.h"

#include <doctest/doctest.h>

#include "tests/unit/traces/records.h"
#include "traces/readers/csv.h"

namespace farfault::traces {
namespace csv_writer_test {

using testing::event;
using testing::range;
using testing::read;
using testing::Record;
using testing::records_of;
using testing::RecordsReader;

/// A reader with times in this unit.
class TimedReader final : public Reader {
 public:
  TimedReader(std::vector<Record> records, std::vector<Agent> agents, std::string unit)
      : records_(std::move(records), std::move(agents)) {
    meta_.time_unit = std::move(unit);
  }
  std::string_view format() const override { return "timed"; }
  bool next(AccessBlock& block) override { return records_.next(block); }
  const std::vector<Agent>& agents() const override { return records_.agents(); }
  const TraceLimits& limits() const override { return records_.limits(); }
  const TraceMeta& meta() const override { return meta_; }

 private:
  RecordsReader records_;
  TraceMeta meta_;
};

std::string csv_of(std::vector<Record> records, const std::string& unit, CsvResult* result = nullptr,
                   std::vector<Agent> agents = {{AgentKind::kCpuThread, "cpu"},
                                                {AgentKind::kGpuStream, "gpu \"0\", x"}}) {
  TimedReader reader(std::move(records), std::move(agents), unit);
  std::string out;
  const auto sink = write_to_memory(out, "out");
  const CsvResult written = write_csv(reader, *sink);
  if (result != nullptr) *result = written;
  return out;
}

TEST_CASE("traces: CSV of accesses, and what it leaves out") {
  CsvResult result;
  CHECK(csv_of({range(EventKind::kMmap, 0x1000, 0x1000), read(0x1000, 8, 3), event(EventKind::kCompute, 100),
                Access::make(0xABC, 1, Op::kAtomic, 1, 1), event(EventKind::kTimestamp, 7)},
               "", &result) == "agent,op,addr,size\ncpu,r,0x1000,8\n\"gpu \"\"0\"\", x\",a,0xabc,1\n");
  CHECK(result == CsvResult{2, 2, 104});
  CHECK(csv_of({}, "", &result) == "agent,op,addr,size\n");
  CHECK(result == CsvResult{});
}

TEST_CASE("traces: CSV has times where they are nanoseconds") {
  const std::vector<Record> in = {read(0x1000), event(EventKind::kTimestamp, 50), read(0x1008),
                                  event(EventKind::kTimestamp, 70), read(0x1010)};
  CsvResult result;
  CHECK(csv_of(in, "ns", &result) ==
        "agent,op,addr,size,time\ncpu,r,0x1000,8,0\ncpu,r,0x1008,8,50\ncpu,r,0x1010,8,70\n");
  CHECK(result.lost_events == 0);
  CHECK(csv_of(in, "batches", &result) == "agent,op,addr,size\ncpu,r,0x1000,8\ncpu,r,0x1008,8\ncpu,r,0x1010,8\n");
  CHECK(result.lost_events == 2);
}

TEST_CASE("traces: the CSV reader reads what the CSV writer writes") {
  Xoshiro256 random(9);
  std::vector<Record> in;
  std::uint64_t time = 0;
  for (std::uint16_t i = 0; i < 5000; ++i) {
    in.emplace_back(event(EventKind::kTimestamp, time += 1 + random.below(5)));
    in.emplace_back(Access::make(random.next() >> (1 + random.below(60)),
                                 static_cast<std::uint32_t>(1 + random.below(Access::kMaxSize)),
                                 static_cast<Op>(random.below(4)), 0, static_cast<std::uint16_t>(random.below(2))));
  }
  // Agents are numbered as they come.
  std::get<Access>(in[1]).agent = 0;
  const std::vector<Agent> agents = {{AgentKind::kCpuThread, "a,b"}, {AgentKind::kGpuStream, "gpu \"7\""}};
  const std::string text = csv_of(in, "ns", nullptr, agents);
  CsvReader reader(open_bytes_in_memory(text, "x"));
  std::vector<Record> out = records_of(reader);
  CHECK(reader.agents() == agents);
  REQUIRE(out.size() >= in.size() - 1);
  // The time of the first access is where the reader's time begins.
  const std::uint64_t first = std::get<Event>(in.front()).value;
  std::vector<Record> expected;
  for (const Record& record : in) {
    if (const auto* access = std::get_if<Access>(&record)) {
      expected.emplace_back(*access);
    } else if (std::get<Event>(record).value != first) {
      expected.emplace_back(event(EventKind::kTimestamp, std::get<Event>(record).value - first));
    }
  }
  std::erase_if(out, [](const Record& record) {
    const auto* e = std::get_if<Event>(&record);
    return e != nullptr && e->value == 0;
  });
  for (Record& record : out) {
    if (auto* e = std::get_if<Event>(&record)) e->agent = 0;
  }
  CHECK(out == expected);
}

}  // namespace csv_writer_test
}  // namespace farfault::traces
