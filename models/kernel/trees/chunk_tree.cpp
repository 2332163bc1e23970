#include "models/kernel/trees/chunk_tree.h"

#include <array>
#include <utility>

namespace farfault {

namespace {

unsigned slot_of(std::uint64_t index, unsigned shift) {
  return static_cast<unsigned>(index >> shift) & (ChunkTree::kSlots - 1);
}

}  // namespace

struct ChunkTree::Node {
  enum class Slot : std::uint8_t { kEmpty, kNode, kValue, kSibling };

  std::uint64_t id = 0;
  unsigned shift = 0;
  Node* parent = nullptr;
  unsigned slot_in_parent = 0;
  unsigned count = 0;  ///< slots that are not empty
  std::array<Slot, kSlots> slots{};
  std::array<std::unique_ptr<Node>, kSlots> children;
  std::array<std::uint64_t, kSlots> values{};  ///< of a sibling: the slot of its entry
};

ChunkTree::ChunkTree(NodeCache& cache) : lines_(cache, kNodeBytes) {}
ChunkTree::~ChunkTree() = default;
ChunkTree::ChunkTree(ChunkTree&&) noexcept = default;

bool ChunkTree::covers(std::uint64_t index) const {
  const unsigned bits = height_ * kSlotBits;
  return bits >= 64 || index >> bits == 0;
}

std::unique_ptr<ChunkTree::Node> ChunkTree::make_node(unsigned shift, Node* parent, unsigned slot) {
  auto node = std::make_unique<Node>();
  node->id = lines_.make();
  node->shift = shift;
  node->parent = parent;
  node->slot_in_parent = slot;
  return node;
}

void ChunkTree::visit(const Node& node, unsigned slot) {
  ++cost_.visits;
  cost_.time += lines_.read(node.id, 0);
  const std::uint64_t line = NodeLines::line_of(kHeaderBytes + 8 * slot);
  if (line != 0) cost_.time += lines_.read(node.id, line);
}

void ChunkTree::grow(std::uint64_t max) {
  while (!covers(max)) {
    if (root_ || alone_) {
      std::unique_ptr<Node> above = make_node(height_ * kSlotBits, nullptr, 0);
      above->count = 1;
      if (root_) {
        root_->parent = above.get();
        above->slots[0] = Node::Slot::kNode;
        above->children[0] = std::move(root_);
      } else {
        above->slots[0] = Node::Slot::kValue;
        above->values[0] = *std::exchange(alone_, std::nullopt);
      }
      root_ = std::move(above);
      visit(*root_, 0);
    }
    ++height_;
  }
}

ChunkTree::Place ChunkTree::descend(std::uint64_t index, unsigned shift) {
  if (height_ == 0) return {};
  if (!root_) root_ = make_node((height_ - 1) * kSlotBits, nullptr, 0);
  Node* node = root_.get();
  while (node->shift > shift) {
    const unsigned slot = slot_of(index, node->shift);
    visit(*node, slot);
    if (node->slots[slot] == Node::Slot::kEmpty) {
      node->children[slot] = make_node(node->shift - kSlotBits, node, slot);
      node->slots[slot] = Node::Slot::kNode;
      ++node->count;
    }
    if (node->slots[slot] != Node::Slot::kNode) return {node, slot};
    node = node->children[slot].get();
  }
  const unsigned slot = slot_of(index, node->shift);
  visit(*node, slot);
  return {node, slot};
}

void ChunkTree::make_path(std::uint64_t index, unsigned shift) { descend(index, shift); }

bool ChunkTree::store(std::uint64_t index, unsigned shift, unsigned siblings, std::uint64_t value) {
  const Place place = descend(index, shift);
  if (place.node == nullptr) {
    if (alone_) return false;
    alone_ = value;
    return true;
  }
  Node& node = *place.node;
  if (node.slots[place.slot] != Node::Slot::kEmpty) return false;
  node.slots[place.slot] = Node::Slot::kValue;
  node.values[place.slot] = value;
  for (unsigned slot = place.slot + 1; slot <= place.slot + siblings; ++slot) {
    node.slots[slot] = Node::Slot::kSibling;
    node.values[slot] = place.slot;
  }
  node.count += 1 + siblings;
  return true;
}

ChunkTree::Place ChunkTree::find(std::uint64_t index) {
  if (!covers(index)) return {};
  Node* node = root_.get();
  while (node != nullptr) {
    unsigned slot = slot_of(index, node->shift);
    visit(*node, slot);
    if (node->slots[slot] == Node::Slot::kSibling) {
      const std::uint64_t line = NodeLines::line_of(kHeaderBytes + 8 * slot);
      slot = static_cast<unsigned>(node->values[slot]);
      const std::uint64_t first = NodeLines::line_of(kHeaderBytes + 8 * slot);
      if (first != line && first != 0) cost_.time += lines_.read(node->id, first);
    }
    if (node->slots[slot] == Node::Slot::kValue) return {node, slot};
    node = node->children[slot].get();
  }
  return {};
}

std::optional<std::uint64_t> ChunkTree::load(std::uint64_t index) {
  ++cost_.lookups;
  if (index == 0 && alone_) return alone_;
  const Place place = find(index);
  if (place.node == nullptr) return std::nullopt;
  return place.node->values[place.slot];
}

std::optional<std::uint64_t> ChunkTree::erase(std::uint64_t index) {
  if (index == 0 && alone_) return std::exchange(alone_, std::nullopt);
  const Place place = find(index);
  if (place.node == nullptr) return std::nullopt;
  Node& node = *place.node;
  const std::uint64_t value = node.values[place.slot];
  unsigned slot = place.slot;
  do {
    node.slots[slot] = Node::Slot::kEmpty;
    --node.count;
    ++slot;
  } while (slot < kSlots && node.slots[slot] == Node::Slot::kSibling);
  drop_empty(&node);
  return value;
}

void ChunkTree::drop_empty(Node* node) {
  while (node->count == 0) {
    lines_.free(node->id);
    Node* const parent = node->parent;
    if (parent == nullptr) {
      root_.reset();
      height_ = 0;
      return;
    }
    const unsigned slot = node->slot_in_parent;
    parent->children[slot].reset();
    parent->slots[slot] = Node::Slot::kEmpty;
    --parent->count;
    node = parent;
  }
  if (node->parent == nullptr) shrink();
}

void ChunkTree::shrink() {
  while (root_ && root_->count == 1) {
    // An entry of the first slot covers more than index 0 unless its node is on the lowest level.
    if (root_->slots[0] == Node::Slot::kValue && root_->shift == 0) {
      alone_ = root_->values[0];
    } else if (root_->slots[0] != Node::Slot::kNode) {
      return;
    }
    lines_.free(root_->id);
    --height_;
    std::unique_ptr<Node> below = std::move(root_->children[0]);
    root_ = std::move(below);
    if (root_) root_->parent = nullptr;
  }
}

}  // namespace farfault
