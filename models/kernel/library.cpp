#include "models/kernel/library.h"

namespace farfault {
namespace {

/// A number in [0, 1) that a mapping always gets in a run (splitmix64).
double draw(std::uint64_t seed, std::uint64_t mapping) {
  std::uint64_t x = seed * 0x9e3779b97f4a7c15U + mapping;
  x = (x ^ x >> 30U) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27U) * 0x94d049bb133111ebU;
  x ^= x >> 31U;
  return static_cast<double>(x >> 11U) * 0x1p-53;
}

}  // namespace

bool library_allocated(const LibrarySpec& library, std::uint64_t seed, VmaKind kind, std::uint64_t mapping) {
  if ((kLibraryKinds & kinds_of({kind})) == 0) return false;
  return library.interpose || draw(seed, mapping) < library.adoption.value;
}

}  // namespace farfault
