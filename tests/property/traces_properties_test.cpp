#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <cstdio>
#include <set>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "traces/footprint.h"
#include "traces/generators/pattern.h"
#include "traces/generators/registry.h"
#include "traces/generators/zipf_sampler.h"
#include "traces/readers/lackey.h"

namespace farfault::traces {
namespace traces_properties_test {

/// What lackey would have written.
std::string as_lackey(const std::vector<Access>& accesses) {
  std::string out;
  for (const Access& access : accesses) {
    for (int i = 0; i < access.gap; ++i) out += "I  0401ab70,3\n";
    char line[64];
    std::snprintf(line, sizeof line, " %c %08llx,%u\n", "LSM"[static_cast<int>(access.op())],
                  static_cast<unsigned long long>(access.address), access.size());
    out += line;
  }
  return out;
}

rc::Gen<Access> any_access() {
  return rc::gen::map(rc::gen::tuple(rc::gen::arbitrary<std::uint64_t>(), rc::gen::inRange(0U, 64U),
                                     rc::gen::inRange(1U, 5000U), rc::gen::inRange(0, 3), rc::gen::inRange(0, 20)),
                      [](const auto& parts) {
                        const auto [bits, shift, size, op, gap] = parts;
                        // Addresses of all lengths, but not at the very end of the address space.
                        const std::uint64_t address = (bits >> shift) % (~std::uint64_t{0} - 5000);
                        return Access::make(address, size, static_cast<Op>(op), static_cast<std::uint16_t>(gap));
                      });
}

std::vector<Access> read_back(const std::string& text) {
  LackeyReader reader(open_bytes_in_memory(text, "t"));
  std::vector<Access> out;
  AccessBlock block;
  while (reader.next(block)) out.insert(out.end(), block.accesses.begin(), block.accesses.end());
  return out;
}

TEST_CASE("traces: accesses printed as lackey does are read back as they were") {
  CHECK(rc::check([] {
    const auto accesses = *rc::gen::nonEmpty(rc::gen::container<std::vector<Access>>(any_access()));
    RC_ASSERT(read_back(as_lackey(accesses)) == accesses);
  }));
}

TEST_CASE("traces: damaged lackey text is read or refused but nothing else") {
  CHECK(rc::check([] {
    std::string text = as_lackey(*rc::gen::nonEmpty(rc::gen::container<std::vector<Access>>(any_access())));
    text += "SYSCALL[7,1](9) sys_mmap ( 0x0, 8192, 3, 34, 4294967295, 0 ) --> [pre-success] Success(0x4835000) \n";
    const int changes = *rc::gen::inRange(1, 8);
    for (int i = 0; i < changes; ++i) {
      const auto place = static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(text.size())));
      text[place] = *rc::gen::arbitrary<char>();
    }
    try {
      read_back(text);
    } catch (const InputError& error) {
      RC_ASSERT(std::string(error.what()).starts_with("t:"));
    }
  }));
}

TEST_CASE("traces: accesses of patterns over one range stay inside their footprint") {
  Registry<GeneratorInfo> registry;
  register_generators(registry);
  CHECK(rc::check([&] {
    const std::vector<std::string> patterns = {"random", "sequential", "zipf"};
    const GeneratorInfo& info = *registry.find(*rc::gen::elementOf(patterns));
    const std::uint64_t footprint = *rc::gen::inRange<std::uint64_t>(1, 3'000'000);
    const std::uint64_t access_size = std::uint64_t{1} << *rc::gen::inRange(4U, 13U);
    Parameters parameters = Parameters::defaults(info.parameters);
    parameters.set("footprint", Bytes(footprint));
    parameters.set("access_size", Bytes(access_size));
    if (parameters.contains("accesses")) parameters.set("accesses", std::uint64_t{5000});
    if (parameters.contains("scramble")) parameters.set("scramble", *rc::gen::arbitrary<bool>());
    const auto reader = info.make(parameters, *rc::gen::arbitrary<std::uint64_t>())->open();
    std::set<std::uint64_t> pages;
    std::uint64_t accesses = 0;
    AccessBlock block;
    while (reader->next(block)) {
      for (const Access& access : block.accesses) {
        RC_ASSERT(access.address >= kGeneratorBase);
        RC_ASSERT(access.size() >= 1U);
        RC_ASSERT(access.size() <= access_size);
        RC_ASSERT(access.address + access.size() <= kGeneratorBase + footprint);
        RC_ASSERT((access.address - kGeneratorBase) % access_size == 0U);
        pages.insert(access.address >> kPageShift);
        ++accesses;
      }
    }
    if (info.name == "sequential") RC_ASSERT(pages.size() == (footprint + 4095) / 4096);
    RC_ASSERT(accesses == (info.name == "sequential" ? (footprint + access_size - 1) / access_size : 5000));
  }));
}

TEST_CASE("traces: a permutation of any size hits every place once") {
  CHECK(rc::check([] {
    const auto n = *rc::gen::inRange<std::uint64_t>(1, 3000);
    const Permutation permutation(n, *rc::gen::arbitrary<std::uint64_t>());
    std::set<std::uint64_t> images;
    for (std::uint64_t i = 0; i < n; ++i) images.insert(permutation(i));
    RC_ASSERT(images.size() == n);
    RC_ASSERT(*images.rbegin() == n - 1);
  }));
}

}  // namespace traces_properties_test
}  // namespace farfault::traces
