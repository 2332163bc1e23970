/// Strong types for what a simulation counts: bytes, simulated time, bandwidth, addresses, pages, ids.
///
/// All of them are one machine word, trivially copyable, ordered and hashable. Arithmetic is defined only where it
/// means something (bytes + bytes, bytes / bandwidth), so that a mixed-up argument is a compiler error.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>

namespace farfault {

/// A count of bytes.
class Bytes {
 public:
  constexpr Bytes() = default;
  constexpr explicit Bytes(std::uint64_t count) : count_(count) {}

  static constexpr Bytes kib(std::uint64_t n) { return Bytes(n << 10U); }
  static constexpr Bytes mib(std::uint64_t n) { return Bytes(n << 20U); }
  static constexpr Bytes gib(std::uint64_t n) { return Bytes(n << 30U); }

  constexpr std::uint64_t count() const { return count_; }

  constexpr auto operator<=>(const Bytes&) const = default;
  constexpr Bytes& operator+=(Bytes other) {
    count_ += other.count_;
    return *this;
  }
  /// REQUIRES: other <= *this.
  constexpr Bytes& operator-=(Bytes other) {
    count_ -= other.count_;
    return *this;
  }
  friend constexpr Bytes operator+(Bytes a, Bytes b) { return Bytes(a.count_ + b.count_); }
  friend constexpr Bytes operator-(Bytes a, Bytes b) { return Bytes(a.count_ - b.count_); }
  friend constexpr Bytes operator*(Bytes a, std::uint64_t n) { return Bytes(a.count_ * n); }
  friend constexpr Bytes operator*(std::uint64_t n, Bytes a) { return Bytes(a.count_ * n); }
  friend constexpr std::uint64_t operator/(Bytes a, Bytes b) { return a.count_ / b.count_; }

 private:
  std::uint64_t count_ = 0;
};

/// A point in, or a span of, simulated time: an integer count of picoseconds. Spans may be negative in differences;
/// the range is +-106 days.
class SimTime {
 public:
  constexpr SimTime() = default;

  static constexpr SimTime picoseconds(std::int64_t n) { return SimTime(n); }
  static constexpr SimTime nanoseconds(std::int64_t n) { return SimTime(n * 1'000); }
  static constexpr SimTime microseconds(std::int64_t n) { return SimTime(n * 1'000'000); }
  static constexpr SimTime milliseconds(std::int64_t n) { return SimTime(n * 1'000'000'000); }
  /// Rounds to the nearest picosecond; saturates at max().
  static constexpr SimTime from_seconds(double s) { return from_picoseconds(s * 1e12); }
  /// Rounds to the nearest picosecond; saturates at max().
  static constexpr SimTime from_picoseconds(double ps) {
    if (!(ps < 9.2e18)) return max();
    if (ps < -9.2e18) return SimTime(std::numeric_limits<std::int64_t>::min());
    return SimTime(static_cast<std::int64_t>(ps < 0 ? ps - 0.5 : ps + 0.5));
  }
  static constexpr SimTime zero() { return SimTime(0); }
  static constexpr SimTime max() { return SimTime(std::numeric_limits<std::int64_t>::max()); }

  constexpr std::int64_t picoseconds() const { return ps_; }
  constexpr double nanoseconds() const { return static_cast<double>(ps_) * 1e-3; }
  constexpr double seconds() const { return static_cast<double>(ps_) * 1e-12; }

  constexpr auto operator<=>(const SimTime&) const = default;
  // Sums and products that leave the range stay at its end, where the engine refuses them: no parameter can make a
  // time wrap around into a plausible one.
  friend constexpr SimTime operator+(SimTime a, SimTime b) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(a.ps_, b.ps_, &sum) ? end_of_range(a.ps_ > 0) : SimTime(sum);
  }
  friend constexpr SimTime operator-(SimTime a, SimTime b) {
    std::int64_t difference = 0;
    return __builtin_sub_overflow(a.ps_, b.ps_, &difference) ? end_of_range(a.ps_ > 0) : SimTime(difference);
  }
  friend constexpr SimTime operator*(SimTime a, std::uint64_t n) {
    std::int64_t product = 0;
    return __builtin_mul_overflow(a.ps_, n, &product) ? end_of_range(a.ps_ > 0) : SimTime(product);
  }
  friend constexpr SimTime operator*(std::uint64_t n, SimTime a) { return a * n; }
  constexpr SimTime& operator+=(SimTime other) { return *this = *this + other; }
  constexpr SimTime& operator-=(SimTime other) { return *this = *this - other; }

 private:
  constexpr explicit SimTime(std::int64_t ps) : ps_(ps) {}
  static constexpr SimTime end_of_range(bool high) {
    return SimTime(high ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min());
  }
  std::int64_t ps_ = 0;
};

/// A rate in bytes per second. `unlimited()` is a legal rate: moving any number of bytes then takes no time.
class Bandwidth {
 public:
  constexpr Bandwidth() = default;
  static constexpr Bandwidth bytes_per_second(double rate) { return Bandwidth(rate); }
  static constexpr Bandwidth gigabytes_per_second(double rate) { return Bandwidth(rate * 1e9); }
  static constexpr Bandwidth unlimited() { return Bandwidth(std::numeric_limits<double>::infinity()); }

  constexpr double bytes_per_second() const { return rate_; }
  constexpr bool is_unlimited() const { return rate_ == std::numeric_limits<double>::infinity(); }
  /// The time that `bytes` take alone at this rate, to the nearest picosecond. REQUIRES: rate > 0.
  constexpr SimTime time_for(Bytes bytes) const {
    return is_unlimited() ? SimTime::zero() : SimTime::from_seconds(static_cast<double>(bytes.count()) / rate_);
  }

  constexpr auto operator<=>(const Bandwidth&) const = default;
  friend constexpr Bandwidth operator*(Bandwidth a, double factor) { return Bandwidth(a.rate_ * factor); }

 private:
  constexpr explicit Bandwidth(double rate) : rate_(rate) {}
  double rate_ = 0;
};

/// The base page and the block of the models: every residency decision is a multiple of 4 KiB inside a 2 MiB block.
inline constexpr unsigned kPageShift = 12;
inline constexpr unsigned kBlockShift = 21;
inline constexpr Bytes kPageSize{1U << kPageShift};
inline constexpr std::uint64_t kPageMask = kPageSize.count() - 1;  ///< the bits of an offset within a page
inline constexpr Bytes kBlockSize{1U << kBlockShift};
inline constexpr unsigned kPagesPerBlock = 1U << (kBlockShift - kPageShift);

/// The number of a 2 MiB block of virtual address space: address >> 21.
class BlockNumber {
 public:
  constexpr BlockNumber() = default;
  constexpr explicit BlockNumber(std::uint64_t number) : number_(number) {}
  constexpr std::uint64_t value() const { return number_; }
  constexpr auto operator<=>(const BlockNumber&) const = default;

 private:
  std::uint64_t number_ = 0;
};

/// The number of a 4 KiB page of virtual address space: address >> 12.
class PageNumber {
 public:
  constexpr PageNumber() = default;
  constexpr explicit PageNumber(std::uint64_t number) : number_(number) {}
  constexpr std::uint64_t value() const { return number_; }
  constexpr BlockNumber block() const { return BlockNumber(number_ >> (kBlockShift - kPageShift)); }
  constexpr unsigned index_in_block() const { return static_cast<unsigned>(number_ & (kPagesPerBlock - 1)); }
  constexpr auto operator<=>(const PageNumber&) const = default;

 private:
  std::uint64_t number_ = 0;
};

/// A virtual address, the same in every processor that shares the address space.
class VirtualAddress {
 public:
  constexpr VirtualAddress() = default;
  constexpr explicit VirtualAddress(std::uint64_t value) : value_(value) {}
  constexpr std::uint64_t value() const { return value_; }
  constexpr PageNumber page() const { return PageNumber(value_ >> kPageShift); }
  constexpr BlockNumber block() const { return BlockNumber(value_ >> kBlockShift); }
  constexpr auto operator<=>(const VirtualAddress&) const = default;
  friend constexpr VirtualAddress operator+(VirtualAddress a, Bytes n) { return VirtualAddress(a.value_ + n.count()); }
  friend constexpr Bytes operator-(VirtualAddress a, VirtualAddress b) { return Bytes(a.value_ - b.value_); }

 private:
  std::uint64_t value_ = 0;
};

/// A small integer id that does not mix with ids of another kind.
template <class Tag>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(std::uint32_t value) : value_(value) {}
  constexpr std::uint32_t value() const { return value_; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  std::uint32_t value_ = 0;
};

/// The index of a device of the machine, in the order of the platform file.
using DeviceId = Id<struct DeviceTag>;
/// The index of an agent (CPU thread, GPU stream, CTA group) of a trace.
using AgentId = Id<struct AgentTag>;
/// The dense index that a run gives to a 2 MiB block when it is first seen.
using BlockSlot = Id<struct BlockSlotTag>;

}  // namespace farfault

template <class Tag>
struct std::hash<farfault::Id<Tag>> {
  std::size_t operator()(farfault::Id<Tag> id) const noexcept { return std::hash<std::uint32_t>()(id.value()); }
};
