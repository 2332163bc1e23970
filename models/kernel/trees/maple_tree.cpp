#include "models/kernel/trees/maple_tree.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <utility>

namespace farfault {

namespace {

constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();

// Bytes of struct maple_range_64 and maple_arange_64: a parent pointer, pivots, slots, and gaps in the latter.
constexpr std::uint64_t kWord = 8;
constexpr std::uint64_t kPivots = kWord;
constexpr std::uint64_t kLeafSlotsAt = kPivots + kWord * (MapleTree::kLeafSlots - 1);
constexpr std::uint64_t kInnerSlotsAt = kPivots + kWord * (MapleTree::kInnerSlots - 1);
constexpr std::uint64_t kGapsAt = kInnerSlotsAt + kWord * MapleTree::kInnerSlots;

}  // namespace

struct MapleTree::Node {
  /// A range of indices that begins after the slot before it.
  struct Slot {
    std::uint64_t last = 0;
    std::optional<std::uint64_t> value = {};  ///< of a leaf; nothing: a hole
    std::unique_ptr<Node> child = {};
    std::uint64_t gap = 0;  ///< the longest hole below the child
  };
  std::uint64_t id = 0;
  bool leaf = true;
  std::vector<Slot> slots;

  std::vector<Slot>::iterator at(std::size_t slot) { return slots.begin() + static_cast<std::ptrdiff_t>(slot); }
  bool hole(std::size_t slot) const { return leaf && !slots[slot].value; }
  bool overfull() const { return slots.size() > (leaf ? kLeafSlots : kInnerSlots); }
  bool sparse() const { return slots.size() < (leaf ? kLeafLeast : kInnerLeast); }
  /// `min` is the first index of the node.
  std::uint64_t start(std::size_t slot, std::uint64_t min) const { return slot == 0 ? min : slots[slot - 1].last + 1; }
  std::uint64_t longest_gap(std::uint64_t min) const {
    std::uint64_t longest = 0;
    for (std::size_t i = 0; i < slots.size(); ++i) {
      const std::uint64_t gap = !leaf ? slots[i].gap : hole(i) ? slots[i].last - start(i, min) + 1 : 0;
      longest = std::max(longest, gap);
    }
    return longest;
  }
  void refresh(std::size_t slot, std::uint64_t min) {
    const Node& child = *slots[slot].child;
    slots[slot].last = child.slots.back().last;
    slots[slot].gap = child.longest_gap(start(slot, min));
  }
  /// Where to cut the slots in two halves, so that the first does not end on a hole.
  std::size_t middle() const {
    const std::size_t half = slots.size() / 2;
    return hole(half - 1) ? half - 1 : half;
  }
};

MapleTree::MapleTree(NodeCache& cache) : lines_(cache, kNodeBytes) {}
MapleTree::~MapleTree() = default;
MapleTree::MapleTree(MapleTree&&) noexcept = default;

std::unique_ptr<MapleTree::Node> MapleTree::make_node(bool leaf) {
  auto node = std::make_unique<Node>();
  node->id = lines_.make();
  node->leaf = leaf;
  ++cost_.visits;
  rewrite(*node);
  return node;
}

void MapleTree::free_node(std::unique_ptr<Node> node) { lines_.free(node->id); }

void MapleTree::make_root() {
  root_ = make_node(true);
  if (alone_) root_->slots.push_back({.last = 0, .value = std::exchange(alone_, std::nullopt)});
  root_->slots.push_back({.last = kMax});
  height_ = 1;
}

MapleTree::Path MapleTree::walk(std::uint64_t index) const {
  Path path;
  std::uint64_t min = 0;
  for (Node* node = root_.get(); node != nullptr;) {
    const auto at = std::partition_point(node->slots.begin(), node->slots.end(),
                                         [index](const Node::Slot& slot) { return slot.last < index; });
    const auto slot = static_cast<std::size_t>(at - node->slots.begin());
    path.push_back({node, min, slot});
    min = node->start(slot, min);
    node = at->child.get();
  }
  return path;
}

void MapleTree::charge(const Node& node, std::size_t slot, bool gaps) {
  ++cost_.visits;
  const std::uint64_t slots_at = node.leaf ? kLeafSlotsAt : kInnerSlotsAt;
  const std::uint64_t pivot = std::min<std::uint64_t>(slot, (slots_at - kPivots) / kWord - 1);
  unsigned lines = 0;
  const auto touch = [&lines](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t line = NodeLines::line_of(first); line <= NodeLines::line_of(last); ++line) lines |= 1U << line;
  };
  touch(kPivots, kPivots + kWord * pivot);
  // The search for a gap looks at each slot up to the one it takes: whether it is a hole, or how long the gap below is.
  touch(slots_at + (gaps && node.leaf ? 0 : kWord * slot), slots_at + kWord * slot);
  if (gaps && !node.leaf) touch(kGapsAt, kGapsAt + kWord * slot);
  for (std::uint64_t line = 0; line < kNodeBytes / NodeCache::kLine; ++line) {
    if ((lines >> line & 1U) != 0) cost_.time += lines_.read(node.id, line);
  }
}

void MapleTree::charge(const Path& path) {
  for (const Step& step : path) charge(*step.node, step.slot, false);
}

void MapleTree::rewrite(const Node& node) { cost_.time += lines_.read_all(node.id); }

void MapleTree::refresh(const Path& path) {
  for (std::size_t i = path.size() - 1; i > 0; --i) path[i - 1].node->refresh(path[i - 1].slot, path[i - 1].min);
}

// Brings the nodes of a path back within their bounds, and its pivots and gaps up to date, after its leaf was changed.
void MapleTree::repair(const Path& path) {
  for (std::size_t level = path.size(); level-- > 0;) {
    Node& node = *path[level].node;
    if (level == 0) {
      if (!node.overfull()) break;
      std::unique_ptr<Node> above = make_node(false);
      above->slots.push_back({.last = kMax, .child = std::move(root_)});
      root_ = std::move(above);
      ++height_;
      split({root_.get(), 0, 0});
      break;
    }
    const Step& parent = path[level - 1];
    if (node.overfull()) {
      split(parent);
    } else if (node.sparse()) {
      merge(parent);
    } else {
      parent.node->refresh(parent.slot, parent.min);
    }
  }
  while (!root_->leaf && root_->slots.size() == 1) {
    std::unique_ptr<Node> only = std::move(root_->slots.front().child);
    free_node(std::exchange(root_, std::move(only)));
    --height_;
  }
}

// Cuts the child of a slot in two.
void MapleTree::split(const Step& parent) {
  Node& above = *parent.node;
  Node& left = *above.slots[parent.slot].child;
  std::unique_ptr<Node> right = make_node(left.leaf);
  const auto cut = left.at(left.middle());
  right->slots.assign(std::make_move_iterator(cut), std::make_move_iterator(left.slots.end()));
  left.slots.erase(cut, left.slots.end());
  above.slots.insert(above.at(parent.slot + 1),
                     Node::Slot{.last = right->slots.back().last, .child = std::move(right)});
  above.refresh(parent.slot, parent.min);
  above.refresh(parent.slot + 1, parent.min);
  rewrite(left);
}

// Puts the child of a slot and a neighbour together, or shares their slots out anew where one node cannot hold them.
void MapleTree::merge(const Step& parent) {
  Node& above = *parent.node;
  const std::size_t at = parent.slot == 0 ? 0 : parent.slot - 1;
  Node& left = *above.slots[at].child;
  Node& right = *above.slots[at + 1].child;
  left.slots.insert(left.slots.end(), std::make_move_iterator(right.slots.begin()),
                    std::make_move_iterator(right.slots.end()));
  right.slots.clear();
  ++cost_.visits;
  rewrite(left);
  if (!left.overfull()) {
    free_node(std::move(above.slots[at + 1].child));
    above.slots.erase(above.at(at + 1));
    above.refresh(at, parent.min);
    return;
  }
  const auto cut = left.at(left.middle());
  right.slots.assign(std::make_move_iterator(cut), std::make_move_iterator(left.slots.end()));
  left.slots.erase(cut, left.slots.end());
  rewrite(right);
  above.refresh(at, parent.min);
  above.refresh(at + 1, parent.min);
}

bool MapleTree::store_range(std::uint64_t first, std::uint64_t last, std::uint64_t value) {
  assert(first <= last);
  if (!root_) {
    if (alone_ && first == 0) return false;
    if (last == 0) {
      alone_ = value;
      ++entries_;
      return true;
    }
    make_root();
  }
  const Path path = walk(first);
  charge(path);
  Node& leaf = *path.back().node;
  const std::size_t at = path.back().slot;
  if (!leaf.hole(at) || leaf.slots[at].last < last) return false;
  const std::uint64_t start = leaf.start(at, path.back().min);
  const std::uint64_t end = leaf.slots[at].last;
  leaf.slots[at] = {.last = last, .value = value};
  if (last < end) leaf.slots.insert(leaf.at(at + 1), Node::Slot{.last = end});
  if (start < first) leaf.slots.insert(leaf.at(at), Node::Slot{.last = first - 1});
  rewrite(leaf);
  ++entries_;
  repair(path);
  return true;
}

std::optional<std::uint64_t> MapleTree::find_gap(const Node& node, std::uint64_t min, std::uint64_t length,
                                                 std::uint64_t low, std::uint64_t high) {
  std::size_t i = 0;
  std::optional<std::uint64_t> found;
  for (; i < node.slots.size() && !found; ++i) {
    const std::uint64_t start = node.start(i, min);
    const Node::Slot& slot = node.slots[i];
    if (start > high) break;
    if (slot.last < low) continue;
    if (node.hole(i)) {
      const std::uint64_t from = std::max(start, low);
      if (std::min(slot.last, high) - from >= length - 1) found = from;
    } else if (!node.leaf && slot.gap >= length) {
      found = find_gap(*slot.child, start, length, low, high);
    }
  }
  charge(node, i == 0 ? 0 : i - 1, true);
  return found;
}

std::optional<std::uint64_t> MapleTree::allocate(std::uint64_t length, std::uint64_t low, std::uint64_t high,
                                                 std::uint64_t value) {
  assert(length > 0 && low <= high);
  std::optional<std::uint64_t> found;
  if (root_) {
    found = find_gap(*root_, 0, length, low, high);
  } else {
    const std::uint64_t from = alone_ ? std::max<std::uint64_t>(low, 1) : low;
    if (from <= high && high - from >= length - 1) found = from;
  }
  if (found) store_range(*found, *found + (length - 1), value);
  return found;
}

std::optional<std::uint64_t> MapleTree::load(std::uint64_t index) {
  ++cost_.lookups;
  if (!root_) return index == 0 ? alone_ : std::nullopt;
  const Path path = walk(index);
  charge(path);
  return path.back().node->slots[path.back().slot].value;
}

bool MapleTree::erase(std::uint64_t index) {
  if (!root_) {
    if (index != 0 || !alone_) return false;
    alone_.reset();
    --entries_;
    return true;
  }
  const Path path = walk(index);
  charge(path);
  Node& leaf = *path.back().node;
  const std::size_t at = path.back().slot;
  if (leaf.hole(at)) return false;
  --entries_;
  if (entries_ == 0) {
    free_node(std::move(root_));
    height_ = 0;
    return true;
  }
  rewrite(leaf);
  if (at + 1 == leaf.slots.size() && leaf.slots[at].last != kMax) {
    erase_last_of_leaf(path);
    return true;
  }
  // The hole after takes the range in, and then that before; a slot begins where the one before it ends.
  if (at + 1 < leaf.slots.size() && leaf.hole(at + 1)) {
    leaf.slots.erase(leaf.at(at));
  } else {
    leaf.slots[at].value.reset();
  }
  if (at > 0 && leaf.hole(at - 1)) leaf.slots.erase(leaf.at(at - 1));
  repair(path);
  return true;
}

// The hole goes to the next leaf, since a leaf must not end on one.
void MapleTree::erase_last_of_leaf(const Path& path) {
  Node& leaf = *path.back().node;
  const std::uint64_t last = leaf.slots.back().last;
  leaf.slots.pop_back();
  if (leaf.hole(leaf.slots.size() - 1)) leaf.slots.pop_back();
  const std::uint64_t kept = leaf.slots.back().last;
  refresh(path);

  const Path next = walk(kept + 1);
  charge(next);
  Node& neighbour = *next.back().node;
  if (!neighbour.hole(0)) neighbour.slots.insert(neighbour.slots.begin(), Node::Slot{.last = last});
  rewrite(neighbour);
  repair(next);
  repair(walk(kept));
}

struct MapleTree::Census {
  std::uint64_t nodes = 0;
  std::uint64_t entries = 0;
  bool after_hole = false;  ///< the slot before, maybe in the leaf before, is a hole
  std::string problem;
};

void MapleTree::inspect(const Node& node, std::uint64_t min, unsigned level, Census& census) const {
  const auto expect = [&census](bool right, const char* what) {
    if (!right && census.problem.empty()) census.problem = what;
  };
  ++census.nodes;
  expect(node.leaf == (level == height_), "leaves are not all on the lowest level");
  expect(!node.overfull(), "a node has too many slots");
  expect(!node.slots.empty() && (level == 1 || !node.sparse()), "a node has too few slots");
  for (std::size_t i = 0; i < node.slots.size(); ++i) {
    const Node::Slot& slot = node.slots[i];
    const std::uint64_t start = node.start(i, min);
    expect(start <= slot.last, "slots are not in order");
    if (node.leaf) {
      expect(!(census.after_hole && node.hole(i)), "two holes side by side");
      census.after_hole = node.hole(i);
      if (!node.hole(i)) ++census.entries;
    } else {
      expect(slot.last == slot.child->slots.back().last, "a pivot is not that of the node below");
      expect(slot.gap == slot.child->longest_gap(start), "a gap is not that of the node below");
      inspect(*slot.child, start, level + 1, census);
    }
  }
  expect(!node.hole(node.slots.size() - 1) || node.slots.back().last == kMax, "a leaf ends on a hole");
}

std::string MapleTree::problem() const {
  Census census;
  if (root_) {
    inspect(*root_, 0, 1, census);
    if (root_->slots.back().last != kMax) return "the root does not end at the last index";
  } else {
    census.entries = alone_ ? 1 : 0;
    if (height_ != 0) return "a height without nodes";
  }
  if (census.nodes != nodes()) return "the count of nodes is wrong";
  if (census.entries != entries_) return "the count of ranges is wrong";
  return census.problem;
}

}  // namespace farfault
