/// Reads accesses as comma-separated values, RFC 4180: what any other format can be converted to with a few lines of
/// script.
///
///     agent,op,addr,size,time
///     main,w,0x7f0000001000,8,0
///     gpu0 stream 7,r,0x7f0000200000,128,1250.5
///
/// The first line names the columns, in any order; a column that is not one of these is an error:
///
/// - `agent`: who accesses: a name of 1 to 128 bytes. One that begins with "gpu" or "stream" is a GPU stream,
///   with "cta" a CTA group, with "copy" a copy engine; every other one is a CPU thread.
/// - `op`: `r` read, `w` write, `m` read-modify-write, `a` atomic, or in upper case; or an event: `mmap`, `munmap`,
///   `fork`, `gup`, `pin`, `unpin`.
/// - `addr`: byte address, decimal, or hexadecimal after `0x`; of an event, of its range. A fork has none: 0.
/// - `size`: bytes, decimal: of an access 1 to Access::kMaxSize, of a mapping whole pages, of a fork 0.
/// - `time`, may be left out: nanoseconds, whole or with a fraction (which is dropped), of any epoch; never falls.
/// - `detail`, may be left out, and empty for accesses: words of an event. Of a mapping its protection ("rwx", "r--";
///   "rw-" if none is given) and its backing as name_of() has it (private_anonymous); of gup `write`; of a pin `write`
///   and `long_term`; of a fork the child's id, decimal.
///
/// Fields may be quoted; line ends are LF or CRLF; blank lines and a byte order mark are skipped. Accesses and events
/// of all agents stand in the order of the trace.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "traces/reader.h"
#include "traces/readers/byte_source.h"
#include "traces/readers/filling.h"
#include "traces/readers/lines.h"

namespace farfault::traces {

/// Memory: the ByteSource's, 256 KiB of text, and the agents (at most some 50 MB: 65536 names of 128 bytes, twice).
class CsvReader final : public Reader {
 public:
  static constexpr std::size_t kMaxAgentName = 128;

  explicit CsvReader(std::unique_ptr<ByteSource> source);

  /// Whether the first line that is not blank names all columns that must be there.
  static bool recognises(std::string_view head);

  std::string_view format() const override { return "csv"; }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return agents_.agents(); }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

 private:
  enum class Column : std::uint8_t { kAgent, kOp, kAddr, kSize, kTime, kDetail };
  static constexpr std::size_t kColumns = 6;

  /// One line's fields, in the order of Column; the detail is detail_.
  struct Row {
    std::uint16_t agent = 0;
    Op op = Op::kRead;
    std::optional<EventKind> event;  ///< instead of an op
    std::uint64_t address = 0;
    std::uint64_t size = 0;
    std::uint64_t time = 0;
  };

  bool next_line();
  void read_header();
  Row read_row();
  void read_field(Column column, std::string_view field, Row& row);
  void check_event(const Row& row) const;
  void add_row_event(const Row& row, AccessBlock& block) const;
  void read_word(std::string_view word, Event& event) const;
  std::uint16_t agent_of(std::string_view name);
  std::string_view take_field(bool& last);
  std::string_view unquote(bool& last);
  [[noreturn]] void fail_size(std::string_view field) const;
  [[noreturn]] void fail_field(std::string_view column, std::string_view field, std::string_view remedy) const;

  Lines lines_;
  std::string_view line_;  ///< without its end
  std::string_view rest_;  ///< of line_
  std::array<Column, kColumns> order_{};
  std::size_t columns_ = 0;  ///< of order_; 0 until the header was read
  bool has_time_ = false;
  bool any_ = false;
  std::string unquoted_;
  std::string detail_;  ///< of the last line
  Timeline timeline_;
  AgentTable agents_;
  TraceLimits limits_;
  TraceMeta meta_;
};

}  // namespace farfault::traces
