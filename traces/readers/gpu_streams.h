/// The streams of a device program as agents, and which of them has a kernel under way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "traces/access.h"

namespace farfault::traces {

/// Agent 0 is the CPU thread "cpu", which launches; it has no accesses. The others come as they are asked for. Memory:
/// below 200 bytes an agent, of which there are at most kMaxAgents.
class GpuStreams {
 public:
  static constexpr std::uint16_t kCpu = 0;
  /// Of a kernel's name as an event; what is longer is cut. Names of C++ templates have no bound.
  static constexpr std::size_t kMaxKernelName = 1024;

  GpuStreams();

  /// The agent of a stream, by the numbers that the trace has for its context and for it: "stream 7", and with the
  /// first context's number not told, "ctx 1 stream 7" of the second one. Nothing if kMaxAgents are there already.
  std::optional<std::uint16_t> index_of(std::uint64_t context, std::uint64_t stream);

  /// Another agent, which is no stream. REQUIRES: agents().size() < kMaxAgents; no other has this name.
  std::uint16_t add(AgentKind kind, std::string name);

  /// The CPU launches a kernel; the one before it on this stream, if any, ends.
  void launch(std::uint16_t stream, std::string_view name, AccessBlock& block);
  /// The kernel that is under way, if any, ends.
  void end(std::uint16_t stream, AccessBlock& block);
  /// Ends the kernel of one stream where one is under way. False if there is none.
  bool end_one(AccessBlock& block);

  const std::vector<Agent>& agents() const { return agents_; }

 private:
  std::vector<Agent> agents_;
  std::vector<bool> running_;  ///< by agent: has a kernel under way
  std::size_t ended_ = 0;      ///< agents that end_one() is done with
  std::map<std::uint64_t, std::size_t> contexts_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint16_t> streams_;
};

}  // namespace farfault::traces
