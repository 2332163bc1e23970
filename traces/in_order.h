/// Accesses and events of a block, each at its place.
#pragma once

#include <cstddef>

#include "traces/access.h"

namespace farfault::traces {

/// Calls visit(const Access&) and visit(const Event&) in the trace's order.
template <class Visit>
void visit_in_order(const AccessBlock& block, Visit&& visit) {
  std::size_t i = 0;
  for (const Event& event : block.events) {
    for (; i < event.position; ++i) visit(block.accesses[i]);
    visit(event);
  }
  for (; i < block.accesses.size(); ++i) visit(block.accesses[i]);
}

}  // namespace farfault::traces
