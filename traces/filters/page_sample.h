/// A sample of the memory that a trace touches: of some units of memory all accesses, of the others none. What a small
/// memory does with the sample is, in proportion, what a large one does with the whole.
///
/// After Waldspurger et al., "Efficient MRC Construction with SHARDS", FAST 2015, and "Cache Modeling and Optimization
/// using Miniature Simulations", ATC 2017: a unit is in the sample if a hash of its number is below a threshold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/core/mix.h"
#include "sim/core/units.h"
#include "traces/footprint.h"
#include "traces/reader.h"

namespace farfault::traces {

struct SampleOptions {
  double rate = 1;         ///< expected share of the units that are in the sample; 0 < rate <= 1
  std::uint64_t seed = 1;  ///< which ones these are
  Bytes unit = kPageSize;  ///< aligned piece of memory that is in the sample as a whole; a power of two
};

/// Which units of memory are in a sample. The same for every trace.
class UnitSample {
 public:
  explicit UnitSample(const SampleOptions& options);

  std::uint64_t unit_of(std::uint64_t address) const { return address >> shift_; }
  std::uint64_t start_of(std::uint64_t unit) const { return unit << shift_; }
  bool keeps(std::uint64_t unit) const { return mix64(unit ^ key_) >> 11U < limit_; }

 private:
  unsigned shift_;
  std::uint64_t key_;
  std::uint64_t limit_;  ///< of the hash's upper 53 bits
};

/// Of an access over several units what lies in units of the sample is left: one access for each run of them. Events
/// stay, but for these: a prefetch becomes one of each run of units of the sample, for what it brings takes room. Of
/// thread blocks and dependencies the last before an agent's next access is left, of times the last before anything
/// else: a trace may have one for each access. Instructions go with the accesses before which they stand, and those of
/// kCompute events, by the rate, go before the agent's next access: a sample computes as much for each access as the
/// whole.
///
/// A block may be empty where much in a row is not in the sample, so that whoever waits can be told.
///
/// Memory: the input's.
class PageSample final : public Reader {
 public:
  PageSample(std::unique_ptr<Reader> input, const SampleOptions& options);

  std::string_view format() const override { return input_->format(); }
  const std::vector<Agent>& agents() const override { return input_->agents(); }
  const TraceLimits& limits() const override { return input_->limits(); }
  const TraceMeta& meta() const override { return meta_; }
  bool next(AccessBlock& block) override;

 private:
  /// Of an access or a prefetch over several units, what is still to be looked at.
  struct Rest {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    Access access;               ///< as it was, without what is done ...
    std::optional<Event> event;  ///< ... or, if there is one, this
  };

  /// Of an agent, what has to come before its next access, if there is one.
  struct Waiting {
    std::optional<Event> dependency;
    std::optional<Event> block;
    double instructions = 0;
    bool any = false;
  };

  bool step(AccessBlock& out);
  bool refill();
  void take_accesses(std::size_t end, AccessBlock& out);
  void take_event(AccessBlock& out);
  bool let_wait(Event& event);
  void keep(const Access& access, AccessBlock& out);
  void append_waiting(std::uint16_t agent, AccessBlock& out);
  void append_time(AccessBlock& out);
  void go_on(AccessBlock& out);
  void look_up(std::uint64_t unit);
  void update_meta();

  std::unique_ptr<Reader> input_;
  double rate_;
  UnitSample sample_;
  TraceMeta meta_;
  AccessBlock block_;
  std::size_t access_ = 0;  ///< the next one of block_
  std::size_t event_ = 0;
  std::optional<Rest> rest_;
  std::vector<Waiting> waiting_;  ///< by agent
  std::optional<Event> time_;     ///< the last timestamp, until anything follows
  std::size_t read_ = 0;          ///< blocks of the input, since next() was called
  bool looked_up_ = false;        ///< whether there is a last unit
  std::uint64_t unit_ = 0;        ///< that was looked up last
  bool kept_ = false;             ///< whether it is in the sample
  bool ended_ = false;
};

/// A trace and its sample.
struct SampleScan {
  FootprintScan whole;
  std::uint64_t pages = 0;  ///< of the sample: distinct 4 KiB pages that accesses touch
  std::uint64_t units = 0;  ///< of the sample: distinct units that they lie in

  /// How much of the memory that is touched is in the sample. It differs from the rate by chance, and what is done to
  /// pages is proportional to it rather than to the rate: estimates that know it are much better.
  double share() const { return whole.pages == 0 ? 0 : static_cast<double>(pages) / static_cast<double>(whole.pages); }
};

/// Reads `reader`, the whole trace, to its end. Memory and errors as scan_footprint() has them.
SampleScan scan_sample(Reader& reader, const std::string& trace, std::uint64_t block_limit,
                       const SampleOptions& options);

}  // namespace farfault::traces
