/// Reads libCacheSim's oracleGeneral: a stream of requests for objects, as packed little-endian records of 24 bytes.
///
/// | bytes | field |
/// | --- | --- |
/// | 0-3 | u32 time, seconds |
/// | 4-11 | u64 object |
/// | 12-15 | u32 size, bytes |
/// | 16-23 | i64 number of the request that asks for the object next; -1 (or the largest i64) if none does |
///
/// An object stands for a page, so that a page policy can be compared with what a cache simulator gives for the same
/// input. Objects are numbered in the order in which they first appear (their ids may be hashes of 64 bits), and object
/// n is the page at kFirstAddress + 4096 n. A request is a read of its object's size, at most the page's 4096 bytes and
/// at least one.
///
/// The format has no mark of its own. A file is taken for one if all records in its first 16 KiB are plausible; name
/// the format to read others. There was no recording at hand: written after libCacheSim's documentation.
#pragma once

#include <tsl/robin_map.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "traces/reader.h"
#include "traces/readers/byte_source.h"
#include "traces/readers/filling.h"

namespace farfault::traces {

/// Memory: the ByteSource's, 96 KiB, and 48 to 96 bytes an object (3.2 GB for the most that there may be), half as much
/// again while the table of objects grows.
class OracleGeneralReader final : public Reader {
 public:
  static constexpr std::size_t kRecordBytes = 24;
  static constexpr std::size_t kMaxObjects = std::size_t{1} << 26U;
  static constexpr std::uint64_t kFirstAddress = std::uint64_t{1} << 32U;

  /// `max_objects` is lower in tests.
  explicit OracleGeneralReader(std::unique_ptr<ByteSource> source, std::size_t max_objects = kMaxObjects);

  static bool recognises(std::string_view head);

  std::string_view format() const override { return "oracle-general"; }
  bool next(AccessBlock& block) override;
  const std::vector<Agent>& agents() const override { return agents_; }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

 private:
  /// Ids of one file must not be able to make all others collide: the seed differs from process to process. The order
  /// of the table is never looked at, so results do not depend on it.
  struct Hash {
    std::uint64_t seed;
    std::size_t operator()(std::uint64_t id) const;
  };

  bool refill();
  std::uint64_t address_of(std::uint64_t object);
  [[noreturn]] void fail(const std::string& problem, std::string remedy) const;

  std::unique_ptr<ByteSource> source_;
  std::vector<char> buffer_;
  std::size_t given_ = 0;   ///< bytes of the buffer that are done with
  std::size_t filled_ = 0;  ///< bytes in it
  std::uint64_t records_ = 0;
  std::size_t max_objects_;
  tsl::robin_map<std::uint64_t, std::uint32_t, Hash> pages_;  ///< number of an object's page
  Timeline timeline_;
  std::vector<Agent> agents_;
  TraceLimits limits_;
  TraceMeta meta_;
};

}  // namespace farfault::traces
