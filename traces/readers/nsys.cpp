#include "traces/readers/nsys.h"

#include <limits>
#include <tuple>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/units.h"
#include "traces/access.h"

namespace farfault::traces {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kHowToRecord =
    "record with nsys profile --cuda-um-gpu-page-faults=true --cuda-um-cpu-page-faults=true, then nsys export --type "
    "sqlite";

/// CUPTI's kinds of copies of unified memory begin here: host to device, device to host, device to device.
constexpr std::int64_t kFirstCopyKind = 11;

std::uint64_t page_of(std::int64_t address) { return static_cast<std::uint64_t>(address) & ~(kPageSize.count() - 1); }

/// An expression for the column that is NULL for anything but an integer, so that sorting never handles a long text.
std::string integer_column(std::string_view column) {
  const std::string quoted = '"' + std::string(column) + '"';
  return "CASE typeof(" + quoted + ") WHEN 'integer' THEN " + quoted + " END";
}

/// NOT INDEXED, because an index of the file may be out of order.
std::string rows_of(std::string_view table, std::string_view condition) {
  return " FROM \"" + std::string(table) + "\" NOT INDEXED WHERE " + std::string(condition);
}

}  // namespace

struct NsysReader::Table {
  enum class Holds : std::uint8_t { kGpuFaults, kCpuFaults, kMigrations };
  /// Of `columns`, in all tables.
  static constexpr std::size_t kStart = 0;
  static constexpr std::size_t kAgent = 1;
  static constexpr std::size_t kAddress = 2;

  Holds holds;
  std::string_view name;
  std::string_view condition;  ///< of the rows that count
  std::array<std::string_view, std::tuple_size_v<Row>> columns;
  std::size_t column_count;
  bool agent_may_lack;  ///< the column, which is 0 then
};

const std::array<NsysReader::Table, 3>& NsysReader::tables() {
  // At the same time, rows of an earlier table come first.
  static constexpr std::array kTables{
      Table{Table::Holds::kGpuFaults,
            "CUDA_UM_GPU_PAGE_FAULT_EVENTS",
            "1",
            {"start", "deviceId", "address", "numberOfPageFaults", "faultAccessType"},
            5,
            false},
      Table{
          Table::Holds::kCpuFaults, "CUDA_UM_CPU_PAGE_FAULT_EVENTS", "1", {"start", "globalPid", "address"}, 3, false},
      Table{Table::Holds::kMigrations,
            "CUPTI_ACTIVITY_KIND_MEMCPY",
            "\"copyKind\" IN (11, 12, 13)",
            {"start", "deviceId", "virtualAddress", "bytes", "copyKind", "migrationCause"},
            6,
            true},
  };
  return kTables;
}

NsysReader::NsysReader(std::unique_ptr<ByteSource> source) : database_(*source) {
  limits_.unknown = {
      "accesses that did not fault (the trace is already the output of a driver)",
      "size of an access (1 byte each: a fault tells a page)",
      "faults of a GPU on a page beyond the first of a group",
      "reads and writes of CPU faults apart (all are reads)",
      "threads of a fault (an agent is a GPU or a process)",
      "order of events with the same time",
      "allocations and frees",
      "kernel launches",
      "instructions between accesses",
  };
  meta_.recorder = "Nsight Systems";
  meta_.time_unit = "ns";
  for (const Table& table : tables()) {
    if (database_.has_table(table.name)) open(table);
  }
  if (streams_.empty()) fail("the database has no table of unified-memory events", std::string(kHowToRecord));
}

bool NsysReader::recognises(std::string_view head) { return head.starts_with("SQLite format 3\0"sv); }

void NsysReader::open(const Table& table) {
  std::string expressions;
  std::string ids;
  for (std::size_t i = 0; i < table.column_count; ++i) {
    const bool there = database_.has_column(table.name, table.columns[i]);
    if (!there && !(i == Table::kAgent && table.agent_may_lack)) {
      fail("table " + std::string(table.name) + " has no column " + std::string(table.columns[i]),
           "export the report again with a current version of nsys");
    }
    const std::string expression = there ? integer_column(table.columns[i]) : "0";
    expressions += (i == 0 ? "" : ", ") + expression;
    if (i == Table::kAgent) ids = expression;
  }
  declare_agents(table, ids);
  Stream& stream = streams_.emplace_back();
  stream.table = &table;
  stream.rows = database_.query("SELECT " + expressions + rows_of(table.name, table.condition) + " ORDER BY 1, rowid");
  advance(stream);
}

void NsysReader::declare_agents(const Table& table, const std::string& ids) {
  SqliteRows rows = database_.query("SELECT DISTINCT " + ids + rows_of(table.name, table.condition) + " ORDER BY 1");
  while (rows.next()) {
    // What is no integer is found when its row comes.
    if (const std::optional<std::int64_t> id = rows.integer(0)) agent_of(table, *id);
  }
}

std::uint16_t NsysReader::agent_of(const Table& table, std::int64_t id) {
  AgentKind kind = AgentKind::kCpuThread;
  std::string name;
  if (table.holds == Table::Holds::kCpuFaults) {
    // A globalPid holds hardware (8 bits), virtual machine (8), process (24) and thread (24, here 0).
    name = "process " + std::to_string(static_cast<std::uint64_t>(id) >> 24U & 0xffffffU);
  } else {
    const bool faults = table.holds == Table::Holds::kGpuFaults;
    kind = faults ? AgentKind::kGpuStream : AgentKind::kCopyEngine;
    name = "gpu " + std::to_string(id) + (faults ? "" : " migrations");
  }
  const std::optional<std::uint16_t> index = agents_.index_of(name, [&] { return Agent{kind, name}; });
  if (!index) fail("more than " + std::to_string(kMaxAgents) + " processes and devices", "export the report again");
  return *index;
}

/// Steps to the stream's next row.
void NsysReader::advance(Stream& stream) {
  stream.at_end = !stream.rows.next();
  if (stream.at_end) return;
  for (std::size_t i = 0; i < stream.table->column_count; ++i) {
    const std::optional<std::int64_t> value = stream.rows.integer(static_cast<int>(i));
    if (!value) {
      fail("column " + std::string(stream.table->columns[i]) + " of table " + std::string(stream.table->name) +
               " holds something else than an integer",
           "export the report again");
    }
    stream.row[i] = *value;
  }
}

bool NsysReader::next(AccessBlock& block) {
  block.clear();
  while (!is_full(block)) {
    Stream* first = nullptr;
    for (Stream& stream : streams_) {
      if (stream.at_end) continue;
      if (first == nullptr || stream.row[Table::kStart] < first->row[Table::kStart]) first = &stream;
    }
    if (first == nullptr) break;
    yield(*first->table, first->row, block);
    advance(*first);
  }
  if (!any_) fail("the tables of unified-memory events are empty", std::string(kHowToRecord));
  return !block.empty();
}

void NsysReader::yield(const Table& table, const Row& row, AccessBlock& block) {
  const std::uint16_t agent = agent_of(table, row[Table::kAgent]);
  // Starts may be negative; moved by 2^63 they keep their order and distances.
  timeline_.advance(static_cast<std::uint64_t>(row[Table::kStart]) + (std::uint64_t{1} << 63U), agent, block);
  any_ = true;
  switch (table.holds) {
    case Table::Holds::kGpuFaults:
      return yield_gpu_fault(table, row, agent, block);
    case Table::Holds::kCpuFaults:
      return add_fault(table, row[Table::kAddress], Op::kRead, agent, block);
    case Table::Holds::kMigrations:
      return yield_migration(table, row, agent, block);
  }
}

void NsysReader::yield_gpu_fault(const Table& table, const Row& row, std::uint16_t agent, AccessBlock& block) {
  constexpr std::size_t kFaults = 3;
  constexpr std::size_t kAccessType = 4;
  constexpr std::int64_t kMaxDevice = std::numeric_limits<std::int32_t>::max();
  if (row[Table::kAgent] < 0 || row[Table::kAgent] > kMaxDevice) fail_value(table, Table::kAgent, row[Table::kAgent]);
  if (row[kFaults] < 1) fail_value(table, kFaults, row[kFaults]);
  switch (row[kAccessType]) {
    case 0:
      if (!std::exchange(some_without_type_, true)) {
        limits_.unknown.emplace_back("kind of some GPU accesses (taken for reads)");
      }
      return add_fault(table, row[Table::kAddress], Op::kRead, agent, block);
    case 1:
      return add_fault(table, row[Table::kAddress], Op::kRead, agent, block);
    case 2:
      return add_fault(table, row[Table::kAddress], Op::kWrite, agent, block);
    case 3:
      return add_fault(table, row[Table::kAddress], Op::kAtomic, agent, block);
    case 4: {
      Event& event = add_event(block, EventKind::kPrefetch, agent);
      event.address = page_of(row[Table::kAddress]);
      event.length = kPageSize.count();
      event.value = static_cast<std::uint64_t>(row[Table::kAgent]) + 1;
      if (event.address > kMaxAddress - event.length) fail_value(table, Table::kAddress, row[Table::kAddress]);
      return;
    }
    default:
      fail_value(table, kAccessType, row[kAccessType]);
  }
}

void NsysReader::yield_migration(const Table& table, const Row& row, std::uint16_t agent, AccessBlock& block) {
  constexpr std::size_t kBytes = 3;
  constexpr std::size_t kCopyKind = 4;
  constexpr std::size_t kCause = 5;
  static constexpr std::array kDirections{CopyDirection::kHostToDevice, CopyDirection::kDeviceToHost,
                                          CopyDirection::kDeviceToDevice};
  static constexpr std::array kCauses{"unknown"sv,  "user"sv,     "fault"sv,
                                      "prefetch"sv, "eviction"sv, "access counters"sv};
  const auto address = static_cast<std::uint64_t>(row[Table::kAddress]);
  const auto bytes = static_cast<std::uint64_t>(row[kBytes]);
  if (row[kBytes] < 1 || bytes > kMaxAddress - address) fail_value(table, kBytes, row[kBytes]);
  const auto cause = static_cast<std::uint64_t>(row[kCause]);
  if (cause >= kCauses.size()) fail_value(table, kCause, row[kCause]);
  Event& event = add_event(block, EventKind::kMemcpy, agent);
  event.address = address;
  event.value = address;
  event.length = bytes;
  event.value2 = static_cast<std::uint64_t>(kDirections[static_cast<std::size_t>(row[kCopyKind] - kFirstCopyKind)]);
  event.name = kCauses[cause];
}

void NsysReader::add_fault(const Table& table, std::int64_t address, Op op, std::uint16_t agent, AccessBlock& block) {
  const auto at = static_cast<std::uint64_t>(address);
  if (at > kMaxAddress - kFaultBytes) fail_value(table, Table::kAddress, address);
  block.accesses.push_back(Access::make(at, kFaultBytes, op, 0, agent));
}

void NsysReader::fail(std::string problem, std::string remedy) const {
  throw InputError(Diagnostic{database_.name(), 0, "", std::move(problem), std::move(remedy)});
}

void NsysReader::fail_value(const Table& table, std::size_t column, std::int64_t value) const {
  fail("column " + std::string(table.columns[column]) + " of table " + std::string(table.name) + " holds " +
           std::to_string(value) + ", which it cannot",
       "the database is damaged, or of a version of nsys that this reader does not know: export it again");
}

}  // namespace farfault::traces
