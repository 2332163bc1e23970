#include "traces/read_ahead.h"

#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace farfault::traces {
namespace {

constexpr std::size_t kBlocksAhead = 16;

class ReadAhead final : public Reader {
 public:
  explicit ReadAhead(std::unique_ptr<Reader> reader)
      : reader_(std::move(reader)),
        format_(reader_->format()),
        agents_(reader_->agents()),
        limits_(reader_->limits()),
        meta_(reader_->meta()),
        agents_sent_(agents_.size()),
        meta_sent_(meta_) {
    thread_ = std::thread([this] { decode(); });
  }

  ~ReadAhead() override {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    room_.notify_one();
    thread_.join();
  }

  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  std::string_view format() const override { return format_; }
  const std::vector<Agent>& agents() const override { return agents_; }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

  bool next(AccessBlock& block) override {
    block.clear();
    std::unique_lock lock(mutex_);
    filled_.wait(lock, [this] { return !ready_.empty() || ended_; });
    if (ready_.empty()) {
      if (error_) std::rethrow_exception(error_);
      // The decoder is done: what it left is complete, and nobody writes to it any more.
      agents_ = reader_->agents();
      limits_ = reader_->limits();
      meta_ = reader_->meta();
      return false;
    }
    Piece piece = std::move(ready_.front());
    ready_.pop_front();
    if (piece.agents) agents_ = std::move(*piece.agents);
    if (piece.meta) meta_ = std::move(*piece.meta);
    std::swap(block, piece.block);
    // The consumer's old buffers go back to the decoder, so that a run allocates a fixed number of blocks.
    spare_.push_back(std::move(piece.block));
    lock.unlock();
    room_.notify_one();
    return true;
  }

 private:
  struct Piece {
    AccessBlock block;
    std::optional<std::vector<Agent>> agents;  ///< where there are more than with the piece before
    std::optional<TraceMeta> meta;             ///< where it is not that of the piece before
  };

  void decode() {
    try {
      for (;;) {
        Piece piece;
        {
          std::unique_lock lock(mutex_);
          room_.wait(lock, [this] { return ready_.size() < kBlocksAhead || stopped_; });
          if (stopped_) return;
          if (!spare_.empty()) {
            piece.block = std::move(spare_.back());
            spare_.pop_back();
          }
        }
        const bool more = reader_->next(piece.block);
        if (reader_->agents().size() != agents_sent_) {
          agents_sent_ = reader_->agents().size();
          piece.agents = reader_->agents();
        }
        if (reader_->meta() != meta_sent_) piece.meta = meta_sent_ = reader_->meta();
        const std::lock_guard lock(mutex_);
        if (!more) {
          ended_ = true;
          filled_.notify_one();
          return;
        }
        ready_.push_back(std::move(piece));
        filled_.notify_one();
      }
    } catch (...) {
      const std::lock_guard lock(mutex_);
      error_ = std::current_exception();
      ended_ = true;
      filled_.notify_one();
    }
  }

  std::unique_ptr<Reader> reader_;
  std::string format_;
  std::vector<Agent> agents_;
  TraceLimits limits_;
  TraceMeta meta_;
  std::size_t agents_sent_;  ///< used by the decoder alone, as is the next one
  TraceMeta meta_sent_;
  std::mutex mutex_;
  std::condition_variable filled_;
  std::condition_variable room_;
  std::deque<Piece> ready_;
  std::vector<AccessBlock> spare_;
  std::exception_ptr error_;
  bool ended_ = false;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Reader> read_ahead(std::unique_ptr<Reader> reader) {
  return std::make_unique<ReadAhead>(std::move(reader));
}

}  // namespace farfault::traces
