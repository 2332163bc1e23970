/// The names of the files that a process has open, as its system calls tell them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace farfault::traces {

/// Memory: at most kMaxFiles names of kMaxNameBytes bytes; what is more has no name. Not thread-safe.
class OpenFiles {
 public:
  static constexpr std::size_t kMaxFiles = 1024;
  static constexpr std::size_t kMaxNameBytes = 4096;

  void open(std::uint64_t descriptor, std::string name) {
    names_.erase(descriptor);
    if (names_.size() < kMaxFiles && name.size() <= kMaxNameBytes) names_.emplace(descriptor, std::move(name));
  }
  void close(std::uint64_t descriptor) { names_.erase(descriptor); }
  void close_all() { names_.clear(); }
  void duplicate(std::uint64_t descriptor, std::uint64_t as) { open(as, name(descriptor)); }
  /// Empty if it is not known.
  std::string name(std::uint64_t descriptor) const {
    const auto found = names_.find(descriptor);
    return found == names_.end() ? "" : found->second;
  }

 private:
  std::map<std::uint64_t, std::string> names_;
};

}  // namespace farfault::traces
