/// What is known of a plug-in once its policies are registered.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace farfault {

struct LoadedPlugin {
  std::string name;                   ///< as it calls itself: letters, digits, - and _, at most 32
  std::string path;                   ///< as the user gave it
  std::string file;                   ///< the path's last part, printable
  std::uint32_t abi = 0;              ///< kPluginAbi
  std::string hash;                   ///< XXH3-64 of the file, 16 hex digits
  std::vector<std::string> policies;  ///< by slot and name: "eviction mru"
};

}  // namespace farfault
