#include "models/policies/prefetch/next_n.h"

#include <algorithm>

namespace farfault {
namespace {

class NextN final : public Prefetcher {
 public:
  explicit NextN(unsigned pages) : pages_(pages) {}
  std::string_view name() const override { return "next_n/1"; }
  PageMask select(const PrefetchRequest& request) override {
    PageMask out;
    (request.faulted & ~request.thrashing).for_each([&](unsigned page) {
      out |=
          PageMask::range(page + 1, static_cast<unsigned>(std::min<std::uint64_t>(page + 1 + pages_, kPagesPerBlock)));
    });
    return out;
  }

 private:
  unsigned pages_;
};

}  // namespace

std::unique_ptr<Prefetcher> make_next_n(unsigned pages) { return std::make_unique<NextN>(pages); }

}  // namespace farfault
