#include <doctest/doctest.h>

#include "models/cpu/host.h"
#include "tests/unit/engine/in_child.h"

namespace farfault {
namespace shootdown_test {

TEST_CASE("models: a shootdown costs its base and a part for each CPU that is interrupted") {
  engine::testing::in_child([] {
    engine::Engine engine;
    HostSpec spec;
    spec.cpus.value = 4;
    spec.ipi_time.value = SimTime::nanoseconds(1000);
    spec.ipi_time_per_cpu.value = SimTime::nanoseconds(200);
    Host host(engine, spec);
    CHILD_CHECK(host.busy_cpus() == 0);
    CHILD_CHECK(host.shootdown(0) == SimTime::zero());
    CHILD_CHECK(host.counters().shootdowns == 0);
    for (int i = 0; i < 3; ++i) host.add_thread();
    CHILD_CHECK(host.busy_cpus() == 3);
    CHILD_CHECK(host.shootdown(host.busy_cpus()) == SimTime::nanoseconds(1600));
    for (int i = 0; i < 3; ++i) host.add_thread();
    CHILD_CHECK(host.busy_cpus() == 4);  // more threads than CPUs
    CHILD_CHECK(host.shootdown(host.busy_cpus()) == SimTime::nanoseconds(1800));
    CHILD_CHECK(host.counters().shootdowns == 2);
    CHILD_CHECK(host.counters().ipis == 7);
  });
}

}  // namespace shootdown_test
}  // namespace farfault
