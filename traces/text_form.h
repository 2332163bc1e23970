/// A trace as text, a line for each agent, access and event: for people, for diff, and to see whether two traces are
/// the same. Two traces have the same accesses, events and agents if and only if their texts are equal, however they
/// are cut into blocks and whatever the format that they come from.
///
///     agent 0 cpu_thread "thread 1"                    index, kind and name, before the first line that names it
///     0 mmap 0x4a2b000+0x2000 rw- private_anonymous    the agent, the event and what belongs to it
///     0 R 0x4a2b010 8 +3                               R, W, M (read-modify-write) or A (atomic), address, size, and
///     0 compute instructions=70000                     the instructions since the agent's last access if any
///     1 kernel_launch by=0 resident_blocks=224 "vecadd"
///
/// Addresses, and lengths behind a "+" or as a new length, are hexadecimal, all else is decimal. In names, " and \ have
/// a backslash before them, and what cannot be printed is escaped (\x1B).
#pragma once

#include <cstdint>
#include <string>

#include "traces/byte_sink.h"
#include "traces/reader.h"

namespace farfault::traces {

/// Writes what `reader` has left, and leaves closing the sink to the caller. Returns the number of accesses. Memory:
/// the reader's, and 64 KiB. Throws RunError where the sink does, InputError where the reader does.
std::uint64_t write_text(Reader& reader, ByteSink& sink);

}  // namespace farfault::traces
