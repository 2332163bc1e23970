#include "traces/formats.h"

#include <algorithm>
#include <array>
#include <utility>

#include "traces/readers/accelsim.h"
#include "traces/readers/lackey.h"
#include "traces/readers/nvbit.h"

namespace farfault::traces {
namespace {

template <class ReaderOfFormat>
std::unique_ptr<Reader> read_with(std::unique_ptr<ByteSource> source, const ReadOptions&) {
  return std::make_unique<ReaderOfFormat>(std::move(source));
}

constexpr std::array kFormats{
    FormatInfo{"lackey", "valgrind's lackey: loads, stores and system calls of a CPU program, as text",
               "valgrind 3.19 lackey/lk_main.c, recordings", LackeyReader::recognises, read_with<LackeyReader>},
    FormatInfo{"nvbit", "NVBit's mem_trace: memory instructions of the warps of a CUDA program, as text",
               "NVBit 1.5 tools/mem_trace/mem_trace.cu", NvbitReader::recognises, read_with<NvbitReader>},
    FormatInfo{"accelsim", "Accel-Sim's kernelslist.g or .traceg: warps' instructions and copies of a CUDA program",
               "Accel-Sim trace_parser.cpp, tracer versions 1 to 5", AccelSimReader::recognises,
               read_with<AccelSimReader>},
};

}  // namespace

std::span<const FormatInfo> formats() { return kFormats; }

const FormatInfo* find_format(std::string_view name) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(), [name](const FormatInfo& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

}  // namespace farfault::traces
