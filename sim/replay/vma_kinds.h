/// What a trace calls a mapping, as the kernel models call it.
#pragma once

#include <cstdint>

#include "models/kernel/address_space.h"
#include "traces/access.h"

namespace farfault {

constexpr VmaKind vma_kind(traces::Backing backing) { return static_cast<VmaKind>(backing); }
/// As AddressSpace stores it.
constexpr std::uint8_t vma_number(traces::Backing backing) { return static_cast<std::uint8_t>(vma_kind(backing)); }

static_assert(traces::kBackingCount == kVmaKindCount);
static_assert(vma_kind(traces::Backing::kUnknown) == VmaKind::kUnknown);
static_assert(vma_kind(traces::Backing::kPrivateAnonymous) == VmaKind::kPrivateAnonymous);
static_assert(vma_kind(traces::Backing::kHeap) == VmaKind::kHeap);
static_assert(vma_kind(traces::Backing::kStack) == VmaKind::kStack);
static_assert(vma_kind(traces::Backing::kFile) == VmaKind::kFile);
static_assert(vma_kind(traces::Backing::kShared) == VmaKind::kShared);
static_assert(vma_kind(traces::Backing::kExecutable) == VmaKind::kExecutable);
static_assert(vma_kind(traces::Backing::kHugeTlb) == VmaKind::kHugeTlb);
static_assert(vma_kind(traces::Backing::kDax) == VmaKind::kDax);
static_assert(vma_kind(traces::Backing::kSpecial) == VmaKind::kSpecial);

}  // namespace farfault
