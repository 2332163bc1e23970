#include "sim/replay/sampled_prefetcher.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace farfault {
namespace {

/// Units of one range that are looked at: more than a driver queues, and a bound on what one fault may take.
constexpr std::uint64_t kMostUnits = std::uint64_t{1} << 20U;

class SampledPrefetcher final : public Prefetcher {
 public:
  SampledPrefetcher(std::unique_ptr<Prefetcher> prefetcher, const traces::SampleOptions& sample)
      : prefetcher_(std::move(prefetcher)), sample_(sample), unit_pages_(sample.unit / kPageSize) {}

  std::string_view name() const override { return prefetcher_->name(); }
  PageMask select(const PrefetchRequest& request) override { return prefetcher_->select(request); }
  void ahead(const PrefetchRequest& request, std::vector<PageRange>& out) override {
    ranges_.clear();
    prefetcher_->ahead(request, ranges_);
    for (const PageRange& range : ranges_) add(range, out);
  }
  bool wants_future() const override { return prefetcher_->wants_future(); }
  void foresee(DeviceId device, FutureUses& future) override { prefetcher_->foresee(device, future); }
  std::optional<BlockPages> foreseen(DeviceId device, std::size_t chunks) override {
    return prefetcher_->foreseen(device, chunks);
  }
  bool heeds_calls() const override { return prefetcher_->heeds_calls(); }

 private:
  void add(const PageRange& range, std::vector<PageRange>& out) const {
    if (range.pages == 0) return;
    const std::uint64_t first = range.first / unit_pages_;
    const std::uint64_t last = std::min((range.end() - 1) / unit_pages_, first + kMostUnits);
    for (std::uint64_t unit = first; unit <= last; ++unit) {
      if (!sample_.keeps(unit)) continue;
      const std::uint64_t from = std::max(range.first, unit * unit_pages_);
      const std::uint64_t end = std::min(range.end(), (unit + 1) * unit_pages_);
      out.push_back({from, end - from});
    }
  }

  std::unique_ptr<Prefetcher> prefetcher_;
  traces::UnitSample sample_;
  std::uint64_t unit_pages_;
  std::vector<PageRange> ranges_;
};

}  // namespace

std::unique_ptr<Prefetcher> prefetch_of_sample(std::unique_ptr<Prefetcher> prefetcher,
                                               const traces::SampleOptions& sample) {
  return std::make_unique<SampledPrefetcher>(std::move(prefetcher), sample);
}

}  // namespace farfault
