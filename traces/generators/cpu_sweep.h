/// How a CPU goes through arrays from front to back.
///
/// Rule of all programs: a sweep over neighbouring elements is one access per 64-byte line and array, made where the
/// loop comes to the first element of that line; that is what leaves a core. Everything else (strides, single elements)
/// is one access per element.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "traces/generators/program.h"

namespace farfault::traces {

inline constexpr std::uint64_t kCpuLine = 64;

/// A loop that goes through `elements` neighbouring elements of one or several arrays, element i of each in iteration
/// i, in the order of the list:
///
///     for (CpuSweep sweep({{x, 4, Op::kRead}, {y, 4, Op::kWrite}}, n); sweep.next(out);) {
///       if (out.full()) co_yield Pause{};
///     }
class CpuSweep {
 public:
  struct Array {
    std::uint64_t address;       ///< of the first element of the sweep, a multiple of element_size
    std::uint64_t element_size;  ///< a power of two up to 64
    Op op;
  };

  CpuSweep(const std::vector<Array>& arrays, std::uint64_t elements) : elements_(elements) {
    for (const Array& array : arrays) {
      strands_.push_back({array.address, static_cast<unsigned>(std::countr_zero(array.element_size)), array.op, 0});
    }
  }

  /// Goes on to the next line of any array. False, and nothing emitted, at the end.
  bool next(Emitter& out) {
    std::uint64_t element = elements_;
    for (const Strand& strand : strands_) element = std::min(element, strand.next);
    if (element == elements_) return false;
    for (Strand& strand : strands_) {
      if (strand.next != element) continue;
      const std::uint64_t address = strand.address + (element << strand.shift);
      const std::uint64_t left_in_line = (kCpuLine - address % kCpuLine) >> strand.shift;
      const std::uint64_t count = std::min(left_in_line, elements_ - element);
      out.access(address, count << strand.shift, strand.op);
      strand.next += count;
    }
    return true;
  }

 private:
  struct Strand {
    std::uint64_t address;
    unsigned shift;  ///< log2 of the element's size
    Op op;
    std::uint64_t next;  ///< the element whose line comes next
  };

  std::uint64_t elements_;
  std::vector<Strand> strands_;
};

}  // namespace farfault::traces
