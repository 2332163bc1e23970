// A sequence of calls and the decisions that must come of it.
#include <cstdio>

#include "models/policies/plugin.h"

namespace {

using namespace farfault;

class AllBut final : public EvictionView {
 public:
  explicit AllBut(ChunkId kept) : kept_(kept) {}
  bool evictable(ChunkId chunk) const override { return chunk != kept_; }
  std::optional<ChunkId> wanted() const override { return std::nullopt; }
  unsigned pages_to_copy(ChunkId /*chunk*/) const override { return 0; }

 private:
  ChunkId kept_;
};

int failures = 0;

void expect(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  ++failures;
}

}  // namespace

int main() {
  PolicyRegistry registry;
  farfault_plugin()->register_policies(registry);
  const PolicyInfo<EvictionPolicy>& info = *registry.eviction.find("mru");
  const auto policy = info.make(Parameters::defaults(info.parameters), 1);

  const SimTime now = SimTime::zero();
  const ChunkId a(1);
  const ChunkId b(2);
  const ChunkId none(0);
  expect(!policy->victim(AllBut(none)), "there is nothing to evict");
  policy->on_resident(a, now);
  policy->on_resident(b, now);
  expect(policy->victim(AllBut(none)) == b, "what came last leaves first");
  const ChunkId touched[] = {b, a};
  policy->on_touches(touched, now);
  expect(policy->victim(AllBut(none)) == a, "what was used last leaves first");
  expect(policy->victim(AllBut(a)) == b, "what cannot be evicted stays");
  policy->on_removed(a);
  expect(policy->victim(AllBut(none)) == b, "what has left is gone");
  return failures == 0 ? 0 : 1;
}
