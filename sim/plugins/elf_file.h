/// Whether a file is a whole shared object. The system's loader maps what the file's head says, and the process dies of
/// a file that is shorter.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace farfault {

/// What stands against loading the file as a shared object, "is no shared object"; nothing if nothing does. `head` is
/// the beginning of the file, 64 KiB or all of it, and `size` the file's.
std::optional<std::string> shared_object_problem(std::span<const std::byte> head, std::uint64_t size);

}  // namespace farfault
