#include "traces/lru_curve.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "sim/core/error.h"
#include "traces/reuse_distance.h"

namespace farfault::traces {

LruCurve::LruCurve(std::vector<std::uint64_t> by_distance, std::uint64_t first, std::uint64_t touches, double rate)
    : at_least_(std::move(by_distance)), first_(first), touches_(touches), rate_(rate) {
  std::uint64_t sum = first_;
  for (auto it = at_least_.rbegin(); it != at_least_.rend(); ++it) *it = sum += *it;
}

/// A distance among the pages of the sample stands for one of 1 / rate times as many. What the sample has of the
/// touches more or less than its share is hits: SHARDS adjusted, which corrects the count of the nearest distance
/// alone.
double LruCurve::faults(double capacity) const {
  const double distance = std::ceil(capacity * rate_);
  const bool beyond = distance >= static_cast<double>(at_least_.size());
  const std::uint64_t missed = beyond ? first_ : at_least_[static_cast<std::size_t>(std::max(distance, 0.0))];
  return std::min(static_cast<double>(missed) / rate_, static_cast<double>(touches_));
}

double LruCurve::miss_ratio(double capacity) const {
  return touches_ == 0 ? 0 : faults(capacity) / static_cast<double>(touches_);
}

LruCurve measure_lru_curve(Reader& reader, const std::string& trace, const CurveOptions& options) {
  const UnitSample sample({options.rate, options.seed, kPageSize});
  ReuseDistances distances(options.page_limit, true);
  std::uint64_t touches = 0;
  AccessBlock block;
  while (reader.next(block)) {
    for (const Access& access : block.accesses) {
      if (access.size() == 0) continue;
      const std::uint64_t last = (end_of(access.address, access.size()) - 1) >> kPageShift;
      for (std::uint64_t page = access.address >> kPageShift; page <= last; ++page) {
        ++touches;
        if (sample.keeps(page)) distances.touch(page);
      }
    }
  }
  const auto counts = distances.counts();
  auto by_distance = distances.by_distance();
  if (!counts || !by_distance) {
    throw InputError(Diagnostic{trace, 0, "",
                                "accesses touch more than " + std::to_string(options.page_limit) + " pages of 4 KiB",
                                "look at a sample of them: --sample 0.01"});
  }
  return {std::move(*by_distance), counts->first, touches, options.rate};
}

}  // namespace farfault::traces
