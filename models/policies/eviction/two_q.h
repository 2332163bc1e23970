/// 2Q, the full version (Johnson and Shasha, VLDB 1994). What comes for the first time is in a FIFO, A1in; what leaves
/// that is remembered in A1out; what comes back while it is remembered goes to an LRU, Am. Room is made from A1in while
/// it holds more than Kin of the chunks, else from Am. A hit in A1in changes nothing.
#pragma once

#include <memory>

#include "models/policies/eviction/eviction_policy.h"

namespace farfault {

/// REQUIRES: granularity is 4 KiB, 64 KiB or 2 MiB.
/// `kin`, `kout`: shares of the chunks that fit, above 0; the paper suggests a quarter and a half.
std::unique_ptr<EvictionPolicy> make_two_q(Bytes granularity, double kin, double kout);

}  // namespace farfault
