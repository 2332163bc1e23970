#include <array>
#include <string>
#include <utility>

#include "sim/config/members.h"
#include "traces/names.h"

namespace farfault::config {
namespace {

constexpr std::array<std::string_view, 2> kMemoryBacks = {"managed", "hmm"};
constexpr std::array<std::string_view, 4> kReplayPolicies = {"block", "batch", "batch_flush", "once"};
constexpr std::array<std::string_view, 4> kLinkKinds = {"pcie", "fixed", "cxl", "nvlink"};
constexpr std::array<std::string_view, 2> kFirstTouches = {"host", "accessor"};
/// A page of 4 GiB: less leaves nothing of anything.
constexpr double kSmallestSample = 1e-6;
constexpr std::array<std::string_view, 4> kAdvices = {"none", "preferred_location", "accessed_by", "read_mostly"};

// A member that has no line below would silently keep its default: whoever adds one is stopped here.
static_assert(member_count<MemorySpec>() == 5 && member_count<PageTableSpec>() == 6 && member_count<HostSpec>() == 15);
static_assert(member_count<TlbLevelSpec>() == 5 && member_count<TlbSpec>() == 5 && member_count<LlcSpec>() == 6);
static_assert(member_count<DmaSpec>() == 3 && member_count<DmaDirectionSpec>() == 4 && member_count<MemcpySpec>() == 2);
static_assert(member_count<LinkSpec>() == 18 && member_count<DuplexSpec>() == 2 && member_count<DeviceSpec>() == 20);
static_assert(member_count<DriverSpec>() == 23 && member_count<PlatformSpec>() == 6);
static_assert(member_count<CompareColumn>() == 2);
static_assert(member_count<AssignRule>() == 7 && member_count<PolicySpec>() == 4 && member_count<WorkloadSpec>() == 8 &&
              member_count<AdviceRule>() == 5 && member_count<KernelTime>() == 2);
static_assert(member_count<ReplaySpec>() == 8 && member_count<RunSpec>() == 13);
static_assert(member_count<PluginUse>() == 5);

void describe(SpecVisitor& v, MemorySpec& s) {
  value(v, {"capacity", "bytes that fit", 4 * kKib}, s.capacity);
  value(v, {"bandwidth", "sustained rate, reads and writes together"}, s.bandwidth);
  value(v, {"latency", "of one access to the idle memory"}, s.latency);
  value(v,
        {"loaded_latency",
         "latency by utilisation, as measured: points such as [[\"0 %\", \"90 ns\"], [\"80 %\", "
         "\"150 ns\"]], or a CSV file of them; none: `latency` and its factor"},
        s.loaded_latency);
  value(v,
        {"loaded_latency_factor", "a in latency * (1 + a * u / (1 - u)) at utilisation u; 0: the idle latency always",
         0, 10},
        s.loaded_latency_factor);
}

void describe(SpecVisitor& v, PageTableSpec& s) {
  value(v, {"upper_bits", "index bits of each level above a table of pages, root first", 1, 16}, s.upper_bits);
  value(v, {"node_bytes", "memory of an upper table", 8, kMib}, s.node_bytes);
  value(v, {"leaf_bytes", "memory of a table of 512 entries for 4 KiB pages", 8, kMib}, s.leaf_bytes);
  value(v, {"large_leaf_bytes", "memory of a table of 32 entries for 64 KiB pages; 0 B: no such pages", 0, kMib},
        s.large_leaf_bytes);
  value(v, {"huge_pages", "a full 2 MiB block may be one entry of the last upper level"}, s.huge_pages);
  value(v, {"walk_level", "time to read one level in a walk after a fault"}, s.walk_level);
}

void describe(SpecVisitor& v, TlbLevelSpec& s) {
  value(v, {"entries", "for 4 KiB and 64 KiB pages, and for 2 MiB ones without an array of their own", 1, kMib},
        s.entries);
  value(v, {"ways", "a divisor of entries", 1, 65536}, s.ways);
  value(v, {"huge_entries", "an array for 2 MiB pages; 0: they share the other", 0, kMib}, s.huge_entries);
  value(v, {"huge_ways", "a divisor of huge_entries", 1, 65536}, s.huge_ways);
  value(v, {"latency", "of a hit, more than an access has anyway"}, s.latency);
}

void describe(SpecVisitor& v, TlbSpec& s) {
  v.section({"l1", "of each thread or stream"}, [&](SpecVisitor& inner) { describe(inner, s.l1); });
  v.section({"l2", "of each thread; of a device as a whole"}, [&](SpecVisitor& inner) { describe(inner, s.l2); });
  value(v, {"walk_cache", "upper page-table entries that walks remember; 0: none", 0, 65536}, s.walk_cache);
  value(v, {"walkers", "walks at a time, of a thread or of a device", 1, 65536}, s.walkers);
  value(v, {"flush_ceiling", "an invalidation of more entries empties the TLBs", 0, kMib}, s.flush_ceiling);
}

void describe(SpecVisitor& v, LlcSpec& s) {
  value(v, {"capacity", "bytes; a multiple of line x ways", 64, kMib * 16384}, s.capacity);
  value(v, {"line", "what a tag stands for: 1 to 32 units of traffic", 8, 4 * kKib, true}, s.line);
  value(v, {"ways", "lines of a set", 1, 1024}, s.ways);
  value(v, {"latency", "of a hit; a miss takes it as well"}, s.latency);
  value(v, {"bandwidth", "of what its users ask for, hits and misses"}, s.bandwidth);
  value(v, {"fetch_on_write", "a store to what is not there reads it from memory first"}, s.fetch_on_write);
}

void describe(SpecVisitor& v, HostSpec& s) {
  v.section({"memory", "system memory (DRAM)"}, [&](SpecVisitor& inner) { describe(inner, s.memory); });
  value(v, {"cpus", "hardware threads", 1, 65536}, s.cpus);
  value(v, {"instruction_time", "per instruction of a compute gap"}, s.instruction_time);
  value(v, {"access_time", "per access that hits mapped memory, bound by issue"}, s.access_time);
  value(v, {"line_size", "accesses within one line count once toward bandwidth", 8, 4 * kKib, true}, s.line_size);
  value(v, {"memory_parallelism", "cache lines in flight per thread", 1, 65536}, s.memory_parallelism);
  value(v, {"minor_fault", "first touch of an anonymous 4 KiB page"}, s.minor_fault);
  value(v, {"migrate_fault", "trap and handler of a CPU fault on a page that is on a device"}, s.migrate_fault);
  value(v, {"huge_minor_fault", "first touch of an anonymous 2 MiB page, with kernel.thp"}, s.huge_minor_fault);
  value(v, {"ipi_time", "a flush of other CPUs' TLBs, with `managed`, if any runs the address space"}, s.ipi_time);
  value(v, {"ipi_time_per_cpu", "more, for each CPU that is interrupted"}, s.ipi_time_per_cpu);
  value(v, {"unmap_frees", "munmap gives pages back; false: they stay, as in a cache simulator"}, s.unmap_frees);
  v.section({"page_table", "shape of the page table"}, [&](SpecVisitor& inner) { describe(inner, s.page_table); });
  v.section({"tlb", "of each thread; replay.detail tlb and cache"},
            [&](SpecVisitor& inner) { describe(inner, s.tlb); });
  v.section({"cache", "last-level cache of all threads; replay.detail cache"},
            [&](SpecVisitor& inner) { describe(inner, s.cache); });
}

void describe(SpecVisitor& v, DmaDirectionSpec& s) {
  value(v, {"job_setup", "per job: what is pushed together for one block and direction"}, s.job_setup);
  value(v, {"piece_setup", "per contiguous piece, before its bytes move, where there are no points"}, s.piece_setup);
  value(v, {"bandwidth", "of the engine; the link bounds it too"}, s.bandwidth);
  value(v, {"points", "times of one piece alone, [[size, time], ...], rising: instead of piece_setup"}, s.points);
}

void describe(SpecVisitor& v, DmaSpec& s) {
  value(v, {"engines", "copy engines per direction", 1, 1024}, s.engines);
  v.section({"to_device", "copies to the device"}, [&](SpecVisitor& inner) { describe(inner, s.to_device); });
  v.section({"to_host", "copies to the host"}, [&](SpecVisitor& inner) { describe(inner, s.to_host); });
}

void describe(SpecVisitor& v, MemcpySpec& s) {
  v.section({"to_device", "copies to the device"}, [&](SpecVisitor& inner) { describe(inner, s.to_device); });
  v.section({"to_host", "copies to the host"}, [&](SpecVisitor& inner) { describe(inner, s.to_host); });
}

void describe(SpecVisitor& v, DuplexSpec& s) {
  const std::string what = "share of the rate that is left while the other direction carries traffic";
  value(v, {"to_device", what, 0.01, 1, false, true}, s.to_device);
  value(v, {"to_host", what, 0.01, 1, false, true}, s.to_host);
}

Field flit_field() {
  Field field{"flit", "bytes of a flit of cxl: 68 up to CXL 2, 256 from CXL 3 on"};
  field.sizes = {Bytes(68), Bytes(256)};
  return field;
}

void describe(SpecVisitor& v, LinkSpec& s) {
  choice_of(v,
            {"kind",
             "pcie: rates follow from generation, lanes and packets; fixed: `bandwidth` is the rate; cxl: lines in "
             "flits over PCIe's lanes; nvlink: `links` of `bandwidth` each, with packets"},
            s.kind, kLinkKinds);
  value(v, {"generation", "of PCIe", 1, 6}, s.generation);
  value(v, {"lanes", "PCIe lanes", 1, 16, true}, s.lanes);
  value(v, {"max_payload", "bytes of data in a write or completion packet (MPS)", 16, 4 * kKib, true}, s.max_payload);
  value(v, {"packet_overhead", "framing, header and checksum of a packet", 0, 4 * kKib}, s.packet_overhead);
  value(v, {"control_share", "share of the raw rate for acknowledgements and flow control", 0, 0.5, false, true},
        s.control_share);
  value(v, {"read_tags", "reads that a device may have outstanding", 1, 1e6}, s.read_tags);
  value(v, {"read_request", "size of a device's remote read", 1, 4 * kKib}, s.read_request);
  value(v, {"round_trip", "of a remote read, device to host memory and back"}, s.round_trip);
  value(v, {"bandwidth", "of a fixed link, or of one of nvlink's, in each direction"}, s.bandwidth);
  value(v, {"links", "of nvlink, side by side", 1, 1024}, s.links);
  value(v, flit_field(), s.flit);
  value(v, {"header_slots", "of 16 bytes, beside the four of a line's data, of cxl", 0, 16}, s.header_slots);
  v.section({"dma", "copy engines"}, [&](SpecVisitor& inner) { describe(inner, s.dma); });
  v.section({"memcpy", "copies that the program asks for"}, [&](SpecVisitor& inner) { describe(inner, s.memcpy); });
  v.section({"duplex", "what both directions at once leave of their rates"},
            [&](SpecVisitor& inner) { describe(inner, s.duplex); });
  value(v,
        {"peers",
         "names of the two devices that it joins, first to second is to_device; none: it joins host and devices"},
        s.peers);
}

void describe(SpecVisitor& v, DeviceSpec& s) {
  value(v, {"link", "name of the link that joins it to the host"}, s.link);
  v.section({"memory", "private memory (VRAM)"}, [&](SpecVisitor& inner) { describe(inner, s.memory); });
  value(v, {"sector_size", "unit of memory traffic", 8, 4 * kKib, true}, s.sector_size);
  value(v, {"coalescing_window", "sectors within which accesses of a stream merge", 1, 4096, true},
        s.coalescing_window);
  value(v, {"instruction_time", "per instruction of a compute gap, all lanes busy"}, s.instruction_time);
  value(v, {"access_time", "per access, bound by issue"}, s.access_time);
  value(v, {"parked_accesses", "accesses of a stream that may wait for faults while others go on", 1, 1e7},
        s.parked_accesses);
  value(v, {"micro_tlbs", "the streams share them round-robin", 1, 65536}, s.micro_tlbs);
  value(v,
        {"micro_tlb_run", "consecutive accesses of a stream to one micro-TLB, then the next; 0: a stream has one", 0,
         1e9},
        s.micro_tlb_run);
  value(v, {"fault_slots", "outstanding faults of a micro-TLB", 1, 65536}, s.fault_slots);
  value(v, {"multiprocessors", "of a micro-TLB, which takes their accesses in turn", 1, 1024}, s.multiprocessors);
  value(v, {"merges_faults", "accesses of a micro-TLB to a page that it has a fault of raise none; false: each does"},
        s.merges_faults);
  value(v, {"fault_interval", "between faults that one micro-TLB raises"}, s.fault_interval);
  value(v, {"fault_spread", "within which micro-TLBs begin to raise after a replay, each at a date of its own"},
        s.fault_spread);
  value(v, {"fault_buffer", "entries of the fault buffer", 1, 1e7}, s.fault_buffer);
  value(v, {"launch_latency", "from the launch's turn to the kernel's begin"}, s.launch_latency);
  v.section({"page_table", "shape of the page table"}, [&](SpecVisitor& inner) { describe(inner, s.page_table); });
  v.section({"tlb", "its translations; replay.detail tlb and cache"},
            [&](SpecVisitor& inner) { describe(inner, s.tlb); });
  v.section({"cache", "second-level cache of all streams; replay.detail cache"},
            [&](SpecVisitor& inner) { describe(inner, s.cache); });
}

void describe(SpecVisitor& v, DriverSpec& s) {
  choice_of(v, {"memory", "managed: the driver owns the pages; hmm: the kernel migrates ordinary process memory"},
            s.memory, kMemoryBacks);
  choice_of(v, {"replay", "when the device is told to retry its faulted accesses"}, s.replay, kReplayPolicies);
  value(v, {"batch_size", "faults read at once", 1, 1e7}, s.batch_size);
  value(v, {"batches_per_service", "batches after which a worker must be woken again", 1, 1e9}, s.batches_per_service);
  value(v,
        {"update_put_ratio", "share of duplicates in a batch above which a flush drops what came meanwhile too", 0, 1,
         false, true},
        s.update_put_ratio);
  value(v, {"interrupt_latency", "from a fault to a running worker, if it slept"}, s.interrupt_latency);
  value(v, {"process_start_time", "once, with the first batch of a run"}, s.process_start_time);
  value(v, {"batch_time", "per batch"}, s.batch_time);
  value(v, {"fault_time", "per fault entry that is read"}, s.fault_time);
  value(v, {"block_time", "per 2 MiB block of a batch"}, s.block_time);
  value(v, {"new_block_time", "more, where the block was never served before"}, s.new_block_time);
  value(v, {"unmap_time", "per contiguous run of pages that CPUs had mapped, with `managed`"}, s.unmap_time);
  value(v, {"page_time", "per 4 KiB page that is mapped, with `managed`"}, s.page_time);
  value(v, {"page_time_hmm", "the same with `hmm`, without the kernel's steps"}, s.page_time_hmm);
  value(v, {"service_time", "per fault that is serviced, whatever else it costs"}, s.service_time);
  value(v, {"flush_time", "more before a replay with `batch_flush`, where the flush drops faults"}, s.flush_time);
  value(v, {"replay_time", "to send a replay"}, s.replay_time);
  value(v, {"eviction_time", "per chunk evicted, without its copies"}, s.eviction_time);
  value(v, {"notification_time", "per notification of an access counter that is read"}, s.notification_time);
  value(v, {"throttled_batches", "batches with throttled faults in one service, before the worker sleeps", 1, 1e7},
        s.throttled_batches);
  value(v, {"cpu_fault_granularity", "aligned piece that a CPU fault brings back", 4 * kKib, 2 * kMib, true},
        s.cpu_fault_granularity);
  value(v, {"cpu_prefetch", "the prefetcher chooses what comes back with a CPU fault"}, s.cpu_prefetch);
  value(v, {"root_chunks", "a 2 MiB block of managed memory takes a whole 2 MiB chunk with its first page"},
        s.root_chunks);
}

void describe(SpecVisitor& v, CompareColumn& s) {
  value(v, {"set", "values over the scenario's, as --set writes them: \"design=memremap_xarray\""}, s.sets);
}

void describe(SpecVisitor& v, AssignRule& s) {
  value(v, {"agent", "name of an agent of the trace, or a pattern with * and ?"}, s.agent);
  v.scalar({"addresses", "first address, and first beyond; null is open"},
           AddressRangeRef{&s.from_address, &s.to_address}, nullptr);
  value(v, {"vma", "kind of the mapping that holds the address"}, s.vma);
  v.scalar({"accesses", "number of the first access of the trace, and of the first beyond; null is open"},
           AccessRangeRef{&s.from_access, &s.to_access}, nullptr);
  value(v, {"to", "\"host\", the name of a device, or \"auto\": each agent where its kind belongs"}, s.to);
}

void describe(SpecVisitor& v, KernelTime& s) {
  value(v, {"time", "of each launch whose data is resident", 1, kMost}, s.time);
}

void describe(SpecVisitor& v, AdviceRule& s) {
  value(v, {"mapping", "name of a mapping of the trace, or a pattern with * and ?; empty: any memory"}, s.mapping);
  v.scalar({"addresses", "first address, and first beyond; null is open"},
           AddressRangeRef{&s.from_address, &s.to_address}, nullptr);
  choice_of(v, {"advice", "what is advised, as cudaMemAdvise does; the placement policy must heed it"}, s.advice,
            kAdvices);
  value(v, {"processor", "\"host\" or the name of a device, for preferred_location and accessed_by"}, s.processor);
}

template <class Rule>
class RuleItems : public Items {
 public:
  explicit RuleItems(std::vector<Rule>& rules) : rules_(rules) {}
  bool is_keyed() const override { return false; }
  std::string_view noun() const override { return "rule"; }
  std::size_t size() const override { return rules_.size(); }
  void clear() override { rules_.clear(); }
  void append(std::string_view) override { rules_.emplace_back(); }
  std::string key(std::size_t) const override { return {}; }
  void visit(std::size_t index, SpecVisitor& visitor) override { describe(visitor, rules_[index]); }
  void visit_default(SpecVisitor& visitor) override {
    Rule rule;
    describe(visitor, rule);
  }

 private:
  std::vector<Rule>& rules_;
};

void describe(SpecVisitor& v, PolicySpec& s, const KindTables& kinds) {
  v.choice({"placement", "what is done with a fault or a hot page"}, s.placement, kinds.placement);
  v.choice({"prefetch", "which other pages come along"}, s.prefetch, kinds.prefetch);
  v.choice({"eviction", "which pages leave when room is needed"}, s.eviction, kinds.eviction);
  v.choice({"thrashing", "when pages are held still"}, s.thrashing, kinds.thrashing);
}

void describe(SpecVisitor& v, WorkloadSpec& s, const KindTables& kinds) {
  value(v, {"trace", "file of recorded accesses; or give a generator"}, s.trace);
  v.choice({"generator", "what makes accesses; or give a trace"}, s.generator, kinds.generator);
  RuleItems rules(s.assign);
  v.items({"assign", "which processor runs which accesses; the first rule that matches decides, else the host"}, rules);
  choice_of(v, {"first_touch", "where a page is before its first access: host memory, or nowhere (accessor)"},
            s.first_touch, kFirstTouches);
  RuleItems advice(s.advice);
  v.items({"advice", "what the program advises of its memory, beside what the trace says it does"}, advice);
  value(v, {"max_accesses", "the run ends after so many accesses of the trace", 1, kMost}, s.max_accesses);
  NamedItems<KernelTime> times(s.kernel_times, "kernel", describe, ItemNames::kTitle);
  v.items({"kernel_times", "measured times of kernels without faults, by name or pattern; spread over their accesses"},
          times);
}

/// Written only where there is a sample, so that the hashes of other scenarios are what they were.
void describe_sample(SpecVisitor& v, ReplaySpec& s) {
  Field rate{"sample",        "share of the memory whose accesses are replayed, on devices of as much less; 1: all",
             kSmallestSample, 1,
             false,           true};
  rate.left_out = !s.is_sampled();
  value(v, rate, s.sample);
  Field seed{"sample_seed", "which memory is replayed; without it the run's seed says so"};
  seed.left_out = !s.is_sampled();
  value(v, seed, s.sample_seed);
  Field unit{"sample_unit",
             "aligned piece of memory, a power of two, that is replayed or not as a whole; 0 B: the largest that the "
             "policies and the driver move",
             0, 1024 * kMib};
  unit.left_out = !s.is_sampled();
  value(v, unit, s.sample_unit);
}

void describe(SpecVisitor& v, ReplaySpec& s) {
  value(v, {"quantum", "accesses between looks at the simulated clock", 1, 1e9}, s.quantum);
  value(v, {"quantum_time", "the same as a span of simulated time", 1, kMost}, s.quantum_time);
  choice_of(v, {"detail", "how much of the processors runs for each access"}, s.detail, kDetailNames);
  value(v, {"block_limit", "2 MiB blocks that a run may track", 1, 8388607}, s.block_limit);
  value(v, {"reachability", "count what devices can reach, in a pass over the trace; driver_vma always does"},
        s.reachability);
  describe_sample(v, s);
}

void describe(SpecVisitor& v, PluginUse& s) {
  value(v, {"file", "its file, without folders"}, s.file);
  value(v, {"abi", "number of the interfaces that it was built for", 0, kMost}, s.abi);
  value(v, {"xxh3_64", "hash of the file"}, s.hash);
  value(v, {"policies", "what is chosen of it, as slot and name"}, s.policies);
}

/// Left out where there are none, which is nearly always.
class PluginItems final : public NamedItems<PluginUse> {
 public:
  explicit PluginItems(std::vector<PluginUse>& plugins)
      : NamedItems(plugins, "plug-in", [](SpecVisitor& v, PluginUse& plugin) { describe(v, plugin); }) {}
  bool is_written_empty() const override { return false; }
};

template <class Info>
KindTable table_of(const Registry<Info>& registry, std::string noun, std::string listing) {
  KindTable table{std::move(noun), std::move(listing), {}};
  for (const auto& [name, info] : registry) table.kinds.push_back({name, info.summary, info.parameters});
  return table;
}

}  // namespace

std::span<const std::string_view> backing_names() { return traces::backing_names(); }

const KindTable::Kind* KindTable::find(std::string_view name) const {
  for (const Kind& kind : kinds) {
    if (kind.name == name) return &kind;
  }
  return nullptr;
}

std::vector<std::string> KindTable::names() const {
  std::vector<std::string> out;
  out.reserve(kinds.size());
  for (const Kind& kind : kinds) out.push_back(kind.name);
  return out;
}

KindTables kind_tables(const Catalogue& catalogue) {
  const PolicyRegistry& policies = catalogue.policies;
  return {table_of(policies.placement, "placement policy", "farfault list placement"),
          table_of(policies.prefetch, "prefetch policy", "farfault list prefetch"),
          table_of(policies.eviction, "eviction policy", "farfault list eviction"),
          table_of(policies.thrashing, "thrashing policy", "farfault list thrashing"),
          table_of(catalogue.generators, "generator", "farfault list generators"),
          catalogue.designs.names()};
}

void describe(SpecVisitor& visitor, PlatformSpec& spec) {
  value(visitor, {"name", "as reports name the platform"}, spec.name);
  value(visitor, {"description", "what the platform stands for"}, spec.description);
  visitor.section({"host", "processors and system memory"}, [&](SpecVisitor& v) { describe(v, spec.host); });
  NamedItems<LinkSpec> links(spec.links, "link", describe);
  visitor.items({"links", "links between host and devices, or between two devices, by name"}, links);
  NamedItems<DeviceSpec> devices(spec.devices, "device", describe);
  visitor.items({"devices", "devices with private memory, by name"}, devices);
  visitor.section({"driver", "what serves the devices' faults"}, [&](SpecVisitor& v) { describe(v, spec.driver); });
}

void describe(SpecVisitor& visitor, RunSpec& spec, const KindTables& kinds) {
  value(visitor, {"name", "as reports name the run"}, spec.name);
  value(visitor, {"description", "what the scenario is for"}, spec.description);
  visitor.section({"platform", "the machine"}, [&](SpecVisitor& v) { describe(v, spec.platform); });
  visitor.section({"kernel", "prices and surroundings that all kernel designs share"},
                  [&](SpecVisitor& v) { describe(v, spec.kernel); });
  visitor.section({"design", "the kernel design under review"},
                  [&](SpecVisitor& v) { describe(v, spec.design, kinds); });
  visitor.section({"policy", "one policy for each slot"}, [&](SpecVisitor& v) { describe(v, spec.policy, kinds); });
  visitor.section({"workload", "accesses, and who makes them"},
                  [&](SpecVisitor& v) { describe(v, spec.workload, kinds); });
  visitor.section({"inject", "kernel work that the trace does not show, done every so often"},
                  [&](SpecVisitor& v) { describe(v, spec.inject); });
  visitor.section({"memory", "memory that the workload may use"}, [&](SpecVisitor& v) {
    value(v, {"device_capacity", "of each device: a size, a share such as \"50 % of footprint\", or \"platform\""},
          spec.device_capacity);
  });
  visitor.section({"replay", "how the trace is replayed"}, [&](SpecVisitor& v) { describe(v, spec.replay); });
  value(visitor, {"seed", "of the one random generator"}, spec.seed);
  NamedItems<CompareColumn> columns(spec.compare, "column", describe, ItemNames::kTitle);
  visitor.items({"compare", "columns that `farfault compare` sets side by side, by name; at most 32"}, columns);
  PluginItems plugins(spec.plugins);
  visitor.items({"plugins", "plug-ins that must be given with --plugin, by name"}, plugins);
}

Field field_of(const ParameterInfo& info) {
  Field field{info.name, info.description, info.minimum, info.maximum};
  field.ratio = std::holds_alternative<double>(info.fallback) && info.maximum <= 1;
  field.choices = info.choices;
  field.sizes = info.sizes;
  return field;
}

Scalar scalar_of(ParameterValue& value) {
  return std::visit([](auto& member) -> Scalar { return &member; }, value);
}

}  // namespace farfault::config
