#include "models/policies/prefetch/oracle.h"

#include <vector>

#include "models/policies/future.h"

namespace farfault {
namespace {

class OraclePrefetcher final : public Prefetcher {
 public:
  std::string_view name() const override { return "oracle/1"; }
  bool wants_future() const override { return true; }
  void foresee(DeviceId device, FutureUses& future) override {
    if (device.value() >= futures_.size()) futures_.resize(device.value() + std::size_t{1});
    futures_[device.value()] = &future;
  }
  PageMask select(const PrefetchRequest& request) override {
    return request.processor == 0 ? PageMask::all() : PageMask();
  }
  std::optional<BlockPages> foreseen(DeviceId device, std::size_t chunks) override {
    return futures_[device.value()]->ahead(chunks);
  }

 private:
  std::vector<FutureUses*> futures_;  // by device
};

}  // namespace

std::unique_ptr<Prefetcher> make_oracle_prefetcher() { return std::make_unique<OraclePrefetcher>(); }

}  // namespace farfault
