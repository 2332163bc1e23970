// Most recently used leaves first: the best that can be done about a scan that comes round again and again, of which
// LRU throws away each page just before its next use.
#include "models/policies/eviction/chunk_list.h"
#include "models/policies/parameter_info.h"
#include "models/policies/plugin.h"

namespace {

using namespace farfault;

class Mru final : public EvictionPolicy {
 public:
  explicit Mru(Bytes granularity) : granularity_(granularity) {}

  // With a version, which rises whenever decisions can change.
  std::string_view name() const override { return "mru/1"; }
  TouchNeed touch_need() const override { return TouchNeed::kChunk; }
  Bytes granularity() const override { return granularity_; }

  void on_resident(ChunkId chunk, SimTime /*now*/) override { order_.push_back(chunk); }
  void on_touches(std::span<const ChunkId> chunks, SimTime /*now*/) override {
    for (const ChunkId chunk : chunks) {
      if (order_.contains(chunk)) order_.move_to_back(chunk);
    }
  }
  void on_removed(ChunkId chunk) override { order_.remove(chunk); }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    return order_.last([&](ChunkId chunk) { return view.evictable(chunk); });
  }

 private:
  Bytes granularity_;
  ChunkList order_;  // used last at the back
};

void register_mru(PolicyRegistry& registry) {
  // name, version, summary, source, parameters, factory
  registry.eviction.add({"mru",
                         "mru/1",
                         "Most recently used chunk first: for scans that come round.",
                         "textbook",
                         {granularity_parameter("2 MiB as the production driver's root chunk (uvm_pmm_gpu.c)")},
                         [](const Parameters& parameters, std::uint64_t /*seed*/) {
                           return std::make_unique<Mru>(parameters.get<Bytes>("granularity"));
                         }});
}

}  // namespace

const farfault::Plugin* farfault_plugin() {
  static constexpr farfault::Plugin kPlugin = farfault::make_plugin("mru", register_mru);
  return &kPlugin;
}
