#include "traces/generators/patterns/touch.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace touch_program {

constexpr const char* kName = "touch";
constexpr std::uint64_t kWord = 8;

struct Settings {
  std::vector<std::uint64_t> offsets;
  std::uint64_t blocks = 0;
  std::uint64_t size = 0;
  Op operation = Op::kRead;
  bool host_first = false;
  std::uint64_t host_after = 0;  ///< pages of each block
  bool dependent = false;
};

Program touch(Emitter& out, Settings s) {
  const std::uint64_t base = out.map("blocks", kBlockSize * s.blocks);
  for (std::uint64_t page = 0; s.host_first && page < s.blocks * kPagesPerBlock; ++page) {
    out.write(base + page * kPageSize.count(), kWord);
    if (out.full()) co_yield Pause{};
  }
  out.launch("touch");
  std::uint64_t touches = 0;
  for (std::uint64_t block = 0; block < s.blocks; ++block) {
    for (const std::uint64_t offset : s.offsets) {
      if (s.dependent && touches++ != 0) out.dependency();
      out.access(base + block * kBlockSize.count() + offset, s.size, s.operation);
      if (out.full()) co_yield Pause{};
    }
  }
  out.end_kernel();
  out.synchronize();
  for (std::uint64_t i = 0; i < s.blocks * s.host_after; ++i) {
    const std::uint64_t page = i / s.host_after * kPagesPerBlock + i % s.host_after;
    out.read(base + page * kPageSize.count(), kWord);
    if (out.full()) co_yield Pause{};
  }
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(' ') + 1 - begin);
}

/// "0 B, 64 KiB".
std::vector<std::uint64_t> offsets_of(std::string_view text, Bytes size) {
  std::vector<std::uint64_t> offsets;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    const Parsed<Bytes> offset = parse_bytes(trimmed(text.substr(begin, end - begin)));
    if (!offset) {
      refuse(kName, "offsets \"" + printable(text) + "\": " + offset.problem,
             "give a list like \"0 B, 64 KiB, 4 KiB\"");
    }
    if (*offset.value > kBlockSize - size) {
      refuse(kName, "offset " + format_exact(*offset.value) + " is not inside a 2 MiB block",
             "give at most " + format_exact(kBlockSize - size) + ", access_size before its end");
    }
    offsets.push_back(offset.value->count());
    begin = end + 1;
  }
  return offsets;
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  const Bytes size = access_size_of(parameters, kName);
  s.offsets = offsets_of(parameters.get<std::string>("offsets"), size);
  s.blocks = parameters.get<std::uint64_t>("blocks");
  s.size = size.count();
  s.operation = operation_of(parameters, "operation");
  s.host_first = parameters.get<bool>("host_first");
  s.host_after = parameters.get<std::uint64_t>("host_after");
  s.dependent = parameters.get<bool>("dependent");
  return [s](Emitter& out) { return touch(out, s); };
}

}  // namespace touch_program

GeneratorInfo touch_generator() {
  using namespace touch_program;  // NOLINT(google-build-using-namespace): what is above
  ParameterInfo offsets;
  offsets.name = "offsets";
  offsets.fallback = std::string("0 B");
  offsets.description = "where each 2 MiB block is touched, in this order: \"0 B, 64 KiB, 4 KiB\"";
  offsets.source = "assumption";

  ParameterInfo host_first;
  host_first.name = "host_first";
  host_first.fallback = true;
  host_first.description = "the CPU writes a word of every page first, so that there is something to migrate";
  host_first.source = "assumption";

  ParameterInfo dependent;
  dependent.name = "dependent";
  dependent.fallback = true;
  dependent.description = "a touch waits for the one before: its fault is not in the same batch";
  dependent.source = "assumption";

  ParameterInfo access_size = access_size_parameter();
  access_size.fallback = Bytes(4);
  access_size.description = "bytes of one access";
  access_size.source = "assumption: a word of one thread";

  return program_generator({
      .name = kName,
      .summary = "a kernel touches an explicit list of places in each 2 MiB block, block after block",
      .parameters = {offsets, count_parameter("blocks", 1, "2 MiB blocks", "assumption", 1, kMaxFootprint / kBlockSize),
                     access_size, operation_parameter("operation", "read", "what a touch is"), host_first,
                     count_parameter("host_after", 0, "the first pages of each block that the CPU reads at the end",
                                     "assumption", 0, kPagesPerBlock),
                     dependent},
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
