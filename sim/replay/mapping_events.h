/// Events of a trace that change what is mapped, and the address space that they make.
#pragma once

#include <functional>

#include "models/kernel/address_space.h"
#include "sim/core/units.h"
#include "traces/access.h"

namespace farfault {

/// Follows mmap, munmap, mremap and brk. The replay and the passes over a trace before it see the same mappings.
class MappingEvents {
 public:
  /// A range whose pages go; called when its mapping has gone and what follows in its place has not come.
  using Freed = std::function<void(VirtualAddress address, Bytes length)>;

  /// Borrows the address space.
  explicit MappingEvents(AddressSpace& space, Freed freed = {}) : space_(space), freed_(std::move(freed)) {}

  /// False if the event is of another kind and changes nothing.
  bool apply(const traces::Event& event);

 private:
  void unmap(VirtualAddress address, Bytes length);
  void move(const traces::Event& event);
  void set_heap(VirtualAddress base, Bytes size);

  AddressSpace& space_;
  Freed freed_;
  VirtualAddress heap_base_;
  Bytes heap_size_;
};

}  // namespace farfault
