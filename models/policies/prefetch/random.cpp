#include "models/policies/prefetch/random.h"

#include <algorithm>
#include <array>

#include "sim/core/mix.h"

namespace farfault {
namespace {

class RandomPrefetcher final : public Prefetcher {
 public:
  RandomPrefetcher(unsigned pages, std::uint64_t seed) : pages_(pages), seed_(seed) {}
  std::string_view name() const override { return "random/1"; }
  PageMask select(const PrefetchRequest& request) override {
    std::array<std::uint16_t, kPagesPerBlock> left{};
    unsigned count = 0;
    request.eligible.for_each([&](unsigned page) { left[count++] = static_cast<std::uint16_t>(page); });
    PageMask out;
    const unsigned wanted = std::min<unsigned>(count, pages_ * (request.faulted & ~request.thrashing).count());
    for (unsigned i = 0; i < wanted; ++i) {
      const auto drawn = static_cast<unsigned>(mix64(seed_ ^ mix64(++draws_)) % count);
      out.set(left[drawn]);
      left[drawn] = left[--count];
    }
    return out;
  }

 private:
  unsigned pages_;
  std::uint64_t seed_;
  std::uint64_t draws_ = 0;
};

}  // namespace

std::unique_ptr<Prefetcher> make_random_prefetcher(unsigned pages, std::uint64_t seed) {
  return std::make_unique<RandomPrefetcher>(pages, seed);
}

}  // namespace farfault
