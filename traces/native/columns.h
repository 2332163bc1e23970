/// The payload of a BLOK chunk: accesses as columns, and the events between them.
///
/// Columns are made for fast decoding more than for the last byte: a tag byte an access (operation, size, how many
/// bytes its address takes), a byte of instructions, and the address as the difference to the agent's last one of that
/// operation. Nothing in the loop depends on the data but the rare escapes; what is regular zstd takes away.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "traces/access.h"

namespace farfault::traces::native {

/// Replaces `out`. REQUIRES: at most kMaxBlockAccesses accesses, and kMaxBlockEvents events, ordered by position.
void encode_block(const AccessBlock& block, std::string& out);

/// Takes a payload apart, a piece at a time. Never reads outside the payload, whatever it holds.
class BlockDecoder {
 public:
  /// Behind a payload this many bytes may be read; their values mean nothing.
  static constexpr std::size_t kSlackBytes = 8;

  /// Begins a payload, which must outlive its decoding. False where it cannot be one; `count` is the header's.
  bool begin(std::string_view payload, std::uint32_t count);
  /// Whether all is given.
  bool at_end() const { return given_ == accesses_ && next_event_ == events_.size(); }
  /// Replaces `out` by the next accesses, at most kBlockAccesses, and the events between them. False where the payload
  /// is not as it must be.
  bool next(AccessBlock& out);
  /// One more than the largest index of an agent in the payload.
  std::size_t agents() const { return agents_; }

 private:
  struct Run {
    std::uint16_t agent;
    std::uint32_t length;
  };

  bool take_runs(std::string_view agents, std::string_view lengths);
  template <bool Checked>
  bool decode_run(const Run& run, Access* out, std::size_t count);

  std::size_t accesses_ = 0;
  std::size_t given_ = 0;
  std::vector<Event> events_;
  std::size_t next_event_ = 0;
  std::size_t agents_ = 0;
  std::vector<Run> runs_;
  std::size_t run_ = 0;
  std::uint32_t run_given_ = 0;
  const std::uint8_t* tags_ = nullptr;
  const std::uint8_t* gaps_ = nullptr;
  const char* deltas_ = nullptr;
  const char* deltas_end_ = nullptr;
  std::string_view long_sizes_;  ///< what is left of the column
  std::string_view long_gaps_;
  std::vector<std::uint64_t> last_;  ///< address by agent and operation
};

}  // namespace farfault::traces::native
