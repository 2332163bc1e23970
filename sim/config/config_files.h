/// The files that scenarios name, read once however many scenarios name them.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/document.h"
#include "sim/config/load.h"

namespace farfault::config {

/// What was read stays as it was first found. Calls on different threads do not disturb each other.
class ConfigFiles {
 public:
  explicit ConfigFiles(const ConfigPaths& paths) : paths_(paths) {}

  const ConfigPaths& paths() const { return paths_; }
  /// config_names(). The reference stays good.
  const std::vector<std::string>& names(const std::string& folder);
  /// The document of `source.file`. Nothing, with a diagnostic, if it cannot be read; then it is tried again next time.
  std::optional<Node> read(const Source& source, Diagnostics& diagnostics);

 private:
  using Place = std::tuple<std::string, int, std::string>;  ///< file, layer, where it is mounted

  const ConfigPaths paths_;
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> names_;
  std::map<Place, std::shared_ptr<const Node>> documents_;
};

}  // namespace farfault::config
