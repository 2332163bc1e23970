#include "models/policies/eviction/arc.h"

#include <algorithm>

#include "models/policies/eviction/chunk_list.h"
#include "models/policies/eviction/hit_policy.h"

namespace farfault {
namespace {

class Arc final : public HitPolicy {
 public:
  using HitPolicy::HitPolicy;
  std::string_view name() const override { return "arc/1"; }

  std::optional<ChunkId> victim(const EvictionView& view) override {
    room_.on_full(once_.size() + often_.size());
    const auto may_leave = [&](ChunkId chunk) { return view.evictable(chunk); };
    const std::optional<ChunkId> wanted = view.wanted();
    if (wanted) adapt(*wanted);
    const bool back_once = wanted && left_once_.contains(*wanted);
    const bool back_often = wanted && left_often_.contains(*wanted);
    remember_ = true;
    bool from_once = false;
    if (!back_once && !back_often) {
      const std::size_t capacity = room_.capacity();
      const std::size_t ever_once = once_.size() + left_once_.size();
      if (ever_once >= capacity && left_once_.size() != 0) {
        left_once_.remove(*left_once_.front());
      } else if (ever_once >= capacity) {
        from_once = true;
        remember_ = false;
      } else if (ever_once + often_.size() + left_often_.size() >= 2 * capacity) {
        left_often_.remove(*left_often_.front());
      }
    }
    if (remember_) {
      const auto size = static_cast<double>(once_.size());
      from_once = once_.size() != 0 && (size > target_ || (back_often && size == target_));
    }
    victim_ = (from_once ? once_ : often_).first(may_leave);
    if (!victim_) victim_ = (from_once ? often_ : once_).first(may_leave);
    return victim_;
  }

 protected:
  void insert(ChunkId chunk) override {
    room_.on_insert();
    if (left_once_.contains(chunk) || left_often_.contains(chunk)) {
      adapt(chunk);
      ChunkList& from = left_once_.contains(chunk) ? left_once_ : left_often_;
      from.remove(chunk);
      often_.push_back(chunk);
    } else {
      once_.push_back(chunk);
    }
    adapted_.reset();
  }
  void hit(ChunkId chunk) override {
    if (often_.contains(chunk)) return often_.move_to_back(chunk);
    once_.remove(chunk);
    often_.push_back(chunk);
  }
  void remove(ChunkId chunk) override {
    const bool once = once_.contains(chunk);
    (once ? once_ : often_).remove(chunk);
    if (victim_ == chunk && remember_) (once ? left_once_ : left_often_).push_back(chunk);
    victim_.reset();
  }

 private:
  /// Moves the target, once for each chunk that comes back.
  void adapt(ChunkId wanted) {
    if (adapted_ == wanted) return;
    adapted_ = wanted;
    const auto once = static_cast<double>(left_once_.size());
    const auto often = static_cast<double>(left_often_.size());
    if (left_once_.contains(wanted)) {
      target_ = std::min(static_cast<double>(room_.capacity()), target_ + std::max(often / once, 1.0));
    } else if (left_often_.contains(wanted)) {
      target_ = std::max(0.0, target_ - std::max(once / often, 1.0));
    }
  }

  RoomMeter room_;
  ChunkList once_;        // T1, least recently used first, as the others
  ChunkList often_;       // T2
  ChunkList left_once_;   // B1: not resident
  ChunkList left_often_;  // B2
  double target_ = 0;     // p, of T1's size
  bool remember_ = true;  // the victim
  std::optional<ChunkId> victim_;
  std::optional<ChunkId> adapted_;  // to what is wanted, already
};

}  // namespace

std::unique_ptr<EvictionPolicy> make_arc(Bytes granularity) { return std::make_unique<Arc>(granularity); }

}  // namespace farfault
