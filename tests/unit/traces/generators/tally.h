/// What a generated program does, added up: by array, by agent and by launch. Reads the trace as a stream, and checks
/// on the way what every program must hold to.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "traces/generators/registry.h"

namespace farfault::traces::testing {

struct Setting {
  std::string name;
  ParameterValue value;
};
using Settings = std::vector<Setting>;

/// A whole-number setting.
inline Setting set(std::string name, std::uint64_t value) { return {std::move(name), value}; }

/// The generator's source, with defaults for what is not set.
std::unique_ptr<Source> program_of(const std::string& name, const Settings& settings, std::uint64_t seed = 1);

struct Traffic {
  std::uint64_t accesses = 0;
  std::uint64_t bytes = 0;
  bool operator==(const Traffic&) const = default;
};
doctest::String toString(const Traffic& traffic);  // NOLINT(readability-identifier-naming): doctest's name

/// What somebody did to an array.
struct Use {
  Traffic reads;
  Traffic writes;
  Traffic updates;  ///< read_modify_write
  Traffic atomics;
  std::uint64_t pages = 0;  ///< distinct, of 4 KiB
};

struct Launch {
  std::string kernel;
  std::map<std::string, Use> arrays;
  Use use(const std::string& array) const;
};

struct Tally {
  std::vector<std::string> arrays;             ///< in the order of their mapping
  std::map<std::string, std::uint64_t> sizes;  ///< bytes, whole pages
  std::map<std::string, Use> cpu;
  std::map<std::string, Use> gpu;
  std::vector<Launch> launches;
  std::uint64_t synchronizations = 0;
  std::uint64_t dependencies = 0;
  std::uint64_t turns = 0;  ///< of thread blocks: a stage each
  std::uint64_t accesses = 0;
  std::uint64_t hash = 0;  ///< of every access and event, in order

  Use on_cpu(const std::string& array) const;
  Use on_gpu(const std::string& array) const;
  std::uint64_t launches_of(const std::string& kernel) const;
};

/// Goes through the whole trace. Checks that each access lies in one mapped array, that device accesses lie between a
/// launch and its end, that there are as many as the launch tells, that positions are in order, and that blocks are of
/// about 4096 accesses and at most as many events.
Tally tally(const Source& source);
Tally tally(const std::string& name, const Settings& settings, std::uint64_t seed = 1);

/// The text of the InputError that the settings lead to; empty if none.
std::string refusal(const std::string& name, const Settings& settings);

/// Checks that two readers of one source agree, and a second source too.
void check_repeats(const std::string& name, const Settings& settings);

/// What an access of `bytes` in pieces of at most a 64-byte line makes, from an address that is a multiple of 64 on.
constexpr std::uint64_t lines(std::uint64_t bytes) { return (bytes + 63) / 64; }
constexpr std::uint64_t pages(std::uint64_t bytes) { return (bytes + 4095) / 4096; }
constexpr std::uint64_t ceil_div(std::uint64_t a, std::uint64_t b) { return (a + b - 1) / b; }

}  // namespace farfault::traces::testing
