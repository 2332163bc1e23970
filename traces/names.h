/// What the records of a trace are called in text: in the text form, in tables, in configs.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "traces/access.h"

namespace farfault::traces {

/// "read", "write", "read_modify_write", "atomic".
std::string_view name_of(Op op);
/// "mmap", "kernel_launch", ...
std::string_view name_of(EventKind kind);
/// "cpu_thread", "gpu_stream", "cta_group", "copy_engine".
std::string_view name_of(AgentKind kind);
/// "unknown", "private_anonymous", "heap", ...
std::string_view name_of(Backing backing);

/// By the number of the Backing.
std::span<const std::string_view> backing_names();

}  // namespace farfault::traces
