/// Which memory a helper library allocates (`driver_vma`): the one decision that the memory manager and the figures of
/// reachability share.
#pragma once

#include <cstdint>

#include "models/kernel/address_space.h"
#include "models/kernel/design_spec.h"

namespace farfault {

/// What a library's allocations can replace. Stack and brk are the kernel's own, and a file's pages belong to the file.
/// A mapping that the trace tells nothing of is taken as one that the program allocated.
inline constexpr VmaKinds kLibraryKinds = kinds_of({VmaKind::kUnknown, VmaKind::kPrivateAnonymous});

/// Whether the library allocated a mapping: all that it can replace if malloc is interposed, else a share of it by a
/// draw that depends on the seed and the mapping's number (AddressSpace) alone.
bool library_allocated(const LibrarySpec& library, std::uint64_t seed, VmaKind kind, std::uint64_t mapping);

}  // namespace farfault
