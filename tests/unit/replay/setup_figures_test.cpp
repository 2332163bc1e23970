#include "sim/replay/setup_figures.h"

#include <doctest/doctest.h>

#include "sim/core/error.h"

namespace farfault {
namespace setup_figures_test {

RunSpec spec_of(const std::string& design) {
  RunSpec spec;
  spec.design.kind = design;
  return spec;
}

std::int64_t figure(const std::string& design, const std::string& name, Bytes size) {
  return setup_figures(spec_of(design), make_catalogue(), size).integer(name);
}

TEST_CASE("replay: set-up figures of 80 GiB are those worked out by hand") {
  const Bytes size = Bytes::gib(80);
  CHECK(figure("separate_radix", "metadata.tree_entries", size) == 640);
  CHECK(figure("separate_radix", "metadata.struct_page_bytes", size) == 1'342'177'280);
  CHECK(figure("separate_radix", "metadata.exposed", size) == 0);
  CHECK(figure("driver_vma", "metadata.struct_page_bytes", size) == 0);
  RunSpec mapped = spec_of("devm_memremap_pages");
  mapped.design.linear_map = LinearMapPages::k2MiB;
  const Statistics figures = setup_figures(mapped, make_catalogue(), size);
  CHECK(figures.integer("metadata.exposed") == static_cast<std::int64_t>(size.count()));
  CHECK(figures.integer("metadata.linear_map_leaf_bytes") == 8 * 80 * 512);
}

TEST_CASE("replay: set-up figures are of all devices and their times add up") {
  RunSpec spec = spec_of("separate_radix");
  const Statistics one = setup_figures(spec, make_catalogue(), Bytes::gib(16));
  spec.platform.devices.push_back(spec.platform.devices.front());
  const Statistics two = setup_figures(spec, make_catalogue(), Bytes::gib(16));
  CHECK(two.integer("metadata.tree_entries") == 2 * one.integer("metadata.tree_entries"));
  CHECK(two.integer("metadata.setup_time") ==
        two.integer("metadata.setup_time.tree") + two.integer("metadata.setup_time.memmap") +
            two.integer("metadata.setup_time.linear_map") + two.integer("metadata.setup_time.sections"));
  CHECK_FALSE(two.contains("metadata.pmem.tree_entries"));
  spec.kernel.pmem.emplace_back();
  CHECK(setup_figures(spec, make_catalogue(), Bytes::gib(16)).contains("metadata.pmem.tree_entries"));
}

TEST_CASE("replay: what cannot be set up is refused with a remedy") {
  RunSpec spec = spec_of("separate_radix");
  const auto refused = [&spec](Bytes size) {
    try {
      setup_figures(spec, make_catalogue(), size);
    } catch (const InputError& error) {
      return !error.diagnostics().front().remedy.empty();
    }
    return false;
  };
  CHECK(refused(Bytes()));
  CHECK(refused(kMostDeviceMemory + Bytes(1)));
  CHECK_FALSE(refused(Bytes::gib(80)));
  spec.kernel.physical_bits.value = 37;
  CHECK(refused(Bytes::gib(80)));
  spec.platform.devices.clear();
  CHECK(refused(Bytes::gib(1)));
}

}  // namespace setup_figures_test
}  // namespace farfault
