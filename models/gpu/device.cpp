#include "models/gpu/device.h"

#include <algorithm>

#include "sim/core/mix.h"

namespace farfault {

Device::Device(engine::Engine& engine, DeviceId id, const DeviceSpec& spec, Bytes capacity, Link& link,
               const engine::Resource& dram, std::unique_ptr<EvictionPolicy> eviction)
    : id_(id),
      spec_(spec),
      link_(link),
      vram_(engine.add_resource(spec.name + ".vram", spec.memory.bandwidth.value)),
      local_(engine.add_channel(spec.name + "-local", std::array{vram_})),
      inside_(engine.add_channel(spec.name + "-inside", std::array{vram_, vram_})),
      read_requests_(engine.add_resource(spec.name + ".remote-read", remote_read_peak(link.spec()))),
      remote_requests_(engine.add_channel(spec.name + "-remote-requests", std::array{read_requests_})),
      // Tags and packet sizes bound all streams of the device together, below what the link itself could carry.
      remote_read_(engine.add_channel(spec.name + "-remote-read",
                                      std::array{dram, link.resource(LinkDirection::kToDevice), read_requests_})),
      remote_write_(engine.add_channel(
          spec.name + "-remote-write",
          std::array{dram, link.resource(LinkDirection::kToHost),
                     engine.add_resource(spec.name + ".remote-write", remote_write_peak(link.spec()))})),
      host_read_(
          engine.add_channel(spec.name + "-host-read", std::array{vram_, link.resource(LinkDirection::kToHost)})),
      host_write_(
          engine.add_channel(spec.name + "-host-write", std::array{link.resource(LinkDirection::kToDevice), vram_})),
      dma_in_(make_dma(engine,
                       make_copy_path(engine, spec.name + "-dma-in",
                                      std::array{dram, link.resource(LinkDirection::kToDevice), vram_},
                                      link.spec().dma.to_device, dma_peak(link.spec())),
                       link.spec())),
      dma_out_(make_dma(
          engine,
          make_copy_path(engine, spec.name + "-dma-out", std::array{vram_, link.resource(LinkDirection::kToHost), dram},
                         link.spec().dma.to_host, dma_peak(link.spec())),
          link.spec())),
      memcpy_in_(make_copy_path(engine, spec.name + "-memcpy-in",
                                std::array{dram, link.resource(LinkDirection::kToDevice), vram_},
                                link.spec().memcpy.to_device, dma_peak(link.spec()))),
      memcpy_out_(make_copy_path(engine, spec.name + "-memcpy-out",
                                 std::array{vram_, link.resource(LinkDirection::kToHost), dram},
                                 link.spec().memcpy.to_host, dma_peak(link.spec()))),
      memory_(capacity),
      page_table_(spec.page_table),
      fault_buffer_(spec.fault_buffer.value),
      eviction_(std::move(eviction)),
      reserve_(eviction_->reserve()),
      fault_raised_(engine),
      replayed_(engine),
      micro_tlbs_(spec.micro_tlbs.value),
      memory_latency_(latency_at(spec.memory, 0)) {}

void Device::enable_tlbs(engine::Engine& engine) {
  tlbs_ = std::make_unique<Tlbs>(spec_.tlb, spec_.page_table, TlbSharing::kShared);
  page_table_.on_unmapped = [this](BlockNumber block, const PageMask& pages, std::uint64_t entries) {
    tlbs_->invalidate(block, pages, entries);
    if (cache_) cache_->drop(block, pages);
  };
  // Streams share the walkers: tables read per second.
  const SimTime level = spec_.page_table.walk_level.value;
  const auto walkers = static_cast<double>(spec_.tlb.walkers.value);
  const Bandwidth rate =
      level == SimTime::zero() ? Bandwidth::unlimited() : Bandwidth::bytes_per_second(walkers / level.seconds());
  walk_channel_ =
      engine.add_channel(spec_.name + "-walks", std::array{engine.add_resource(spec_.name + ".walks", rate)});
}

void Device::enable_cache(engine::Engine& engine) {
  cache_ = std::make_unique<SectorCache>(spec_.cache, spec_.sector_size.value);
  cache_channel_ = engine.add_channel(spec_.name + "-l2",
                                      std::array{engine.add_resource(spec_.name + ".l2", spec_.cache.bandwidth.value)});
}

void Device::note_load(SimTime now) {
  memory_latency_ = latency_at(spec_.memory, load_.update(now, vram_.transferred(), vram_.bandwidth()));
}

void Device::memcpy(LinkDirection direction, Bytes bytes) {
  if (bytes == Bytes()) return;
  const CopyPath& path = direction == LinkDirection::kToDevice ? memcpy_in_ : memcpy_out_;
  CopyJob job;
  job.begin_job(path.time);
  job.add_piece(path.time, bytes);
  job.bytes.add(Cause::kMemcpy, bytes);
  dma(direction).copy(job, path.channel);
  link_.traffic(direction).add(Cause::kMemcpy, bytes);
}

bool Device::join(std::uint32_t micro_tlb, BlockSlot block, unsigned page) {
  if (!spec_.merges_faults.value) return false;
  const std::vector<Outstanding>& outstanding = micro_tlbs_[micro_tlb].outstanding;
  // The newest first: neighbouring accesses mostly meet the fault that was raised last.
  const bool known = std::any_of(outstanding.rbegin(), outstanding.rend(),
                                 [&](const Outstanding& o) { return o.block == block && o.page == page; });
  if (known) ++counters_.coalesced;
  return known;
}

double Device::delay(std::uint32_t micro_tlb) const {
  const std::uint64_t key = std::uint64_t{id_.value()} << 48U | std::uint64_t{micro_tlb} << 32U;
  return unit_interval(key ^ replay_epoch_);
}

bool Device::raise(Fault fault) {
  MicroTlb& tlb = micro_tlbs_[fault.micro_tlb];
  if (tlb.outstanding.size() >= spec_.fault_slots.value || fault_buffer_.full()) return false;
  if (tlb.outstanding.empty()) {
    const auto spread = static_cast<double>(spec_.fault_spread.value.picoseconds());
    fault.raised += SimTime::from_picoseconds(spread * delay(fault.micro_tlb));
  }
  if (tlb.last_raised >= SimTime::zero() && spec_.fault_interval.value > SimTime::zero()) {
    fault.raised = std::max(fault.raised, tlb.last_raised + spec_.fault_interval.value);
  }
  tlb.last_raised = fault.raised;
  tlb.outstanding.push_back({fault.block, fault.page, fault.raised});
  fault_buffer_.push(fault);
  ++counters_.raised;
  fault_raised_.notify_all();
  return true;
}

void Device::replay(SimTime now) {
  ++counters_.replays;
  ++replay_epoch_;
  for (MicroTlb& tlb : micro_tlbs_) {
    std::erase_if(tlb.outstanding, [now](const Outstanding& o) { return o.raised <= now; });
  }
  replayed_.notify_all();
}

}  // namespace farfault
