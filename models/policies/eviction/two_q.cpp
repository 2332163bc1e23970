#include "models/policies/eviction/two_q.h"

#include "models/policies/eviction/chunk_list.h"
#include "models/policies/eviction/hit_policy.h"

namespace farfault {
namespace {

class TwoQ final : public HitPolicy {
 public:
  TwoQ(Bytes granularity, double kin, double kout) : HitPolicy(granularity), kin_(kin), kout_(kout) {}
  std::string_view name() const override { return "two_q/1"; }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    room_.on_full(in_.size() + main_.size());
    const auto may_leave = [&](ChunkId chunk) { return view.evictable(chunk); };
    const bool from_in = in_.size() > share(kin_) || main_.size() == 0;
    victim_ = (from_in ? in_ : main_).first(may_leave);
    if (!victim_) victim_ = (from_in ? main_ : in_).first(may_leave);
    return victim_;
  }

 protected:
  void insert(ChunkId chunk) override {
    room_.on_insert();
    const bool known = out_.contains(chunk);
    // The paper looks it up before what leaves for it is remembered, so the list may be one too long until here.
    while (out_.size() > share(kout_)) out_.remove(*out_.front());
    if (out_.contains(chunk)) out_.remove(chunk);
    (known ? main_ : in_).push_back(chunk);
  }
  void hit(ChunkId chunk) override {
    if (main_.contains(chunk)) main_.move_to_back(chunk);
  }
  void remove(ChunkId chunk) override {
    if (main_.contains(chunk)) {
      main_.remove(chunk);
    } else {
      in_.remove(chunk);
      if (victim_ == chunk) out_.push_back(chunk);
    }
    victim_.reset();
  }

 private:
  std::size_t share(double of) const { return static_cast<std::size_t>(of * static_cast<double>(room_.capacity())); }

  double kin_;
  double kout_;
  RoomMeter room_;
  ChunkList in_;    // A1in, oldest first
  ChunkList out_;   // A1out: not resident, oldest first
  ChunkList main_;  // Am, least recently used first
  std::optional<ChunkId> victim_;
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_two_q(Bytes granularity, double kin, double kout) {
  return std::make_unique<TwoQ>(granularity, kin, kout);
}

}  // namespace farfault
