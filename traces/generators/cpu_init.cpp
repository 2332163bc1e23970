#include "traces/generators/cpu_init.h"

#include <algorithm>
#include <utility>

namespace farfault::traces {
namespace {

constexpr const char* kInit = "cpu_init";
constexpr const char* kResult = "cpu_result";

ParameterInfo parameter(const char* name, const char* what) {
  return choice_parameter(name, {"lines", "pages", "none"},
                          std::string(what) + ": an access a line of 64 bytes, the first line of each page, or nothing",
                          "lines: the original; pages and none: assumption, for large footprints");
}

SweepDetail detail_of(const Parameters& parameters, const char* name) {
  const auto& text = parameters.get<std::string>(name);
  if (text == "lines") return SweepDetail::kLines;
  return text == "pages" ? SweepDetail::kPages : SweepDetail::kNone;
}

Program sweep_pages(Emitter& out, std::vector<CpuSweep::Array> arrays, std::uint64_t elements) {
  bool more = true;
  for (std::uint64_t offset = 0; more; offset += kPageSize.count()) {
    more = false;
    for (const CpuSweep::Array& array : arrays) {
      const std::uint64_t bytes = elements * array.element_size;
      if (offset >= bytes) continue;
      more = true;
      out.access(array.address + offset, std::min(kCpuLine, bytes - offset), array.op);
    }
    if (out.full()) co_yield Pause{};
  }
}

Program sweep_lines(Emitter& out, std::vector<CpuSweep::Array> arrays, std::uint64_t elements) {
  for (CpuSweep sweep(arrays, elements); sweep.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

Program sweep_nothing() { co_return; }

}  // namespace

ParameterInfo cpu_init_parameter() { return parameter(kInit, "what the trace has of the CPU's filling of arrays"); }
SweepDetail cpu_init_of(const Parameters& parameters) { return detail_of(parameters, kInit); }
ParameterInfo cpu_result_parameter() {
  return parameter(kResult, "what the trace has of the CPU's reading of results");
}
SweepDetail cpu_result_of(const Parameters& parameters) { return detail_of(parameters, kResult); }

Program sweep_arrays(Emitter& out, SweepDetail detail, std::vector<CpuSweep::Array> arrays, std::uint64_t elements) {
  switch (detail) {
    case SweepDetail::kLines:
      return sweep_lines(out, std::move(arrays), elements);
    case SweepDetail::kPages:
      return sweep_pages(out, std::move(arrays), elements);
    case SweepDetail::kNone:
      break;
  }
  return sweep_nothing();
}

}  // namespace farfault::traces
