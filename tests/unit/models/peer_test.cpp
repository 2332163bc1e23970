// Links between devices: pages that move over them, and pages that stay and are reached over them.
#include <doctest/doctest.h>

#include <string>

#include "sim/core/error.h"
#include "tests/unit/engine/in_child.h"
#include "tests/unit/models/machine_bench.h"

namespace farfault {
namespace peer_test {

using engine::testing::in_child;
using testing::Bench;
using testing::BenchSpec;
using testing::ns;
using testing::round_platform;

// What a fault takes in round_platform() before its copy, and what copies over its links and over the peer link take.
constexpr std::int64_t kSoftware = 1'000'000 + 100'000 + 10;
constexpr std::int64_t kHostCopy = 100 + 1024;
constexpr std::int64_t kForth = 30 + 256;  // 16 GB/s
constexpr std::int64_t kBack = 40 + 256;
constexpr std::size_t kPeerLink = 2;  // after the devices' links to the host

constexpr LinkDirection kIn = LinkDirection::kToDevice;
constexpr LinkDirection kOut = LinkDirection::kToHost;

LinkSpec peer_link(const std::string& first, const std::string& second) {
  LinkSpec link;
  link.name = first + "-" + second;
  link.kind = LinkKind::kFixed;
  link.bandwidth.value = Bandwidth::gigabytes_per_second(16);
  link.dma.to_device.piece_setup.value = ns(30);
  link.dma.to_host.piece_setup.value = ns(40);
  link.peers = {first, second};
  return link;
}

BenchSpec two_peers() {
  BenchSpec spec;
  spec.platform = round_platform(2);
  spec.platform.links.push_back(peer_link("gpu0", "gpu1"));
  return spec;
}

/// Device 0 migrates, device 1 maps.
struct SecondMaps final : PlacementPolicy {
  std::string_view name() const override { return "second-maps/1"; }
  Placement on_fault(const PlacementFault& fault, SimTime /*now*/) override {
    return fault.device == DeviceId(1) ? Placement::kMapRemote : Placement::kMigrate;
  }
};

std::uint64_t moved(Bench& b, std::size_t link) {
  const Link& at = *b.machine().links()[link];
  return at.traffic(kIn).total().count() + at.traffic(kOut).total().count();
}

TEST_CASE("peer: a page goes from device to device over the link between them") {
  in_child([] {
    Bench b(two_peers());
    b.run([&] {
      (void)b.access(0, 0, true, 0);
      std::int64_t before = b.now_ns();
      (void)b.access(0, 0, true, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kSoftware + kForth);
      CHILD_CHECK(b.masks(1, 0).readable.none());
      CHILD_CHECK(b.masks(1, 0).writable.none());
      CHILD_CHECK(b.on_device(0, 0).resident.none());
      CHILD_CHECK(b.on_device(0, 1).resident == PageMask::single(0));
      CHILD_CHECK_EQ(b.device(0).memory().used_pages(), 0U);
      before = b.now_ns();
      (void)b.access(0, 0, true, 0);
      CHILD_CHECK_EQ(b.now_ns() - before, kSoftware + kBack);
    });
    CHILD_CHECK_EQ(b.counters(0).direct_pages, 1U);
    CHILD_CHECK_EQ(b.counters(1).direct_pages, 1U);
    CHILD_CHECK_EQ(b.counters(0).peer_pages, 0U);
    CHILD_CHECK_EQ(b.counters(0).demand_pages, 2U);
    CHILD_CHECK_EQ(b.counters(1).demand_pages, 1U);
    CHILD_CHECK_EQ(b.counters(1).zero_filled, 0U);
    // Only the page's first way to a device crossed a link to the host.
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand, 0), 4096U);
    CHILD_CHECK_EQ(moved(b, 0), 4096U);
    CHILD_CHECK_EQ(moved(b, 1), 0U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kPeer, kPeerLink), 4096U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kPeer, kPeerLink), 4096U);
    CHILD_CHECK_EQ(moved(b, kPeerLink), 8192U);
    CHILD_CHECK_EQ(b.machine().host().peak(), 0U);
    CHILD_CHECK_EQ(b.machine().peers()[0].dma(kIn).pieces(), 1U);
    CHILD_CHECK_EQ(b.counters(1).piece_bytes_to_device.count(), 1U);
    CHILD_CHECK_EQ(b.counters(0).piece_bytes_to_host.count(), 0U);
  });
}

TEST_CASE("peer: one service takes pages from the host and from a peer and makes room") {
  in_child([] {
    BenchSpec spec = two_peers();
    spec.capacity = {Bytes::mib(64), Bytes::kib(8)};
    Bench b(spec);
    b.run([&] {
      (void)b.access(1, 0, true, 0);
      (void)b.access(0, 0, true, 1);
      (void)b.access(0, 1, true, 1);
      const std::int64_t before = b.now_ns();
      // Both pages of device 1 leave, for one from device 0 and one from the host.
      b.raise(1, {0, 5}, 1);
      b.wait_until_idle();
      CHILD_CHECK_EQ(b.now_ns() - before, kSoftware + 10 + (100 + 2 * 1024 + 100) + kForth + kHostCopy);
      CHILD_CHECK(b.on_device(1, 1).resident == (PageMask::single(0) | PageMask::single(5)));
    });
    CHILD_CHECK_EQ(b.counters(0).direct_pages, 1U);
    CHILD_CHECK_EQ(b.counters(1).eviction_pages, 2U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kPeer, kPeerLink), 4096U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kDemand, 1), 3U * 4096);
  });
}

TEST_CASE("peer: only the two devices that a link joins use it") {
  in_child([] {
    BenchSpec spec;
    spec.platform = round_platform(3);
    spec.platform.links.push_back(peer_link("gpu2", "gpu1"));
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, true, 0);
      std::int64_t before = b.now_ns();
      (void)b.access(0, 0, true, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kSoftware + kHostCopy + kHostCopy);
      before = b.now_ns();
      (void)b.access(0, 0, true, 2);
      CHILD_CHECK_EQ(b.now_ns() - before, kSoftware + kBack);
    });
    CHILD_CHECK_EQ(b.counters(0).peer_pages, 1U);
    CHILD_CHECK_EQ(b.counters(1).direct_pages, 1U);
    CHILD_CHECK_EQ(b.traffic(kOut, Cause::kPeer, 3), 4096U);
    CHILD_CHECK_EQ(b.traffic(kIn, Cause::kPeer, 3), 0U);
  });
}

TEST_CASE("peer: an engine's own rate bounds copies over the link") {
  in_child([] {
    BenchSpec spec = two_peers();
    spec.platform.links[kPeerLink].dma.to_device.bandwidth.value = Bandwidth::gigabytes_per_second(8);
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, true, 0);
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 0, true, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kSoftware + 30 + 512);
    });
  });
}

TEST_CASE("peer: the kernel migrates once from device to device") {
  for (const bool joined : {true, false}) {
    in_child([joined] {
      BenchSpec spec = two_peers();
      if (!joined) spec.platform.links.pop_back();
      spec.platform.driver.memory = MemoryBack::kHmm;
      Bench b(spec);
      b.run([&] {
        (void)b.access(0, 0, true, 0);
        (void)b.access(0, 0, true, 1);
      });
      const Kernel& kernel = *b.machine().kernel();
      CHILD_CHECK_EQ(kernel.counter(Direction::kToDevice).calls, 2U);
      CHILD_CHECK_EQ(kernel.counter(Direction::kToHost).calls, joined ? 0U : 1U);
      CHILD_CHECK_EQ(kernel.counter(KernelOp::kFree).pages, 1U);
      CHILD_CHECK_EQ(b.counters(0).freed_folios, 1U);
    });
  }
}

TEST_CASE("peer: a page in a peer's memory is mapped where it is") {
  in_child([] {
    BenchSpec spec = two_peers();
    spec.placement = [] { return std::make_unique<SecondMaps>(); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, true, 0);
      const std::int64_t before = b.now_ns();
      (void)b.access(0, 0, false, 1);
      CHILD_CHECK_EQ(b.now_ns() - before, kSoftware);
      CHILD_CHECK(b.on_device(0, 0).resident == PageMask::single(0));
      CHILD_CHECK(b.on_device(0, 1).remote_mapped == PageMask::single(0));
      CHILD_CHECK(b.memory().device_access(DeviceId(1), b.slot(0), 0, true) == AccessOutcome::kRemote);
      CHILD_CHECK(b.memory().peer_of(DeviceId(1), b.slot(0), 0) == &b.machine().peers()[0]);
      // The replay loop would take it for host memory.
      CHILD_CHECK(b.masks(2, 0).remote.none());
      b.machine().check();
      // The page goes to the host, and so does the mapping; the next is of host memory.
      (void)b.memory().host_access(b.slot(0), 0, true, 99);
      CHILD_CHECK(b.on_device(0, 1).remote_mapped.none());
      CHILD_CHECK(b.memory().device_access(DeviceId(1), b.slot(0), 0, false) == AccessOutcome::kFault);
      (void)b.access(0, 0, false, 1);
      CHILD_CHECK(b.memory().peer_of(DeviceId(1), b.slot(0), 0) == nullptr);
      CHILD_CHECK(b.masks(2, 0).remote == PageMask::single(0));
    });
    CHILD_CHECK_EQ(b.counters(0).peer_pages, 0U);
    CHILD_CHECK_EQ(b.counters(1).remote_pages, 2U);
    CHILD_CHECK_EQ(moved(b, kPeerLink), 0U);  // nobody has streamed here
  });
}

TEST_CASE("peer: a mapping ends when its page moves on to a third device") {
  in_child([] {
    BenchSpec spec;
    spec.platform = round_platform(3);
    spec.platform.links.push_back(peer_link("gpu0", "gpu1"));
    spec.platform.links.push_back(peer_link("gpu0", "gpu2"));
    spec.placement = [] { return std::make_unique<SecondMaps>(); };
    Bench b(spec);
    b.run([&] {
      (void)b.access(0, 0, true, 0);
      (void)b.access(0, 0, false, 1);
      (void)b.access(0, 0, true, 2);
      CHILD_CHECK(b.on_device(0, 1).remote_mapped.none());
      // No link joins 1 and 2: it comes to the host, to be mapped there.
      (void)b.access(0, 0, false, 1);
      CHILD_CHECK(b.block(0).host == PageMask::single(0));
    });
    CHILD_CHECK_EQ(b.counters(0).direct_pages, 1U);
    CHILD_CHECK_EQ(b.counters(2).peer_pages, 1U);
  });
}

TEST_CASE("peer: loads and stores take the way of their bytes") {
  in_child([] {
    BenchSpec spec = two_peers();
    spec.platform.devices[0].memory.bandwidth.value = Bandwidth::gigabytes_per_second(8);
    spec.platform.links[kPeerLink].duplex.to_host.value = 0.5;
    Bench b(spec);
    b.run([&] {
      const PeerLink& peer = b.machine().peers()[0];
      std::int64_t before = b.now_ns();
      // By device 1, of the memory of device 0, which bounds them; by device 0, of the other's, at the link's 16 GB/s.
      peer.read(DeviceId(1)).transfer(Bytes(16'000));
      CHILD_CHECK_EQ(b.now_ns() - before, 2'000);
      before = b.now_ns();
      peer.write(DeviceId(1)).transfer(Bytes(16'000));
      CHILD_CHECK_EQ(b.now_ns() - before, 2'000);
      before = b.now_ns();
      peer.read(DeviceId(0)).transfer(Bytes(16'000));
      peer.write(DeviceId(0)).transfer(Bytes(16'000));
      CHILD_CHECK_EQ(b.now_ns() - before, 2'000);
      // Both directions at once.
      before = b.now_ns();
      engine::Flow forth = peer.write(DeviceId(0)).start(Bytes(32'000));
      peer.read(DeviceId(0)).transfer(Bytes(16'000));
      CHILD_CHECK_EQ(b.now_ns() - before, 2'000);
      forth.wait();
      Link& link = b.machine().peers()[0].link();
      link.traffic(kIn).add(Cause::kRemote, Bytes(16'000 + 16'000 + 32'000));
      link.traffic(kOut).add(Cause::kRemote, Bytes(16'000 + 16'000 + 16'000));
    });
  });
}

TEST_CASE("peer: links that join no two devices are refused") {
  const auto refused = [](std::vector<LinkSpec> links) {
    in_child([links = std::move(links)] {
      BenchSpec spec;
      spec.platform = round_platform(2);
      for (const LinkSpec& link : links) spec.platform.links.push_back(link);
      bool thrown = false;
      try {
        const Bench b(spec);
      } catch (const RunError&) {
        thrown = true;
      }
      CHILD_CHECK(thrown);
    });
  };
  refused({peer_link("gpu0", "gpu0")});
  refused({peer_link("gpu0", "gpu7")});
  refused({peer_link("gpu0", "gpu1"), peer_link("gpu1", "gpu0")});
}

}  // namespace peer_test
}  // namespace farfault
