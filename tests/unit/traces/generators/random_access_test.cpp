// Programs that go to random places, against closed forms and published facts.
#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "tests/unit/traces/generators/tally.h"
#include "traces/generators/glibc_random.h"
#include "traces/generators/pattern.h"
#include "traces/generators/random_access/hpcc_random.h"

namespace farfault::traces {
namespace random_access_test {

using testing::ceil_div;
using testing::check_repeats;
using testing::lines;
using testing::program_of;
using testing::refusal;
using testing::set;
using testing::Tally;
using testing::tally;
using testing::Traffic;

TEST_CASE("traces: glibc's random numbers are those of rand") {
  // The first numbers of a program that never calls srand(), the same in every glibc.
  GlibcRandom numbers;
  for (const std::uint32_t expected : {1804289383U, 846930886U, 1681692777U, 1714636915U, 1957747793U, 424238335U}) {
    CHECK(numbers.next() == expected);
  }
  // srand(0) is srand(1).
  GlibcRandom zero(0);
  CHECK(zero.next() == 1804289383U);
  // The 10,000th, and a seed with the top bit set, which srand() takes as a negative number.
  GlibcRandom again;
  std::uint64_t sum = 0;
  for (int i = 0; i < 10'000; ++i) sum += again.next();
  CHECK(sum == 10675833115211U);
  GlibcRandom negative(0x80000001U);
  CHECK(negative.next() == 1081815585U);
}

TEST_CASE("traces: HPCC's random numbers can be entered at any place") {
  HpccRandom walking;
  CHECK(walking.value() == 1);
  for (std::uint64_t n = 1; n <= 3000; ++n) {
    const std::uint64_t before = walking.value();
    const std::uint64_t expected = (before << 1U) ^ (static_cast<std::int64_t>(before) < 0 ? 7U : 0U);
    REQUIRE(walking.next() == expected);
    REQUIRE(HpccRandom(n).value() == expected);
  }
  HpccRandom far(1'000'000'000'000);
  const std::uint64_t next = far.next();
  CHECK(next == HpccRandom(1'000'000'000'001).value());
}

TEST_CASE("traces: ra does what the original does") {
  for (const std::uint64_t n : {1U, 100U, 101U, 30'000U, 70'001U}) {
    for (const std::uint64_t resident : {1U, 224U}) {
      const Tally t = tally("ra", {set("n", n), set("resident_blocks", resident)});
      const std::uint64_t active = ceil_div(n, 100);
      CHECK(t.arrays == std::vector<std::string>{"in", "out", "table"});
      CHECK(t.on_cpu("in").writes == Traffic{lines(4 * n), 4 * n});
      CHECK(t.on_cpu("table").writes == Traffic{lines(4 * n), 4 * n});
      CHECK(t.on_cpu("out").reads == Traffic{lines(4 * n), 4 * n});
      CHECK(t.on_cpu("out").writes == Traffic{});
      CHECK(t.on_gpu("in").reads == Traffic{active, 4 * active});
      CHECK(t.on_gpu("table").reads == Traffic{active, 4 * active});
      CHECK(t.on_gpu("out").writes == Traffic{active, 4 * active});
      CHECK(t.launches.size() == 1);
    }
  }
}

TEST_CASE("traces: ra has the documented places") {
  const Tally t = tally("ra", {});
  CHECK(t.on_gpu("in").reads.accesses == 10'486);
  for (const char* array : {"in", "table"}) CHECK(t.on_gpu(array).pages == 1024);
  CHECK(t.on_gpu("out").pages == 1024);

  std::vector<std::uint64_t> targets;
  const auto source = program_of("ra", {});
  const auto reader = source->open();
  AccessBlock block;
  while (reader->next(block)) {
    for (const Access& access : block.accesses) {
      if (access.agent == 1 && access.is_write())
        targets.push_back((access.address - kGeneratorBase - (4U << 20U)) / 4);
    }
  }
  REQUIRE(targets.size() == 10'486);
  CHECK(std::vector<std::uint64_t>(targets.begin(), targets.begin() + 6) ==
        std::vector<std::uint64_t>{881000, 505928, 1027011, 311729, 124897, 869224});
  std::sort(targets.begin(), targets.end());
  CHECK(targets.end() - std::unique(targets.begin(), targets.end()) == 55);
}

TEST_CASE("traces: gups updates as often as it says") {
  for (const char* processor : {"gpu", "cpu"}) {
    for (const std::uint64_t bits : {0U, 3U, 14U}) {
      const std::uint64_t words = std::uint64_t{1} << bits;
      const std::uint64_t streams = std::min<std::uint64_t>(words, 128);
      const Tally t =
          tally("gups", {set("log2_words", bits), set("streams", streams), {"processor", std::string(processor)}});
      const bool on_cpu = std::string(processor) == "cpu";
      CHECK(t.on_cpu("table").writes == Traffic{lines(8 * words), 8 * words});
      CHECK(t.on_cpu("table").reads == Traffic{lines(8 * words), 8 * words});
      CHECK(t.on_cpu("table").updates == (on_cpu ? Traffic{4 * words, 32 * words} : Traffic{}));
      CHECK(t.on_gpu("table").updates == (on_cpu ? Traffic{} : Traffic{4 * words, 32 * words}));
      CHECK(t.launches.size() == (on_cpu ? 0 : 1));
    }
  }
}

TEST_CASE("traces: gups goes where HPCC goes") {
  // One stream: the sequence itself, from its second number on.
  const auto source = program_of("gups", {set("log2_words", 10), set("streams", 1)});
  const auto reader = source->open();
  AccessBlock block;
  std::uint64_t number = 1;
  std::uint64_t wrong = 0;
  std::uint64_t updates = 0;
  while (reader->next(block)) {
    for (const Access& access : block.accesses) {
      if (access.op() != Op::kReadModifyWrite) continue;
      number = (number << 1U) ^ (static_cast<std::int64_t>(number) < 0 ? 7U : 0U);
      wrong += access.address == kGeneratorBase + 8 * (number % 1024) && access.size() == 8 ? 0 : 1;
      ++updates;
    }
  }
  CHECK(updates == 4096);
  CHECK(wrong == 0);
}

TEST_CASE("traces: hash_join builds and probes each tuple once") {
  for (const auto& [build, probe] : {std::pair<std::uint64_t, std::uint64_t>{10'000, 50'000}, {1, 1}, {33, 257}}) {
    const Tally t =
        tally("hash_join", {set("build_tuples", build), set("probe_tuples", probe), set("resident_blocks", 3)});
    std::uint64_t slots = 1;
    while (slots < build) slots *= 2;
    CHECK(t.arrays == std::vector<std::string>{"R", "S", "table", "result"});
    CHECK(t.on_cpu("R").writes == Traffic{lines(16 * build), 16 * build});
    CHECK(t.on_cpu("S").writes == Traffic{lines(16 * probe), 16 * probe});
    CHECK(t.on_cpu("result").reads == Traffic{lines(16 * probe), 16 * probe});
    REQUIRE(t.launches.size() == 3);
    CHECK(t.launches[0].use("table").writes == Traffic{ceil_div(slots, 32), 16 * slots});
    CHECK(t.launches[1].use("R").reads == Traffic{ceil_div(build, 32), 16 * build});
    CHECK(t.launches[1].use("table").atomics == Traffic{build, 8 * build});
    CHECK(t.launches[1].use("table").writes == Traffic{build, 8 * build});
    CHECK(t.launches[2].use("S").reads == Traffic{ceil_div(probe, 32), 16 * probe});
    CHECK(t.launches[2].use("result").writes == Traffic{ceil_div(probe, 32), 16 * probe});
    // Lanes that want one slot, or neighbouring slots, share an access: rarely, without skew.
    const Traffic gathered = t.launches[2].use("table").reads;
    CHECK(gathered.bytes <= 16 * probe);
    CHECK(gathered.accesses <= gathered.bytes / 16);
    if (build == 10'000) CHECK(static_cast<double>(gathered.bytes) > 0.99 * 16 * static_cast<double>(probe));
  }
}

TEST_CASE("traces: hash_join probes only slots that were built and popular ones more often") {
  const auto probes_of = [](double skew) {
    const auto source =
        program_of("hash_join", {set("build_tuples", 1000), set("probe_tuples", 32UL * 2000), {"skew", skew}});
    const auto reader = source->open();
    std::uint64_t table = 0;
    std::uint64_t table_end = 0;
    AccessBlock block;
    std::map<std::uint64_t, std::uint64_t> counts;
    std::vector<std::uint64_t> built;
    while (reader->next(block)) {
      for (const Event& event : block.events) {
        if (event.name != "table") continue;
        table = event.address;
        table_end = event.address + event.length;
      }
      for (const Access& access : block.accesses) {
        if (access.op() == Op::kAtomic) built.push_back(access.address);
        if (access.agent != 1 || access.op() != Op::kRead) continue;
        if (access.address < table || access.address >= table_end) continue;
        for (std::uint64_t at = access.address; at < access.address + access.size(); at += 16) ++counts[at];
      }
    }
    std::sort(built.begin(), built.end());
    CHECK(std::unique(built.begin(), built.end()) == built.end());
    CHECK(built.size() == 1000);
    CHECK(std::all_of(counts.begin(), counts.end(),
                      [&](const auto& each) { return std::binary_search(built.begin(), built.end(), each.first); }));
    std::uint64_t most = 0;
    for (const auto& [slot, count] : counts) most = std::max(most, count);
    return most;
  };
  CHECK(probes_of(0.0) < 150);    // 64 on average
  CHECK(probes_of(1.25) > 1500);  // nearly every one of the 2000 warps wants the most popular key
}

TEST_CASE("traces: programs of random accesses repeat themselves and refuse what is out of range") {
  check_repeats("ra", {set("n", 10'000)});
  check_repeats("gups", {set("log2_words", 13)});
  check_repeats("hash_join", {set("build_tuples", 1000), set("probe_tuples", 3000), {"skew", 0.5}});
  CHECK(tally("hash_join", {set("build_tuples", 1000), set("probe_tuples", 3000)}, 1).hash !=
        tally("hash_join", {set("build_tuples", 1000), set("probe_tuples", 3000)}, 2).hash);
  CHECK(refusal("ra", {set("n", 0)}).starts_with("generator ra: n 0 is not in 1 to"));
  CHECK(refusal("gups", {set("log2_words", 41)}).starts_with("generator gups: log2_words 41"));
  CHECK(refusal("gups", {set("streams", 3)}) ==
        "generator gups: streams 3 do not divide the 67108864 updates; give a power of two that is not above "
        "2^log2_words");
  CHECK(refusal("gups", {{"processor", std::string("tpu")}}).starts_with("generator gups: processor \"tpu\""));
  CHECK(refusal("hash_join", {{"skew", -1.0}}).starts_with("generator hash_join: skew -1"));
  CHECK(refusal("hash_join", {{"skew", std::nan("")}}).starts_with("generator hash_join: skew nan"));
  CHECK(refusal("hash_join", {set("build_tuples", 0)}).starts_with("generator hash_join: build_tuples 0"));
  CHECK(refusal("hash_join", {set("resident_blocks", 16'385)}).starts_with("generator hash_join: resident_blocks"));
}

}  // namespace random_access_test
}  // namespace farfault::traces
