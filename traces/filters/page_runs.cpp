#include "traces/filters/page_runs.h"

#include <algorithm>
#include <utility>

#include "sim/core/units.h"

namespace farfault::traces {

PageRuns::PageRuns(std::unique_ptr<Reader> input)
    : Filter(std::move(input), "order and number of accesses within page runs") {}

void PageRuns::on_access(const Access& access, AccessBlock& out) {
  ++accesses_;
  const std::uint64_t end = access.address + access.size();
  const std::uint64_t page = access.address >> kPageShift;
  if (access.size() == 0 || (end - 1) >> kPageShift != page) {
    out.accesses.push_back(access);
    return;
  }
  for (std::size_t i = 0; i < open_; ++i) {
    Run& r = run(i);
    if (r.start >> kPageShift != page || r.op != access.op() || r.agent != access.agent) continue;
    r.start = std::min(r.start, access.address);
    r.end = std::max(r.end, end);
    r.instructions += access.gap;
    return;
  }
  if (open_ == kRuns) end_oldest(out);
  run(open_++) = Run{access.address, end, access.gap, access.op(), access.agent};
}

void PageRuns::on_event(const Event& event, AccessBlock& out) {
  if (event.kind == EventKind::kCompute) {
    for (std::size_t i = open_; i-- > 0;) {
      if (run(i).agent != event.agent) continue;
      run(i).instructions += event.value;
      return;
    }
  } else {
    while (open_ != 0) end_oldest(out);
  }
  append_event(out, event);
}

bool PageRuns::on_end(AccessBlock& out) {
  if (open_ == 0) return false;
  end_oldest(out);
  return true;
}

void PageRuns::end_oldest(AccessBlock& out) {
  const Run& r = run(0);
  append_access(out, Access::make(r.start, static_cast<std::uint32_t>(r.end - r.start), r.op, 0, r.agent),
                r.instructions);
  oldest_ = (oldest_ + 1) % kRuns;
  --open_;
}

}  // namespace farfault::traces
