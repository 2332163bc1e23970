#include "models/kernel/trees/node_lines.h"

namespace farfault {

std::uint64_t NodeLines::make() {
  if (free_.empty()) return made_++;
  const std::uint64_t id = free_.back();
  free_.pop_back();
  return id;
}

SimTime NodeLines::read_all(std::uint64_t id) {
  SimTime time;
  for (std::uint64_t line = 0; line < lines_; ++line) time += read(id, line);
  return time;
}

}  // namespace farfault
