#include "traces/readers/nvbit.h"

#include <doctest/doctest.h>

#include <array>

#include "tests/unit/traces/testing.h"
#include "traces/source.h"

namespace farfault::traces {
namespace nvbit_test {

using testing::compressed;
using testing::error_of;
using testing::read_all;
using testing::TemporaryFile;
using testing::WholeTrace;
using Addresses = std::vector<std::uint64_t>;

// Written after the printf()s of NVBit 1.5's mem_trace.cu; no recording was at hand.

std::string hex(std::uint64_t value, std::size_t digits = 16) {
  std::string out(digits, '0');
  for (std::size_t i = digits; i-- != 0; value >>= 4U) out[i] = "0123456789abcdef"[value & 15U];
  return "0x" + out;
}

constexpr std::uint64_t kContext = 0x55d0c0a8e000;

/// As the tool prints it: lanes that are not given are not active.
std::string access_line(const std::string& opcode, Addresses lanes, int launch = 0, std::uint64_t context = kContext) {
  lanes.resize(32);
  std::string out = "MEMTRACE: CTX " + hex(context) + " - grid_launch_id " + std::to_string(launch) +
                    " - CTA 0,1,2 - warp 3 - " + opcode + " - ";
  for (const std::uint64_t address : lanes) out += hex(address) + ' ';
  return out + '\n';
}

std::string launch_line(const std::string& name, int launch, std::uint64_t stream, std::uint64_t context = kContext) {
  return "MEMTRACE: CTX " + hex(context) + " - LAUNCH - Kernel pc 0x00007f33d7dfb900 - Kernel name " + name +
         " - grid launch id " + std::to_string(launch) +
         " - grid size 98,1,1 - block size 1024,1,1 - nregs 16 - shmem 0 - cuda stream id " + std::to_string(stream) +
         '\n';
}

Addresses strided(std::uint64_t first, std::uint64_t stride, std::size_t count = 32) {
  Addresses out(count);
  for (std::size_t i = 0; i < count; ++i) out[i] = first + i * stride;
  return out;
}

const std::string kBanner =
    "------------- NVBit (NVidia Binary Instrumentation Tool v1.5.5) Loaded --------------\n"
    "NVBit core environment variables (mostly for nvbit-devs):\n"
    "            NOINSPECT = 0 - if set, skips function inspection and instrumentation\n"
    "----------------------------------------------------------------------------------------------------\n";

WholeTrace parsed(const std::string& text) { return testing::read_bytes<NvbitReader>(text); }
std::string parse_error(const std::string& text) {
  return error_of([&] { parsed(text); });
}

bool is_unknown(const TraceLimits& limits, const std::string& what) {
  return std::find(limits.unknown.begin(), limits.unknown.end(), what) != limits.unknown.end();
}

TEST_CASE("nvbit: a program's kernels give launches and accesses and ends in order") {
  const std::string text = kBanner + "n = 100000\n" + launch_line("vecAdd(double*, double*, double*, int)", 0, 0) +
                           access_line("LDG.E.64.SYS", strided(0x7f33ba000000, 8)) +
                           access_line("STG.E.64.SYS", strided(0x7f33bb000000, 8, 16)) +
                           launch_line("scale(float*)", 1, 0) +
                           access_line("LDG.E.SYS", strided(0x7f33bc000000, 4096, 3), 1) + "sum = 1\nPASSED\n";
  CHECK(NvbitReader::recognises(text));
  const TemporaryFile file(compressed(text));
  const std::unique_ptr<Reader> reader = open_file(file.path())->open();
  CHECK(reader->format() == "nvbit");
  const testing::Contents contents = read_all(*reader);
  CHECK(contents.accesses == std::vector<Access>{Access::make(0x7f33ba000000, 256, Op::kRead, 0, 1),
                                                 Access::make(0x7f33bb000000, 128, Op::kWrite, 0, 1),
                                                 Access::make(0x7f33bc000000, 4, Op::kRead, 0, 1),
                                                 Access::make(0x7f33bc001000, 4, Op::kRead, 0, 1),
                                                 Access::make(0x7f33bc002000, 4, Op::kRead, 0, 1)});
  REQUIRE(contents.events.size() == 4);
  const std::array<EventKind, 4> kinds{EventKind::kKernelLaunch, EventKind::kKernelEnd, EventKind::kKernelLaunch,
                                       EventKind::kKernelEnd};
  const std::array<std::uint64_t, 4> places{0, 2, 2, 5};
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(contents.events[i].event.kind == kinds[i]);
    CHECK(contents.events[i].event.agent == 1);
    CHECK(contents.events[i].event.value == 0);  // the CPU
    CHECK(contents.events[i].position == places[i]);
  }
  CHECK(contents.events[0].event.name == "vecAdd(double*, double*, double*, int)");
  CHECK(contents.events[2].event.name == "scale(float*)");
  CHECK(reader->agents() == std::vector<Agent>{{AgentKind::kCpuThread, "cpu"}, {AgentKind::kGpuStream, "stream 0"}});
  CHECK(reader->meta().recorder == "NVBit mem_trace, NVBit 1.5.5");
  CHECK(is_unknown(reader->limits(), "order between warps"));
  AccessBlock block;
  CHECK_FALSE(reader->next(block));
  CHECK(block.empty());
}

TEST_CASE("nvbit: the opcode says kind and width") {
  struct Case {
    const char* opcode;
    Op op;
    std::uint32_t width;
  };
  for (const Case& c :
       std::array{Case{"LDG.E", Op::kRead, 4}, Case{"LDG.E.U8", Op::kRead, 1}, Case{"STG.E.U16", Op::kWrite, 2},
                  Case{"LD.E.64", Op::kRead, 8}, Case{"ST.E.128", Op::kWrite, 16}, Case{"ATOMG.E.ADD", Op::kAtomic, 4},
                  Case{"ATOM.E.CAS.64", Op::kAtomic, 8}, Case{"RED.E.ADD.F64.RN", Op::kAtomic, 8}}) {
    CAPTURE(c.opcode);
    CHECK(parsed(access_line(c.opcode, {0x7f0000000010})).accesses ==
          std::vector<Access>{Access::make(0x7f0000000010, c.width, c.op, 0, 1)});
    CHECK(parsed(access_line(c.opcode, strided(0x7f0000000000, c.width))).accesses ==
          std::vector<Access>{Access::make(0x7f0000000000, c.width * 32, c.op, 0, 1)});
  }
}

TEST_CASE("nvbit: shared and local memory and unknown opcodes are left out and counted") {
  const WholeTrace trace =
      parsed(access_line("LDS.U.32", {0x10}) + access_line("STS", {0x20}) + access_line("LDL.LU", {0xfffd80}) +
             access_line("SULD.D", {0x7f0000000000}) + access_line("LDG.E", {0x7f0000000000}));
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x7f0000000000, 4, Op::kRead, 0, 1)});
  CHECK(is_unknown(trace.limits, "shared memory, which has no virtual addresses (2 instructions left out)"));
  CHECK(is_unknown(trace.limits, "virtual addresses of local memory (1 instructions left out)"));
  CHECK(is_unknown(trace.limits, "memory of opcodes that are not known here, first SULD.D (1 instructions left out)"));
}

TEST_CASE("nvbit: a copy to shared memory is a read at its global addresses") {
  const WholeTrace trace = parsed(access_line("LDGSTS.E.BYPASS.128", strided(0x400, 16)) +
                                  access_line("LDGSTS.E.BYPASS.128", strided(0x7f0000000000, 16)));
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x7f0000000000, 512, Op::kRead, 0, 1)});
  CHECK(is_unknown(trace.limits, "shared memory, which has no virtual addresses (1 instructions left out)"));
}

TEST_CASE("nvbit: lanes that are not active are left out") {
  Addresses lanes(32);
  lanes[3] = 0x7f0000000000;
  lanes[4] = 0x7f0000000004;
  lanes[31] = 0x7f0000000008;
  CHECK(parsed(access_line("LDG.E", lanes)).accesses ==
        std::vector<Access>{Access::make(0x7f0000000000, 12, Op::kRead, 0, 1)});
  CHECK(parsed(access_line("STG.E", {}) + access_line("LDG.E", lanes)).accesses.size() == 1);
}

TEST_CASE("nvbit: streams and contexts are agents of their own") {
  const WholeTrace trace = parsed(
      launch_line("a", 0, 0) + launch_line("b", 1, 94230) + access_line("LDG.E", {0x7000}, 1) +
      access_line("LDG.E", {0x6000}, 0) + launch_line("c", 0, 0, 0x77) + access_line("LDG.E", {0x5000}, 0, 0x77) +
      access_line("LDG.E", {0x6100}, 0) + launch_line("d", 2, 94230) + access_line("LDG.E", {0x7100}, 2));
  CHECK(trace.agents == std::vector<Agent>{{AgentKind::kCpuThread, "cpu"},
                                           {AgentKind::kGpuStream, "stream 0"},
                                           {AgentKind::kGpuStream, "stream 94230"},
                                           {AgentKind::kGpuStream, "ctx 1 stream 0"}});
  const auto read = [](std::uint64_t address, std::uint16_t agent) {
    return Access::make(address, 4, Op::kRead, 0, agent);
  };
  CHECK(trace.accesses ==
        std::vector<Access>{read(0x7000, 2), read(0x6000, 1), read(0x5000, 3), read(0x6100, 1), read(0x7100, 2)});
  std::string events;
  for (const testing::Contents::PlacedEvent& placed : trace.events) {
    events += (placed.event.kind == EventKind::kKernelLaunch ? 'L' : 'E') + std::to_string(placed.event.agent) +
              placed.event.name + '@' + std::to_string(placed.position) + ' ';
  }
  CHECK(events == "L1a@0 L2b@0 L3c@2 E2@4 L2d@4 E1@5 E2@5 E3@5 ");
}

TEST_CASE("nvbit: accesses of a launch that was not announced are the default stream's") {
  const WholeTrace trace = parsed(launch_line("a", 4, 7) + access_line("LDG.E", {0x7000}, 5));
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x7000, 4, Op::kRead, 0, 2)});
  CHECK(trace.agents[2].name == "stream 0");
  CHECK(is_unknown(trace.limits, "stream of accesses whose launch is not in the trace (taken as 0)"));
  CHECK_FALSE(is_unknown(parsed(launch_line("a", 4, 7) + access_line("LDG.E", {0x7000}, 4)).limits,
                         "stream of accesses whose launch is not in the trace (taken as 0)"));
}

TEST_CASE("nvbit: only the latest launches are remembered") {
  std::string text;
  for (int i = 0; i <= static_cast<int>(NvbitReader::kMaxLaunches); ++i) text += launch_line("k", i, 5);
  const WholeTrace trace = parsed(text + access_line("LDG.E", {0x1000}, 1) + access_line("LDG.E", {0x2000}, 0));
  REQUIRE(trace.accesses.size() == 2);
  CHECK(trace.agents[trace.accesses[0].agent].name == "stream 5");
  CHECK(trace.agents[trace.accesses[1].agent].name == "stream 0");
}

TEST_CASE("nvbit: fields may be missing or in another order") {
  const std::vector<Access> expected{Access::make(0x7f0000000000, 4, Op::kRead, 0, 1)};
  for (const char* line : {
           "MEMTRACE: CTA 0,0,0 - warp 1 - LDG.E.SYS - 0x7f0000000000\n",
           "MEMTRACE: LDG.E.SYS - 0x00007f0000000000 0x0000000000000000 \n",
           "MEMTRACE: LDG.E - warp 1 - grid_launch_id 0 - CTX 0x1 - CTA 0,0,0 - 0x0 0x7f0000000000 0x0\n",
           "MEMTRACE: CTX 0x0000000000000001 - CTA 4294967295,0,0 - warp 0 - LDG - 0x7f0000000000  0x7f0000000000 \n",
           "done, 20%MEMTRACE: CTX 0x0000000000000001 - LDG - 0x7f0000000000\n",
       }) {
    CAPTURE(line);
    CHECK(parsed(line).accesses == expected);
  }
  const WholeTrace trace = parsed(
      "MEMTRACE: STARTING CONTEXT 0x55d0c0a8e000\n"
      "MEMTRACE: CTX 0x1 - LAUNCH - cuda stream id 3 - Kernel name f(int - 1) - grid launch id 9 - smem 7\n"
      "MEMTRACE: CTX 0x1 - LAUNCH - Kernel name g - h\n"
      "MEMTRACE: CTX 0x1 - grid_launch_id 9 - LDG - 0x7f0000000000\n"
      "MEMTRACE: TERMINATING CONTEXT 0x55d0c0a8e000\n");
  REQUIRE(trace.events.size() == 4);
  CHECK(trace.events[0].event.name == "f(int - 1)");
  CHECK(trace.agents[trace.events[0].event.agent].name == "stream 3");
  CHECK(trace.events[1].event.name == "g - h");
  CHECK(trace.agents[trace.accesses[0].agent].name == "stream 3");
}

TEST_CASE("nvbit: names of kernels are cut at their bound") {
  const std::string name(5000, 'n');
  CHECK(parsed(launch_line(name, 0, 0) + access_line("LDG", {0x1000})).events[0].event.name ==
        name.substr(0, GpuStreams::kMaxKernelName));
}

TEST_CASE("nvbit: a line that is damaged is an error with its number") {
  const std::string good = launch_line("k", 0, 0) + access_line("LDG.E", {0x7f0000000000});
  const std::string remedy =
      "; if the program's own output is mixed into the line, record again with it elsewhere; or the file is damaged";
  struct Case {
    const char* line;
    const char* problem;
  };
  for (const Case& c : std::array{
           Case{"MEMTRACE: ", "cannot make out \"\""},
           Case{"MEMTRACE: hello", "cannot make out \"hello\""},
           Case{"MEMTRACE: CTX 0x1", "cannot make out \"CTX 0x1\""},
           Case{"MEMTRACE: CTX zz - LDG - 0x1000", "cannot make out \"CTX zz\""},
           Case{"MEMTRACE: CTX 0x1y - LDG - 0x1000", "cannot make out \"CTX 0x1y\""},
           Case{"MEMTRACE: CTX 0x11112222333344445 - LDG - 0x1000", "cannot make out \"CTX 0x11112222333344445\""},
           Case{"MEMTRACE: CTA 0,0 - LDG - 0x1000", "cannot make out \"CTA 0,0\""},
           Case{"MEMTRACE: CTA 0,0,0,0 - LDG - 0x1000", "cannot make out \"CTA 0,0,0,0\""},
           Case{"MEMTRACE: warp x - LDG - 0x1000", "cannot make out \"x\""},
           Case{"MEMTRACE: grid_launch_id 99999999999999999999 - LDG - 0x1",
                "cannot make out \"99999999999999999999\""},
           Case{"MEMTRACE: ldg - 0x1000", "cannot make out \"ldg\""},
           Case{"MEMTRACE: LDG - ", "cannot make out \"LDG\""},
           Case{"MEMTRACE: LDG - 0x", "cannot make out \"0x\""},
           Case{"MEMTRACE: LDG - 0x1000 0xg", "cannot make out \"0xg\""},
           Case{"MEMTRACE: LDG - 0x1000 hello", "cannot make out \"hello\""},
           Case{"MEMTRACE: LDG - 0x00007f0000000000zz 0x0", "cannot make out \"0x00007f0000000000zz\""},
           Case{"MEMTRACE: LDG - 0x00007f00000000000x00007f0000000000", "cannot make out"},
           Case{"MEMTRACE: LDG - 0x00007F0000000000", "cannot make out"},
           Case{"MEMTRACE: LDG - 0x00007f00000000001 0x0", "cannot make out \"0x00007f00000000001\""},
           Case{"MEMTRACE: CTX 0x1 - LAUNCH - cuda stream id ", "cannot make out \"\""},
           Case{"MEMTRACE: CTX 0x1 - LAUNCH - cuda stream id -1", "cannot make out \"-1\""},
           Case{"MEMTRACE: CTX 0x1 - LAUNCH - Kernel name a - grid launch id 0x1", "cannot make out \"0x1\""},
       }) {
    CAPTURE(c.line);
    std::string text = good;
    text.append(c.line).append("\n").append(good);
    const std::string error = parse_error(text);
    CHECK_MESSAGE(error.starts_with(std::string("t:3: ") + c.problem), error);
    CHECK(error.ends_with(remedy));
    CHECK(parse_error(good + c.line).starts_with("t:3: the last line is cut short: \""));
  }
  CHECK(parse_error(good + "MEMTRACE: CTX 0x1 - 0x1000\n") ==
        "t:3: the line has no opcode: \"MEMTRACE: CTX 0x1 - 0x1000\"; record the trace again");
  CHECK(
      parse_error("MEMTRACE: LDG.64 - 0xfffffffffffffff8\n") ==
      "t:1: the access at \"0xfffffffffffffff8\" goes past the end of the address space; the file is damaged: copy or "
      "record it again");
  std::string many = access_line("LDG", {0x1000});
  many.insert(many.size() - 1, hex(0x2000));
  CHECK(parse_error(good + many).starts_with("t:3: more than 32 addresses in \"MEMTRACE: CTX 0x0000"));
}

TEST_CASE("nvbit: a file cut anywhere in a line is an error and cut at a line's end is not") {
  const std::string first = launch_line("k", 0, 0) + access_line("LDG.E", {0x7f0000000000});
  for (const std::string& last : {access_line("STG.E", strided(0x7f0000000000, 4)), launch_line("k", 1, 0)}) {
    // Before "MEMTRACE: " is whole the line may be the program's own; the blank at an access line's end is no loss.
    for (std::size_t size = 10; size < last.size() - 2; ++size) {
      const std::string error = parse_error(first + last.substr(0, size));
      CHECK_MESSAGE(error.starts_with("t:3: the last line is cut short: \"MEMTRACE: "), size << ": " << error);
    }
    CHECK(parse_error(first + last).empty());
  }
  CHECK(parse_error(first.substr(0, first.size() - 1)).empty());
}

TEST_CASE("nvbit: a trace without accesses is refused") {
  CHECK(parse_error(kBanner + launch_line("k", 0, 0) + access_line("LDS", {0x10})) ==
        "t: the trace has no access of device memory (6 lines); record it with NVBit's tools/mem_trace/mem_trace.so in "
        "LD_PRELOAD");
}

TEST_CASE("nvbit: blocks are bounded whatever the lines are") {
  std::string text;
  for (int i = 0; i < 6000; ++i) text += launch_line("k", i, static_cast<std::uint64_t>(i));
  for (int i = 0; i < 2000; ++i) text += access_line("LDG", strided(0x7f0000000000, 4096), i);
  NvbitReader reader(open_bytes_in_memory(text, "t"));
  AccessBlock block;
  std::size_t accesses = 0;
  std::size_t launches = 0;
  std::size_t ends = 0;
  while (reader.next(block)) {
    CHECK_FALSE(block.empty());
    CHECK(block.accesses.size() <= kBlockAccesses);
    CHECK(block.events.size() <= kBlockAccesses);
    accesses += block.accesses.size();
    for (const Event& event : block.events) {
      launches += event.kind == EventKind::kKernelLaunch ? 1U : 0U;
      ends += event.kind == EventKind::kKernelEnd ? 1U : 0U;
    }
  }
  CHECK(accesses == 64'000);
  CHECK(launches == 6000);
  CHECK(ends == 6000);
}

TEST_CASE("nvbit: more streams than agents is an error") {
  std::string text;
  for (std::uint64_t i = 0; i < kMaxAgents; ++i) {
    text += "MEMTRACE: LAUNCH - cuda stream id " + std::to_string(i) + '\n';
  }
  CHECK(parse_error(text) == "t:65536: more than 65536 streams; trace fewer contexts or streams of the program");
}

TEST_CASE("nvbit: texts of other formats are not taken for it") {
  for (const char* text :
       {"", "\n", "MEMTRACE", "MEMTRACE: hello\n", "==1== Lackey\n", "-kernel name = k\n", "a MEMTRACE: CTX 0x1\n"}) {
    CHECK_FALSE(NvbitReader::recognises(text));
  }
  CHECK(NvbitReader::recognises("hello\nMEMTRACE: CTX 0x1 - "));
  CHECK(NvbitReader::recognises(kBanner));
}

}  // namespace nvbit_test
}  // namespace farfault::traces
