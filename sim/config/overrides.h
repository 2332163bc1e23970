/// `--set path=value`: values from the command line over those of files.
#pragma once

#include <string>
#include <vector>

#include "sim/config/diagnostics.h"
#include "sim/config/document.h"

namespace farfault::config {

struct Override {
  std::vector<std::string> path;  ///< "policy.eviction.kind" in parts
  Node value;
};

/// What cannot be read is reported, under the file "--set", and left out.
std::vector<Override> parse_overrides(const std::vector<std::string>& texts, Diagnostics& diagnostics);

/// Assigns the value at the path, making the objects on the way. Whether there is such a key is for the reader to say.
/// REQUIRES: document is an object.
void apply(Node& document, const Override& override, Diagnostics& diagnostics);

}  // namespace farfault::config
