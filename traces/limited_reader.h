/// The first accesses of another reader.
#pragma once

#include <memory>

#include "traces/reader.h"

namespace farfault::traces {

/// Ends after `max_accesses` accesses, with the events before them.
std::unique_ptr<Reader> limit_reader(std::unique_ptr<Reader> reader, std::uint64_t max_accesses);

}  // namespace farfault::traces
