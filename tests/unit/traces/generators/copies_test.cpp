#include <doctest/doctest.h>

#include <string>

#include "tests/unit/traces/testing.h"
#include "traces/generators/patterns/copies.h"

namespace farfault::traces {
namespace copies_test {

testing::Contents copies(const std::string& direction, std::uint64_t count) {
  const GeneratorInfo info = copies_generator();
  Parameters parameters = Parameters::defaults(info.parameters);
  parameters.set("size", Bytes::kib(12));
  parameters.set("count", count);
  parameters.set("direction", direction);
  return testing::read_all(*info.make(parameters, 1)->open());
}

/// Copies of this agent and direction.
std::size_t copies_of(const testing::Contents& trace, std::uint16_t agent, CopyDirection direction) {
  std::size_t found = 0;
  for (const testing::Contents::PlacedEvent& placed : trace.events) {
    const Event& event = placed.event;
    if (event.kind != EventKind::kMemcpy || event.agent != agent) continue;
    CHECK(event.value2 == static_cast<std::uint64_t>(direction));
    CHECK(event.length == 12U * 1024U);
    CHECK(event.name.empty());
    ++found;
  }
  return found;
}

TEST_CASE("traces: copies are events of a stream for each direction and one access") {
  const testing::Contents in = copies("to_device", 5);
  CHECK(in.accesses.size() == 1);
  CHECK(copies_of(in, 1, CopyDirection::kHostToDevice) == 5);
  CHECK(copies_of(in, 2, CopyDirection::kDeviceToHost) == 0);
  const testing::Contents out = copies("to_host", 3);
  CHECK(copies_of(out, 1, CopyDirection::kHostToDevice) == 0);
  CHECK(copies_of(out, 2, CopyDirection::kDeviceToHost) == 3);
  const testing::Contents both = copies("both", 10'000);
  CHECK(both.accesses.size() == 1);
  CHECK(copies_of(both, 1, CopyDirection::kHostToDevice) == 10'000);
  CHECK(copies_of(both, 2, CopyDirection::kDeviceToHost) == 10'000);
}

}  // namespace copies_test
}  // namespace farfault::traces
