/// Where traces are written to.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sim/core/error.h"

namespace farfault::traces {

/// Whoever reads our standard output has left (`| head`), which is no failure of ours.
class ReaderLeft : public RunError {
 public:
  using RunError::RunError;
};

/// A stream of bytes, written front to back. Not thread-safe.
class ByteSink {
 public:
  virtual ~ByteSink() = default;
  /// Writes all of it. Throws RunError, naming the file, where that fails.
  virtual void write(std::string_view bytes) = 0;
  /// Everything is written: only now does a file get its name. A sink that goes without close() leaves no file of that
  /// name. REQUIRES: not called before. Throws RunError.
  virtual void close() = 0;
  virtual const std::string& name() const = 0;
};

/// A file that appears under its name when it is closed; until then it is PATH.partial-NUMBER in the same folder. It is
/// removed where the sink goes unclosed; where the process is killed it stays, and a trace can be salvaged. "-" is
/// standard output. Throws InputError if PATH exists (unless `replace`) or cannot be made.
std::unique_ptr<ByteSink> create_file(const std::string& path, bool replace);

/// What a file is called until it is closed.
std::string partial_name(const std::string& path);

/// Appends to `out`, for tests. REQUIRES: `out` outlives the sink.
std::unique_ptr<ByteSink> write_to_memory(std::string& out, std::string name);

}  // namespace farfault::traces
