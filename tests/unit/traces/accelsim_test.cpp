#include "traces/readers/accelsim.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>

#include "tests/unit/traces/testing.h"
#include "traces/source.h"

namespace farfault::traces {
namespace accelsim_test {

using testing::compressed;
using testing::error_of;
using testing::read_all;
using testing::TemporaryFile;
using testing::WholeTrace;

// Written after what Accel-Sim's tracer prints and its trace_parser.cpp takes; no recording was at hand.

struct Header {
  std::string name = "_Z6vecAddPdS_S_i";
  std::string grid = "(1,1,1)";
  std::string stream = "0";
  std::string version = "4";
  std::string more = {};  ///< whole lines
};

std::string header(const Header& h = {}) {
  return "-kernel name = " + h.name + "\n-kernel id = 1\n-grid dim = " + h.grid +
         "\n-block dim = (1024,1,1)\n-shmem = 0\n-nregs = 16\n-binary version = 70\n-cuda stream id = " + h.stream +
         "\n-shmem base_addr = 0x00007f2fdb000000\n-local mem base_addr = 0x00007f2fd9000000\n-nvbit version = "
         "1.5.5\n-accelsim tracer version = " +
         h.version + "\n" + h.more +
         "\n#traces format = PC mask dest_num [reg_dests] opcode src_num [reg_srcs] mem_width [adrrescompress?] "
         "[mem_addresses] immediate\n\n";
}

std::size_t lines_in(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

/// A thread block of one warp with these instructions, each a line.
std::string thread_block(const std::string& instructions) {
  return "#BEGIN_TB\n\nthread block = 0,0,0\n\nwarp = 0\ninsts = " + std::to_string(lines_in(instructions)) + "\n" +
         instructions + "\n#END_TB\n\n";
}

WholeTrace parsed(const std::string& text) { return testing::read_bytes<AccelSimReader>(text); }
std::string parse_error(const std::string& text) {
  return error_of([&] { parsed(text); });
}
/// Of a kernel of one thread block.
std::vector<Access> accesses_of(const std::string& instructions, const Header& h = {}) {
  return parsed(header(h) + thread_block(instructions)).accesses;
}

bool is_unknown(const TraceLimits& limits, const std::string& what) {
  return std::find(limits.unknown.begin(), limits.unknown.end(), what) != limits.unknown.end();
}

/// Reads a list, "t/kernelslist.g", whose folder has these files.
WholeTrace parsed_list(const std::string& list, const std::map<std::string, std::string>& files) {
  AccelSimReader reader(open_bytes_in_memory(list, "t/kernelslist.g"), [&](const std::string& path) {
    const auto found = files.find(path);
    if (found == files.end()) throw InputError(Diagnostic{path, 0, "", "cannot be opened", "check the path"});
    return open_bytes_in_memory(found->second, path);
  });
  WholeTrace out{read_all(reader), {}, {}, {}};
  out.agents = reader.agents();
  out.limits = reader.limits();
  out.meta = reader.meta();
  return out;
}

/// "L1:name@3": launch on agent 1 before the third access; E end, C compute, M copy, S a wait for another agent.
std::string outline(const WholeTrace& trace) {
  std::string out;
  for (const auto& [position, event] : trace.events) {
    const std::map<EventKind, char> letters{{EventKind::kKernelLaunch, 'L'},
                                            {EventKind::kKernelEnd, 'E'},
                                            {EventKind::kCompute, 'C'},
                                            {EventKind::kMemcpy, 'M'},
                                            {EventKind::kStreamSync, 'S'}};
    out += letters.at(event.kind) + std::to_string(event.agent);
    if (event.kind == EventKind::kStreamSync) out += '-' + std::to_string(event.value);
    if (!event.name.empty()) out += ':' + event.name;
    out += '@' + std::to_string(position) + ' ';
  }
  return out;
}

TEST_CASE("accelsim: a kernel gives its launch and accesses with the instructions before them and its end") {
  const std::string text = header({.grid = "(2,1,1)"}) +
                           thread_block(
                               "0000 ffffffff 1 R1 IMAD.MOV.U32 2 R255 R255 0 \n"
                               "0010 ffffffff 1 R0 S2R 0 0 \n"
                               "0020 ffffffff 1 R2 LDG.E.64.SYS 1 R4 8 1 0x7f2fd0000000 8 \n"
                               "0030 ffffffff 0 STG.E.64.SYS 2 R6 R2 8 1 0x7f2fd1000000 8 \n") +
                           thread_block(
                               "0000 ffffffff 1 R1 MOV 1 R255 0 \n"
                               "0020 00000001 1 R2 LDG.E.SYS 1 R4 4 2 0x7f2fd2000000 \n"
                               "0040 ffffffff 0 EXIT 0 0 \n");
  CHECK(AccelSimReader::recognises(text));
  const TemporaryFile file(compressed(text), ".traceg.zst");
  const std::unique_ptr<Reader> reader = open_file(file.path())->open();
  CHECK(reader->format() == "accelsim");
  const WholeTrace trace{read_all(*reader), reader->agents(), reader->limits(), reader->meta()};
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x7f2fd0000000, 256, Op::kRead, 3, 1),
                                              Access::make(0x7f2fd1000000, 256, Op::kWrite, 1, 1),
                                              Access::make(0x7f2fd2000000, 4, Op::kRead, 2, 1)});
  CHECK(outline(trace) == "L1:_Z6vecAddPdS_S_i@0 C1@3 E1@3 ");
  CHECK(trace.instructions() == 7);  // the sum of "insts"
  CHECK(trace.agents == std::vector<Agent>{{AgentKind::kCpuThread, "cpu"}, {AgentKind::kGpuStream, "stream 0"}});
  CHECK(trace.meta.recorder == "Accel-Sim tracer 4");
  AccessBlock block;
  CHECK_FALSE(reader->next(block));
  CHECK(block.empty());
}

TEST_CASE("accelsim: addresses come as a list or as base and stride or as base and deltas") {
  struct Case {
    const char* instruction;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> expected;
  };
  for (const Case& c : std::vector<Case>{
           // 0: each active lane's.
           {"0000 0000000f 1 R2 LDG.E 1 R4 4 0 0x00007f0000001000 0x00007f0000001004 0x00007f0000003000 "
            "0x00007f0000001008 ",
            {{0x7f0000001000, 12}, {0x7f0000003000, 4}}},
           {"0000 80000001 1 R2 LDG.E 1 R4 4 0 7f0000001000 0x7f0000002000",
            {{0x7f0000001000, 4}, {0x7f0000002000, 4}}},
           // 1: base and stride.
           {"0000 ffffffff 1 R2 LDG.E 1 R4 4 1 0x7f0000001000 4", {{0x7f0000001000, 128}}},
           {"0000 0000ff00 1 R2 LDG.E 1 R4 4 1 0x7f0000001000 4", {{0x7f0000001000, 32}}},
           {"0000 ffffffff 1 R2 LDG.E 1 R4 4 1 0x7f0000001000 0", {{0x7f0000001000, 4}}},
           {"0000 00000007 1 R2 LDG.E 1 R4 4 1 0x7f0000001000 512",
            {{0x7f0000001000, 4}, {0x7f0000001200, 4}, {0x7f0000001400, 4}}},
           {"0000 00000007 1 R2 LDG.E 1 R4 4 1 0x7f0000001000 -512",
            {{0x7f0000001000, 4}, {0x7f0000000e00, 4}, {0x7f0000000c00, 4}}},
           {"0000 ffffffff 1 R2 LDG.E 1 R4 4 1 0x7f0000001000 -4", {{0x7f0000000f84, 128}}},
           // 2: base and the distance of each lane to the one before.
           {"0000 0000000f 1 R2 LDG.E 1 R4 4 2 0x7f0000001000 4 4096 -4096",
            {{0x7f0000001000, 8}, {0x7f0000002004, 4}}},
           {"0000 f000000f 1 R2 LDG.E 1 R4 4 2 0x7f0000001000 4 4 4 4 4 4 4", {{0x7f0000001000, 32}}},
           {"0000 00800000 1 R2 LDG.E 1 R4 4 2 0x7f0000001000", {{0x7f0000001000, 4}}},
           {"0000 00000003 1 R2 LDG.E 1 R4 4 2 0x1000 -4096", {{0x1000, 4}, {0, 4}}},
       }) {
    CAPTURE(c.instruction);
    std::vector<Access> expected;
    for (const auto& [address, size] : c.expected) {
      const auto gap = static_cast<std::uint16_t>(expected.empty() ? 1 : 0);
      expected.push_back(Access::make(address, size, Op::kRead, gap, 1));
    }
    CHECK(accesses_of(std::string(c.instruction) + '\n') == expected);
    // An immediate behind it changes nothing.
    CHECK(accesses_of(std::string(c.instruction) + " -7 \n", {.version = "5"}) == expected);
  }
}

TEST_CASE("accelsim: lanes that are not active have no access") {
  const WholeTrace trace = parsed(header() + thread_block("0000 00000000 1 R2 LDG.E 1 R4 4 1 0x0 0\n"
                                                          "0010 00000000 1 R2 LDG.E 1 R4 4 0 \n"
                                                          "0020 00000000 1 R2 LDG.E 1 R4 4 2 0x0 \n"
                                                          "0030 00000001 1 R2 LDG.E 1 R4 4 2 0x1000 \n"));
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x1000, 4, Op::kRead, 4, 1)});
}

TEST_CASE("accelsim: the opcode says kind and width and the trace the width where the opcode does not") {
  struct Case {
    const char* opcode;
    const char* width;
    Op op;
    std::uint32_t expected;
  };
  for (const Case& c :
       std::array{Case{"LDG.E.SYS", "4", Op::kRead, 4}, Case{"LDG.E.SYS", "8", Op::kRead, 8},
                  Case{"LDG.E.U8.SYS", "4", Op::kRead, 1}, Case{"LDG.E.128.SYS", "4", Op::kRead, 16},
                  Case{"STG.E.U16.SYS", "2", Op::kWrite, 2}, Case{"ST.E.64", "8", Op::kWrite, 8},
                  Case{"ATOMG.E.ADD.STRONG.GPU", "4", Op::kAtomic, 4}, Case{"ATOM.E.CAS.64", "8", Op::kAtomic, 8},
                  Case{"RED.E.ADD.F32.FTZ.RN", "4", Op::kAtomic, 4}, Case{"LD.E", "256", Op::kRead, 256}}) {
    CAPTURE(c.opcode);
    CHECK(accesses_of(std::string("0000 00000001 0 ") + c.opcode + " 2 R2 R4 " + c.width + " 2 0x7f0000001000\n") ==
          std::vector<Access>{Access::make(0x7f0000001000, c.expected, c.op, 1, 1)});
  }
}

TEST_CASE("accelsim: shared and local memory are left out by opcode and by their windows") {
  const WholeTrace trace =
      parsed(header() + thread_block("0000 ffffffff 1 R2 LDS.U 1 R4 4 1 0x0 4\n"
                                     "0010 ffffffff 0 STL 2 R4 R5 4 1 0xfffd80 4\n"
                                     "0020 00000003 1 R2 LD.E 1 R4 4 2 0x7f2fdb000010 4\n"
                                     "0030 00000003 1 R2 LD.E 1 R4 4 0 0x7f2fd9fffffc 0x7f2fda000000\n"
                                     "0040 00000001 1 R2 LDG.E 1 R4 4 2 0x7f2fdb000010\n"
                                     "0050 00000001 1 R2 LD.E 1 R4 4 2 0x7f2fdc000000\n"
                                     "0060 ffffffff 0 LDGSTS.E.128 2 R4 R6 16 1 0x400 16\n"
                                     "0060 ffffffff 0 LDGSTS.E.128 2 R4 R6 16 1 0x7f2fd0000000 16\n"
                                     "0070 ffffffff 1 R2 TEX.LL 2 R4 R6 4 1 0x10 4\n"));
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x7f2fda000000, 4, Op::kRead, 4, 1),
                                              Access::make(0x7f2fdb000010, 4, Op::kRead, 1, 1),
                                              Access::make(0x7f2fdc000000, 4, Op::kRead, 1, 1),
                                              Access::make(0x7f2fd0000000, 512, Op::kRead, 2, 1)});
  CHECK(is_unknown(trace.limits, "shared memory, which has no virtual addresses (3 instructions left out)"));
  CHECK(is_unknown(trace.limits, "virtual addresses of local memory (2 instructions left out)"));
  CHECK(is_unknown(trace.limits, "memory of opcodes that are not known here, first TEX.LL (1 instructions left out)"));
  // Zero is no window.
  std::string unknown_windows = header() + thread_block("0000 00000001 1 R2 LD.E 1 R4 4 2 0x10\n");
  unknown_windows.replace(unknown_windows.find("0x00007f2fdb000000"), 18, "0x0000000000000000");
  CHECK(parsed(unknown_windows).accesses.size() == 1);
}

TEST_CASE("accelsim: older and newer versions put numbers before the PC") {
  const std::vector<Access> expected{Access::make(0x7f0000001000, 4, Op::kRead, 1, 1)};
  CHECK(accesses_of("7 0 0 3 0008 00000001 1 R2 LDG.E 1 R4 4 2 0x7f0000001000\n", {.version = "2"}) == expected);
  CHECK(accesses_of("123 0008 00000001 1 R2 LDG.E 1 R4 4 2 0x7f0000001000 0\n",
                    {.version = "5", .more = "-enable lineinfo = 1\n"}) == expected);
  CHECK(accesses_of("0008 00000001 1 R2 LDG.E 1 R4 4 2 0x7f0000001000 0\n",
                    {.version = "5", .more = "-enable lineinfo = 0\n-some key = of the future\n"}) == expected);
  CHECK(accesses_of("0008 00000001 1 UR2 LDG.E 3 R4 UR6 P0 4 2 0x7f0000001000 0\n") == expected);
}

TEST_CASE("accelsim: instructions that do not fit a gap become a compute event") {
  std::string instructions;
  for (int i = 0; i < 65'540; ++i) instructions += "0000 ffffffff 0 NOP 0 0\n";
  const WholeTrace trace = parsed(header() + thread_block(instructions + "0010 00000001 1 R2 LDG.E 1 R4 4 2 0x1000\n"));
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x1000, 4, Op::kRead, Access::kMaxGap, 1)});
  CHECK(outline(trace) == "L1:_Z6vecAddPdS_S_i@0 C1@0 E1@1 ");
  CHECK(trace.instructions() == 65'541);
}

TEST_CASE("accelsim: a list gives copies and kernels in its order, each waiting for what CUDA makes it wait for") {
  const auto kernel = [](const char* name, const char* stream, const char* address) {
    return header({.name = name, .stream = stream}) +
           thread_block(std::string("0000 00000001 1 R2 LDG.E 1 R4 4 2 ") + address + "\n0010 ffffffff 0 EXIT 0 0\n");
  };
  const std::map<std::string, std::string> files{{"t/kernel-1.traceg", kernel("one", "0", "0x1000")},
                                                 {"t/kernel-2.traceg.zst", compressed(kernel("two", "7", "0x2000"))},
                                                 {"t/sub/kernel-3.traceg", kernel("three", "7", "0x3000")}};
  const std::string list =
      "MemcpyHtoD,0x00007f2fd9e00000,400000\n"
      "MemcpyHtoD,0x00007f2fd9f00000,4\n"
      "\n"
      "kernel-1.traceg\n"
      "kernel-2.traceg.zst  \n"
      "MemcpyDtoH,0x00007f2fda000000,100\n"
      "MemcpyHtoD,0x00007f2fda000000,0\n"
      "sub/kernel-3.traceg\n";
  CHECK(AccelSimReader::recognises(list));
  const WholeTrace trace = parsed_list(list, files);
  CHECK(trace.agents == std::vector<Agent>{{AgentKind::kCpuThread, "cpu"},
                                           {AgentKind::kCopyEngine, "copy"},
                                           {AgentKind::kGpuStream, "stream 0"},
                                           {AgentKind::kGpuStream, "stream 7"}});
  CHECK(trace.accesses == std::vector<Access>{Access::make(0x1000, 4, Op::kRead, 1, 2),
                                              Access::make(0x2000, 4, Op::kRead, 1, 3),
                                              Access::make(0x3000, 4, Op::kRead, 1, 3)});
  CHECK(outline(trace) ==
        "M1@0 S0-1@0 M1@0 S0-1@0 L2:one@0 C2@1 E2@1 L3:two@1 C3@2 E3@2 S1-2@2 S1-3@2 M1@2 S0-1@2 L3:three@2 C3@3 "
        "E3@3 ");
  const auto copies = trace.of_kind(EventKind::kMemcpy);
  REQUIRE(copies.size() == 3);
  CHECK(copies[0].event.address == 0);  // the host's side is not told
  CHECK(copies[0].event.value == 0x7f2fd9e00000);
  CHECK(copies[0].event.length == 400'000);
  CHECK(copies[0].event.value2 == static_cast<std::uint64_t>(CopyDirection::kHostToDevice));
  CHECK(copies[1].event.length == 4);
  CHECK(copies[2].event.address == 0x7f2fda000000);
  CHECK(copies[2].event.value == 0);
  CHECK(copies[2].event.value2 == static_cast<std::uint64_t>(CopyDirection::kDeviceToHost));
}

TEST_CASE("accelsim: a list on disk finds its kernels beside it") {
  const TemporaryFile kernel(header() + thread_block("0000 00000001 1 R2 LDG.E 1 R4 4 2 0x1000\n"), ".traceg");
  const std::string file = std::filesystem::path(kernel.path()).filename().string();
  const TemporaryFile list("MemcpyHtoD,0x00007f2fd9e00000,400\n" + file + '\n' + file + '\n', ".g");
  const std::unique_ptr<Source> source = open_file(list.path());
  for (int i = 0; i < 2; ++i) {
    const std::unique_ptr<Reader> reader = source->open();
    CHECK(reader->format() == "accelsim");
    CHECK(read_all(*reader).accesses.size() == 2);
  }
  const TemporaryFile bad("no-such-kernel.traceg\n", ".g");
  const std::string folder = std::filesystem::path(bad.path()).parent_path().string();
  CHECK(error_of([&] { read_all(*open_file(bad.path())->open()); }) ==
        folder + "/no-such-kernel.traceg: cannot be opened: No such file or directory; check the path");
}

TEST_CASE("accelsim: a kernel's file outside the list's folder is refused") {
  for (const char* name : {"/etc/kernel-1.traceg", "../kernel-1.traceg", "a/../../kernel-1.traceg",
                           "a/..traceg/../../x.traceg", "a/.traceg/..", "kernel\x01.traceg"}) {
    CAPTURE(name);
    CHECK(error_of([&] {
            parsed_list(std::string("\n") + name + "\n", {});
          }).starts_with("t/kernelslist.g:2: the file \""));
  }
  CHECK(error_of([] { parsed_list("kernel..1.traceg\n", {}); }) ==
        "t/kernel..1.traceg: cannot be opened; check the path");
  // A kernel's file is no list.
  CHECK(error_of([] {
          parsed_list("kernel-1.traceg\n", {{"t/kernel-1.traceg", "kernel-1.traceg\n"}});
        }).starts_with("t/kernel-1.traceg:1: not a line of the header: \"kernel-1.traceg\""));
}

TEST_CASE("accelsim: lines of a list that are damaged are errors with their number") {
  const std::string remedy = "; the file is damaged, or of a version that is not known here: copy or record it again";
  for (const char* line :
       {"MemcpyHtoD", "MemcpyHtoD,", "MemcpyHtoD,0x1000", "MemcpyHtoD,0x1000,", "MemcpyHtoD,0x1000,-4",
        "MemcpyHtoD,0x1000,4,4", "MemcpyHtoD,zz,4", "MemcpyDtoH,0x11112222333344445,4",
        "MemcpyHtoD,0x1000,99999999999999999999", "MemcpyHtoDx,0x1000,4"}) {
    CAPTURE(line);
    const std::string list = "MemcpyHtoD,0x1000,4\n" + std::string(line);
    CHECK(error_of([&] { parsed_list(list + "\n", {}); }) ==
          "t/kernelslist.g:2: not a copy like MemcpyHtoD,0x7f0000000000,4096: \"" + std::string(line) + '"' + remedy);
    CHECK(error_of([&] { parsed_list(list, {}); }) == "t/kernelslist.g:2: the last line is cut short: \"" +
                                                          std::string(line) +
                                                          "\"; the file is truncated: copy or record it again");
  }
  CHECK(error_of([] { parsed_list("MemcpyHtoD,0xffffffffffffff00,4096\n", {}); }) ==
        "t/kernelslist.g:1: the copy goes past the end of the address space: \"MemcpyHtoD,0xffffffffffffff00,4096\"" +
            remedy);
  CHECK(error_of([] {
          parsed_list("MemcpyHtoD,0x1000,4\n\nncclAllReduce\n", {});
        }).starts_with("t/kernelslist.g:3: not a copy (MemcpyHtoD,0x7f0000000000,4096) nor a kernel's file"));
}

TEST_CASE("accelsim: a kernel's file cut at any line is an error with its line") {
  const std::string text = header({.grid = "(2,1,1)"}) +
                           thread_block("0000 ffffffff 1 R2 LDG.E 1 R4 4 1 0x1000 4\n0010 ffffffff 0 EXIT 0 0\n") +
                           thread_block("0000 ffffffff 1 R2 LDG.E 1 R4 4 1 0x2000 4\n0010 ffffffff 0 EXIT 0 0\n");
  REQUIRE(parse_error(text).empty());
  const std::size_t end = text.rfind("#END_TB") + std::string_view("#END_TB").size();
  // From the grid's dimensions on; before them there is nothing to tell by but the missing accesses.
  for (std::size_t size = text.find("\n-block") + 1; size < end; ++size) {
    const std::string cut = text.substr(0, size);
    const std::string error = parse_error(cut);
    const std::size_t line = lines_in(cut) + (cut.back() == '\n' ? 0U : 1U);
    CHECK_MESSAGE(error.starts_with("t:" + std::to_string(line) + ": "), size << ": " << error);
  }
  for (std::size_t size = 1; size < text.find("\n-block") + 1; ++size) {
    CHECK(parse_error(text.substr(0, size)).starts_with("t:"));
  }
  CHECK(parse_error(text.substr(0, end)).empty());
  CHECK(parse_error(text.substr(0, text.rfind("#BEGIN_TB"))) ==
        "t:26: the file ends after 1 of 2 thread blocks; the file is truncated: copy or record it again");
  CHECK(parse_error(text.substr(0, text.rfind("warp = 0"))) ==
        "t:30: the file ends inside a thread block; the file is truncated: copy or record it again");
}

TEST_CASE("accelsim: counts that are wrong are errors and large ones take no memory") {
  const std::string load = "0000 00000001 1 R2 LDG.E 1 R4 4 2 0x1000\n";
  const auto with_count = [&](const std::string& count) {
    return header() + "#BEGIN_TB\nthread block = 0,0,0\nwarp = 0\ninsts = " + count + "\n" + load + load + "#END_TB\n";
  };
  const std::size_t first = lines_in(header()) + 4;
  const auto at = [&](std::size_t line) { return "t:" + std::to_string(first + line) + ": "; };
  CHECK(parse_error(with_count("2")).empty());
  CHECK(parse_error(with_count("1")).starts_with(at(2) + "more instructions than \"insts\" says: \"0000"));
  CHECK(parse_error(with_count("0")).starts_with(at(1) + "more instructions"));
  CHECK(parse_error(with_count("3")).starts_with(at(3) + "1 fewer instructions than \"insts\" says: \"#END_TB\""));
  CHECK(parse_error(with_count("18446744073709551615"))
            .starts_with(at(3) + "18446744073709551613 fewer instructions than \"insts\" says"));
  for (const char* count : {"18446744073709551616", "-1", "0x2", "", "2 2", "two"}) {
    CHECK(parse_error(with_count(count)).starts_with(at(0) + "not a line of a thread block: \"insts ="));
  }
  const std::string block = thread_block(load);
  CHECK(parse_error(header({.grid = "(1,1,2)"}) + block + block).empty());
  CHECK(parse_error(header({.grid = "(1,1,1)"}) + block + block)
            .find(": more thread blocks than the 1 of \"-grid dim\": \"#BEGIN_TB\"") != std::string::npos);
  CHECK(parse_error(header({.grid = "(4294967295,4294967295,4294967295)"}) + block)
            .find(": the file ends after 1 of 18446744073709551615 thread blocks") != std::string::npos);
  const std::string registers = "0000 00000001 4000000000 R2 LDG.E 1 R4 4 2 0x1000\n";
  CHECK(parse_error(header() + thread_block(registers)).find(": not an instruction with PC") != std::string::npos);
}

TEST_CASE("accelsim: instructions that are damaged are errors with their line") {
  struct Case {
    const char* line;
    const char* problem;
  };
  const std::string good = "0000 00000001 1 R2 LDG.E 1 R4 4 2 0x1000\n";
  for (const Case& c : std::array{
           Case{"0", "not an instruction with PC, mask and registers"},
           Case{"0000 fffffffff 0 EXIT 0 0", "not an instruction with PC, mask and registers"},
           Case{"0000 ffffffffx 0 EXIT 0 0", "not an instruction with PC, mask and registers"},
           Case{"0000 ffffffff x EXIT 0 0", "not an instruction with PC, mask and registers"},
           Case{"0000 ffffffff 2 R1 EXIT 0 0", "not an instruction with PC, mask and registers"},
           Case{"0000 ffffffff 0", "an instruction without an opcode"},
           Case{"0000 ffffffff 0 R1 0 0", "an instruction without an opcode"},
           Case{"0000 ffffffff 0 0 0", "an instruction without an opcode"},
           Case{"0000 ffffffff 0 EXIT", "not an instruction with its source registers"},
           Case{"0000 ffffffff 0 EXIT 65", "not an instruction with its source registers"},
           Case{"0000 ffffffff 0 EXIT 1 4", "not an instruction with its source registers"},
           Case{"0000 ffffffff 0 EXIT 0", "an instruction without \"mem_width\""},
           Case{"0000 ffffffff 0 EXIT 0 -1", "an instruction without \"mem_width\""},
           Case{"0000 ffffffff 1 R2 LDG.E 1 R4 257 1 0x1000 4", "lanes of more than 256 bytes"},
           Case{"0000 ffffffff 1 R2 LDG.E 1 R4 4", "addresses of a mode that is not 0, 1 or 2"},
           Case{"0000 ffffffff 1 R2 LDG.E 1 R4 4 3 0x1000", "addresses of a mode that is not 0, 1 or 2"},
           Case{"0000 00000003 1 R2 LDG.E 1 R4 4 0 0x1000", "fewer addresses than active lanes, or a bad one"},
           Case{"0000 00000003 1 R2 LDG.E 1 R4 4 0 0x1000 0xg", "fewer addresses than active lanes, or a bad one"},
           Case{"0000 00000003 1 R2 LDG.E 1 R4 4 1 0x1000", "fewer addresses than active lanes, or a bad one"},
           Case{"0000 00000003 1 R2 LDG.E 1 R4 4 1 0x1000 4x", "fewer addresses than active lanes, or a bad one"},
           Case{"0000 00000003 1 R2 LDG.E 1 R4 4 2 0x1000", "fewer addresses than active lanes, or a bad one"},
           Case{"0000 00000003 1 R2 LDG.E 1 R4 4 2 0x1000 --4", "fewer addresses than active lanes, or a bad one"},
           Case{"0000 00000001 1 R2 LDG.E 1 R4 4 2 0xfffffffffffffffc",
                "a lane goes past the end of the address space"},
           Case{"0000 00000003 1 R2 LDG.E 1 R4 4 1 0x1000 -4097", "a lane goes past the end of the address space"},
       }) {
    CAPTURE(c.line);
    std::string instructions = good;
    instructions.append(c.line).append("\n").append(good);
    const std::string error = parse_error(header() + thread_block(instructions));
    CHECK(error == "t:" + std::to_string(lines_in(header()) + 8) + ": " + c.problem + ": \"" + c.line +
                       "\"; the file is damaged, or of a version that is not known here: copy or record it again");
  }
}

TEST_CASE("accelsim: headers and thread blocks that are damaged are errors with their line") {
  const std::string block = thread_block("0000 00000001 1 R2 LDG.E 1 R4 4 2 0x1000\n");
  const auto problem = [&](const std::string& text) {
    const std::string error = parse_error(text);
    return error.substr(0, error.find("; "));
  };
  CHECK(problem("-kernel name = k\n-grid dim = (1,1\n" + block) ==
        "t:2: not dimensions like (98,1,1): \"-grid dim = (1,1\"");
  CHECK(problem("-kernel name = k\n-grid dim = 1,1,1\n" + block) ==
        "t:2: not dimensions like (98,1,1): \"-grid dim = 1,1,1\"");
  CHECK(problem("-kernel name = k\n-cuda stream id = x\n" + block) == "t:2: not a number: \"-cuda stream id = x\"");
  CHECK(problem("-kernel name = k\n-shmem base_addr = \n" + block) == "t:2: not an address: \"-shmem base_addr = \"");
  CHECK(problem("-kernel name = k\n-local mem base_addr = zz\n" + block) ==
        "t:2: not an address: \"-local mem base_addr = zz\"");
  CHECK(problem("-kernel name = k\n-kernel\n" + block) == "t:2: a line of the header has no value: \"-kernel\"");
  CHECK(problem("-kernel name = k\nhello\n" + block) == "t:2: not a line of the header: \"hello\"");
  CHECK(problem("-kernel id = 1\n" + block) == "t:2: the header has no \"-kernel name\"");
  CHECK(problem("-kernel name = k\n" + block + "hello\n") == "t:12: not the begin of a thread block: \"hello\"");
  CHECK(problem("-kernel name = k\n#BEGIN_TB\n#BEGIN_TB\n") == "t:3: not a line of a thread block: \"#BEGIN_TB\"");
  CHECK(problem("-kernel name = k\n#BEGIN_TB\nthread block = 0,0\n") ==
        "t:3: not a line of a thread block: \"thread block = 0,0\"");
  CHECK(problem("-kernel name = k\n#BEGIN_TB\nwarp 0\n") == "t:3: not a line of a thread block: \"warp 0\"");
  CHECK(problem("-kernel name = k\n" + block).empty());  // the least that a header must have
  CHECK(parse_error("-kernel name = k\n") ==
        "t: the trace has no access of device memory and no copy; trace a program that has, and its kernels with it");
  CHECK(parsed_list("MemcpyHtoD,0x1000,4\nk.traceg\n", {{"t/k.traceg", "-kernel name = k\n"}}).events.size() == 4);
}

TEST_CASE("accelsim: blocks are bounded whatever the lines are") {
  std::string many_copies = "kernel-1.traceg\n";
  for (int i = 0; i < 5000; ++i) many_copies += "MemcpyHtoD,0x1000,4\n";
  std::string scattered;
  for (int i = 0; i < 1000; ++i) scattered += "0000 ffffffff 1 R2 LDG.E 1 R4 4 1 0x7f0000000000 4096\n";
  AccelSimReader reader(open_bytes_in_memory(many_copies, "list"), [&](const std::string& path) {
    CHECK(path == "kernel-1.traceg");
    static const std::string kKernel = header() + thread_block(scattered);
    return open_bytes_in_memory(kKernel, path);
  });
  AccessBlock block;
  std::size_t accesses = 0;
  std::size_t events = 0;
  while (reader.next(block)) {
    CHECK_FALSE(block.empty());
    CHECK(block.accesses.size() <= kBlockAccesses);
    CHECK(block.events.size() <= kBlockAccesses);
    accesses += block.accesses.size();
    events += block.events.size();
  }
  CHECK(accesses == 32'000);
  CHECK(events == 2 + 1 + 2 * 5000);  // launch and end, the first copy's wait, and each copy with the host's wait
}

TEST_CASE("accelsim: texts of other formats are not taken for it") {
  for (const char* text :
       {"", "\n\n", "-help\n", "- list\nkernel name = k\n", "agent,op,file.traceg\n", "see kernel-1.traceg there\n",
        "#BEGIN_TB\n",
        "------------- NVBit (NVidia Binary Instrumentation Tool v1.5.5) Loaded --------------\nhello\n"}) {
    CAPTURE(text);
    CHECK_FALSE(AccelSimReader::recognises(text));
  }
  for (const char* text : {"kernel-1.traceg\n", "\n\nMemcpyHtoD,0x1,1\n", "kernel-1-ctx_0x55d0.traceg.xz\n",
                           "-kernel id = 1\n-kernel name = k\n", "\n-accelsim tracer version = 4\n"}) {
    CAPTURE(text);
    CHECK(AccelSimReader::recognises(text));
  }
}

}  // namespace accelsim_test
}  // namespace farfault::traces
