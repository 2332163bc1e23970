#include "traces/formats.h"

#include <algorithm>
#include <array>
#include <utility>

#include "traces/native/reader.h"
#include "traces/readers/accelsim.h"
#include "traces/readers/csv.h"
#include "traces/readers/lackey.h"
#include "traces/readers/nsys.h"
#include "traces/readers/nvbit.h"
#include "traces/readers/oracle_general.h"
#include "traces/readers/perf_script.h"
#include "traces/readers/uvm_log.h"

namespace farfault::traces {
namespace {

template <class ReaderOfFormat>
std::unique_ptr<Reader> read_with(std::unique_ptr<ByteSource> source, const ReadOptions&) {
  return std::make_unique<ReaderOfFormat>(std::move(source));
}

constexpr std::array kFormats{
    FormatInfo{"fft", "farfault's own format: chunks of compressed columns", "docs/trace-format.md", is_native,
               read_native},
    FormatInfo{"lackey", "valgrind's lackey: loads, stores and system calls of a CPU program, as text",
               "valgrind 3.19 lackey/lk_main.c, recordings", LackeyReader::recognises, read_with<LackeyReader>},
    FormatInfo{"nvbit", "NVBit's mem_trace: memory instructions of the warps of a CUDA program, as text",
               "NVBit 1.5 tools/mem_trace/mem_trace.cu", NvbitReader::recognises, read_with<NvbitReader>},
    FormatInfo{"accelsim", "Accel-Sim's kernelslist.g or .traceg: warps' instructions and copies of a CUDA program",
               "Accel-Sim trace_parser.cpp, tracer versions 1 to 5", AccelSimReader::recognises,
               read_with<AccelSimReader>},
    FormatInfo{"uvm-log", "faults that an instrumented NVIDIA UVM driver wrote to the kernel log",
               "logs and drivers of uvm-eval 632b47b", UvmLogReader::recognises, read_with<UvmLogReader>},
    FormatInfo{"nsys", "unified-memory faults and migrations of CUDA: the SQLite export of an Nsight Systems report",
               "documentation of Nsight Systems and CUPTI", NsysReader::recognises, read_with<NsysReader>},
    FormatInfo{"perf-script", "page faults of a CPU program, as perf script prints them", "recordings with perf 6.1",
               PerfScriptReader::recognises, read_with<PerfScriptReader>},
    FormatInfo{"csv", "columns agent, op, addr, size, maybe time and detail: what converters write",
               "defined here (traces/readers/csv.h)", CsvReader::recognises, read_with<CsvReader>},
    // Has no mark of its own: after all that have one.
    FormatInfo{"oracle-general", "libCacheSim's requests for objects, each taken for a page",
               "libCacheSim's documentation", OracleGeneralReader::recognises, read_with<OracleGeneralReader>},
};

}  // namespace

std::span<const FormatInfo> formats() { return kFormats; }

const FormatInfo* find_format(std::string_view name) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(), [name](const FormatInfo& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

}  // namespace farfault::traces
