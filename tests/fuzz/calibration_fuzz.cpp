// Any bytes are either read as measurements or refused with an InputError that says something. Seeds:
// tests/fuzz/corpus/calibration.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "analysis/calibration/read.h"
#include "sim/core/error.h"

namespace farfault {
namespace {

/// Ends the run as a finding.
void require(bool fine) {
  if (!fine) std::abort();
}

void read_or_report(std::string_view text) {
  using namespace analysis::calibration;  // NOLINT(google-build-using-namespace): all of it is about this
  try {
    const MeasuredFile file = parse_measurements(text, "fuzz");
    require(file.measurements.size() <= kMostMeasurements);
  } catch (const InputError& error) {
    require(!error.diagnostics().empty() && !std::string_view(error.what()).empty());
  }
}

}  // namespace
}  // namespace farfault

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  farfault::read_or_report({reinterpret_cast<const char*>(data), size});
  return 0;
}
