/// Which physical frames of a device back the pages of one block.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "sim/core/page_mask.h"

namespace farfault {

/// A block backed by one 2 MiB chunk takes one number; any other takes an array of 512, from a pool that all blocks
/// share and return to when they are empty. So the memory for frames follows what devices hold, not the footprint.
class BlockFrames {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  using Array = std::array<std::uint32_t, kPagesPerBlock>;
  using Pool = std::vector<std::unique_ptr<Array>>;

  /// Backs `pages` pages from `first` on with consecutive frames. REQUIRES: none of them is backed.
  void set(unsigned first, unsigned pages, std::uint32_t frame, Pool& pool) {
    if (pages == kPagesPerBlock) {
      whole_ = frame;
      return;
    }
    expand(pool);
    for (unsigned i = 0; i < pages; ++i) (*frames_)[first + i] = frame + i;
  }

  /// Takes the frames of `pages` away; calls `release(frame, count)` for each run of consecutive frames within one root
  /// chunk. REQUIRES: all of them are backed; `left` are the pages that stay.
  template <class Release>
  void take(const PageMask& pages, const PageMask& left, Pool& pool, Release&& release) {
    if (whole_ != kNone && left.none()) {
      release(whole_, kPagesPerBlock);
      whole_ = kNone;
      return;
    }
    expand(pool);
    Array& frames = *frames_;
    for (unsigned page = pages.next(0); page < kPagesPerBlock;) {
      const std::uint32_t frame = frames[page];
      unsigned count = 0;
      do {
        frames[page + count] = kNone;
        ++count;
      } while (page + count < kPagesPerBlock && pages.test(page + count) && frames[page + count] == frame + count &&
               (frame + count) % kPagesPerBlock != 0);
      release(frame, count);
      page = pages.next(page + count);
    }
    if (left.none()) pool.push_back(std::move(frames_));
  }

  /// kNone where the page is not backed.
  std::uint32_t frame(unsigned page) const {
    if (whole_ != kNone) return whole_ + page;
    return frames_ ? (*frames_)[page] : kNone;
  }

 private:
  void expand(Pool& pool) {
    if (frames_) return;
    if (pool.empty()) {
      frames_ = std::make_unique<Array>();
    } else {
      frames_ = std::move(pool.back());
      pool.pop_back();
    }
    for (unsigned page = 0; page < kPagesPerBlock; ++page) (*frames_)[page] = whole_ == kNone ? kNone : whole_ + page;
    whole_ = kNone;
  }

  std::uint32_t whole_ = kNone;
  std::unique_ptr<Array> frames_;
};

}  // namespace farfault
