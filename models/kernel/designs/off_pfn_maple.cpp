#include "models/kernel/designs/off_pfn_maple.h"

#include <optional>
#include <vector>

#include "models/kernel/designs/pgmap_array.h"
#include "models/kernel/trees/maple_tree.h"
#include "sim/core/error.h"
#include "sim/core/quantity.h"

namespace farfault {
namespace {

/// Device offsets are page numbers in a swap entry. Assumption: it has room for those of 52 bits of address.
constexpr std::uint64_t kLastOffset = (std::uint64_t{1} << 40U) - 1;

class OffPfnMaple final : public KernelDesign {
 public:
  explicit OffPfnMaple(const DesignSpec& spec) : spec_(spec) {}

  std::string_view name() const override { return "off_pfn_maple"; }
  DesignRules rules() const override { return device_private_rules(); }

  MetadataFigures add_device(MemorySetup& setup, DeviceId device, Bytes capacity) override {
    refuse_linear_map(spec_, name(), "its memory has no physical addresses");
    refuse_altmap(spec_, name(), "no CPU can address it");
    const std::uint64_t pages = pages_of(capacity);
    MetadataFigures figures;
    figures.struct_page_bytes = spec_.struct_page.value * pages;
    figures.memmap_time = memmap_pass(spec_, spec_.memmap, spec_.memmap_init.value, pages);
    figures.setup_time = figures.memmap_time;
    allocate(setup, device, pages, figures);
    return figures;
  }

  MetadataFigures add_pmem(MemorySetup& setup, Bytes capacity) override {
    return pgmaps_.add_pmem(setup, spec_, capacity);
  }

  /// device_private_entry_to_page() and the like: a load for each entry.
  SimTime look_up(LookupReason /*reason*/, DeviceId device, std::uint64_t first_frame, std::uint64_t entries) override {
    const std::uint64_t first = first_offset_.at(device.value()) + first_frame;
    const SimTime before = offsets_->cost().time;
    for (std::uint64_t i = 0; i < entries; ++i) offsets_->load(first + i);
    return offsets_->cost().time - before;
  }

  TreeCost tree_cost() const override { return pgmaps_.cost() + (offsets_ ? offsets_->cost() : TreeCost()); }

 private:
  void allocate(MemorySetup& setup, DeviceId device, std::uint64_t pages, MetadataFigures& figures) {
    if (!offsets_) offsets_.emplace(setup.cache());
    const TreeGrowth growth(*offsets_);
    const std::optional<std::uint64_t> first = offsets_->allocate(pages, 0, kLastOffset, device.value());
    if (!first) {
      throw InputError(Diagnostic{.pointer = "/platform/devices",
                                  .problem = device_name(device) + " has " + format_exact(kPageSize * pages) +
                                             ", and no range of device offsets is free for it",
                                  .remedy = "make the devices' memory smaller: 4 PiB is the limit of all together"});
    }
    first_offset_.push_back(*first);
    growth.book(figures);
  }

  DesignSpec spec_;
  std::optional<MapleTree> offsets_;         // made by the first device: there is no cache before
  std::vector<std::uint64_t> first_offset_;  // by device
  PgmapArray pgmaps_;
};

}  // namespace

std::unique_ptr<KernelDesign> make_off_pfn_maple(const DesignSpec& spec) { return std::make_unique<OffPfnMaple>(spec); }

}  // namespace farfault
