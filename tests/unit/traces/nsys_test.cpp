#include "traces/readers/nsys.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/traces/sqlite_bytes.h"
#include "tests/unit/traces/testing.h"
#include "traces/formats.h"

namespace farfault::traces {
namespace nsys_test {

using testing::error_of;
using testing::read_bytes;
using testing::sqlite_bytes;
using testing::WholeTrace;

// As Nsight Systems' documentation has them.
const std::string kGpuFaults =
    "CREATE TABLE CUDA_UM_GPU_PAGE_FAULT_EVENTS (start INTEGER NOT NULL, end INTEGER NOT NULL, globalPid INTEGER NOT "
    "NULL, deviceId INTEGER NOT NULL, address INTEGER NOT NULL, numberOfPageFaults INTEGER NOT NULL, faultAccessType "
    "INTEGER NOT NULL);";
const std::string kCpuFaults =
    "CREATE TABLE CUDA_UM_CPU_PAGE_FAULT_EVENTS (start INTEGER NOT NULL, globalPid INTEGER NOT NULL, address INTEGER "
    "NOT NULL, originalFaultPc INTEGER, CpuInstruction INTEGER NOT NULL, module INTEGER, unresolvedFaultPc INTEGER, "
    "sourceFile INTEGER, sourceLine INTEGER);";
const std::string kMemcpys =
    "CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start INTEGER NOT NULL, end INTEGER NOT NULL, deviceId INTEGER NOT NULL, "
    "contextId INTEGER NOT NULL, streamId INTEGER NOT NULL, correlationId INTEGER, globalPid INTEGER, bytes INTEGER "
    "NOT "
    "NULL, copyKind INTEGER NOT NULL, srcKind INTEGER, dstKind INTEGER, migrationCause INTEGER, virtualAddress "
    "INTEGER);";

std::string gpu_fault(const std::string& start, int device, const std::string& address, int type,
                      const std::string& count = "1") {
  return "INSERT INTO CUDA_UM_GPU_PAGE_FAULT_EVENTS VALUES (" + start + ", " + start + " + 50, 7 << 24, " +
         std::to_string(device) + ", " + address + ", " + count + ", " + std::to_string(type) + ");";
}
std::string cpu_fault(const std::string& start, int process, const std::string& address) {
  return "INSERT INTO CUDA_UM_CPU_PAGE_FAULT_EVENTS VALUES (" + start + ", (1 << 56) + (" + std::to_string(process) +
         " << 24), " + address + ", 0, 0, 0, 0, 0, 0);";
}
std::string copy(const std::string& start, int device, const std::string& address, const std::string& bytes, int kind,
                 int cause) {
  return "INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (" + start + ", " + start + " + 9, " + std::to_string(device) +
         ", 1, 7, 0, 7 << 24, " + bytes + ", " + std::to_string(kind) + ", 1, 2, " + std::to_string(cause) + ", " +
         address + ");";
}

WholeTrace read(const std::string& sql) { return read_bytes<NsysReader>(sqlite_bytes(sql)); }
std::string parse_error(const std::string& sql) {
  const std::string bytes = sqlite_bytes(sql);
  return error_of([&] { read_bytes<NsysReader>(bytes); });
}

TEST_CASE("nsys: faults of GPUs and CPUs are accesses, migrations are copies, all by time") {
  const WholeTrace trace =
      read(kGpuFaults + kCpuFaults + kMemcpys + gpu_fault("3000", 1, "0x7f0000002000", 2) +
           gpu_fault("1500", 0, "0x7f0000001000", 1, "32") + cpu_fault("1000", 4321, "0x7f0000000000") +
           copy("2000", 0, "0x7f0000001000", "65536", 11, 2) + copy("4000", 1, "0x7f0000000000", "4096", 12, 4) +
           copy("4000", 1, "0x1000", "4096", 1, 0) + gpu_fault("5000", 1, "0x7f0000003000", 3));
  CHECK(trace.agents == std::vector<Agent>{{AgentKind::kGpuStream, "gpu 0"},
                                           {AgentKind::kGpuStream, "gpu 1"},
                                           {AgentKind::kCpuThread, "process 4321"},
                                           {AgentKind::kCopyEngine, "gpu 0 migrations"},
                                           {AgentKind::kCopyEngine, "gpu 1 migrations"}});
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x7f0000000000, 1, Op::kRead, 0, 2),
                                              Access::make(0x7f0000001000, 1, Op::kRead, 0, 0),
                                              Access::make(0x7f0000002000, 1, Op::kWrite, 0, 1),
                                              Access::make(0x7f0000003000, 1, Op::kAtomic, 0, 1)});
  const auto times = trace.of_kind(EventKind::kTimestamp);
  REQUIRE(times.size() == 6);
  const std::uint64_t values[] = {0, 500, 1000, 2000, 3000, 4000};
  for (std::size_t i = 0; i < 6; ++i) CHECK(times[i].event.value == values[i]);
  CHECK(trace.meta.time_unit == "ns");

  const auto copies = trace.of_kind(EventKind::kMemcpy);
  REQUIRE(copies.size() == 2);
  CHECK(copies[0].position == 2);
  CHECK(copies[0].event.agent == 3);
  CHECK(copies[0].event.address == 0x7f0000001000);
  CHECK(copies[0].event.value == 0x7f0000001000);
  CHECK(copies[0].event.length == 65536);
  CHECK(copies[0].event.value2 == static_cast<std::uint64_t>(CopyDirection::kHostToDevice));
  CHECK(copies[0].event.name == "fault");
  CHECK(copies[1].position == 3);
  CHECK(copies[1].event.value2 == static_cast<std::uint64_t>(CopyDirection::kDeviceToHost));
  CHECK(copies[1].event.name == "eviction");
  CHECK(trace.limits.unknown.front() == "accesses that did not fault (the trace is already the output of a driver)");
}

TEST_CASE("nsys: all agents are declared before the first block") {
  const std::string bytes = sqlite_bytes(kGpuFaults + gpu_fault("9", 3, "4096", 1) + gpu_fault("8", 1, "4096", 1));
  const NsysReader reader(open_bytes_in_memory(bytes, "t"));
  CHECK(reader.agents() == std::vector<Agent>{{AgentKind::kGpuStream, "gpu 1"}, {AgentKind::kGpuStream, "gpu 3"}});
}

TEST_CASE("nsys: faults of prefetches are prefetch events of their page") {
  const WholeTrace trace = read(kGpuFaults + gpu_fault("1", 2, "0x5123", 4) + gpu_fault("2", 2, "0x5000", 0));
  const auto prefetches = trace.of_kind(EventKind::kPrefetch);
  REQUIRE(prefetches.size() == 1);
  CHECK(prefetches[0].event.address == 0x5000);
  CHECK(prefetches[0].event.length == 4096);
  CHECK(prefetches[0].event.value == 3);
  REQUIRE(trace.accesses.size() == 1);
  CHECK(trace.accesses[0].op() == Op::kRead);
  CHECK(trace.limits.unknown.back() == "kind of some GPU accesses (taken for reads)");
}

TEST_CASE("nsys: every cause and direction of a migration is kept") {
  std::string sql = kMemcpys;
  for (int cause = 0; cause <= 5; ++cause) {
    sql += copy(std::to_string(cause), 0, "4096", "1", cause % 2 == 0 ? 13 : 12, cause);
  }
  const WholeTrace trace = read(sql);
  CHECK(trace.accesses.empty());
  const auto copies = trace.of_kind(EventKind::kMemcpy);
  REQUIRE(copies.size() == 6);
  const char* causes[] = {"unknown", "user", "fault", "prefetch", "eviction", "access counters"};
  for (std::size_t i = 0; i < 6; ++i) {
    CHECK(copies[i].event.name == causes[i]);
    CHECK(copies[i].event.value2 ==
          static_cast<std::uint64_t>(i % 2 == 0 ? CopyDirection::kDeviceToDevice : CopyDirection::kDeviceToHost));
  }
}

TEST_CASE("nsys: copies need no deviceId") {
  const WholeTrace trace = read(
      "CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start, end, bytes, copyKind, migrationCause, virtualAddress);"
      "INSERT INTO CUPTI_ACTIVITY_KIND_MEMCPY VALUES (1, 2, 4096, 11, 2, 8192);");
  CHECK(trace.agents == std::vector<Agent>{{AgentKind::kCopyEngine, "gpu 0 migrations"}});
  CHECK(trace.of_kind(EventKind::kMemcpy).size() == 1);
}

TEST_CASE("nsys: starts below zero and addresses above 2^63 are kept") {
  const WholeTrace trace = read(kGpuFaults + gpu_fault("-9000000000000000000", 0, "4096", 1) +
                                gpu_fault("9000000000000000000", 0, "0xfffffffffffff000", 1));
  const auto times = trace.of_kind(EventKind::kTimestamp);
  REQUIRE(times.size() == 2);
  CHECK(times[1].event.value == 18000000000000000000U);
  CHECK(trace.accesses[1].address == 0xfffffffffffff000);
}

TEST_CASE("nsys: more rows than a block holds come in blocks, in order") {
  const std::string bytes = sqlite_bytes(
      kGpuFaults + kCpuFaults +
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) INSERT INTO "
      "CUDA_UM_GPU_PAGE_FAULT_EVENTS SELECT (i * 7919) % 20000 * 2, 0, 0, 0, ((i * 7919) % 20000 * 2) * 4096, 1, 1 "
      "FROM "
      "n;"
      "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999) INSERT INTO "
      "CUDA_UM_CPU_PAGE_FAULT_EVENTS SELECT i * 2 + 1, 7 << 24, (i * 2 + 1) * 4096, 0, 0, 0, 0, 0, 0 FROM n;");
  NsysReader reader(open_bytes_in_memory(bytes, "t"));
  AccessBlock block;
  std::uint64_t n = 0;
  while (reader.next(block)) {
    CHECK(block.accesses.size() <= kBlockAccesses);
    CHECK(block.events.size() <= kBlockAccesses);
    for (const Access& access : block.accesses) REQUIRE(access.address == n++ * 4096);
  }
  CHECK(n == 40'000);
}

TEST_CASE("nsys: missing tables and columns are errors that name them") {
  const std::string remedy =
      "; record with nsys profile --cuda-um-gpu-page-faults=true --cuda-um-cpu-page-faults=true, then nsys export "
      "--type "
      "sqlite";
  CHECK(parse_error("CREATE TABLE StringIds (id, value);") ==
        "t: the database has no table of unified-memory events" + remedy);
  CHECK(parse_error(kGpuFaults + kMemcpys + copy("1", 0, "4096", "1", 1, 0)) ==
        "t: the tables of unified-memory events are empty" + remedy);
  CHECK(parse_error("CREATE TABLE CUDA_UM_GPU_PAGE_FAULT_EVENTS (start, deviceId, numberOfPageFaults, "
                    "faultAccessType);") ==
        "t: table CUDA_UM_GPU_PAGE_FAULT_EVENTS has no column address; export the report again with a current version "
        "of nsys");
  CHECK(parse_error("CREATE TABLE CUDA_UM_CPU_PAGE_FAULT_EVENTS (start, address);")
            .starts_with("t: table CUDA_UM_CPU_PAGE_FAULT_EVENTS has no column globalPid"));
  CHECK(parse_error(kGpuFaults + gpu_fault("1", 0, "4096", 1) +
                    "CREATE TABLE CUPTI_ACTIVITY_KIND_MEMCPY (start, bytes, copyKind, migrationCause);")
            .starts_with("t: table CUPTI_ACTIVITY_KIND_MEMCPY has no column virtualAddress"));
}

TEST_CASE("nsys: values that cannot be are errors that name table and column") {
  const auto holds = [](const std::string& table, const std::string& column, const std::string& value) {
    return "t: column " + column + " of table " + table + " holds " + value +
           ", which it cannot; the database is damaged, or of a version of nsys that this reader does not know: export "
           "it again";
  };
  const std::string gpu = "CUDA_UM_GPU_PAGE_FAULT_EVENTS";
  const std::string memcpys = "CUPTI_ACTIVITY_KIND_MEMCPY";
  CHECK(parse_error(kGpuFaults + gpu_fault("1", 0, "4096", 5)) == holds(gpu, "faultAccessType", "5"));
  CHECK(parse_error(kGpuFaults + gpu_fault("1", 0, "4096", -1)) == holds(gpu, "faultAccessType", "-1"));
  CHECK(parse_error(kGpuFaults + gpu_fault("1", -1, "4096", 1)) == holds(gpu, "deviceId", "-1"));
  CHECK(parse_error(kGpuFaults + gpu_fault("1", 0, "4096", 1, "0")) == holds(gpu, "numberOfPageFaults", "0"));
  CHECK(parse_error(kGpuFaults + gpu_fault("1", 0, "-1", 1)) == holds(gpu, "address", "-1"));
  CHECK(parse_error(kGpuFaults + gpu_fault("1", 0, "-1", 4)) == holds(gpu, "address", "-1"));
  CHECK(parse_error(kCpuFaults + cpu_fault("1", 5, "-1")) == holds("CUDA_UM_CPU_PAGE_FAULT_EVENTS", "address", "-1"));
  CHECK(parse_error(kMemcpys + copy("1", 0, "4096", "0", 11, 2)) == holds(memcpys, "bytes", "0"));
  CHECK(parse_error(kMemcpys + copy("1", 0, "-4096", "4096", 11, 2)) == holds(memcpys, "bytes", "4096"));
  CHECK(parse_error(kMemcpys + copy("1", 0, "4096", "1", 11, 6)) == holds(memcpys, "migrationCause", "6"));
  CHECK(parse_error(kMemcpys + copy("1", 0, "4096", "1", 11, -1)) == holds(memcpys, "migrationCause", "-1"));
  CHECK(parse_error(kGpuFaults + gpu_fault("1", 0, "'x'", 1)) ==
        "t: column address of table CUDA_UM_GPU_PAGE_FAULT_EVENTS holds something else than an integer; export the "
        "report again");
  CHECK(parse_error("CREATE TABLE CUDA_UM_CPU_PAGE_FAULT_EVENTS (start, globalPid, address);"
                    "INSERT INTO CUDA_UM_CPU_PAGE_FAULT_EVENTS VALUES (1, NULL, 4096);")
            .starts_with("t: column globalPid of table CUDA_UM_CPU_PAGE_FAULT_EVENTS holds something else"));
}

TEST_CASE("nsys: nothing that a database brings with it runs") {
  const std::string remedy = "the database has no table of unified-memory events";
  // Views, with an endless one, and virtual tables are no tables.
  CHECK(
      parse_error("CREATE VIEW CUDA_UM_GPU_PAGE_FAULT_EVENTS AS WITH RECURSIVE n(start) AS (SELECT 1 UNION ALL SELECT "
                  "start FROM n) SELECT start, 0 AS deviceId, 0 AS address, 1 AS numberOfPageFaults, 1 AS "
                  "faultAccessType FROM n;")
          .find(remedy) != std::string::npos);
  CHECK(parse_error("CREATE VIRTUAL TABLE CUDA_UM_CPU_PAGE_FAULT_EVENTS USING fts5(start, globalPid, address);")
            .find(remedy) != std::string::npos);
  // Computed columns are no columns.
  CHECK(parse_error("CREATE TABLE CUDA_UM_CPU_PAGE_FAULT_EVENTS (start, globalPid, address AS (length(start)));")
            .find("has no column address") != std::string::npos);
  // Nor is an index asked for the order.
  const WholeTrace trace = read(kGpuFaults + gpu_fault("2", 0, "8192", 1) + gpu_fault("1", 0, "4096", 1) +
                                "CREATE INDEX i ON CUDA_UM_GPU_PAGE_FAULT_EVENTS (start);");
  CHECK(trace.accesses[0].address == 4096);
}

TEST_CASE("nsys: damaged databases are errors") {
  const std::string bytes =
      sqlite_bytes(kGpuFaults +
                   "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO "
                   "CUDA_UM_GPU_PAGE_FAULT_EVENTS SELECT i, 0, 0, 0, i * 4096, 1, 1 FROM n;");
  const auto error = [](const std::string& damaged) { return error_of([&] { read_bytes<NsysReader>(damaged); }); };
  CHECK(error(bytes).empty());
  CHECK(error(bytes.substr(0, bytes.size() / 2)).starts_with("t: the database is damaged (sqlite: "));
  CHECK(error(bytes.substr(0, 16)).starts_with("t: the database is damaged (sqlite: "));
  CHECK(error(std::string(10'000, 'x')).starts_with("t: the database is damaged (sqlite: "));
  std::string scrambled = bytes;
  for (std::size_t i = 4096; i < 4196; ++i) scrambled[i] = '\x55';
  CHECK(error(scrambled).starts_with("t: the database is damaged (sqlite: "));
}

TEST_CASE("nsys: a row that asks for more memory than SQLite has is damage") {
  // Found by fuzzing.
  CHECK(error_of([] {
          NsysReader(open_bytes("tests/fuzz/corpus/nsys/huge_row.sqlite"));
        }).starts_with("tests/fuzz/corpus/nsys/huge_row.sqlite: the database is damaged"));
}

/// A page of 4096 bytes: an inner node of a table's tree, with as many children as it holds, which are all `child`.
std::string inner_page(char child) {
  constexpr std::size_t kCells = 580;
  constexpr std::size_t kCellBytes = 5;
  std::string page(4096, '\0');
  const auto put_u16 = [&page](std::size_t at, std::size_t value) {
    page[at] = static_cast<char>(value >> 8U);
    page[at + 1] = static_cast<char>(value & 0xffU);
  };
  page[0] = 5;
  put_u16(3, kCells);
  put_u16(5, 4096 - kCells * kCellBytes);
  page[11] = child;
  for (std::size_t i = 0; i < kCells; ++i) {
    const std::size_t cell = 4096 - (i + 1) * kCellBytes;
    put_u16(12 + 2 * i, cell);
    page[cell + 3] = child;
    page[cell + 4] = 1;
  }
  return page;
}

TEST_CASE("nsys: a small database that stands for endless rows is an error") {
  std::string bytes =
      sqlite_bytes(kGpuFaults +
                   "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999) INSERT INTO "
                   "CUDA_UM_GPU_PAGE_FAULT_EVENTS SELECT i, 0, 0, 0, i * 4096, 1, 1 FROM n;");
  REQUIRE(bytes.size() >= 6 * 4096);
  // The table's root is page 2. Each page from there to page 5 has its successor for all of its children: 580^4 leaves.
  for (char page = 2; page <= 5; ++page) {
    bytes.replace(static_cast<std::size_t>(page - 1) * 4096, 4096, inner_page(static_cast<char>(page + 1)));
  }
  CHECK(error_of([&] { read_bytes<NsysReader>(bytes); }) ==
        "t: the database is damaged: reading it takes far more time or memory than its size explains; export or copy "
        "it again");
}

TEST_CASE("nsys: no file is left behind, and a directory that cannot be written is named") {
  const std::filesystem::path directory =
      std::filesystem::temp_directory_path() / ("farfault-nsys-" + std::to_string(::getpid()));
  std::filesystem::create_directory(directory);
  const char* const before = std::getenv("TMPDIR");
  const std::string saved = before != nullptr ? before : "";
  const std::string bytes = sqlite_bytes(kGpuFaults + gpu_fault("1", 0, "4096", 1));
  ::setenv("TMPDIR", directory.c_str(), 1);
  {
    NsysReader reader(open_bytes_in_memory(bytes, "t"));
    CHECK(std::filesystem::is_empty(directory));
    CHECK(testing::read_all(reader).accesses.size() == 1);
  }
  std::filesystem::remove(directory);
  CHECK_THROWS_AS(read_bytes<NsysReader>(bytes), RunError);
  before != nullptr ? ::setenv("TMPDIR", saved.c_str(), 1) : ::unsetenv("TMPDIR");
}

TEST_CASE("nsys: compressed exports are read, and any database is taken for one") {
  const std::string bytes = sqlite_bytes(kGpuFaults + gpu_fault("1", 0, "4096", 1));
  CHECK(read_bytes<NsysReader>(testing::compressed(bytes)).accesses.size() == 1);
  CHECK(NsysReader::recognises(bytes));
  CHECK_FALSE(NsysReader::recognises("SQLite format 3"));
  CHECK_FALSE(NsysReader::recognises(""));
  REQUIRE(find_format("nsys") != nullptr);
  CHECK(find_format("nsys")->recognises(bytes));
}

}  // namespace nsys_test
}  // namespace farfault::traces
