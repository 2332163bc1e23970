#include "models/kernel/library.h"

#include "sim/core/mix.h"

namespace farfault {
namespace {

/// A number in [0, 1) that a mapping always gets in a run.
double draw(std::uint64_t seed, std::uint64_t mapping) { return unit_interval(seed * 0x9e3779b97f4a7c15U + mapping); }

}  // namespace

bool library_allocated(const LibrarySpec& library, std::uint64_t seed, VmaKind kind, std::uint64_t mapping) {
  if ((kLibraryKinds & kinds_of({kind})) == 0) return false;
  return library.interpose || draw(seed, mapping) < library.adoption.value;
}

}  // namespace farfault
