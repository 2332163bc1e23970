/// A trace's accesses as comma-separated values, in the columns that the CSV reader reads (readers/csv.h).
#pragma once

#include <cstdint>

#include "traces/byte_sink.h"
#include "traces/reader.h"

namespace farfault::traces {

struct CsvResult {
  std::uint64_t accesses = 0;
  // What the columns do not hold:
  std::uint64_t lost_events = 0;        ///< other than times
  std::uint64_t lost_instructions = 0;  ///< between accesses

  bool operator==(const CsvResult&) const = default;
};

/// Writes what `reader` has left, and leaves closing the sink to the caller:
///
///     agent,op,addr,size,time
///     thread 1,r,0x1ffeffed88,8,1250
///
/// There are times if the trace has them in nanoseconds. Memory: the reader's, and 64 KiB. Throws RunError where the
/// sink does, InputError where the reader does.
CsvResult write_csv(Reader& reader, ByteSink& sink);

}  // namespace farfault::traces
