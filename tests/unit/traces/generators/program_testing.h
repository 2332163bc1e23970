/// What the tests of programs share: totals of a trace by kernel and array, and a second, literal way to the accesses
/// of a kernel.
#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/traces/testing.h"
#include "traces/generators/pattern.h"
#include "traces/generators/program.h"
#include "traces/generators/random_numbers.h"
#include "traces/generators/registry.h"

namespace farfault::traces::testing {

using Settings = std::vector<std::pair<std::string, ParameterValue>>;

inline constexpr auto count = [](std::uint64_t n) { return ParameterValue(n); };
inline constexpr auto text = [](const char* s) { return ParameterValue(std::string(s)); };

/// The generator with its defaults, but for the settings.
inline std::unique_ptr<Source> source_of(const std::string& name, const Settings& settings, std::uint64_t seed = 1) {
  static const Registry<GeneratorInfo> registry = [] {
    Registry<GeneratorInfo> out;
    register_generators(out);
    return out;
  }();
  const GeneratorInfo* const info = registry.find(name);
  REQUIRE(info != nullptr);
  Parameters parameters = Parameters::defaults(info->parameters);
  for (const auto& [key, value] : settings) {
    REQUIRE(parameters.contains(key));
    parameters.set(key, value);
  }
  return info->make(parameters, seed);
}

/// A read-modify-write counts as a read and as a write.
struct Sum {
  std::uint64_t accesses = 0;
  std::uint64_t reads = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t writes = 0;
  std::uint64_t bytes_written = 0;
  std::uint64_t pages = 0;  ///< distinct
};

/// A trace of a program, added up. Checks on the way that blocks keep the rules of readers, that every access is inside
/// one mapped array, that the device works only between launch and end of a kernel, that it makes as many accesses
/// there as the launch tells, and that the CPU touches nothing while it has launches that it has not waited for.
class Totals {
 public:
  explicit Totals(const Source& source) {
    const std::unique_ptr<Reader> reader = source.open();
    AccessBlock block;
    while (reader->next(block)) {
      add(block);
      largest_block_ = std::max(largest_block_, block.accesses.size());
    }
    CHECK(wrong_ == std::vector<std::string>{});
    CHECK(largest_block_ < 2 * kBlockAccesses);
    CHECK(running_.empty());
  }

  /// Of the CPU ("cpu") or a kernel, by its name, in one array.
  Sum in(const std::string& who, const std::string& array) const {
    const auto found = cells_.find({who, array});
    if (found == cells_.end()) return {};
    Sum sum = found->second.sum;
    sum.pages = static_cast<std::uint64_t>(std::count(found->second.pages.begin(), found->second.pages.end(), true));
    return sum;
  }
  /// Of the CPU or a kernel in all arrays; pages are not added up.
  Sum all(const std::string& who) const {
    Sum sum;
    for (const auto& [key, cell] : cells_) {
      if (key.first != who) continue;
      sum.accesses += cell.sum.accesses;
      sum.reads += cell.sum.reads;
      sum.bytes_read += cell.sum.bytes_read;
      sum.writes += cell.sum.writes;
      sum.bytes_written += cell.sum.bytes_written;
    }
    return sum;
  }
  std::uint64_t launches(const std::string& kernel) const {
    const auto found = launches_.find(kernel);
    return found == launches_.end() ? 0 : found->second;
  }
  std::uint64_t launches() const {
    std::uint64_t n = 0;
    for (const auto& [name, launched] : launches_) n += launched;
    return n;
  }
  std::uint64_t synchronisations() const { return synchronisations_; }
  std::uint64_t dependencies() const { return dependencies_; }
  std::uint64_t accesses() const { return accesses_; }
  /// In the order in which they are mapped.
  std::vector<std::string> arrays() const {
    std::vector<std::string> names;
    for (const Array& array : arrays_) names.push_back(array.name);
    return names;
  }
  std::uint64_t address(const std::string& array) const { return array_named(array).begin; }
  /// In whole pages.
  std::uint64_t bytes(const std::string& array) const { return array_named(array).length; }
  /// Of the whole trace, events included.
  std::uint64_t hash() const { return hash_; }

 private:
  struct Array {
    std::string name;
    std::uint64_t begin;
    std::uint64_t length;
  };
  struct Cell {
    Sum sum;
    std::vector<bool> pages;
  };

  const Array& array_named(const std::string& name) const {
    for (const Array& array : arrays_) {
      if (array.name == name) return array;
    }
    FAIL("no array " << name);
    return arrays_.front();
  }

  void add(const AccessBlock& block) {
    std::size_t next = 0;
    for (const Event& event : block.events) {
      expect(event.position <= block.accesses.size() && event.position >= next, "positions of events are ordered");
      for (; next < event.position && next < block.accesses.size(); ++next) add(block.accesses[next]);
      add(event);
    }
    for (; next < block.accesses.size(); ++next) add(block.accesses[next]);
  }

  void add(const Access& access) {
    ++accesses_;
    mix(access.address);
    mix(access.size_and_op);
    mix(access.agent);
    expect(access.size() > 0, "accesses have a size");
    expect(access.agent == 0 ? running_.empty() && waiting_ == 0 : !running_.empty(), "who is at work");
    Cell* const cell = cell_of(access);
    if (cell == nullptr) return;
    ++cell->sum.accesses;
    if (access.op() != Op::kWrite) {
      ++cell->sum.reads;
      cell->sum.bytes_read += access.size();
    }
    if (access.is_write()) {
      ++cell->sum.writes;
      cell->sum.bytes_written += access.size();
    }
  }

  /// Null where the access is not inside one array. Marks its pages.
  Cell* cell_of(const Access& access) {
    if (last_ == nullptr || access.address < last_->begin || access.address >= last_->begin + last_->length) {
      last_ = nullptr;
      for (const Array& array : arrays_) {
        if (access.address >= array.begin && access.address < array.begin + array.length) last_ = &array;
      }
    }
    const bool inside = last_ != nullptr && access.address + access.size() <= last_->begin + last_->length;
    expect(inside, "accesses are inside arrays");
    if (!inside) return nullptr;
    if (cell_ == nullptr || cell_array_ != last_ || cell_agent_ != access.agent) {
      cell_ = &cells_[{access.agent == 0 ? "cpu" : running_, last_->name}];
      cell_array_ = last_;
      cell_agent_ = access.agent;
      cell_->pages.resize(last_->length / 4096);
    }
    const std::uint64_t end = access.address + access.size() - last_->begin;
    for (std::uint64_t page = (access.address - last_->begin) / 4096; page * 4096 < end; ++page) {
      cell_->pages[page] = true;
    }
    return cell_;
  }

  void add(const Event& event) {
    mix(static_cast<std::uint64_t>(event.kind));
    mix(event.agent);
    mix(event.address);
    mix(event.length);
    for (const char c : event.name) mix(static_cast<std::uint64_t>(c));
    switch (event.kind) {
      case EventKind::kMmap:
        return add_array(event);
      case EventKind::kKernelLaunch:
        expect(running_.empty() && event.agent == 1 && event.value == 0 && !event.name.empty(), "launches");
        running_ = event.name;
        told_ = event.value2;
        expect(told_ <= (1U << 20U), "resident blocks of launches");
        mix(told_);
        cell_ = nullptr;
        ++launches_[event.name];
        ++waiting_;
        return;
      case EventKind::kKernelEnd:
        expect(!running_.empty() && event.agent == 1, "ends of kernels");
        running_.clear();
        return;
      case EventKind::kStreamSync:
        expect(running_.empty() && event.agent == 0 && event.value == 1, "synchronisations");
        waiting_ = 0;
        ++synchronisations_;
        return;
      case EventKind::kDependency:
        ++dependencies_;
        return;
      case EventKind::kThreadBlock:
        expect(!running_.empty() && event.agent == 1 && told_ != 0, "thread blocks");
        mix(event.value);
        mix(event.value2);
        return;
      default:
        expect(false, "kinds of events");
        return;
    }
  }

  void add_array(const Event& event) {
    const std::uint64_t end_of_last = arrays_.empty() ? kGeneratorBase : arrays_.back().begin + arrays_.back().length;
    expect(event.address >= end_of_last && event.address % 4096 == 0 && event.length % 4096 == 0 && event.length > 0,
           "ranges of arrays");
    expect(event.backing == Backing::kPrivateAnonymous && event.protection == 3 && event.agent == 0, "mappings");
    arrays_.push_back({event.name, event.address, event.length});
    last_ = nullptr;  // the arrays have moved
    cell_ = nullptr;
  }

  void expect(bool right, const char* rule) {
    if (!right && wrong_.size() < 5) wrong_.push_back(std::string(rule) + ", access " + std::to_string(accesses_));
  }
  void mix(std::uint64_t value) { hash_ = SplitMix64::mix(hash_ + value); }

  std::vector<Array> arrays_;
  std::map<std::pair<std::string, std::string>, Cell> cells_;
  std::map<std::string, std::uint64_t> launches_;
  std::string running_;     ///< the kernel; empty if none
  std::uint64_t told_ = 0;  ///< resident blocks of the kernel, as the launch says; 0: it does not
  std::uint64_t waiting_ = 0;
  std::uint64_t synchronisations_ = 0;
  std::uint64_t dependencies_ = 0;
  std::uint64_t accesses_ = 0;
  std::uint64_t hash_ = 0;
  std::size_t largest_block_ = 0;
  std::vector<std::string> wrong_;
  // Where the last access went.
  const Array* last_ = nullptr;
  Cell* cell_ = nullptr;
  const Array* cell_array_ = nullptr;
  std::uint16_t cell_agent_ = 0;
};

/// What one thread does in one memory instruction; none where it does not take part.
struct Lane {
  std::uint64_t address;
  std::uint64_t size;
  Op op;
};
/// The memory instructions of one thread, in steps: within a step a block executes one instruction after the other, all
/// warps of it; blocks take turns at each step. All threads of a block must have the same numbers of them.
using Steps = std::vector<std::vector<std::optional<Lane>>>;

/// The accesses of a warp's instruction, thread by thread as the original reads: lanes are gathered in order; one that
/// wants what another lane of the instruction wants is left out, one that follows the last one in memory lengthens its
/// access.
inline void add_literal_instruction(std::vector<Access>& out, const std::vector<Steps>& block, std::size_t warp,
                                    std::size_t step, std::size_t instruction) {
  std::set<std::uint64_t> wanted;
  std::uint64_t end = 0;
  for (std::size_t thread = warp; thread < std::min(block.size(), warp + 32); ++thread) {
    const std::optional<Lane>& lane = block[thread][step][instruction];
    if (!lane || !wanted.insert(lane->address).second) continue;
    const auto size = static_cast<std::uint32_t>(lane->size);
    if (lane->address == end) {
      out.back() = Access::make(out.back().address, out.back().size() + size, lane->op, 0, 1);
    } else {
      out.push_back(Access::make(lane->address, size, lane->op, 0, 1));
    }
    end = lane->address + lane->size;
  }
}

/// A step of a block, one instruction of all warps after the other.
inline void add_literal_step(std::vector<Access>& out, const std::vector<Steps>& block, std::size_t step) {
  for (std::size_t instruction = 0; instruction < block[0][step].size(); ++instruction) {
    for (std::size_t warp = 0; warp < block.size(); warp += 32) {
      add_literal_instruction(out, block, warp, step, instruction);
    }
  }
}

using ThreadProgram = std::function<Steps(std::uint64_t block, std::uint64_t thread)>;

/// The threads of all blocks.
inline std::vector<std::vector<Steps>> literal_blocks(std::uint64_t blocks, std::uint64_t threads,
                                                      const ThreadProgram& program) {
  std::vector<std::vector<Steps>> out(blocks);
  for (std::uint64_t block = 0; block < blocks; ++block) {
    for (std::uint64_t thread = 0; thread < threads; ++thread) out[block].push_back(program(block, thread));
  }
  return out;
}

/// One launch whose blocks come in waves and take their steps together (GridWalk).
inline std::vector<Access> literal_kernel(std::uint64_t blocks, std::uint64_t threads, std::uint64_t resident,
                                          const ThreadProgram& program) {
  std::vector<Access> out;
  const std::vector<std::vector<Steps>> all = literal_blocks(blocks, threads, program);
  for (std::uint64_t first = 0; first < blocks; first += resident) {
    for (std::size_t step = 0; step < all[0][0].size(); ++step) {
      for (std::uint64_t block = first; block < std::min(blocks, first + resident); ++block) {
        add_literal_step(out, all[block], step);
      }
    }
  }
  return out;
}

/// One launch whose blocks come one after the other (GridBlocks), stage by stage, each of which begins at one of the
/// steps `stages`; warp by warp within a stage.
inline std::vector<Access> literal_grid(std::uint64_t blocks, std::uint64_t threads,
                                        const std::vector<std::size_t>& stages, const ThreadProgram& program) {
  std::vector<Access> out;
  for (const std::vector<Steps>& block : literal_blocks(blocks, threads, program)) {
    for (std::size_t s = 0; s < stages.size(); ++s) {
      const std::size_t end = s + 1 < stages.size() ? stages[s + 1] : block[0].size();
      for (std::size_t warp = 0; warp < threads; warp += 32) {
        for (std::size_t step = stages[s]; step < end; ++step) {
          for (std::size_t i = 0; i < block[0][step].size(); ++i) add_literal_instruction(out, block, warp, step, i);
        }
      }
    }
  }
  return out;
}

/// The accesses of each launch of a trace.
inline std::vector<std::vector<Access>> launches_of(const Contents& contents) {
  std::vector<std::vector<Access>> out;
  std::uint64_t begin = 0;
  for (const Contents::PlacedEvent& placed : contents.events) {
    if (placed.event.kind == EventKind::kKernelLaunch) begin = placed.position;
    if (placed.event.kind != EventKind::kKernelEnd) continue;
    out.emplace_back(contents.accesses.begin() + static_cast<std::ptrdiff_t>(begin),
                     contents.accesses.begin() + static_cast<std::ptrdiff_t>(placed.position));
  }
  return out;
}

/// Of a launch: for each event of a kind, how many of its accesses come before.
inline std::vector<std::uint64_t> positions_of(const Contents& contents, std::size_t launch, EventKind kind) {
  std::vector<std::uint64_t> out;
  std::uint64_t begin = 0;
  std::size_t launches = 0;
  for (const Contents::PlacedEvent& placed : contents.events) {
    if (placed.event.kind == EventKind::kKernelLaunch) {
      ++launches;
      begin = placed.position;
    }
    if (placed.event.kind == kind && launches == launch + 1) out.push_back(placed.position - begin);
  }
  return out;
}
inline std::vector<std::uint64_t> dependencies_of(const Contents& contents, std::size_t launch) {
  return positions_of(contents, launch, EventKind::kDependency);
}

/// The accesses of the CPU, in order.
inline std::vector<Access> cpu_of(const Contents& contents) {
  std::vector<Access> out;
  for (const Access& access : contents.accesses) {
    if (access.agent == 0) out.push_back(access);
  }
  return out;
}

inline std::uint64_t address_of(const Contents& contents, const std::string& array) {
  for (const Contents::PlacedEvent& placed : contents.events) {
    if (placed.event.kind == EventKind::kMmap && placed.event.name == array) return placed.event.address;
  }
  FAIL("no array " << array);
  return 0;
}

/// Accesses of a CPU's loop over neighbouring elements of one array, line by line.
inline void add_line_sweep(std::vector<Access>& out, std::uint64_t begin, std::uint64_t end, Op op) {
  while (begin < end) {
    const std::uint64_t line_end = std::min(end, begin / 64 * 64 + 64);
    out.push_back(Access::make(begin, static_cast<std::uint32_t>(line_end - begin), op));
    begin = line_end;
  }
}
inline std::uint64_t lines(std::uint64_t bytes) { return (bytes + 63) / 64; }

}  // namespace farfault::traces::testing
