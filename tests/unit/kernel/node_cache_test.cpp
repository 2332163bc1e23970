#include "models/kernel/node_cache.h"

#include <doctest/doctest.h>

#include "models/kernel/trees/node_lines.h"

namespace farfault {
namespace node_cache_test {

constexpr SimTime ns(std::int64_t n) { return SimTime::nanoseconds(n); }

/// Caches of 2, 4 and 8 lines.
CacheSpec small_caches() {
  CacheSpec spec;
  spec.l1.value = Bytes(128);
  spec.l2.value = Bytes(256);
  spec.l3.value = Bytes(512);
  spec.l1_latency.value = ns(1);
  spec.l2_latency.value = ns(2);
  spec.l3_latency.value = ns(4);
  spec.memory_latency.value = ns(8);
  return spec;
}

TEST_CASE("kernel: a line comes from memory once and then from the first cache") {
  NodeCache cache(small_caches());
  CHECK(cache.read(7) == ns(8));
  CHECK(cache.read(7) == ns(1));
  CHECK(cache.read(8) == ns(8));
  CHECK(cache.read(7) == ns(1));  // both fit
  CHECK(cache.reads(NodeCache::Level::kMemory) == 2);
  CHECK(cache.reads(NodeCache::Level::kL1) == 2);
}

TEST_CASE("kernel: a line falls to the next cache when others have filled the first") {
  NodeCache cache(small_caches());
  for (std::uint64_t line = 0; line < 3; ++line) cache.read(line);
  CHECK(cache.read(0) == ns(2));  // two lines came into the first since
  for (std::uint64_t line = 10; line < 14; ++line) cache.read(line);
  CHECK(cache.read(0) == ns(4));  // four came into the second
  for (std::uint64_t line = 20; line < 28; ++line) cache.read(line);
  CHECK(cache.read(0) == ns(8));
  CHECK(cache.reads(NodeCache::Level::kL2) == 1);
  CHECK(cache.reads(NodeCache::Level::kL3) == 1);
}

TEST_CASE("kernel: reads that a cache serves push nothing out of it") {
  NodeCache cache(small_caches());
  cache.read(0);
  for (int i = 0; i < 100; ++i) cache.read(1);
  CHECK(cache.read(0) == ns(1));
  // Three lines in turn: each misses the first cache, none the second.
  for (std::uint64_t i = 0; i < 300; ++i) cache.read(2 + i % 3);
  CHECK(cache.read(2) == ns(2));
}

TEST_CASE("kernel: other traffic makes lines cold") {
  NodeCache cache(small_caches());
  cache.read(0);
  cache.pass(Bytes(127));
  CHECK(cache.read(0) == ns(1));
  cache.pass(Bytes(128));
  CHECK(cache.read(0) == ns(2));
  cache.pass(Bytes(256));
  CHECK(cache.read(0) == ns(4));
  cache.pass(Bytes::gib(1));
  CHECK(cache.read(0) == ns(8));
}

TEST_CASE("kernel: freed nodes give their lines to the next") {
  NodeCache cache(small_caches());
  CHECK(cache.new_region() == 0);
  CHECK(cache.new_region() == std::uint64_t{1} << 40U);
  NodeLines nodes(cache, Bytes(192));
  const std::uint64_t a = nodes.make();
  const std::uint64_t b = nodes.make();
  CHECK(nodes.live() == 2);
  CHECK(nodes.read(b, 2) == ns(8));
  nodes.free(b);
  CHECK(nodes.live() == 1);
  CHECK(nodes.make() == b);
  CHECK(nodes.read(b, 2) == ns(1));
  CHECK(nodes.make() != a);
  CHECK(nodes.read_all(a) == ns(24));
}

}  // namespace node_cache_test
}  // namespace farfault
