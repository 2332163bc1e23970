/// The interface of everything that yields a trace: files in any format, and generators.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "traces/access.h"

namespace farfault::traces {

/// What a format, or this file, does not tell; printed by `trace info` and kept with results.
struct TraceLimits {
  std::vector<std::string> unknown;  ///< "threads of an access", "time"
};

/// What is known of a trace as a whole, and travels with it when it is converted.
struct TraceMeta {
  std::string recorder;                      ///< what made it: "farfault 0.1.0 record"; empty if unknown
  std::string original_format;               ///< before it was converted, "lackey"
  std::string command;                       ///< the recorded command line
  std::optional<std::uint32_t> exit_status;  ///< of the recorded program, or ...
  std::optional<std::uint32_t> exit_signal;  ///< ... the signal that ended it
  std::string time_unit;                     ///< of kTimestamp events, "ns"; empty if there are none
  std::vector<std::string> lossy;            ///< what conversions took away: "order within page runs"

  bool operator==(const TraceMeta&) const = default;
};

/// A trace read once from front to back. Memory is bounded, whatever the input (each reader documents its bound).
/// Not thread-safe.
class Reader {
 public:
  virtual ~Reader() = default;

  /// Stable name of the format, "lackey".
  virtual std::string_view format() const = 0;

  /// Replaces the contents of `block` with the next piece, of about kBlockAccesses accesses. False at the end, with
  /// `block` empty. Throws InputError, with file and line or offset, where the input is not what the format says.
  virtual bool next(AccessBlock& block) = 0;

  /// The agents seen so far; complete once next() has returned false. Indices are stable.
  virtual const std::vector<Agent>& agents() const = 0;

  virtual const TraceLimits& limits() const = 0;

  /// Complete once next() has returned false. Wrappers pass on what they wrap.
  virtual const TraceMeta& meta() const {
    static const TraceMeta kNone;
    return kNone;
  }
};

/// Makes fresh readers over the same trace: the replay reads a trace twice where a capacity is given as a share of the
/// footprint. open() throws InputError where the file is missing or of no known format.
class Source {
 public:
  virtual ~Source() = default;
  virtual std::unique_ptr<Reader> open() const = 0;
  /// What results name: a path as given, or a generator with its parameters.
  virtual std::string description() const = 0;
};

}  // namespace farfault::traces
