#include "models/policies/prefetch/stride.h"

#include <vector>

#include "sim/core/mix.h"

namespace farfault {
namespace {

class Stride final : public Prefetcher {
 public:
  explicit Stride(const StrideParameters& parameters) : parameters_(parameters), table_(parameters.entries) {}
  std::string_view name() const override { return "stride/1"; }

  PageMask select(const PrefetchRequest& request) override {
    beyond_.clear();
    PageMask out;
    Entry& entry = entry_of(request);
    const std::uint64_t base = request.number.value() * kPagesPerBlock;
    (request.faulted & ~request.thrashing).for_each([&](unsigned page) {
      if (!follow(entry, base + page)) return;
      std::uint64_t next = base + page;
      for (std::uint64_t i = 0; i < parameters_.degree; ++i) {
        next += entry.stride;  // wraps where the stride is negative
        if (next - base < kPagesPerBlock) {
          out.set(static_cast<unsigned>(next - base));
        } else if (next >> 36U == 0) {
          beyond_.push_back({next, 1});
        }
      }
    });
    return out;
  }
  void ahead(const PrefetchRequest& /*request*/, std::vector<PageRange>& out) override {
    out.insert(out.end(), beyond_.begin(), beyond_.end());
  }

 private:
  struct Entry {
    std::uint64_t mapping = ~std::uint64_t{0};
    std::uint64_t last = 0;    // page number
    std::uint64_t stride = 0;  // pages, modulo 2^64
    std::uint64_t seen = 0;    // how often in a row; 0: none yet
  };

  Entry& entry_of(const PrefetchRequest& request) {
    Entry& entry = table_[mix64(request.allocation.first) % table_.size()];
    if (entry.mapping != request.allocation.first) {
      entry = Entry();
      entry.mapping = request.allocation.first;
      entry.last = ~std::uint64_t{0};
    }
    return entry;
  }
  /// Whether the stride is certain by now.
  bool follow(Entry& entry, std::uint64_t page) const {
    const bool first = entry.last == ~std::uint64_t{0};
    const std::uint64_t stride = page - entry.last;
    entry.last = page;
    if (first || stride == 0) return false;
    if (stride == entry.stride) {
      ++entry.seen;
    } else {
      entry.stride = stride;
      entry.seen = 1;
    }
    return entry.seen >= parameters_.confirmations;
  }

  StrideParameters parameters_;
  std::vector<Entry> table_;
  std::vector<PageRange> beyond_;  // pages of other blocks, from select() to ahead()
};

}  // namespace

std::unique_ptr<Prefetcher> make_stride(const StrideParameters& parameters) {
  return std::make_unique<Stride>(parameters);
}

}  // namespace farfault
