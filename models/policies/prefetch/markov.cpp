#include "models/policies/prefetch/markov.h"

#include <algorithm>
#include <array>
#include <vector>

#include "sim/core/mix.h"

namespace farfault {
namespace {

constexpr std::uint64_t kNobody = ~std::uint64_t{0};

class Markov final : public Prefetcher {
 public:
  explicit Markov(const MarkovParameters& parameters) : parameters_(parameters), table_(parameters.entries) {}
  std::string_view name() const override { return "markov/1"; }

  PageMask select(const PrefetchRequest& request) override {
    // All of the block that faulted, as DeepUM moves whole blocks.
    return (request.faulted & ~request.thrashing).any() ? PageMask::all() : PageMask();
  }
  void ahead(const PrefetchRequest& request, std::vector<PageRange>& out) override {
    const std::uint64_t block = request.number.value();
    if (block != last_) {
      if (last_ != kNobody) learn(last_, block);
      last_ = block;
    }
    std::uint64_t at = block;
    for (std::uint64_t step = 0; step < parameters_.depth; ++step) {
      const Entry* const entry = find(at);
      if (entry == nullptr) return;
      for (std::uint64_t i = 0; i < parameters_.successors && entry->next[i] != kNobody; ++i) {
        out.push_back({entry->next[i] * kPagesPerBlock, kPagesPerBlock});
      }
      at = entry->next[0];
    }
  }

 private:
  struct Entry {
    std::uint64_t block = kNobody;
    std::array<std::uint64_t, 8> next{};  // most recent first
  };

  Entry& place(std::uint64_t block) { return table_[mix64(block) % table_.size()]; }
  const Entry* find(std::uint64_t block) {
    const Entry& entry = place(block);
    return entry.block == block ? &entry : nullptr;
  }
  void learn(std::uint64_t block, std::uint64_t next) {
    Entry& entry = place(block);
    if (entry.block != block) {
      entry.block = block;
      entry.next.fill(kNobody);
    }
    const auto end = entry.next.begin() + static_cast<std::ptrdiff_t>(parameters_.successors);
    auto known = std::find(entry.next.begin(), end, next);
    if (known == end) --known;
    std::move_backward(entry.next.begin(), known, known + 1);
    entry.next[0] = next;
  }

  MarkovParameters parameters_;
  std::vector<Entry> table_;  // one place for each block; who comes later takes it
  std::uint64_t last_ = kNobody;
};

}  // namespace

std::unique_ptr<Prefetcher> make_markov(const MarkovParameters& parameters) {
  return std::make_unique<Markov>(parameters);
}

}  // namespace farfault
