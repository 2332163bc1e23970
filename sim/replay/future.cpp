#include "sim/replay/future.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "sim/core/error.h"
#include "sim/replay/assigned_scan.h"
#include "traces/in_order.h"

namespace farfault {
namespace {

constexpr std::size_t kFirstRuns = 1U << 16U;

[[noreturn]] void fail(const std::string& what, int error) {
  throw RunError(
      "cannot keep what lies ahead of the trace (" + what + "): " + std::strerror(error) +
      "; set TMPDIR to a folder with room for temporary files, or give the eviction policy a larger granularity");
}

}  // namespace

SpillingRuns::~SpillingRuns() {
  if (runs_ != nullptr) munmap(runs_, capacity_ * sizeof(Run));
  if (file_ >= 0) close(file_);
}

void SpillingRuns::grow() {
  if (file_ < 0) {
    const char* const folder = std::getenv("TMPDIR");
    const std::string where = folder != nullptr && *folder != '\0' ? folder : "/tmp";
    file_ = open(where.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0) {
      // Not every file system can make a file without a name.
      std::string name = where + "/farfault-XXXXXX";
      file_ = mkostemp(name.data(), O_CLOEXEC);
      if (file_ < 0) fail("a temporary file in " + where, errno);
      unlink(name.c_str());
    }
  }
  const std::size_t capacity = std::max(kFirstRuns, 2 * capacity_);
  // Allocated, not only sized: a full disk is an error here and not a signal later.
  const int error = posix_fallocate(file_, 0, static_cast<off_t>(capacity * sizeof(Run)));
  if (error != 0) fail("a temporary file of " + std::to_string(capacity * sizeof(Run)) + " bytes", error);
  void* const map = mmap(nullptr, capacity * sizeof(Run), PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
  if (map == MAP_FAILED) fail("mapping a temporary file", errno);
  if (runs_ != nullptr) munmap(runs_, capacity_ * sizeof(Run));
  runs_ = static_cast<Run*>(map);
  capacity_ = capacity;
}

void SpillingRuns::push(const Run& run) {
  if (size_ == kNone - 1) fail("2^32 changes from chunk to chunk", EFBIG);
  if (size_ == capacity_) grow();
  runs_[size_++] = run;
}

DeviceFuture::DeviceFuture(BlockTable& table, Bytes granularity)
    : table_(table), chunk_shift_(static_cast<unsigned>(std::countr_zero(granularity / kPageSize))) {}

DeviceFuture::Chunk& DeviceFuture::reach(std::uint32_t index) {
  if (index >= chunks_.size()) {
    const std::size_t size = index + std::size_t{1} + index / 2;
    chunks_.resize(size);
    first_.resize(size, Runs::kNone);
  }
  return chunks_[index];
}

void DeviceFuture::access(BlockSlot slot, BlockNumber block, unsigned page) {
  if (slot.value() >= blocks_.size()) {
    blocks_.resize(slot.value() + std::size_t{1});
    pages_.resize(slot.value() + std::size_t{1});
  }
  blocks_[slot.value()] = block;
  pages_[slot.value()].set(page);
  const std::uint32_t index = index_of(slot, page);
  Chunk& chunk = reach(index);
  if (chunk.now != Runs::kNone && chunk.now + 1 == runs_.size() && chunk.after == 0 &&
      runs_[chunk.now].touches != ~std::uint32_t{0}) {
    ++runs_[chunk.now].touches;
    return;
  }
  const std::uint32_t run = runs_.size();
  runs_.push({index, 1, Runs::kNone, chunk.after});
  if (chunk.now == Runs::kNone) {
    first_[index] = run;
  } else {
    runs_[chunk.now].next = run;
  }
  chunk.now = run;
  chunk.after = 0;
}

void DeviceFuture::other_access(BlockSlot slot, unsigned page) {
  // It has happened for certain when the device is at what is behind it.
  reach(index_of(slot, page)).after = runs_.size() + 1;
}

void DeviceFuture::end_of_scan() {
  for (std::size_t index = 0; index < chunks_.size(); ++index) {
    chunks_[index].now = first_[index];
    chunks_[index].left = first_[index] == Runs::kNone ? 0 : runs_[first_[index]].touches;
  }
  first_ = {};
}

std::uint32_t DeviceFuture::index_of(ChunkId chunk) const {
  const std::uint64_t page = std::uint64_t{chunk.value()} << chunk_shift_;
  const std::size_t slot = page / kPagesPerBlock;
  if (slot >= slots_.size()) slots_.resize(slot + 1 + slot / 2);
  if (slots_[slot] == 0) {
    const auto known = table_.find(residency_->block(BlockSlot(static_cast<std::uint32_t>(slot))).number);
    slots_[slot] = known ? known->value() + 1 : Runs::kNone;
  }
  if (slots_[slot] == Runs::kNone) return Runs::kNone;
  return index_of(BlockSlot(slots_[slot] - 1), static_cast<unsigned>(page % kPagesPerBlock));
}

std::uint64_t DeviceFuture::next_use(ChunkId chunk) const {
  const std::uint32_t index = index_of(chunk);
  return index < chunks_.size() ? use_at(chunks_[index].now) : kNever;
}

std::uint64_t DeviceFuture::use_after_next(ChunkId chunk) const {
  const std::uint32_t index = index_of(chunk);
  if (index >= chunks_.size() || chunks_[index].now == Runs::kNone) return kNever;
  const Chunk& used = chunks_[index];
  return use_at(used.left > 1 ? used.now : runs_[used.now].next);
}

void DeviceFuture::advance(std::span<const ChunkId> touches) {
  for (const ChunkId touched : touches) {
    const std::uint32_t index = index_of(touched);
    if (index >= chunks_.size()) continue;
    Chunk& chunk = chunks_[index];
    if (chunk.now == Runs::kNone) continue;
    done_ = std::max(done_, chunk.now + 1);
    if (--chunk.left != 0) continue;
    const std::uint32_t next = runs_[chunk.now].next;
    if (chunk.now < looked_ && (next == Runs::kNone || next >= looked_)) --in_window_;
    chunk.now = next;
    if (next != Runs::kNone) chunk.left = runs_[next].touches;
  }
}

std::optional<BlockPages> DeviceFuture::ahead(std::size_t chunks) {
  while (looked_ < runs_.size() && in_window_ < chunks) {
    const Runs::Run& run = runs_[looked_];
    const std::uint32_t now = chunks_[run.chunk].now;
    const bool is_over = now > looked_;
    if (!is_over && done_ < run.after) return std::nullopt;
    // Nobody has taken it away since it was told of.
    const bool is_known = now < looked_ && run.after == 0;
    if (now == looked_) ++in_window_;
    ++looked_;
    if (is_over || is_known) continue;
    const std::uint64_t page = std::uint64_t{run.chunk} << chunk_shift_;
    const auto first = static_cast<unsigned>(page % kPagesPerBlock);
    const std::size_t slot = page / kPagesPerBlock;
    return BlockPages{blocks_[slot], pages_[slot] & PageMask::range(first, first + (1U << chunk_shift_))};
  }
  return std::nullopt;
}

Future::Future(traces::Reader& reader, const RunSpec& spec, const std::vector<std::string>& device_names,
               const std::vector<Bytes>& granularities)
    : table_(spec.replay.block_limit) {
  for (const Bytes granularity : granularities) devices_.push_back(std::make_unique<DeviceFuture>(table_, granularity));
  AssignedScan assigned(reader, spec.workload.assign, device_names);
  const auto see = [&](std::size_t processor, VirtualAddress address) {
    const BlockNumber block = address.block();
    const auto known = table_.find(block);
    const BlockSlot slot = known ? *known : table_.add(block);
    const unsigned page = address.page().index_in_block();
    for (std::size_t d = 0; d < devices_.size(); ++d) {
      processor == d + 1 ? devices_[d]->access(slot, block, page) : devices_[d]->other_access(slot, page);
    }
  };
  traces::AccessBlock block;
  while (reader.next(block)) {
    traces::visit_in_order(block, [&](const auto& record) {
      if constexpr (std::is_same_v<std::decay_t<decltype(record)>, traces::Event>) {
        assigned.apply(record);
      } else {
        const std::size_t processor = assigned.processor_of(record);
        const std::uint64_t end = traces::end_of(record.address, std::max<std::uint64_t>(1, record.size()));
        for (std::uint64_t address = record.address; address < end; address = (address | kPageMask) + 1) {
          see(processor, VirtualAddress(address));
          if ((address | kPageMask) == traces::kMaxAddress) break;
        }
      }
    });
  }
  accesses_ = assigned.accesses();
  for (const auto& device : devices_) device->end_of_scan();
}

}  // namespace farfault
