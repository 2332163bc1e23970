/// One document from a scenario, the files that it names, and the command line.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/config/config_files.h"
#include "sim/config/diagnostics.h"
#include "sim/config/document.h"
#include "sim/config/overrides.h"

namespace farfault::config {

struct Assembled {
  Node document = Node::object();
  bool has_platform = true;  ///< false: it could not be read, so nothing can be said about its devices
};

/// Names of platform, design and policy become their files' contents, with what the scenario has beside `base` on top;
/// the scenario's `driver` goes over the platform's; overrides go over all.
/// REQUIRES: scenario is an object.
Assembled assemble(Node scenario, const std::vector<Override>& overrides, ConfigFiles& files, Diagnostics& diagnostics);

/// The file of that name in configs/<folder>, over what it is based on. Nothing, with a diagnostic, if it cannot be
/// read.
std::optional<Node> load_named(const std::string& folder, const std::string& name, ConfigFiles& files,
                               Diagnostics& diagnostics);

}  // namespace farfault::config
