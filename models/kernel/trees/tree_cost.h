/// What the operations of a tree have cost so far.
#pragma once

#include <cstdint>

#include "sim/core/units.h"

namespace farfault {

struct TreeCost {
  std::uint64_t lookups = 0;
  std::uint64_t visits = 0;  ///< nodes read or written
  SimTime time;              ///< as the NodeCache prices the lines

  friend TreeCost operator+(const TreeCost& a, const TreeCost& b) {
    return {a.lookups + b.lookups, a.visits + b.visits, a.time + b.time};
  }
  friend TreeCost operator-(const TreeCost& a, const TreeCost& b) {
    return {a.lookups - b.lookups, a.visits - b.visits, a.time - b.time};
  }
};

}  // namespace farfault
