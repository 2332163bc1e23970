#include "sim/replay/mapping_events.h"

#include <cstdint>

#include "sim/replay/vma_kinds.h"

namespace farfault {

bool MappingEvents::apply(const traces::Event& event) {
  const VirtualAddress address(event.address);
  const Bytes length(event.length);
  switch (event.kind) {
    case traces::EventKind::kMmap:
      space_.map(address, length, vma_number(event.backing));
      return true;
    case traces::EventKind::kMunmap:
      unmap(address, length);
      return true;
    case traces::EventKind::kMremap:
      move(event);
      return true;
    case traces::EventKind::kBrk:
      set_heap(address, length);
      return true;
    default:
      return false;
  }
}

void MappingEvents::unmap(VirtualAddress address, Bytes length) {
  space_.unmap(address, length);
  if (freed_) freed_(address, length);
}

void MappingEvents::move(const traces::Event& event) {
  const VirtualAddress old_address(event.address);
  const Bytes old_length(event.length);
  const VirtualAddress address(event.value);
  const Bytes length(event.value2);
  // The event does not say what it moves.
  const std::uint8_t kind = space_.kind_at(old_address).value_or(static_cast<std::uint8_t>(VmaKind::kUnknown));
  if (address != old_address) {
    // The pages start anew at their new place: moves are too rare to follow them.
    unmap(old_address, old_length);
  } else if (length < old_length) {
    unmap(address + length, old_length - length);
  }
  space_.map(address, length, kind);
}

void MappingEvents::set_heap(VirtualAddress base, Bytes size) {
  if (base != heap_base_) {
    // Another base is the heap of another program, after exec.
    if (heap_size_ != Bytes()) unmap(heap_base_, heap_size_);
  } else if (size < heap_size_) {
    unmap(base + size, heap_size_ - size);
  }
  heap_base_ = base;
  heap_size_ = size;
  space_.map(base, size, static_cast<std::uint8_t>(VmaKind::kHeap));
}

}  // namespace farfault
