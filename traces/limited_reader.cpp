#include "traces/limited_reader.h"

#include <algorithm>
#include <utility>

namespace farfault::traces {
namespace {

class LimitedReader final : public Reader {
 public:
  LimitedReader(std::unique_ptr<Reader> reader, std::uint64_t left) : reader_(std::move(reader)), left_(left) {}

  std::string_view format() const override { return reader_->format(); }
  const std::vector<Agent>& agents() const override { return reader_->agents(); }
  const TraceLimits& limits() const override { return reader_->limits(); }
  const TraceMeta& meta() const override { return reader_->meta(); }

  bool next(AccessBlock& block) override {
    if (left_ == 0) {
      block.clear();
      return false;
    }
    if (!reader_->next(block)) return false;
    if (block.accesses.size() > left_) {
      block.accesses.resize(left_);
      std::erase_if(block.events, [this](const Event& event) { return event.position > left_; });
    }
    left_ -= block.accesses.size();
    return true;
  }

 private:
  std::unique_ptr<Reader> reader_;
  std::uint64_t left_;
};

}  // namespace

std::unique_ptr<Reader> limit_reader(std::unique_ptr<Reader> reader, std::uint64_t max_accesses) {
  return std::make_unique<LimitedReader>(std::move(reader), max_accesses);
}

}  // namespace farfault::traces
