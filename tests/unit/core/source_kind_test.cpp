#include "sim/core/source_kind.h"

#include <doctest/doctest.h>

namespace farfault {
namespace source_kind_test {

TEST_CASE("source kind: the first words decide") {
  CHECK(source_kind("measured: 4 KiB in 1.184 us, GTX 1080 Ti") == SourceKind::kMeasured);
  CHECK(source_kind("derived: 900 GB/s times 0.83") == SourceKind::kDerived);
  CHECK(source_kind("vendor: data sheet") == SourceKind::kVendor);
  CHECK(source_kind("driver default: 256") == SourceKind::kDriverDefault);
  CHECK(source_kind("choice of this platform") == SourceKind::kChoice);
  CHECK(source_kind("choice: PCIe 4") == SourceKind::kChoice);
  CHECK(source_kind("assumption: measured: by nobody") == SourceKind::kAssumption);
  CHECK(source_kind("assumption") == SourceKind::kAssumption);
}

TEST_CASE("source kind: words that only look like one of them are none") {
  for (const char* text : {"", "measured", "measuredly: so", "Measured: 1 us", " derived: 1 us", "vendors: two",
                           "driver defaults: 3", "choices: two", "x86-64"}) {
    CAPTURE(text);
    CHECK(source_kind(text) == SourceKind::kOther);
  }
}

TEST_CASE("source kind: a name is the word that a source begins with") {
  CHECK(source_kind_name(SourceKind::kMeasured) == "measured");
  CHECK(source_kind_name(SourceKind::kDriverDefault) == "driver default");
  CHECK(source_kind_name(SourceKind::kOther) == "other");
}

}  // namespace source_kind_test
}  // namespace farfault
