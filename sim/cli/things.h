/// Everything that has a name: policies, designs, platforms, generators, scenarios, formats of traces; for `list` and
/// `describe`.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/commands.h"
#include "sim/core/source_kind.h"

namespace farfault::cli {

/// What `list` accepts, in the order of its output: "placement", ..., "formats".
std::span<const std::string_view> kinds();

/// One parameter of a thing, or one value of a file.
struct ThingParameter {
  std::string name;
  std::string unit;   ///< "bytes", "count", ...; empty for values of files
  std::string value;  ///< the default
  std::string range;  ///< empty where anything goes
  std::string description;
  std::string source;
  SourceKind rests_on = SourceKind::kOther;
  bool assumption() const { return rests_on == SourceKind::kAssumption; }
};

struct Thing {
  std::string kind;
  std::string name;
  std::string version;  ///< "lru/1"; policies have one
  std::string summary;
  std::string source;
  std::vector<ThingParameter> parameters = {};  ///< filled by describe_thing() alone
  std::string plugin = {};                      ///< "mru (libmru.so, xxh3_64 5a8ac77b632aeb13)"; where it is from one
};

/// In the order of kinds(), then of names. A config file that cannot be read is listed with what is wrong with it.
std::vector<Thing> things_of(std::string_view kind, const Context& context);

/// With all its parameters. Throws InputError where the file behind it is not acceptable.
Thing describe_thing(const Thing& thing, const Context& context);

}  // namespace farfault::cli
