// libFuzzer target: a scenario, and after each NUL byte a --set, as an attacker would write them.
//
// Whatever the bytes, loading gives a spec whose resolved text loads back to an equal one, or throws InputError that
// says something. Run it in the folder of the sources (it reads configs/), with the corpus in tests/fuzz/corpus/config.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/load.h"

namespace farfault {
namespace {

/// Ends the run as a finding.
void require(bool fine) {
  if (!fine) std::abort();
}

void load_or_report(std::string_view text, const std::vector<std::string>& sets) {
  static const Catalogue catalogue = make_catalogue();
  static const ConfigPaths paths{"configs"};
  try {
    const RunSpec spec = load_scenario_text(text, "fuzz.json", ".", sets, paths, catalogue);
    const std::string resolved = resolved_json(spec);
    // A --set finds a trace in the working folder too, which is the scenario's folder here.
    require(load_scenario_text(resolved, "fuzz.json", ".", {}, paths, catalogue) == spec);
    assumptions(spec);
  } catch (const InputError& error) {
    require(!error.diagnostics().empty() && !std::string_view(error.what()).empty());
  }
}

}  // namespace
}  // namespace farfault

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const std::string_view text = rest.substr(0, rest.find('\0'));
  std::vector<std::string> sets;
  while (sets.size() < 8) {
    const std::size_t end = rest.find('\0');
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
    sets.emplace_back(rest.substr(0, rest.find('\0')));
  }
  farfault::load_or_report(text, sets);
  return 0;
}
