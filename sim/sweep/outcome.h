/// What became of a point, and the form in which it travels from the process that ran it to the one that stores it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sim/core/statistics.h"

namespace farfault::sweep {

/// Why there are no results. The names are stored: they stay.
enum class Failure : std::uint8_t {
  kNone,
  kInput,   ///< the scenario or its trace
  kRun,     ///< the simulation could not go on, or an identity did not hold
  kMemory,  ///< beyond its memory
  kTime,    ///< beyond its time
  kCrash,   ///< its process ended by a signal
  kLost,    ///< nobody knows: a node went away too often
};

/// "input", "run", "memory", "time", "crash", "lost"; "" for kNone.
std::string_view failure_name(Failure failure);

struct Outcome {
  std::string key;  ///< of the point
  Failure failure = Failure::kNone;
  std::string reason;             ///< a sentence; empty if it did not fail
  std::string output;             ///< the end of what its process wrote to stdout and stderr; any bytes
  std::string version;            ///< of farfault
  std::string host;               ///< where it ran
  double seconds = 0;             ///< of the clock on the wall
  std::uint64_t peak_memory = 0;  ///< bytes that were resident at most; 0 where nobody knows
  Figures figures;                ///< all_figures() of the run's statistics
};

/// As bytes for another process of the same farfault (sim/core/packed.h), and back. decode() throws RunError for bytes
/// that encode() did not write.
std::string encode(const Outcome& outcome);
Outcome decode(std::string_view bytes);

}  // namespace farfault::sweep
