#include "sim/replay/hit_loop.h"

#include <algorithm>
#include <bit>

namespace farfault {
namespace {

/// Far enough ahead to hide a miss in the second-level cache, near enough for the line to be there still.
constexpr std::ptrdiff_t kPrefetchDistance = 16;

/// `Touch`: the eviction policy hears of chunks. `Count`: the device counts what it reads and writes over the link.
template <bool Touch, bool Count>
const traces::Access* run(const traces::Access* access, const traces::Access* end, const HitContext& context,
                          HitCounts& counts) {
  const std::uint32_t* const index = context.index;
  const AccessMasks* const masks = context.masks;
  Coalescer coalescer_copy = std::move(*context.coalescer);  // in registers, not behind a pointer that may alias
  std::uint64_t last_block = ~std::uint64_t{0};
  const AccessMasks* block_masks = nullptr;
  std::uint64_t block_page = 0;
  HitCounts sum;

  ChunkId* touched = nullptr;
  ChunkId last_chunk(~std::uint32_t{0});
  if constexpr (Touch) touched = context.touches->end();
  const bool every_touch = context.every_touch;
  RemoteRun* counted = nullptr;
  if constexpr (Count) counted = context.remote->last();

  for (; access != end; ++access) {
    const std::uint64_t address = access->address;
    const std::uint64_t size = access->size();
    const std::uint64_t block = address >> kBlockShift;

    if (end - access > kPrefetchDistance) {
      const std::uint64_t ahead = access[kPrefetchDistance].address;
      const std::uint64_t ahead_block = ahead >> kBlockShift;
      if (ahead_block != last_block && ahead_block < BlockTable::kBlocks) {
        const std::uint32_t slot = index[ahead_block];
        if (slot != 0) {
          const auto& mask = access[kPrefetchDistance].is_write() ? masks[slot - 1].writable : masks[slot - 1].readable;
          __builtin_prefetch(&mask);
        }
      }
    }

    if (block != last_block) {
      if (block >= BlockTable::kBlocks) break;
      const std::uint32_t slot = index[block];
      if (slot == 0) break;
      last_block = block;
      block_masks = masks + (slot - 1);
      block_page = std::uint64_t{slot - 1} * kPagesPerBlock;
    }
    if ((address & kPageMask) + size > kPageSize.count() || size == 0) [[unlikely]]
      break;

    const auto page = static_cast<unsigned>(address >> kPageShift & (kPagesPerBlock - 1));
    const bool write = access->is_write();
    if ((write ? block_masks->writable : block_masks->readable).test(page)) [[likely]] {
      sum.local_units += coalescer_copy.units(address, size);
      ++sum.local_accesses;
      if constexpr (Touch) {
        const ChunkId chunk(static_cast<std::uint32_t>((block_page + page) >> context.chunk_shift));
        *touched = chunk;  // at most one per access, so within the room
        touched += every_touch || chunk != last_chunk ? 1 : 0;
        last_chunk = chunk;
      }
    } else if (block_masks->remote.test(page)) {
      const std::uint64_t units = coalescer_copy.units(address, size);
      if (!write) sum.remote_read_requests += coalescer_copy.requests(address, size, units);
      (write ? sum.remote_write_units : sum.remote_read_units) += units;
      ++sum.remote_accesses;
      if constexpr (Touch) {
        if (context.remote_touches) {
          *touched++ = ChunkId(static_cast<std::uint32_t>((block_page + page) >> context.chunk_shift));
        }
      }
      if constexpr (Count) {
        const std::uint64_t region = address >> context.region_shift;
        if (region != counted->region) *++counted = {region, 0};  // at most one per access, so within the room
        counted->accesses += units;
      }
    } else {
      break;
    }
    sum.instructions += access->gap;
  }

  *context.coalescer = std::move(coalescer_copy);
  if constexpr (Touch) context.touches->set_end(touched);
  if constexpr (Count) context.remote->set_last(counted);
  counts.local_accesses += sum.local_accesses;
  counts.remote_accesses += sum.remote_accesses;
  counts.instructions += sum.instructions;
  counts.local_units += sum.local_units;
  counts.remote_read_units += sum.remote_read_units;
  counts.remote_read_requests += sum.remote_read_requests;
  counts.remote_write_units += sum.remote_write_units;
  return access;
}

}  // namespace

Coalescer::Coalescer(Bytes unit, std::uint64_t window, Bytes request)
    : shift_(static_cast<unsigned>(std::countr_zero(unit.count()))),
      request_shift_(static_cast<unsigned>(std::bit_width(std::max(unit, request).count()) - 1)),
      mask_(window - 1),
      table_(window, ~std::uint64_t{0}) {}

const traces::Access* run_hits(const traces::Access* first, const traces::Access* end, const HitContext& context,
                               HitCounts& counts) {
  if (context.remote != nullptr) {
    return context.touches != nullptr ? run<true, true>(first, end, context, counts)
                                      : run<false, true>(first, end, context, counts);
  }
  return context.touches != nullptr ? run<true, false>(first, end, context, counts)
                                    : run<false, false>(first, end, context, counts);
}

}  // namespace farfault
