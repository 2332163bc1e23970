/// Things that a user chooses by name: policies, designs, generators, readers. Filled by an explicit list of calls at
/// start-up and passed by reference; there is no global one.
#pragma once

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace farfault {

/// A name that is there already.
class TakenName : public std::logic_error {
 public:
  explicit TakenName(const std::string& name) : std::logic_error("registered twice: " + name), name_(name) {}
  const std::string& name() const { return name_; }

 private:
  std::string name_;
};

/// Entry must have a `std::string name`.
template <class Entry>
class Registry {
 public:
  /// Throws TakenName, and keeps the entry that was there first.
  void add(Entry entry) {
    std::string name = entry.name;
    if (!entries_.emplace(name, std::move(entry)).second) throw TakenName(name);
  }
  /// Null if unknown.
  const Entry* find(std::string_view name) const {
    const auto it = entries_.find(name);
    return it == entries_.end() ? nullptr : &it->second;
  }
  /// Sorted.
  std::vector<std::string> names() const {
    std::vector<std::string> out;
    out.reserve(entries_.size());
    for (const auto& [name, entry] : entries_) out.push_back(name);
    return out;
  }
  auto begin() const { return entries_.begin(); }
  auto end() const { return entries_.end(); }

 private:
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace farfault
