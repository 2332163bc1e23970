#include <array>

#include "sim/config/members.h"

namespace farfault::config {
namespace {

constexpr std::array<std::string_view, 4> kLinearMaps = {"none", "4 KiB", "2 MiB", "1 GiB"};
constexpr std::array<std::string_view, 3> kMemmaps = {"memory", "altmap", "slow"};
constexpr std::array<std::string_view, 2> kFolios = {"4 KiB", "2 MiB"};
constexpr std::array<std::string_view, 2> kTlbFlushes = {"range", "page"};
constexpr std::array<std::string_view, 2> kBars = {"none", "mapped"};

constexpr double kGib = 1024 * kMib;
constexpr double kMostPages = 65536;  // of one call

// As in spec_description.cpp: a member without a line below would silently keep its default.
static_assert(member_count<StepCost>() == 3 && member_count<MigrateSteps>() == 7 && member_count<DesignSpec>() == 12);
static_assert(member_count<LibrarySpec>() == 7 && member_count<KernelSpec>() == 16 && member_count<CacheSpec>() == 7);
static_assert(member_count<GupSpec>() == 5 && member_count<ForkSpec>() == 4 && member_count<UnmapSpec>() == 2);
static_assert(member_count<NotifierSpec>() == 3 && member_count<ShootdownSpec>() == 2 && member_count<PmemSpec>() == 4);
static_assert(member_count<InjectSpec>() == 5 && member_count<GupInjection>() == 4 &&
              member_count<PinInjection>() == 5);
static_assert(member_count<ForkInjection>() == 3 && member_count<UnmapInjection>() == 3);

void describe(SpecVisitor& v, CacheSpec& s) {
  value(v, {"l1", "bytes of the first-level data cache", 64}, s.l1);
  value(v, {"l2", "bytes of the second-level cache", 64}, s.l2);
  value(v, {"l3", "bytes of the third-level cache that one core may hope for", 64}, s.l3);
  value(v, {"l1_latency", "of a line in the first level"}, s.l1_latency);
  value(v, {"l2_latency", "of a line in the second level"}, s.l2_latency);
  value(v, {"l3_latency", "of a line in the third level"}, s.l3_latency);
  value(v, {"memory_latency", "of a line that no cache holds"}, s.memory_latency);
}

void describe(SpecVisitor& v, GupSpec& s) {
  value(v, {"call", "per call that takes the slow path, mmap_lock aside"}, s.call);
  value(v, {"page", "per 4 KiB page taken on the slow path"}, s.page);
  value(v, {"fast_page", "per 4 KiB page taken without mmap_lock"}, s.fast_page);
  value(v, {"put_page", "per reference dropped"}, s.put_page);
  value(v, {"pgmap_reference", "per reference to a device's page map taken and dropped, in designs that take one"},
        s.pgmap_reference);
}

void describe(SpecVisitor& v, ForkSpec& s) {
  value(v, {"call", "per fork, without its pages"}, s.call);
  value(v, {"page", "per page-table entry copied"}, s.page);
  value(v, {"cow_fault", "write fault on a page that parent and child share, with the copy of 4 KiB"}, s.cow_fault);
  value(v, {"reuse_fault", "write fault on a page that nobody shares any more"}, s.reuse_fault);
}

void describe(SpecVisitor& v, UnmapSpec& s) {
  value(v, {"call", "per call"}, s.call);
  value(v, {"page", "per 4 KiB page taken out and freed"}, s.page);
}

void describe(SpecVisitor& v, NotifierSpec& s) {
  value(v, {"mirror", "per device that mirrors the address space, for each change of the page tables"}, s.mirror);
  value(v, {"device", "more, where the device must drop mappings of its own"}, s.device);
  value(v, {"retry", "a device that a change outran gets its pages again"}, s.retry);
}

void describe(SpecVisitor& v, ShootdownSpec& s) {
  value(v, {"call", "per flush, if any other CPU runs the address space"}, s.call);
  value(v, {"cpu", "per other CPU that runs it"}, s.cpu);
}

void describe(SpecVisitor& v, PmemSpec& s) {
  value(v, {"capacity", "bytes of persistent memory", 128 * kMib}, s.capacity);
  value(v, {"gup_every", "time between get_user_pages calls of another process on it; 0: none"}, s.gup_every);
  value(v, {"gup_pages", "4 KiB pages of such a call", 1, kMostPages}, s.gup_pages);
}

void describe(SpecVisitor& v, StepCost& s) {
  value(v, {"call", "per call"}, s.call);
  value(v, {"folio", "per folio: a 4 KiB page, or a whole one of 2 MiB"}, s.folio);
  value(v, {"page", "per 4 KiB page, whatever folios there are"}, s.page);
}

void describe(SpecVisitor& v, MigrateSteps& s) {
  const auto step = [&](const char* key, const char* description, StepCost& cost) {
    v.section({key, description}, [&](SpecVisitor& inner) { describe(inner, cost); });
  };
  step("setup", "checks of the mapping", s.setup);
  step("collect", "walk, lock, migration entries", s.collect);
  step("unmap", "LRU drain, isolation, reverse map", s.unmap);
  step("allocate", "pages at the destination", s.allocate);
  step("dma_map", "DMA mapping", s.dma_map);
  step("install", "pages at their new place (migrate_vma_pages)", s.install);
  step("finalize", "removal of migration entries, source pages freed", s.finalize);
}

void describe(SpecVisitor& v, LibrarySpec& s) {
  value(v, {"adoption", "share of the allocations that use the library, by mapping", 0, 1, false, true}, s.adoption);
  value(v, {"interpose", "malloc is interposed: every anonymous mapping but stacks and brk is the library's"},
        s.interpose);
  choice_of(v, {"bar", "how CPUs reach device memory: mapped through the BAR, or not at all"}, s.bar, kBars);
  value(v, {"bar_read", "uncached read through the BAR, each access"}, s.bar_read);
  value(v, {"bar_write", "posted write through the BAR, each access"}, s.bar_write);
  value(v, {"staging_call", "per explicit copy of a 2 MiB block, each way"}, s.staging_call);
  value(v, {"staging_copy", "rate of the CPU's copy to or from the pinned buffer"}, s.staging_copy);
}

/// The last member of each injection.
template <class Injection>
void describe_accesses(SpecVisitor& v, Injection& s) {
  value(
      v,
      {"every_accesses", "accesses of the trace between two, which then the trace's own thread does; 0: none", 0, 1e18},
      s.every_accesses);
}

void describe(SpecVisitor& v, GupInjection& s) {
  value(v, {"every", "time between the beginnings of two calls; 0: none"}, s.every);
  value(v, {"pages", "4 KiB pages of a call", 1, kMostPages}, s.pages);
  value(v, {"write", "the pages are taken to be written"}, s.write);
  describe_accesses(v, s);
}

void describe(SpecVisitor& v, PinInjection& s) {
  value(v, {"every", "time between the beginnings of two pins; 0: none"}, s.every);
  value(v, {"pages", "4 KiB pages of a pin", 1, kMostPages}, s.pages);
  value(v, {"write", "the pages are pinned to be written"}, s.write);
  value(v, {"hold", "from pin to unpin; 0: to the run's end"}, s.hold);
  describe_accesses(v, s);
}

void describe(SpecVisitor& v, ForkInjection& s) {
  value(v, {"every", "time between two forks; 0: none"}, s.every);
  value(v, {"child_lives", "from the fork to the child's exit; 0: to the run's end"}, s.child_lives);
  describe_accesses(v, s);
}

void describe(SpecVisitor& v, UnmapInjection& s) {
  value(v, {"every", "time between two calls; 0: none"}, s.every);
  value(v, {"pages", "4 KiB pages of a call, whose contents go", 1, kMostPages}, s.pages);
  describe_accesses(v, s);
}

}  // namespace

void describe(SpecVisitor& v, KernelSpec& s) {
  const auto part = [&](const char* key, const char* description, auto& spec) {
    v.section({key, description}, [&](SpecVisitor& inner) { describe(inner, spec); });
  };
  value(v, {"physical_bits", "bits of the physical addresses that the kernel can use", 36, 52}, s.physical_bits);
  value(v, {"pci_above_memory", "PCI windows right above system memory, as virtual machines have them"},
        s.pci_above_memory);
  value(v, {"pci_at_top", "PCI windows at the end of the physical address space"}, s.pci_at_top);
  value(v, {"direct_map", "physical addresses that a linear map may reach, from 0", kGib}, s.direct_map);
  value(v, {"thp", "anonymous memory of the host comes in 2 MiB folios"}, s.thp);
  value(v, {"hotplug_section", "per section of 128 MiB that is added"}, s.hotplug_section);
  value(v, {"linear_map_entry", "per entry of the linear map that is written"}, s.linear_map_entry);
  value(v, {"split_folio", "per 2 MiB folio that is split into 4 KiB pages"}, s.split_folio);
  value(v, {"page_free", "per device folio freed: the callback to the driver"}, s.page_free);
  part("caches", "CPU caches, as far as kernel structures need them", s.caches);
  part("gup", "get_user_pages and pin_user_pages, without what brings device pages back", s.gup);
  part("fork", "fork, and the faults that follow it", s.fork);
  part("unmap", "munmap and MADV_DONTNEED", s.unmap);
  part("notifier", "notifiers of devices that mirror the address space", s.notifier);
  part("shootdown", "flush of the other CPUs' TLBs", s.shootdown);
  NamedItems<PmemSpec> pmem(s.pmem, "pmem", describe);
  v.items({"pmem", "persistent memory beside the devices, by name; at most 16"}, pmem);
}

void describe(SpecVisitor& visitor, DesignSpec& spec, const KindTables& kinds) {
  Field kind{"kind", "the kernel design"};
  kind.choices = kinds.designs;
  kind.noun = "design";
  kind.listing = "farfault list designs";
  value(visitor, kind, spec.kind);
  visitor.section({"to_device", "steps of a migration to the device"},
                  [&](SpecVisitor& v) { describe(v, spec.to_device); });
  visitor.section({"to_host", "steps of a migration back"}, [&](SpecVisitor& v) { describe(v, spec.to_host); });
  value(visitor, {"struct_page", "bytes of metadata per 4 KiB page of device memory", 0, 4 * kKib}, spec.struct_page);
  value(visitor, {"memmap_init", "per struct page at set-up"}, spec.memmap_init);
  value(visitor, {"memmap_second_pass", "per struct page, in designs that visit them twice"}, spec.memmap_second_pass);
  value(visitor, {"slow_page", "more per struct page touched, where memmap is slow"}, spec.slow_page);
  choice_of(visitor,
            {"memmap", "struct pages of device memory: in system memory, in the device's own, or in slow memory"},
            spec.memmap, kMemmaps);
  choice_of(visitor, {"linear_map", "pages of the linear map of device memory; some designs have none"},
            spec.linear_map, kLinearMaps);
  choice_of(visitor, {"folio", "largest folio that device memory is handed out in"}, spec.folio, kFolios);
  choice_of(visitor, {"tlb_flush", "how a migration flushes the CPUs' TLBs: once a range, or page by page"},
            spec.tlb_flush, kTlbFlushes);
  visitor.section({"library", "device file and helper library instead of struct pages (driver_vma)"},
                  [&](SpecVisitor& v) { describe(v, spec.library); });
}

void describe(SpecVisitor& v, InjectSpec& s) {
  const auto part = [&](const char* key, const char* description, auto& spec) {
    v.section({key, description}, [&](SpecVisitor& inner) { describe(inner, spec); });
  };
  part("gup", "get_user_pages: takes references and drops them", s.gup);
  part("direct_io", "O_DIRECT: short pins", s.direct_io);
  part("rdma", "registration of memory: long-term pins", s.rdma);
  part("fork", "fork: pages become copy-on-write", s.fork);
  part("unmap", "MADV_DONTNEED: the next access finds nothing", s.unmap);
}

}  // namespace farfault::config
