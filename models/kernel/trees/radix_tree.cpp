#include "models/kernel/radix_tree.h"

namespace farfault {

struct RadixTree::Node {
  std::array<std::unique_ptr<Node>, kSlots> children;       // above the lowest level
  std::array<std::optional<std::uint64_t>, kSlots> values;  // on the lowest level
};

RadixTree::RadixTree() = default;
RadixTree::~RadixTree() = default;
RadixTree::RadixTree(RadixTree&&) noexcept = default;
RadixTree& RadixTree::operator=(RadixTree&&) noexcept = default;

bool RadixTree::covers(std::uint64_t index) const {
  const unsigned bits = height_ * kSlotBits;
  return height_ != 0 && (bits >= 64 || index >> bits == 0);
}

std::unique_ptr<RadixTree::Node> RadixTree::make_node() {
  ++nodes_;
  return std::make_unique<Node>();
}

bool RadixTree::insert(std::uint64_t index, std::uint64_t value) {
  if (!root_) root_ = make_node();
  while (!covers(index)) {
    // An empty tree takes its height at once; a filled one gets a new root above the old for each level.
    if (entries_ != 0) {
      std::unique_ptr<Node> above = make_node();
      above->children[0] = std::move(root_);
      root_ = std::move(above);
    }
    ++height_;
  }
  Node* node = root_.get();
  for (unsigned level = height_ - 1; level > 0; --level) {
    ++visits_;
    std::unique_ptr<Node>& child = node->children[index >> (level * kSlotBits) & (kSlots - 1)];
    if (!child) child = make_node();
    node = child.get();
  }
  ++visits_;
  std::optional<std::uint64_t>& slot = node->values[index & (kSlots - 1)];
  if (slot) return false;
  slot = value;
  ++entries_;
  return true;
}

std::optional<std::uint64_t> RadixTree::lookup(std::uint64_t index) {
  if (!covers(index)) return std::nullopt;
  const Node* node = root_.get();
  for (unsigned level = height_ - 1; level > 0; --level) {
    ++visits_;
    node = node->children[index >> (level * kSlotBits) & (kSlots - 1)].get();
    if (node == nullptr) return std::nullopt;
  }
  ++visits_;
  return node->values[index & (kSlots - 1)];
}

}  // namespace farfault
