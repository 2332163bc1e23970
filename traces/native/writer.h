/// Writes farfault's own trace format, .fft (docs/trace-format.md).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "traces/byte_sink.h"
#include "traces/reader.h"

namespace farfault::traces {

/// Encodes a trace as it comes; whatever is written so far can be salvaged. Memory: some MiB, whatever the length.
/// Not thread-safe.
class NativeWriter {
 public:
  explicit NativeWriter(std::unique_ptr<ByteSink> sink);
  ~NativeWriter();
  NativeWriter(const NativeWriter&) = delete;
  NativeWriter& operator=(const NativeWriter&) = delete;

  /// What is known at the beginning; finish() has the last word. REQUIRES: nothing was written yet.
  void begin(const TraceMeta& meta, const TraceLimits& limits);
  /// The next piece of the trace, of any size. `agents` are all that the block names: those of the calls before, and
  /// maybe more. Throws RunError where the sink does.
  void write(const AccessBlock& block, const std::vector<Agent>& agents);
  /// Writes what is left and the index, and closes the sink. REQUIRES: last call.
  void finish(const TraceMeta& meta, const TraceLimits& limits);

  std::uint64_t accesses() const;
  /// Given to the sink so far.
  std::uint64_t bytes() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// Copies a whole trace, and returns the number of its accesses. `original_format` of a trace that was not converted
/// before becomes the reader's format. `watch` may be null; it is called now and then with the accesses so far.
std::uint64_t convert(Reader& reader, NativeWriter& writer, const std::function<void(std::uint64_t)>& watch = {});

}  // namespace farfault::traces
