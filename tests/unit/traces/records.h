/// Traces from lists of records, and back.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "traces/generators/random_numbers.h"
#include "traces/reader.h"

namespace farfault::traces::testing {

using Record = std::variant<Access, Event>;

inline Access read(std::uint64_t address, std::uint32_t size = 8, std::uint16_t gap = 0, std::uint16_t agent = 0) {
  return Access::make(address, size, Op::kRead, gap, agent);
}
inline Access write(std::uint64_t address, std::uint32_t size = 8, std::uint16_t gap = 0, std::uint16_t agent = 0) {
  return Access::make(address, size, Op::kWrite, gap, agent);
}
inline Event event(EventKind kind, std::uint64_t value = 0, std::uint16_t agent = 0, std::string name = "") {
  Event out;
  out.kind = kind;
  out.value = value;
  out.agent = agent;
  out.name = std::move(name);
  return out;
}
inline Event range(EventKind kind, std::uint64_t address, std::uint64_t length, Backing backing = Backing::kUnknown) {
  Event out;
  out.kind = kind;
  out.address = address;
  out.length = length;
  out.backing = backing;
  return out;
}
inline std::vector<Agent> some_agents(std::size_t count) {
  std::vector<Agent> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({AgentKind::kCpuThread, "thread " + std::to_string(i + 1)});
  return out;
}

/// Yields the records in blocks of so many.
class RecordsReader final : public Reader {
 public:
  explicit RecordsReader(std::vector<Record> records, std::vector<Agent> agents = some_agents(1),
                         std::size_t block_records = 7)
      : records_(std::move(records)), agents_(std::move(agents)), block_records_(block_records) {}

  std::string_view format() const override { return "records"; }
  bool next(AccessBlock& block) override {
    block.clear();
    for (std::size_t n = 0; n < block_records_ && given_ < records_.size(); ++n, ++given_) {
      if (const auto* access = std::get_if<Access>(&records_[given_])) {
        block.accesses.push_back(*access);
      } else {
        block.events.push_back(std::get<Event>(records_[given_]));
        block.events.back().position = static_cast<std::uint32_t>(block.accesses.size());
      }
    }
    return !block.empty();
  }
  const std::vector<Agent>& agents() const override { return agents_; }
  const TraceLimits& limits() const override { return limits_; }

 private:
  std::vector<Record> records_;
  std::vector<Agent> agents_;
  std::size_t block_records_;
  std::size_t given_ = 0;
  TraceLimits limits_;
};

/// What is left of a trace. Events have position 0. `most` is set to the size of the largest block.
inline std::vector<Record> records_of(Reader& reader, std::size_t* most = nullptr) {
  std::vector<Record> out;
  AccessBlock block;
  while (reader.next(block)) {
    if (most != nullptr) *most = std::max({*most, block.accesses.size(), block.events.size()});
    std::size_t i = 0;
    for (Event& event : block.events) {
      for (; i < event.position; ++i) out.emplace_back(block.accesses[i]);
      event.position = 0;
      out.emplace_back(event);
    }
    for (; i < block.accesses.size(); ++i) out.emplace_back(block.accesses[i]);
  }
  return out;
}

inline std::uint64_t instructions_of(const std::vector<Record>& records) {
  std::uint64_t n = 0;
  for (const Record& record : records) {
    if (const auto* access = std::get_if<Access>(&record)) {
      n += access->gap;
    } else if (const Event& e = std::get<Event>(record); e.kind == EventKind::kCompute) {
      n += e.value;
    }
  }
  return n;
}

/// Accesses of all sizes to so many pages, by so many agents, and all that happens between them. Addresses begin at 64
/// KiB.
inline std::vector<Record> random_records(std::uint64_t seed, std::size_t count, std::uint64_t pages,
                                          std::uint16_t agents) {
  Xoshiro256 random(seed);
  std::vector<Record> out;
  while (out.size() < count) {
    const std::uint64_t what = random.below(100);
    const auto agent = static_cast<std::uint16_t>(random.below(agents));
    const std::uint64_t address = 0x10000 + random.below(pages * 4096);
    if (what < 90) {
      // Now and then a large one, and a long gap.
      const auto size = static_cast<std::uint32_t>(1 + random.below(what < 2 ? 9000 : 16));
      const auto gap = static_cast<std::uint16_t>(random.below(what == 3 ? 65536 : 20));
      out.emplace_back(Access::make(address, size, static_cast<Op>(random.below(4)), gap, agent));
    } else if (what < 94) {
      out.emplace_back(event(EventKind::kCompute, random.below(200000), agent));
    } else if (what < 96) {
      out.emplace_back(range(what == 94 ? EventKind::kMmap : EventKind::kMunmap, address & ~std::uint64_t{4095},
                             4096 * (1 + random.below(8)), static_cast<Backing>(random.below(kBackingCount))));
    } else {
      out.emplace_back(event(what == 96   ? EventKind::kMarker
                             : what == 97 ? EventKind::kDependency
                                          : EventKind::kGup,
                             0, agent));
    }
  }
  return out;
}

}  // namespace farfault::traces::testing
