/// Decoding on a second thread, ahead of whoever consumes the trace.
#pragma once

#include <memory>

#include "traces/reader.h"

namespace farfault::traces {

/// Reads `reader` on a thread of its own, a few blocks ahead (a bounded number: 16, about 1 MiB). Blocks, their order
/// and errors are those of `reader`; an error is thrown by the next() that would have met it.
std::unique_ptr<Reader> read_ahead(std::unique_ptr<Reader> reader);

}  // namespace farfault::traces
