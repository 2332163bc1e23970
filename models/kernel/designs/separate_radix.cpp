#include "models/kernel/designs/separate_radix.h"

#include <string>

#include "models/kernel/radix_tree.h"
#include "sim/core/error.h"

namespace farfault {
namespace {

constexpr Bytes kSection = Bytes::mib(128);  // SECTION_SIZE, x86-64
constexpr unsigned kPhysicalBits = 46;       // MAX_PHYSMEM_BITS with four page-table levels, x86-64

class SeparateRadix final : public KernelDesign {
 public:
  explicit SeparateRadix(const DesignSpec& spec) : spec_(spec) {}

  std::string_view name() const override { return "separate_radix"; }

  MetadataFigures add_device(DeviceId device, Bytes capacity) override {
    const std::uint64_t sections = (capacity.count() + kSection.count() - 1) / kSection.count();
    if (sections > next_end_) throw RunError("separate_radix: no free physical addresses for device memory");
    const std::uint64_t nodes_before = tree_.nodes();
    const std::uint64_t first = next_end_ - sections;
    for (std::uint64_t section = first; section < next_end_; ++section) {
      // hmm_devmem_pages_create looks each section up before it inserts it.
      if (tree_.lookup(section)) throw RunError("separate_radix: section registered twice");
      tree_.insert(section, device.value());
    }
    next_end_ = first;

    const std::uint64_t pages = capacity / kPageSize;
    MetadataFigures figures;
    figures.tree_entries = sections;
    figures.tree_nodes = tree_.nodes() - nodes_before;
    figures.tree_bytes = RadixTree::kNodeBytes * figures.tree_nodes;
    figures.tree_height = tree_.height();
    figures.struct_page_bytes = spec_.struct_page.value * pages;
    figures.setup_time = spec_.memmap_init.value * pages;
    return figures;
  }

  StepTimes migrate(Direction direction, std::uint64_t pages, std::uint64_t /*ranges*/) override {
    return price(direction == Direction::kToDevice ? spec_.to_device : spec_.to_host, pages);
  }

 private:
  DesignSpec spec_;
  RadixTree tree_;
  std::uint64_t next_end_ = (std::uint64_t{1} << kPhysicalBits) / kSection.count();  // from the top downwards
};

}  // namespace

std::unique_ptr<KernelDesign> make_separate_radix(const DesignSpec& spec) {
  return std::make_unique<SeparateRadix>(spec);
}

}  // namespace farfault
