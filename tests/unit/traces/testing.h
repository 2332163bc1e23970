/// What the tests of traces share.
#pragma once

#include <unistd.h>
#include <zstd.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "traces/reader.h"
#include "traces/readers/byte_source.h"

namespace farfault::traces::testing {

/// A file that goes away with the test. Unique among processes, for ctest runs tests side by side.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view contents, const std::string& suffix = ".lackey") {
    static std::atomic<int> count{0};
    path_ = (std::filesystem::temp_directory_path() /
             ("farfault-traces-" + std::to_string(::getpid()) + '-' + std::to_string(count++) + suffix))
                .string();
    std::ofstream(path_, std::ios::binary).write(contents.data(), static_cast<std::streamsize>(contents.size()));
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// The text of the InputError that `action` throws; empty if it throws none.
template <class Action>
std::string error_of(Action action) {
  try {
    action();
  } catch (const InputError& error) {
    return error.what();
  }
  return "";
}

inline std::string compressed(std::string_view text, int level = 3) {
  std::string out(ZSTD_compressBound(text.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), text.data(), text.size(), level));
  return out;
}

/// A whole trace, its blocks put together; positions of events count from the trace's first access.
struct Contents {
  struct PlacedEvent {
    std::uint64_t position;
    Event event;
  };
  std::vector<Access> accesses;
  std::vector<PlacedEvent> events;

  std::uint64_t instructions() const {
    std::uint64_t n = 0;
    for (const Access& access : accesses) n += access.gap;
    for (const PlacedEvent& placed : events) {
      if (placed.event.kind == EventKind::kCompute) n += placed.event.value;
    }
    return n;
  }
};

inline Contents read_all(Reader& reader) {
  Contents out;
  AccessBlock block;
  while (reader.next(block)) {
    for (const Event& event : block.events) out.events.push_back({out.accesses.size() + event.position, event});
    out.accesses.insert(out.accesses.end(), block.accesses.begin(), block.accesses.end());
  }
  return out;
}

/// All that a trace of some format yields, from its bytes; errors call it "t".
struct WholeTrace : Contents {
  std::vector<Agent> agents;
  TraceLimits limits;
  TraceMeta meta;

  std::vector<PlacedEvent> of_kind(EventKind kind) const {
    std::vector<PlacedEvent> out;
    for (const PlacedEvent& placed : events) {
      if (placed.event.kind == kind) out.push_back(placed);
    }
    return out;
  }
};

template <class ReaderOfFormat>
WholeTrace read_bytes(std::string_view bytes) {
  ReaderOfFormat reader(open_bytes_in_memory(bytes, "t"));
  WholeTrace out{read_all(reader), {}, {}, {}};
  out.agents = reader.agents();
  out.limits = reader.limits();
  out.meta = reader.meta();
  return out;
}

}  // namespace farfault::traces::testing
