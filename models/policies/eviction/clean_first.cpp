#include "models/policies/eviction/clean_first.h"

#include <algorithm>

#include "models/policies/eviction/chunk_order.h"

namespace farfault {
namespace {

class CleanFirst final : public RecencyOrder {
 public:
  CleanFirst(Bytes granularity, double window, std::size_t most)
      : RecencyOrder(granularity), window_(window), most_(most) {}
  std::string_view name() const override { return "clean_first/1"; }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    const auto share = static_cast<std::size_t>(window_ * static_cast<double>(order().size()));
    const std::size_t window = std::max<std::size_t>(1, std::min(share, most_));
    std::optional<ChunkId> oldest;
    std::size_t seen = 0;
    const auto found = order().first([&](ChunkId chunk) {
      if (!view.evictable(chunk)) return false;
      if (!oldest) oldest = chunk;
      return ++seen > window || view.pages_to_copy(chunk) == 0;
    });
    return found && seen <= window ? found : oldest;
  }

 private:
  double window_;
  std::size_t most_;  // that are looked at, however many the window has
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_clean_first(Bytes granularity, double window, std::size_t most) {
  return std::make_unique<CleanFirst>(granularity, window, most);
}

}  // namespace farfault
