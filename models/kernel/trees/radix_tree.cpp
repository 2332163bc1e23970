#include "models/kernel/trees/radix_tree.h"

namespace farfault {

RadixTree::RadixTree(NodeCache& cache) : tree_(cache) {}

bool RadixTree::insert(std::uint64_t index, std::uint64_t value) {
  tree_.grow(index);
  if (!tree_.store(index, 0, 0, value)) return false;
  ++entries_;
  return true;
}

std::optional<std::uint64_t> RadixTree::lookup(std::uint64_t index) { return tree_.load(index); }

std::optional<std::uint64_t> RadixTree::erase(std::uint64_t index) {
  const std::optional<std::uint64_t> value = tree_.erase(index);
  if (value) --entries_;
  return value;
}

}  // namespace farfault
