/// The mappings of a process as the kernel lists them, and those of them that a program under valgrind begins with.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "traces/access.h"

namespace farfault::traces {

/// A line of /proc/PID/maps (proc(5)).
struct ProcessMap {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
  std::uint8_t protection = 0;  ///< as Event::protection
  bool shared = false;
  std::string name;  ///< a path, "[stack]" and the like, or empty

  bool operator==(const ProcessMap&) const = default;
};

/// Lines that are not as the kernel writes them are left out.
std::vector<ProcessMap> parse_maps(std::string_view text);

/// Of a process; empty if it is gone.
std::vector<ProcessMap> read_maps(pid_t process);
/// The path of the file that a process runs; empty if it is gone. Of a program under valgrind that is valgrind's own.
std::string executable_of(pid_t process);

/// kMmap events of the files that are mapped, and of the memory without a file that follows one directly (what a file
/// does not fill of its data), but for those of `own`, valgrind's executable. REQUIRES: the program has mapped nothing
/// yet.
std::vector<Event> file_maps(const std::vector<ProcessMap>& maps, const std::string& own);

/// A kMmap event of the stack: the map without a file that one of the accesses lies in, extended downwards to what the
/// program may use of it. Nothing if there is none. REQUIRES: `accesses` are the program's first ones.
std::optional<Event> stack_map(const std::vector<ProcessMap>& maps, std::span<const Access> accesses,
                               std::uint64_t stack_bytes);

}  // namespace farfault::traces
