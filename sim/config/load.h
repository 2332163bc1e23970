/// From scenario files to a checked RunSpec, and back to text.
///
/// Every function that reads throws InputError with all that is wrong at once, each with file, line, JSON pointer,
/// problem and remedy. None of them writes a file. A catalogue is only read; calls on different threads do not disturb
/// each other.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "models/kernel/design_spec.h"
#include "models/platform_spec.h"
#include "sim/config/catalogue.h"
#include "sim/config/run_spec.h"
#include "sim/core/error.h"

namespace farfault {

/// Where the files that a scenario names are found.
struct ConfigPaths {
  std::filesystem::path configs;  ///< folder with platforms/, designs/, policies/ and scenarios/
};

/// The folder of the shipped configs: $FARFAULT_CONFIGS, else <executable>/../../share/farfault/configs, else the
/// nearest configs/platforms above the executable's folder. Nothing if there is none. REQUIRES: nobody changes the
/// environment meanwhile.
std::optional<std::filesystem::path> find_config_root(const std::filesystem::path& executable);

/// Reads a scenario file ("-" is standard input, whose relative paths start at the working folder), applies `sets`
/// ("policy.eviction.kind=fifo") and checks the whole.
RunSpec load_scenario(const std::string& path_or_dash, const std::vector<std::string>& sets, const ConfigPaths& paths,
                      const Catalogue& catalogue);

/// The same for text in memory. `name` stands in messages for the file; `folder` is where relative paths start.
RunSpec load_scenario_text(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                           const std::vector<std::string>& sets, const ConfigPaths& paths, const Catalogue& catalogue);

/// One scenario that is loaded many times, each time with other values set over it. What load_scenario_text() reads,
/// this reads once: its text, the files that it or the values name, the catalogue.
class ScenarioLoader {
 public:
  /// Throws InputError if the text is no JSON object. The catalogue outlives this.
  ScenarioLoader(std::string_view text, const std::string& name, std::filesystem::path folder, const ConfigPaths& paths,
                 const Catalogue& catalogue);
  ~ScenarioLoader();
  ScenarioLoader(const ScenarioLoader&) = delete;
  ScenarioLoader& operator=(const ScenarioLoader&) = delete;

  /// As load_scenario_text(). Calls on different threads do not disturb each other.
  RunSpec load(const std::vector<std::string>& sets) const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// A file of configs/platforms, by name.
PlatformSpec load_platform(const std::string& name, const ConfigPaths& paths);
/// A file of configs/designs, by name.
DesignSpec load_design(const std::string& name, const ConfigPaths& paths, const Catalogue& catalogue);

/// A generator with its parameters, those of `sets` ("footprint=8 MiB") over the defaults.
Choice load_generator(const std::string& name, const std::vector<std::string>& sets, const Catalogue& catalogue);

/// Names of the files that configs/<folder> holds ("platforms", "designs", "policies", "scenarios", "sweeps"), sorted.
/// Scenarios may also lie in folders one level below: "design-review/shared-vs-separate".
std::vector<std::string> config_names(const std::string& folder, const ConfigPaths& paths);

/// The scenario with every default filled in, in a stable order, with a newline at its end. It loads back to an equal
/// spec wherever the trace is found.
std::string resolved_json(const RunSpec& spec);

/// JSON Schema (draft 7) of a scenario and of a file under configs/platforms. They are stricter than nothing and laxer
/// than the loader: what they reject the loader rejects, but names, sums and relations are the loader's alone.
std::string scenario_schema(const Catalogue& catalogue);
std::string platform_schema();

/// A parameter whose value nobody measured.
struct Assumption {
  std::string pointer;  ///< into resolved_json(), "/platform/host/cpus"
  std::string value;    ///< "16"
  std::string source;   ///< begins with "assumption"
  bool operator==(const Assumption&) const = default;
};
/// Every assumption that a run rests on, in the order of resolved_json().
std::vector<Assumption> assumptions(const RunSpec& spec);

/// One line of `describe PLATFORM` or `describe DESIGN`.
struct ParameterRow {
  std::string path;     ///< as --set writes it after "platform." or "design.": "host.memory.bandwidth"
  std::string value;    ///< "48 GB/s"
  std::string meaning;  ///< one sentence
  std::string source;   ///< empty where the parameter has none
  bool operator==(const ParameterRow&) const = default;
};
std::vector<ParameterRow> parameter_rows(const PlatformSpec& spec);
std::vector<ParameterRow> parameter_rows(const DesignSpec& spec);

}  // namespace farfault
