#include "traces/native/columns.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <utility>

#include "traces/native/format.h"

namespace farfault::traces::native {
namespace {

/// Sizes that a tag holds; the last number of the class means "in the column of long sizes".
constexpr std::array<std::uint32_t, 7> kSizes = {1, 2, 4, 8, 16, 32, 128};
constexpr unsigned kLongSize = 7;
/// Bytes of an address' difference, by the tag's length class.
constexpr std::array<std::uint8_t, 8> kLengths = {0, 1, 2, 3, 4, 5, 6, 8};
constexpr std::array<std::uint64_t, 8> kMasks = {0,          0xff,         0xffff,         0xffffff,
                                                 0xffffffff, 0xffffffffff, 0xffffffffffff, ~std::uint64_t{0}};
/// In the column of gaps: the gap is in the column of long gaps.
constexpr std::uint8_t kLongGap = 255;

/// The head of a payload: how long its columns are.
struct Head {
  std::uint32_t runs = 0;
  std::uint32_t delta_bytes = 0;
  std::uint32_t long_sizes = 0;
  std::uint32_t long_gaps = 0;
  std::uint32_t events = 0;
  std::uint32_t event_bytes = 0;
};
static_assert(sizeof(Head) == 24);

constexpr unsigned size_class(std::uint32_t size) {
  for (unsigned i = 0; i < kSizes.size(); ++i) {
    if (kSizes[i] == size) return i;
  }
  return kLongSize;
}

unsigned length_class(std::uint64_t value) {
  const unsigned bytes = (static_cast<unsigned>(std::bit_width(value)) + 7) / 8;
  return bytes >= 7 ? 7 : bytes;
}

constexpr std::uint64_t zig_zag(std::uint64_t difference) { return difference << 1U ^ (0 - (difference >> 63U)); }
constexpr std::uint64_t zag_zig(std::uint64_t value) { return value >> 1U ^ (0 - (value & 1U)); }

/// size_and_op by the five low bits of a tag; 0 where the size is a long one.
constexpr auto kSizeAndOp = [] {
  std::array<std::uint32_t, 32> out{};
  for (std::uint32_t tag = 0; tag < out.size(); ++tag) {
    const unsigned size = tag >> 2U;
    if (size != kLongSize) out[tag] = kSizes[size] << 2U | (tag & 3U);
  }
  return out;
}();

template <class Number>
void append(std::string& out, const Number* data, std::size_t count) {
  if (count != 0) out.append(reinterpret_cast<const char*>(data), count * sizeof(Number));
}

template <class Number>
Number number_at(std::string_view bytes, std::size_t index) {
  Number out;
  std::memcpy(&out, bytes.data() + index * sizeof(Number), sizeof(Number));
  return out;
}

/// The columns while they are filled.
struct Columns {
  std::vector<std::uint16_t> run_agents;
  std::vector<std::uint32_t> run_lengths;
  std::string tags;
  std::string gaps;
  std::string deltas;
  std::vector<std::uint32_t> long_sizes;
  std::vector<std::uint16_t> long_gaps;

  void add(const Access& access, std::uint64_t& last) {
    const std::uint64_t delta = zig_zag(access.address - last);
    last = access.address;
    const unsigned length = length_class(delta);
    const unsigned size = size_class(access.size());
    tags += static_cast<char>(static_cast<unsigned>(access.op()) | size << 2U | length << 5U);
    deltas.append(reinterpret_cast<const char*>(&delta), kLengths[length]);
    if (size == kLongSize) long_sizes.push_back(access.size());
    const bool long_gap = access.gap >= kLongGap;
    gaps += static_cast<char>(long_gap ? kLongGap : access.gap);
    if (long_gap) long_gaps.push_back(access.gap);
  }
};

}  // namespace

void encode_block(const AccessBlock& block, std::string& out) {
  Columns columns;
  columns.tags.reserve(block.accesses.size());
  columns.gaps.reserve(block.accesses.size());
  std::vector<std::uint64_t> last;
  for (std::size_t i = 0; i < block.accesses.size();) {
    const std::uint16_t agent = block.accesses[i].agent;
    const std::size_t first_of_agent = std::size_t{agent} * 4;
    if (last.size() < first_of_agent + 4) last.resize(first_of_agent + 4);
    std::uint64_t* const mine = &last[first_of_agent];
    const std::size_t first = i;
    for (; i < block.accesses.size() && block.accesses[i].agent == agent; ++i) {
      columns.add(block.accesses[i], mine[block.accesses[i].size_and_op & 3U]);
    }
    columns.run_agents.push_back(agent);
    columns.run_lengths.push_back(static_cast<std::uint32_t>(i - first));
  }
  std::string events;
  put_events(events, block.events);

  const auto count = [](std::size_t n) { return static_cast<std::uint32_t>(n); };
  const Head head{count(columns.run_agents.size()), count(columns.deltas.size()), count(columns.long_sizes.size()),
                  count(columns.long_gaps.size()),  count(block.events.size()),   count(events.size())};
  out.clear();
  append(out, &head, 1);
  append(out, columns.run_agents.data(), columns.run_agents.size());
  append(out, columns.run_lengths.data(), columns.run_lengths.size());
  append(out, columns.long_sizes.data(), columns.long_sizes.size());
  append(out, columns.long_gaps.data(), columns.long_gaps.size());
  out += columns.tags;
  out += columns.gaps;
  out += columns.deltas;
  out += events;
}

bool BlockDecoder::begin(std::string_view payload, std::uint32_t count) {
  accesses_ = count;
  given_ = 0;
  events_.clear();
  next_event_ = 0;
  run_ = 0;
  run_given_ = 0;
  if (payload.size() < sizeof(Head) || count > kMaxBlockAccesses) return false;
  const auto head = number_at<Head>(payload, 0);
  if (head.events > kMaxBlockEvents) return false;
  payload.remove_prefix(sizeof(Head));
  const auto column = [&payload](std::uint64_t bytes) {
    const std::string_view out = payload.substr(0, bytes);
    payload.remove_prefix(out.size());
    return out;
  };
  const std::uint64_t wanted = std::uint64_t{head.runs} * 6 + std::uint64_t{head.long_sizes} * 4 +
                               std::uint64_t{head.long_gaps} * 2 + std::uint64_t{count} * 2 + head.delta_bytes +
                               head.event_bytes;
  if (wanted != payload.size()) return false;

  const std::string_view run_agents = column(std::uint64_t{head.runs} * 2);
  const std::string_view run_lengths = column(std::uint64_t{head.runs} * 4);
  long_sizes_ = column(std::uint64_t{head.long_sizes} * 4);
  long_gaps_ = column(std::uint64_t{head.long_gaps} * 2);
  tags_ = reinterpret_cast<const std::uint8_t*>(column(count).data());
  gaps_ = reinterpret_cast<const std::uint8_t*>(column(count).data());
  const std::string_view deltas = column(head.delta_bytes);
  deltas_ = deltas.data();
  deltas_end_ = deltas_ + deltas.size();
  ListReader list(payload);
  return take_runs(run_agents, run_lengths) && take_events(list, head.events, count, events_) && list.at_end();
}

bool BlockDecoder::take_runs(std::string_view agents, std::string_view lengths) {
  runs_.clear();
  agents_ = 0;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < agents.size() / 2; ++i) {
    const Run run{number_at<std::uint16_t>(agents, i), number_at<std::uint32_t>(lengths, i)};
    if (run.length == 0 || run.length > accesses_ - total) return false;
    total += run.length;
    agents_ = std::max<std::size_t>(agents_, run.agent + 1U);
    runs_.push_back(run);
  }
  last_.assign(agents_ * 4, 0);
  return total == accesses_;
}

/// With Checked the end of the differences is looked for at every access.
template <bool Checked>
bool BlockDecoder::decode_run(const Run& run, Access* out, std::size_t count) {
  std::uint64_t* const last = &last_[std::size_t{run.agent} * 4];
  const std::uint8_t* const tags = tags_ + given_;
  const std::uint8_t* const gaps = gaps_ + given_;
  const char* delta = deltas_;
  bool wraps = false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t tag = tags[i];
    const unsigned length = tag >> 5U;
    if (Checked && deltas_end_ - delta < kLengths[length]) return false;
    std::uint64_t bytes = 0;
    std::memcpy(&bytes, delta, sizeof bytes);
    delta += kLengths[length];
    const std::uint64_t address = last[tag & 3U] + zag_zig(bytes & kMasks[length]);
    last[tag & 3U] = address;

    std::uint32_t size_and_op = kSizeAndOp[tag & 31U];
    if (size_and_op == 0) [[unlikely]] {
      if (long_sizes_.empty()) return false;
      const auto size = number_at<std::uint32_t>(long_sizes_, 0);
      long_sizes_.remove_prefix(sizeof size);
      if (size == 0 || size > Access::kMaxSize) return false;
      size_and_op = size << 2U | (tag & 3U);
    }
    std::uint16_t gap = gaps[i];
    if (gap == kLongGap) [[unlikely]] {
      if (long_gaps_.empty()) return false;
      gap = number_at<std::uint16_t>(long_gaps_, 0);
      long_gaps_.remove_prefix(sizeof gap);
    }
    wraps |= address + (size_and_op >> 2U) < address;
    out[i] = Access{address, size_and_op, gap, run.agent};
  }
  deltas_ = delta;
  return !wraps;
}

bool BlockDecoder::next(AccessBlock& out) {
  out.events.clear();
  const std::size_t first = given_;
  const std::size_t end = std::min(accesses_, given_ + kBlockAccesses);
  out.accesses.resize(end - first);
  while (given_ < end) {
    const Run& run = runs_[run_];
    const std::size_t count = std::min<std::size_t>(run.length - run_given_, end - given_);
    // A difference takes at most eight bytes.
    const bool roomy = static_cast<std::size_t>(deltas_end_ - deltas_) >= count * 8;
    Access* const to = out.accesses.data() + (given_ - first);
    if (!(roomy ? decode_run<false>(run, to, count) : decode_run<true>(run, to, count))) return false;
    given_ += count;
    run_given_ += static_cast<std::uint32_t>(count);
    if (run_given_ == run.length) {
      ++run_;
      run_given_ = 0;
    }
  }
  for (; next_event_ < events_.size(); ++next_event_) {
    Event& event = events_[next_event_];
    // Those before the first access of the next piece come with it.
    if (event.position > end || (event.position == end && end != accesses_)) break;
    event.position -= static_cast<std::uint32_t>(first);
    out.events.push_back(std::move(event));
  }
  return !at_end() || (deltas_ == deltas_end_ && long_sizes_.empty() && long_gaps_.empty());
}

}  // namespace farfault::traces::native
