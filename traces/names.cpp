#include "traces/names.h"

#include <array>

namespace farfault::traces {
namespace {

constexpr std::array<std::string_view, 4> kOps = {"read", "write", "read_modify_write", "atomic"};
constexpr std::array<std::string_view, kEventKindCount> kEvents = {
    "compute",       "mmap",       "munmap",      "mremap", "mprotect",     "brk",        "fork",        "exit",
    "kernel_launch", "kernel_end", "stream_sync", "marker", "event_record", "event_wait", "memcpy",      "prefetch",
    "advise",        "gup",        "pin",         "unpin",  "dependency",   "timestamp",  "thread_block"};
constexpr std::array<std::string_view, 4> kAgents = {"cpu_thread", "gpu_stream", "cta_group", "copy_engine"};
constexpr std::array<std::string_view, kBackingCount> kBackings = {
    "unknown", "private_anonymous", "heap", "stack", "file", "shared", "executable", "huge_tlb", "dax", "special"};

}  // namespace

std::string_view name_of(Op op) { return kOps[static_cast<std::size_t>(op)]; }
std::string_view name_of(EventKind kind) { return kEvents[static_cast<std::size_t>(kind)]; }
std::string_view name_of(AgentKind kind) { return kAgents[static_cast<std::size_t>(kind)]; }
std::string_view name_of(Backing backing) { return kBackings[static_cast<std::size_t>(backing)]; }

std::span<const std::string_view> backing_names() { return kBackings; }

}  // namespace farfault::traces
