/// Bytes that cross a link, by why they do.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sim/core/units.h"

namespace farfault {

enum class LinkDirection : std::uint8_t { kToDevice, kToHost };

enum class Cause : std::uint8_t {
  kDemand,         ///< pages that a device faulted on
  kPrefetch,       ///< pages that came beside them
  kEviction,       ///< pages that made room
  kCpuFault,       ///< pages that a host thread faulted on
  kPeer,           ///< pages on their way to another device
  kRemote,         ///< loads and stores of a processor to the memory at the other end
  kGup,            ///< pages that get_user_pages, or a pin, brought back
  kCow,            ///< pages that came back since a device's write must copy them
  kStaging,        ///< explicit copies of memory that the device cannot reach
  kAccessCounter,  ///< pages that a device's access counters asked for
  kMemcpy,         ///< copies that the program itself asks for
};
inline constexpr std::size_t kCauseCount = 11;

/// "demand", "prefetch", ...: as statistics name them.
constexpr std::string_view cause_name(Cause cause) {
  constexpr std::array<std::string_view, kCauseCount> kNames = {"demand",  "prefetch",       "eviction", "cpu_fault",
                                                                "peer",    "remote",         "gup",      "cow",
                                                                "staging", "access_counter", "memcpy"};
  return kNames[static_cast<std::size_t>(cause)];
}

/// Bytes of one direction by cause.
class Traffic {
 public:
  void add(Cause cause, Bytes bytes) { by_cause_[static_cast<std::size_t>(cause)] += bytes; }
  Bytes of(Cause cause) const { return by_cause_[static_cast<std::size_t>(cause)]; }
  Bytes total() const {
    Bytes sum;
    for (const Bytes b : by_cause_) sum += b;
    return sum;
  }

 private:
  std::array<Bytes, kCauseCount> by_cause_{};
};

}  // namespace farfault
