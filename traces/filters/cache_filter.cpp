#include "traces/filters/cache_filter.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/quantity.h"
#include "traces/access.h"

namespace farfault::traces {
namespace {

constexpr Bytes kLongestLine = Bytes::mib(1);
constexpr std::uint64_t kMostLines = std::uint64_t{1} << 26U;

std::string description_of(const CacheOptions& options) {
  return "hits of a cache of " + format_exact(options.size) + ", " + std::to_string(options.ways) + " ways, lines of " +
         format_exact(options.line) + (options.replacement == CacheOptions::Replacement::kLru ? ", lru" : ", fifo") +
         (options.write_back ? ", write-back" : ", write-through") +
         (options.write_allocate ? "" : ", no write-allocate") + (options.shared ? ", shared" : ", one an agent");
}

[[noreturn]] void refuse(const CacheOptions& options, std::string problem, std::string remedy) {
  throw InputError(Diagnostic{"", 0, "",
                              "a cache of " + format_exact(options.size) + " with " + std::to_string(options.ways) +
                                  " ways and lines of " + format_exact(options.line) + ": " + std::move(problem),
                              std::move(remedy)});
}

std::uint64_t sets_of(const CacheOptions& options) {
  const std::uint64_t line = options.line.count();
  if (!std::has_single_bit(line) || options.line > kLongestLine) {
    refuse(options, "the size of a line is no power of two, or above " + format_exact(kLongestLine), "write \"64 B\"");
  }
  const std::uint64_t lines = options.size.count() / line;
  if (options.ways == 0 || lines == 0 || options.size.count() % line != 0 || lines % options.ways != 0) {
    refuse(options, "its lines do not make sets of so many ways", "size / line must be a multiple of the ways");
  }
  if (lines > kMostLines) {
    refuse(options, "it has more than " + format_count(kMostLines) + " lines", "take longer lines");
  }
  return lines / options.ways;
}

}  // namespace

CacheFilter::CacheFilter(std::unique_ptr<Reader> input, const CacheOptions& options)
    : Filter(std::move(input), description_of(options)), options_(options), sets_(sets_of(options)) {}

CacheTotals CacheFilter::totals() const {
  CacheTotals out = totals_;
  for (const Cache& cache : caches_) {
    for (std::size_t set = 0; set < cache.used.size(); ++set) {
      const auto first = cache.lines.begin() + static_cast<std::ptrdiff_t>(set * options_.ways);
      out.dirty += static_cast<std::uint64_t>(
          std::count_if(first, first + cache.used[set], [](const Line& line) { return line.dirty; }));
    }
  }
  return out;
}

void CacheFilter::on_access(const Access& access, AccessBlock&) {
  pending_.add(access.agent, access.gap);
  access_ = access;
  start_ = access.address;
  end_ = access.address + access.size();
}

void CacheFilter::on_event(const Event& event, AccessBlock& out) {
  if (event.kind == EventKind::kCompute) {
    pending_.add(event.agent, event.value);
  } else if (event.kind == EventKind::kMunmap || event.kind == EventKind::kMremap) {
    removal_ = event;
    removal_cache_ = 0;
    removal_set_ = 0;
  } else {
    pending_.settle(event, out);
    append_event(out, event);
  }
}

bool CacheFilter::on_more(AccessBlock& out) {
  if (start_ != end_) {
    use_next_line(out);
  } else if (removal_) {
    empty_next_set(out);
  } else {
    return false;
  }
  return true;
}

CacheFilter::Cache& CacheFilter::cache_of(std::uint16_t agent) {
  const std::size_t index = options_.shared ? 0 : agent;
  if (index >= caches_.size()) caches_.resize(index + 1);
  Cache& cache = caches_[index];
  if (cache.lines.empty()) {
    total_lines_ += sets_ * options_.ways;
    if (total_lines_ > kMostLines) {
      refuse(options_, "with one for each agent there are more than " + format_count(kMostLines) + " lines",
             "take a smaller cache, or one for all with --shared");
    }
    cache.lines.resize(sets_ * options_.ways);
    cache.used.resize(sets_);
  }
  return cache;
}

void CacheFilter::use_next_line(AccessBlock& out) {
  const std::uint64_t number = start_ / options_.line.count();
  part_end_ = std::min(end_, start_ + std::min((number + 1) * options_.line.count() - start_, kMaxAddress - start_));
  Cache& cache = cache_of(access_.agent);
  const std::uint64_t set = number % sets_;
  const auto first = cache.lines.begin() + static_cast<std::ptrdiff_t>(set * options_.ways);
  const auto last = first + cache.used[set];
  const auto found = std::find_if(first, last, [number](const Line& line) { return line.number == number; });
  const bool is_hit = found != last;
  ++(access_.is_write() ? (is_hit ? totals_.write_hits : totals_.write_misses)
                        : (is_hit ? totals_.read_hits : totals_.read_misses));
  if (is_hit) {
    if (access_.is_write()) write(*found, out);
    if (options_.replacement == CacheOptions::Replacement::kLru) std::rotate(first, found, found + 1);
  } else if (access_.is_write() && !options_.write_allocate) {
    ++totals_.write_throughs;
    go_on(access_.op(), out);
  } else {
    fill(cache, number, out);
    if (access_.is_write()) write(*first, out);
  }
  start_ = part_end_;
}

/// Puts the line first in its set.
void CacheFilter::fill(Cache& cache, std::uint64_t number, AccessBlock& out) {
  const std::uint64_t set = number % sets_;
  const auto first = cache.lines.begin() + static_cast<std::ptrdiff_t>(set * options_.ways);
  std::uint32_t& used = cache.used[set];
  ++totals_.fills;
  whole_line(number, Op::kRead, access_.agent, out);
  if (used < options_.ways) {
    ++used;
  } else if (first[used - 1].dirty) {
    ++totals_.write_backs;
    whole_line(first[used - 1].number, Op::kWrite, access_.agent, out);
  }
  std::move_backward(first, first + used - 1, first + used);
  *first = Line{number, false};
}

/// What a write does to a line that is in the cache.
void CacheFilter::write(Line& line, AccessBlock& out) {
  if (options_.write_back) {
    line.dirty = true;
  } else {
    ++totals_.write_throughs;
    go_on(Op::kWrite, out);
  }
}

/// The part of the access that lies in the line at hand, past the cache.
void CacheFilter::go_on(Op op, AccessBlock& out) {
  append_access(out, Access::make(start_, static_cast<std::uint32_t>(part_end_ - start_), op, 0, access_.agent),
                pending_.take(access_.agent));
}

/// A step of removing the lines of a range. Lines that follow each other are in sets that follow each other, so that a
/// short range takes few steps.
void CacheFilter::empty_next_set(AccessBlock& out) {
  const std::uint64_t line = options_.line.count();
  const std::uint64_t first_line = removal_->address / line;
  const std::uint64_t bytes = std::min(removal_->length, kMaxAddress - removal_->address);
  const std::uint64_t last_line = bytes == 0 ? first_line : (removal_->address + bytes - 1) / line;
  if (removal_set_ == sets_ || removal_set_ > last_line - first_line) {
    ++removal_cache_;
    removal_set_ = 0;
  }
  if (removal_cache_ >= caches_.size()) {
    pending_.settle(*removal_, out);
    append_event(out, std::move(*removal_));
    removal_.reset();
    return;
  }
  Cache& cache = caches_[removal_cache_];
  const std::uint64_t set = (first_line + removal_set_++) % sets_;
  if (cache.lines.empty() || bytes == 0) return;
  const std::uint16_t agent = options_.shared ? removal_->agent : static_cast<std::uint16_t>(removal_cache_);
  const auto begin = cache.lines.begin() + static_cast<std::ptrdiff_t>(set * options_.ways);
  const auto end = begin + cache.used[set];
  const auto goes = [&](const Line& l) { return l.number >= first_line && l.number <= last_line; };
  for (auto at = begin; at != end; ++at) {
    if (!goes(*at) || !at->dirty) continue;
    ++totals_.write_backs;
    whole_line(at->number, Op::kWrite, agent, out);
  }
  cache.used[set] = static_cast<std::uint32_t>(std::remove_if(begin, end, goes) - begin);
}

void CacheFilter::whole_line(std::uint64_t number, Op op, std::uint16_t agent, AccessBlock& out) {
  const std::uint64_t start = number * options_.line.count();
  const auto size = static_cast<std::uint32_t>(std::min(options_.line.count(), kMaxAddress - start));
  append_access(out, Access::make(start, size, op, 0, agent), pending_.take(agent));
}

}  // namespace farfault::traces
