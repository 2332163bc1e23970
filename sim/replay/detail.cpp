#include "sim/replay/detail.h"

namespace farfault {
DetailedReplay::DetailedReplay(const DetailParts& parts)
    : residency_(parts.residency),
      processor_(parts.processor),
      table_(parts.table),
      translator_(parts.translator),
      cache_(parts.cache),
      coalescer_(parts.coalescer),
      filter_(parts.window) {}

PageMask DetailedReplay::mapped(BlockSlot slot) const {
  if (processor_ == 0) return residency_.block(slot).host;
  const DeviceBlock& here = residency_.device(DeviceId(static_cast<std::uint32_t>(processor_ - 1)), slot);
  return here.resident | here.remote_mapped;
}

TlbWay DetailedReplay::translate(PageNumber page, EntrySize size, DetailCounts& detail) {
  const Translator::Result result = translator_.translate(page, size);
  if (result.way == TlbWay::kL2) ++detail.l2_hits;
  if (result.way == TlbWay::kWalk) {
    ++detail.walks;
    detail.walk_reads += result.reads;
  }
  return result.way;
}

DetailedReplay::Traffic DetailedReplay::local(std::uint64_t address, std::uint64_t size, bool write,
                                              DetailCounts& detail) {
  if (cache_ == nullptr) return {coalescer_.units(address, size), Served::kMemory};
  Traffic traffic{0, Served::kNear};
  const unsigned shift = cache_->sector_shift();
  const std::uint64_t last = (address + size - 1) >> shift;
  for (std::uint64_t unit = address >> shift; unit <= last; ++unit) {
    if (filter_.absorbs(unit, write)) continue;
    const SectorCache::Outcome outcome = cache_->access(unit, write);
    ++detail.cache_units;
    detail.fetched_units += outcome.fetched;
    traffic.units += outcome.fetched + outcome.written_back;
    if (outcome.fetched != 0) {
      traffic.served = Served::kMemory;
    } else if (traffic.served == Served::kNear) {
      traffic.served = Served::kCache;
    }
  }
  return traffic;
}

std::uint64_t DetailedReplay::local_units(BlockSlot slot, std::uint64_t address, std::uint64_t size, bool write,
                                          DetailCounts& detail) {
  const PageNumber page = VirtualAddress(address).page();
  translate(page, table_.entry_size(mapped(slot), page.index_in_block()), detail);
  return local(address, size, write, detail).units;
}

std::uint64_t DetailedReplay::remote_units(BlockSlot slot, std::uint64_t address, std::uint64_t size, bool translated,
                                           DetailCounts& detail) {
  const PageNumber page = VirtualAddress(address).page();
  if (translated) translate(page, table_.entry_size(mapped(slot), page.index_in_block()), detail);
  return coalescer_.units(address, size);
}

const traces::Access* DetailedReplay::run(const traces::Access* access, const traces::Access* end,
                                          const HitContext& context, HitCounts& counts, DetailCounts& detail) {
  std::uint64_t last_block = ~std::uint64_t{0};
  std::uint64_t last_page = ~std::uint64_t{0};
  std::uint64_t repeats = 0;
  const AccessMasks* masks = nullptr;
  std::uint64_t block_page = 0;
  PageMask mapped_pages;
  ChunkId last_chunk(~std::uint32_t{0});

  for (; access != end; ++access) {
    const std::uint64_t address = access->address;
    const std::uint64_t size = access->size();
    const std::uint64_t block = address >> kBlockShift;
    if (block != last_block) {
      if (block >= BlockTable::kBlocks) break;
      const std::uint32_t slot = context.index[block];
      if (slot == 0) break;
      last_block = block;
      masks = context.masks + (slot - 1);
      block_page = std::uint64_t{slot - 1} * kPagesPerBlock;
      mapped_pages = mapped(BlockSlot(slot - 1));
    }
    if ((address & kPageMask) + size > kPageSize.count() || size == 0) break;

    const PageNumber number(address >> kPageShift);
    const unsigned page = number.index_in_block();
    const bool write = access->is_write();
    const bool is_local = (write ? masks->writable : masks->readable).test(page);
    if (!is_local && !masks->remote.test(page)) break;

    // Nobody else runs meanwhile, so the entry of the page before is still the one used last.
    TlbWay way = TlbWay::kL1;
    if (number.value() == last_page) {
      ++repeats;
    } else {
      way = translate(number, table_.entry_size(mapped_pages, page), detail);
      last_page = number.value();
    }

    if (is_local) {
      const Traffic traffic = local(address, size, write, detail);
      counts.local_units += traffic.units;
      ++counts.local_accesses;
      ++detail.accesses[static_cast<std::size_t>(way)][static_cast<std::size_t>(traffic.served)];
      if (context.touches != nullptr) {
        const ChunkId chunk(static_cast<std::uint32_t>((block_page + page) >> context.chunk_shift));
        if (context.every_touch || chunk != last_chunk) context.touches->push(chunk);
        last_chunk = chunk;
      }
    } else {
      const std::uint64_t units = coalescer_.units(address, size);
      if (!write) counts.remote_read_requests += coalescer_.requests(address, size, units);
      (write ? counts.remote_write_units : counts.remote_read_units) += units;
      ++counts.remote_accesses;
      if (context.remote_touches) {
        context.touches->push(ChunkId(static_cast<std::uint32_t>((block_page + page) >> context.chunk_shift)));
      }
      if (context.remote != nullptr && units != 0) context.remote->add(address >> context.region_shift, units);
    }
    counts.instructions += access->gap;
  }
  translator_.count_repeats(repeats);
  return access;
}

}  // namespace farfault
