// libFuzzer target: a sweep's config, after a NUL byte a plan as plan_json() writes it, as an attacker would write
// them.
//
// Whatever the bytes, a sweep is planned, and its plan comes back from its text, or it is refused with a message. Run
// it in the folder of the sources (it reads configs/), with the corpus in tests/fuzz/corpus/sweep_plan.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sim/config/json_reader.h"
#include "sim/sweep/load_sweep.h"
#include "sim/sweep/plan/expand.h"
#include "sim/sweep/plan_json.h"

namespace farfault::sweep {
namespace {

/// So that an input is done in a blink: larger sweeps are only expanded.
constexpr std::size_t kMostLoaded = 50;

/// Ends the run as a finding.
void require(bool fine) {
  if (!fine) std::abort();
}

std::size_t count_points(std::string_view text) {
  config::Diagnostics diagnostics;
  const auto root = config::parse_json(text, nullptr, diagnostics);
  if (!root || !root->is_object() || !diagnostics.empty()) return 0;
  const SweepConfig config = read_sweep_config(*root, diagnostics);
  return diagnostics.empty() ? expand(config, {}, *root, diagnostics).size() : 0;
}

void plan_or_report(std::string_view text) {
  static const Catalogue catalogue = make_catalogue();
  static const ConfigPaths paths{"configs"};
  if (count_points(text) > kMostLoaded) return;
  PlanOptions options;
  options.threads = 1;
  try {
    const Plan plan = load_sweep_text(text, "fuzz.json", ".", {}, paths, catalogue, options);
    const std::string written = plan_json(plan);
    require(plan_json(read_plan_json(written, "plan")) == written);
  } catch (const InputError& error) {
    require(!error.diagnostics().empty() && !std::string_view(error.what()).empty());
  }
}

void read_or_report(std::string_view text) {
  try {
    const Plan plan = read_plan_json(text, "plan");
    for (const Point& point : plan.points) require(point.axes.size() == plan.axes.size());
  } catch (const InputError& error) {
    require(!error.diagnostics().empty());
  }
}

}  // namespace
}  // namespace farfault::sweep

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t end = input.find('\0');
  farfault::sweep::plan_or_report(input.substr(0, end));
  if (end != std::string_view::npos) farfault::sweep::read_or_report(input.substr(end + 1));
  return 0;
}
