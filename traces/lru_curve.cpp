#include "traces/lru_curve.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "sim/core/error.h"
#include "traces/page_set.h"
#include "traces/reuse_distance.h"

namespace farfault::traces {
namespace {

std::string more_than(std::uint64_t limit, const char* what) {
  return "accesses touch more than " + std::to_string(limit) + what;
}

}  // namespace

LruCurve::LruCurve(std::vector<std::uint64_t> by_distance, std::uint64_t first, std::uint64_t touches,
                   std::uint64_t pages)
    : at_least_(std::move(by_distance)), first_(first), touches_(touches), pages_(pages) {
  std::uint64_t sum = first_;
  for (auto it = at_least_.rbegin(); it != at_least_.rend(); ++it) *it = sum += *it;
}

double LruCurve::faults(double capacity) const {
  if (first_ == 0) return 0;
  // A distance among the pages of the sample stands for one of so many times as many.
  const double scale = static_cast<double>(pages_) / static_cast<double>(first_);
  const double distance = std::ceil(std::max(capacity, 0.0) / scale);
  const bool beyond = distance >= static_cast<double>(at_least_.size());
  const std::uint64_t missed = beyond ? first_ : at_least_[static_cast<std::size_t>(distance)];
  return std::min(static_cast<double>(missed) * scale, static_cast<double>(touches_));
}

double LruCurve::miss_ratio(double capacity) const {
  return touches_ == 0 ? 0 : faults(capacity) / static_cast<double>(touches_);
}

LruCurve measure_lru_curve(Reader& reader, const std::string& trace, const CurveOptions& options) {
  const UnitSample sample({options.rate, options.seed, kPageSize});
  ReuseDistances distances(options.page_limit, true);
  PageSet pages(Diagnostic{trace, 0, "", more_than(options.block_limit, " blocks of 2 MiB"),
                           "measure a part of it: farfault trace cut"},
                options.block_limit);
  std::uint64_t touches = 0;
  AccessBlock block;
  while (reader.next(block)) {
    for (const Access& access : block.accesses) {
      if (access.size() == 0) continue;
      const std::uint64_t first = access.address >> kPageShift;
      const std::uint64_t last = (end_of(access.address, access.size()) - 1) >> kPageShift;
      pages.add(first, last);
      touches += last - first + 1;
      for (std::uint64_t page = first; page <= last; ++page) {
        if (sample.keeps(page)) distances.touch(page);
      }
    }
  }
  const auto counts = distances.counts();
  auto by_distance = distances.by_distance();
  if (!counts || !by_distance) {
    throw InputError(Diagnostic{trace, 0, "", more_than(options.page_limit, " pages of 4 KiB"),
                                "look at a smaller sample of them: --sample 0.01"});
  }
  if (counts->first == 0 && pages.pages() != 0) {
    throw InputError(Diagnostic{trace, 0, "", "no page of the trace is in the sample", "raise --sample"});
  }
  return {std::move(*by_distance), counts->first, touches, pages.pages()};
}

}  // namespace farfault::traces
