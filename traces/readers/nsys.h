/// Reads the SQLite export of an Nsight Systems report (`nsys profile --cuda-um-gpu-page-faults=true
/// --cuda-um-cpu-page-faults=true`, `nsys export --type sqlite`): what CUDA's unified memory did.
///
/// | table | columns read | becomes |
/// | --- | --- | --- |
/// | CUDA_UM_GPU_PAGE_FAULT_EVENTS | start, deviceId, address, numberOfPageFaults, faultAccessType | accesses of agent
/// "gpu 0"; kPrefetch events for type 4 | | CUDA_UM_CPU_PAGE_FAULT_EVENTS | start, globalPid, address | accesses of
/// agent "process 1234" | | CUPTI_ACTIVITY_KIND_MEMCPY, copyKind 11 to 13 | start, copyKind, virtualAddress, bytes,
/// migrationCause, deviceId (may be missing) | kMemcpy events of agent "gpu 0 migrations" |
///
/// Tables may be missing if one is there; a missing column is an error. Rows of all tables come in the order of `start`
/// (ns), at the same time GPU faults first, copies last. Enumerations are CUPTI's: faultAccessType 0 unknown (taken for
/// a read), 1 read, 2 write, 3 atomic, 4 prefetch; migrationCause 0 unknown, 1 user, 2 coherence (a fault), 3 prefetch,
/// 4 eviction, 5 access counters: this is the name of the kMemcpy event.
///
/// A fault is an access of one byte: it tells a page, and that at least a byte of it was wanted. A row of GPU faults
/// stands for numberOfPageFaults faults on the same page, which are one access here. Source and destination of a
/// migration are the same virtual address.
///
/// The trace is what a driver made of a program's accesses, not these themselves. Replaying it shows what another
/// policy makes of the same faults; it does not show what the program would do.
///
/// There was no export at hand: written after the tables of the Nsight Systems documentation and CUPTI's enumerations.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "traces/reader.h"
#include "traces/readers/byte_source.h"
#include "traces/readers/filling.h"
#include "traces/readers/sqlite_input.h"

namespace farfault::traces {

/// Memory: the ByteSource's, SqliteInput's for three queries that sort (64 MiB), and the agents. Disk: see SqliteInput.
class NsysReader final : public Reader {
 public:
  explicit NsysReader(std::unique_ptr<ByteSource> source);

  /// Whether this is an SQLite database of any kind.
  static bool recognises(std::string_view head);

  std::string_view format() const override { return "nsys"; }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return agents_.agents(); }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

 private:
  struct Table;
  /// Of a table's columns, in the order of Table::columns.
  using Row = std::array<std::int64_t, 6>;
  /// A table's rows by time.
  struct Stream {
    const Table* table = nullptr;
    SqliteRows rows;
    bool at_end = false;
    Row row{};  ///< the one to come
  };

  static const std::array<Table, 3>& tables();
  void open(const Table& table);
  void declare_agents(const Table& table, const std::string& ids);
  std::uint16_t agent_of(const Table& table, std::int64_t id);
  void advance(Stream& stream);
  void yield(const Table& table, const Row& row, AccessBlock& block);
  void yield_gpu_fault(const Table& table, const Row& row, std::uint16_t agent, AccessBlock& block);
  void yield_migration(const Table& table, const Row& row, std::uint16_t agent, AccessBlock& block);
  void add_fault(const Table& table, std::int64_t address, Op op, std::uint16_t agent, AccessBlock& block);
  [[noreturn]] void fail(std::string problem, std::string remedy) const;
  [[noreturn]] void fail_value(const Table& table, std::size_t column, std::int64_t value) const;

  SqliteInput database_;
  std::vector<Stream> streams_;
  Timeline timeline_;
  bool any_ = false;
  bool some_without_type_ = false;
  AgentTable agents_;
  TraceLimits limits_;
  TraceMeta meta_;
};

}  // namespace farfault::traces
