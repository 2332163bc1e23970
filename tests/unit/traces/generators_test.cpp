#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "tests/unit/traces/testing.h"
#include "traces/footprint.h"
#include "traces/generators/pattern.h"
#include "traces/generators/registry.h"
#include "traces/generators/zipf_sampler.h"

namespace farfault::traces {
namespace generators_test {

using testing::Contents;
using testing::error_of;
using testing::read_all;

const GeneratorInfo& generator(const std::string& name) {
  static const Registry<GeneratorInfo> registry = [] {
    Registry<GeneratorInfo> out;
    register_generators(out);
    return out;
  }();
  const GeneratorInfo* found = registry.find(name);
  REQUIRE(found != nullptr);
  return *found;
}

struct Setting {
  std::string name;
  ParameterValue value;
};

std::unique_ptr<Source> source_of(const std::string& name, const std::vector<Setting>& settings,
                                  std::uint64_t seed = 1) {
  Parameters parameters = Parameters::defaults(generator(name).parameters);
  for (const Setting& setting : settings) {
    REQUIRE(parameters.contains(setting.name));
    parameters.set(setting.name, setting.value);
  }
  return generator(name).make(parameters, seed);
}

Contents generated(const std::string& name, const std::vector<Setting>& settings, std::uint64_t seed = 1) {
  return read_all(*source_of(name, settings, seed)->open());
}

TEST_CASE("traces: random numbers are those of the published generators") {
  SplitMix64 split(1234567);
  for (const std::uint64_t expected : {6457827717110365317U, 3203168211198807973U, 9817491932198370423U,
                                       4593380528125082431U, 16408922859458223821U}) {
    CHECK(split.next() == expected);
  }
  Xoshiro256 numbers(1, 2, 3, 4);
  for (const std::uint64_t expected :
       {11520UL, 0UL, 1509978240UL, 1215971899390074240UL, 1216172134540287360UL, 607988272756665600UL}) {
    CHECK(numbers.next() == expected);
  }
  std::uint64_t seen = 0;
  for (int i = 0; i < 1000; ++i) {
    const std::uint64_t n = numbers.below(7);
    REQUIRE(n < 7);
    seen |= std::uint64_t{1} << n;
    const double u = numbers.unit();
    REQUIRE(u >= 0);
    REQUIRE(u < 1);
  }
  CHECK(seen == 127);
  CHECK(numbers.below(1) == 0);
}

TEST_CASE("traces: logarithm and exponential are accurate to a few bits") {
  Xoshiro256 numbers(3);
  const auto error = [](double found, double expected) { return std::abs(found - expected) / std::abs(expected); };
  double worst = 0;
  for (int i = 0; i < 20'000; ++i) {
    const double x = std::ldexp(0.5 + numbers.unit(), static_cast<int>(numbers.below(200)) - 100);
    if (x != 1) worst = std::max(worst, error(portable_log(x), std::log(x)));
    const double y = (numbers.unit() - 0.5) * 1400;
    worst = std::max(worst, error(portable_exp(y), std::exp(y)));
    const double z = (numbers.unit() * 2 - 1) * std::pow(10, -static_cast<double>(numbers.below(12)));
    if (z == 0) continue;
    worst = std::max(worst, error(log1p_over_x(z), std::log1p(z) / z));
    worst = std::max(worst, error(expm1_over_x(z), std::expm1(z) / z));
  }
  CHECK(worst < 4e-15);
  CHECK(portable_log(1) == 0);
  CHECK(portable_log(0) == -std::numeric_limits<double>::infinity());
  CHECK(portable_exp(0) == 1);
  CHECK(portable_exp(800) == std::numeric_limits<double>::infinity());
  CHECK(portable_exp(-std::numeric_limits<double>::infinity()) == 0);
  CHECK(log1p_over_x(0) == 1);
  CHECK(expm1_over_x(0) == 1);
}

TEST_CASE("traces: generators are described and their defaults are legal") {
  Registry<GeneratorInfo> registry;
  register_generators(registry);
  for (const auto& [name, info] : registry) {
    CHECK_FALSE(info.summary.empty());
    for (const ParameterInfo& parameter : info.parameters) {
      CHECK_FALSE(parameter.description.empty());
      CHECK_FALSE(parameter.source.empty());
    }
    const std::unique_ptr<Reader> reader = info.make(Parameters::defaults(info.parameters), 1)->open();
    AccessBlock block;
    CHECK(reader->next(block));
    CHECK_FALSE(block.accesses.empty());
    CHECK(reader->format() == "generator");
    CHECK_FALSE(reader->agents().empty());
    CHECK(reader->limits().unknown.empty());
  }
  CHECK(source_of("sequential", {})->description() ==
        "sequential(access_size=128 B, footprint=64 MiB, passes=1, write_fraction=0)");
  CHECK(source_of("zipf", {{"scramble", true}}, 7)->description() ==
        "zipf(access_size=128 B, accesses=1000000, exponent=0.9, footprint=64 MiB, scramble=true, write_fraction=0, "
        "seed=7)");
}

TEST_CASE("traces: generators map their whole footprint first") {
  for (const char* name : {"sequential", "strided", "random", "zipf"}) {
    const Contents contents = generated(name, {{"footprint", Bytes(1'000'001)}, {"access_size", Bytes(4096)}});
    REQUIRE(contents.events.size() == 1);
    CHECK(contents.events[0].position == 0);
    const Event& event = contents.events[0].event;
    CHECK(event.kind == EventKind::kMmap);
    CHECK(event.backing == Backing::kPrivateAnonymous);
    CHECK(event.protection == 3);
    CHECK(event.address == kGeneratorBase);
    CHECK(event.length == 1'003'520);
    CHECK(std::all_of(contents.accesses.begin(), contents.accesses.end(), [](const Access& access) {
      return access.address >= kGeneratorBase && access.address + access.size() <= kGeneratorBase + 1'000'001 &&
             access.size() > 0 && access.address % 4096 == 0;
    }));
  }
}

TEST_CASE("traces: sequential goes through the footprint in order") {
  for (const std::uint64_t footprint : {1U, 127U, 128U, 129U, 1000U, 524'288U, 524'289U, 1'000'000U}) {
    for (const std::uint64_t passes : {1U, 2U, 5U}) {
      const Contents contents = generated("sequential", {{"footprint", Bytes(footprint)}, {"passes", passes}});
      const std::uint64_t in_pass = (footprint + 127) / 128;
      REQUIRE(contents.accesses.size() == passes * in_pass);
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < contents.accesses.size(); ++i) {
        const std::uint64_t offset = i % in_pass * 128;
        const auto size = static_cast<std::uint32_t>(std::min<std::uint64_t>(128, footprint - offset));
        wrong += contents.accesses[i] == Access::make(kGeneratorBase + offset, size, Op::kRead) ? 0 : 1;
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("traces: a generator's blocks are full but for the last") {
  const auto source = source_of("sequential", {{"footprint", Bytes(128 * 10'000)}, {"passes", std::uint64_t{3}}});
  const std::unique_ptr<Reader> reader = source->open();
  std::vector<std::size_t> sizes;
  AccessBlock block;
  while (reader->next(block)) sizes.push_back(block.accesses.size());
  CHECK(sizes == std::vector<std::size_t>{4096, 4096, 4096, 4096, 4096, 4096, 4096, 1328});
  CHECK(block.empty());
}

TEST_CASE("traces: writes are spread evenly and their number is exact") {
  for (const char* name : {"sequential", "strided", "random", "zipf"}) {
    for (const double fraction : {0.0, 0.001, 0.1, 0.25, 0.3, 0.5, 0.7, 0.999, 1.0}) {
      const Contents contents =
          generated(name, {{"footprint", Bytes(4096 * 100)}, {"access_size", Bytes(64)}, {"write_fraction", fraction}});
      double writes = 0;
      double farthest = 0;
      for (std::size_t i = 0; i < contents.accesses.size(); ++i) {
        writes += contents.accesses[i].is_write() ? 1 : 0;
        farthest = std::max(farthest, std::abs(writes - static_cast<double>(i + 1) * fraction));
      }
      CHECK(farthest <= 0.5 + 1e-6);
    }
  }
}

TEST_CASE("traces: the same seed gives the same trace and another one another") {
  for (const char* name : {"random", "zipf"}) {
    const std::vector<Setting> settings{{"accesses", std::uint64_t{20'000}}, {"footprint", Bytes::gib(100)}};
    const Contents first = generated(name, settings, 5);
    CHECK(first.accesses.size() == 20'000);
    CHECK(generated(name, settings, 5).accesses == first.accesses);
    CHECK_FALSE(generated(name, settings, 6).accesses == first.accesses);
    const auto source = source_of(name, settings, 5);
    CHECK(read_all(*source->open()).accesses == first.accesses);
    CHECK(read_all(*source->open()).accesses == first.accesses);
  }
  CHECK(generated("sequential", {}, 5).accesses == generated("sequential", {}, 6).accesses);
}

TEST_CASE("traces: generated traces stay what they are") {
  // A change here is a change of every result that was made with these generators.
  const auto fingerprint = [](const Contents& contents) {
    std::uint64_t hash = 0;
    for (const Access& access : contents.accesses) {
      hash = SplitMix64::mix(hash + access.address);
      hash = SplitMix64::mix(hash + access.size_and_op);
    }
    return hash;
  };
  const std::vector<Setting> settings{
      {"accesses", std::uint64_t{100'000}}, {"footprint", Bytes(10'000'000)}, {"write_fraction", 0.3}};
  CHECK(fingerprint(generated("random", settings)) == 8791687841563033993U);
  CHECK(fingerprint(generated("zipf", settings)) == 3782886843628000896U);
  std::vector<Setting> scrambled = settings;
  scrambled.push_back({"scramble", true});
  CHECK(fingerprint(generated("zipf", scrambled)) == 10525890236270419558U);
}

TEST_CASE("traces: random is uniform over aligned places") {
  constexpr std::uint64_t kPlaces = 1000;
  constexpr std::uint64_t kDraws = 200'000;
  std::vector<std::uint64_t> counts(kPlaces);
  // The last place is 1 byte long, and as likely as the others.
  const Contents contents = generated(
      "random", {{"footprint", Bytes(64 * (kPlaces - 1) + 1)}, {"access_size", Bytes(64)}, {"accesses", kDraws}});
  REQUIRE(contents.accesses.size() == std::uint64_t{kDraws});
  for (const Access& access : contents.accesses) {
    const std::uint64_t offset = access.address - kGeneratorBase;
    const bool legal = offset % 64 == 0 && access.size() == (offset / 64 == kPlaces - 1 ? 1 : 64);
    if (legal && offset / 64 < kPlaces) ++counts[offset / 64];
  }
  CHECK(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == std::uint64_t{kDraws});
  double chi_square = 0;
  const double expected = static_cast<double>(kDraws) / kPlaces;
  for (const std::uint64_t n : counts) chi_square += std::pow(static_cast<double>(n) - expected, 2) / expected;
  // 999 degrees of freedom: mean 999, standard deviation 45.
  CHECK(chi_square > 999 - 4 * 45);
  CHECK(chi_square < 999 + 4 * 45);
}

TEST_CASE("traces: zipf samples follow the law for any exponent") {
  constexpr std::uint64_t kDraws = 300'000;
  for (const std::uint64_t n : {1U, 2U, 3U, 10U, 500U}) {
    for (const double exponent : {0.0, 0.3, 0.9, 0.99999999, 1.0, 1.00000001, 1.3, 2.5, 10.0}) {
      const ZipfSampler sampler(n, exponent);
      Xoshiro256 numbers(n * 1000 + static_cast<std::uint64_t>(exponent * 10));
      std::vector<std::uint64_t> counts(n + 1);
      for (std::uint64_t i = 0; i < kDraws; ++i) {
        const std::uint64_t rank = sampler.next(numbers);
        if (rank >= 1 && rank <= n) ++counts[rank];
      }
      REQUIRE(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}) == std::uint64_t{kDraws});
      double total = 0;
      for (std::uint64_t k = 1; k <= n; ++k) total += std::pow(static_cast<double>(k), -exponent);
      // Ranks that are too rare for the statistic are taken together.
      double chi_square = 0;
      int cells = 0;
      double expected = 0;
      double found = 0;
      for (std::uint64_t k = 1; k <= n; ++k) {
        expected += kDraws * std::pow(static_cast<double>(k), -exponent) / total;
        found += static_cast<double>(counts[k]);
        if (expected < 20 && k != n) continue;
        if (expected > 1e-3) chi_square += (found - expected) * (found - expected) / std::max(expected, 1.0);
        ++cells;
        expected = 0;
        found = 0;
      }
      const double freedom = std::max(1, cells - 1);
      CHECK_MESSAGE(chi_square < freedom + 4 * std::sqrt(2 * freedom) + 3,
                    "n " << n << ", exponent " << exponent << ": " << chi_square << " with " << freedom);
    }
  }
}

TEST_CASE("traces: zipf works for footprints beyond any table") {
  const std::uint64_t n = std::uint64_t{1} << 35U;
  const ZipfSampler sampler(n, 0.9);
  Xoshiro256 numbers(1);
  // The share of the first 2^k ranks against the integral that approximates the law this far out.
  const auto law = [](double k) { return (std::pow(k + 0.5, 0.1) - std::pow(0.5, 0.1)) / 0.1; };
  constexpr int kDraws = 200'000;
  std::vector<int> below(36);
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t rank = sampler.next(numbers);
    for (unsigned k = 0; k <= 35; ++k) below[k] += rank <= std::uint64_t{1} << k ? 1 : 0;
  }
  CHECK(below[35] == kDraws);
  for (unsigned k = 8; k < 35; ++k) {
    const double expected = law(std::exp2(k)) / law(std::exp2(35));
    CHECK(below[k] / static_cast<double>(kDraws) == doctest::Approx(expected).epsilon(0.02));
  }
}

TEST_CASE("traces: the zipf generator prefers pages in order unless scrambled") {
  constexpr std::uint64_t kPages = 64;
  const auto counts_of = [](bool scramble) {
    std::vector<std::uint64_t> counts(kPages);
    for (const Access& access : generated("zipf", {{"footprint", Bytes(4096 * kPages)},
                                                   {"accesses", std::uint64_t{400'000}},
                                                   {"access_size", Bytes(64)},
                                                   {"exponent", 1.0},
                                                   {"scramble", scramble}})
                                    .accesses) {
      ++counts[(access.address - kGeneratorBase) / 4096];
    }
    return counts;
  };
  const std::vector<std::uint64_t> in_order = counts_of(false);
  double harmonic = 0;
  for (std::uint64_t k = 1; k <= kPages; ++k) harmonic += 1.0 / static_cast<double>(k);
  for (std::uint64_t page = 0; page < kPages; ++page) {
    const double expected = 400'000 / harmonic / static_cast<double>(page + 1);
    CHECK(std::abs(static_cast<double>(in_order[page]) - expected) < 5 * std::sqrt(expected));
  }
  // The same counts, elsewhere.
  std::vector<std::uint64_t> scrambled = counts_of(true);
  CHECK_FALSE(scrambled == in_order);
  std::sort(scrambled.rbegin(), scrambled.rend());
  for (std::uint64_t page = 0; page < kPages; ++page) {
    const double expected = 400'000 / harmonic / static_cast<double>(page + 1);
    CHECK(std::abs(static_cast<double>(scrambled[page]) - expected) < 6 * std::sqrt(expected));
  }
}

TEST_CASE("traces: scrambling is a bijection") {
  for (const std::uint64_t n : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 100U, 1000U, 1023U, 1024U, 1025U, 65'537U}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) {
      const Permutation permutation(n, seed);
      std::vector<bool> hit(n);
      for (std::uint64_t i = 0; i < n; ++i) hit.at(permutation(i)) = true;
      CHECK(std::count(hit.begin(), hit.end(), true) == static_cast<std::ptrdiff_t>(n));
    }
  }
  // Neighbours do not stay neighbours, and seeds differ.
  const Permutation a(1'000'000, 1);
  const Permutation b(1'000'000, 2);
  int near = 0;
  int same = 0;
  for (std::uint64_t i = 0; i + 1 < 10'000; ++i) {
    const auto distance = static_cast<std::int64_t>(a(i + 1)) - static_cast<std::int64_t>(a(i));
    near += std::abs(distance) < 1000 ? 1 : 0;
    same += a(i) == b(i) ? 1 : 0;
  }
  CHECK(near < 100);
  CHECK(same < 10);
}

TEST_CASE("traces: a footprint of 100 GB needs no memory to be generated") {
  for (const char* name : {"sequential", "strided", "random", "zipf"}) {
    const auto source = source_of(name, {{"footprint", Bytes(100'000'000'000)}});
    const std::unique_ptr<Reader> reader = source->open();
    AccessBlock block;
    for (int i = 0; i < 20; ++i) REQUIRE(reader->next(block));
    CHECK(block.accesses.capacity() == kBlockAccesses);
  }
}

TEST_CASE("traces: parameters of generators that make no sense are errors") {
  const auto problem = [](const std::string& name, const std::string& parameter, const ParameterValue& value) {
    return error_of([&] { source_of(name, {{parameter, value}}); });
  };
  CHECK(problem("sequential", "access_size", Bytes(100)) ==
        "generator sequential: access_size 100 B is not a power of two from 1 B to 4 KiB; give one, \"128 B\"");
  CHECK(problem("random", "access_size", Bytes(0)).starts_with("generator random: access_size"));
  CHECK(problem("zipf", "access_size", Bytes::kib(8)).starts_with("generator zipf: access_size 8 KiB"));
  CHECK(problem("random", "footprint", Bytes(0)).starts_with("generator random: footprint"));
  CHECK(
      problem("random", "footprint", Bytes((std::uint64_t{1} << 47U) + 1)).starts_with("generator random: footprint"));
  CHECK(problem("random", "accesses", std::uint64_t{0}) ==
        "generator random: accesses is 0: the trace would be empty; give at least 1");
  CHECK(problem("sequential", "passes", std::uint64_t{0}).starts_with("generator sequential: passes is 0"));
  CHECK(problem("random", "write_fraction", 1.5) ==
        "generator random: write_fraction 1.5 is not in 0 to 1; give a number in this range");
  CHECK(problem("random", "write_fraction", std::nan("")).starts_with("generator random: write_fraction nan"));
  CHECK(problem("zipf", "exponent", -0.1).starts_with("generator zipf: exponent -0.1 is not in 0 to 10"));
}

}  // namespace generators_test
}  // namespace farfault::traces
