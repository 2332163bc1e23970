/// Reads what `perf script` prints of `perf record -e exceptions:page_fault_user -e syscalls:sys_enter_mmap`: the page
/// faults of a CPU program, and where it mapped memory.
///
///     kernels 18480 [001]  1143.479976: exceptions:page_fault_user: address=0x7f886365ee06 ip=0x7f88636467ad
///     error_code=0x6 kernels 18480 [001]  1143.480452:    syscalls:sys_enter_mmap: addr: 0x7f8863458000, len:
///     0x00156000, prot: 0x00000005, flags: 0x00000812, fd: 0x00000003, off: 0x00026000
///
/// The words of a line: name of the thread (which may hold spaces), its id ("18480" or, with `-F +pid`, "18480/18481"),
/// the CPU (may be missing), time in seconds with 6 or, with `--ns`, 9 digits. Other events and call chains (lines that
/// begin with a tab) are skipped, and comments but for those of `--header` that tell the version and command of perf.
///
/// A fault is an access of one byte at the address that faulted: it tells that at least this byte was wanted. It is a
/// write if bit 1 of the x86 error code is set, otherwise a read; fetches of instructions are reads. Each thread is an
/// agent, "kernels 18480", by the first name it had. A time before the one above it stands still.
///
/// A call of mmap is a kMmap event if the caller fixed the address (MAP_FIXED); the kernel's choice for others is
/// not in the trace, nor whether the call failed. (In general, the trace has fewer faults than the program touched
/// pages: the kernel maps up to 16 pages of a file around a fault, and 512 with huge pages.)
///
/// Written after recordings with perf 6.1 on Linux 6.18.
#pragma once

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

/// Memory: the ByteSource's, 256 KiB of text, and the agents.
class PerfScriptReader final : public Reader {
 public:
  explicit PerfScriptReader(std::unique_ptr<ByteSource> source);

  /// Whether one of the lines is a fault as perf script prints it.
  static bool recognises(std::string_view head);

  std::string_view format() const override { return "perf-script"; }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return agents_.agents(); }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

 private:
  /// What stands before an event's own fields.
  struct Header {
    std::string_view command;  ///< the thread's name
    std::string_view thread;   ///< its id
    std::uint64_t time = 0;    ///< ns
    std::string_view event;    ///< "exceptions:page_fault_user"
    std::string_view fields;
  };

  static std::optional<Header> parse_header(std::string_view line);
  void comment();
  void fault(const Header& header, AccessBlock& block);
  void map(const Header& header, AccessBlock& block);
  std::uint16_t agent_of(const Header& header);

  Lines lines_;
  std::string_view line_;
  bool any_ = false;
  Timeline timeline_;
  AgentTable agents_;
  TraceLimits limits_;
  TraceMeta meta_;
};

}  // namespace farfault::traces
