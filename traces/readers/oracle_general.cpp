#include "traces/readers/oracle_general.h"

#include <xxhash.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <limits>
#include <random>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/units.h"

namespace farfault::traces {
namespace {

struct Record {
  std::uint32_t time = 0;
  std::uint64_t object = 0;
  std::uint32_t size = 0;
  std::int64_t next = 0;
};

template <class Integer>
Integer load_little_endian(const char* from) {
  Integer value = 0;
  std::memcpy(&value, from, sizeof value);
  if constexpr (std::endian::native == std::endian::big) {
    auto* const bytes = reinterpret_cast<char*>(&value);
    std::reverse(bytes, bytes + sizeof value);
  }
  return value;
}

/// REQUIRES: 24 bytes at `from`.
Record load_record(const char* from) {
  return {load_little_endian<std::uint32_t>(from), load_little_endian<std::uint64_t>(from + 4),
          load_little_endian<std::uint32_t>(from + 12), load_little_endian<std::int64_t>(from + 16)};
}

bool has_next(const Record& record) {
  return record.next != -1 && record.next != std::numeric_limits<std::int64_t>::max();
}

/// Whether the record, number `index` of its file, can be one of a cache trace after one of time `time_before`.
bool is_plausible(const Record& record, std::int64_t index, std::uint32_t time_before) {
  constexpr std::uint32_t kMaxStep = 7 * 24 * 3600;
  constexpr std::int64_t kMaxRequests = std::int64_t{1} << 48U;
  return record.time >= time_before && record.time - time_before <= kMaxStep && record.size != 0 &&
         record.size < 1U << 31U && (!has_next(record) || (record.next > index && record.next < kMaxRequests));
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32U | device();
}

}  // namespace

std::size_t OracleGeneralReader::Hash::operator()(std::uint64_t id) const {
  return XXH3_64bits_withSeed(&id, sizeof id, seed);
}

OracleGeneralReader::OracleGeneralReader(std::unique_ptr<ByteSource> source, std::size_t max_objects)
    : source_(std::move(source)),
      buffer_(kBlockAccesses * kRecordBytes),
      max_objects_(max_objects),
      pages_(0, Hash{random_seed()}),
      agents_{{AgentKind::kCpuThread, "thread 1"}} {
  limits_.unknown = {
      "reads and writes apart (all are reads)",
      "addresses (an object is a page, numbered in order of first appearance)",
      "sizes of objects above 4096 bytes",
      "thread of an access (all are given to \"thread 1\")",
      "instructions between accesses",
      "maps",
      "time within a second",
  };
  meta_.time_unit = "s";
}

bool OracleGeneralReader::recognises(std::string_view head) {
  // A shorter piece is all of the file there is, in whole records then. 16 KiB are not a multiple of 24.
  constexpr std::size_t kWhole = std::size_t{16} << 10U;
  if (head.size() < kRecordBytes || (head.size() < kWhole && head.size() % kRecordBytes != 0)) return false;
  const char* const records = head.data();
  std::uint32_t time = load_record(records).time;
  // Hundreds of requests without any that comes again would be no trace to try a cache on.
  bool recurs = head.size() < kWhole;
  for (std::size_t i = 0; i < head.size() / kRecordBytes; ++i) {
    const Record record = load_record(records + i * kRecordBytes);
    if (!is_plausible(record, static_cast<std::int64_t>(i), time)) return false;
    time = record.time;
    recurs = recurs || has_next(record);
  }
  return recurs;
}

bool OracleGeneralReader::next(AccessBlock& block) {
  block.clear();
  block.accesses.reserve(kBlockAccesses);
  while (!is_full(block) && (filled_ - given_ >= kRecordBytes || refill())) {
    const Record record = load_record(buffer_.data() + given_);
    if (!timeline_.advance(record.time, 0, block)) {
      fail("the time is before that of the request before it", "this is not oracleGeneral, or sort it by time");
    }
    const auto size = std::clamp<std::uint32_t>(record.size, 1, static_cast<std::uint32_t>(kPageSize.count()));
    block.accesses.push_back(Access::make(address_of(record.object), size, Op::kRead));
    given_ += kRecordBytes;
    ++records_;
  }
  if (records_ == 0) fail("no request", "record the trace again");
  return !block.empty();
}

/// Whether there is a whole record again.
bool OracleGeneralReader::refill() {
  std::memmove(buffer_.data(), buffer_.data() + given_, filled_ - given_);
  filled_ -= given_;
  given_ = 0;
  filled_ += read_fully(*source_, buffer_.data() + filled_, buffer_.size() - filled_);
  if (filled_ >= kRecordBytes) return true;
  if (filled_ != 0) {
    fail("the last record has " + std::to_string(filled_) + " bytes instead of 24",
         "the file is truncated, or not oracleGeneral: copy it again");
  }
  return false;
}

std::uint64_t OracleGeneralReader::address_of(std::uint64_t object) {
  const auto found = pages_.find(object);
  if (found != pages_.end()) return kFirstAddress + found->second * kPageSize.count();
  if (pages_.size() == max_objects_) {
    fail("more than " + std::to_string(max_objects_) + " objects", "cut the trace, or sample its objects");
  }
  const auto number = static_cast<std::uint32_t>(pages_.size());
  pages_.emplace(object, number);
  return kFirstAddress + number * kPageSize.count();
}

void OracleGeneralReader::fail(const std::string& problem, std::string remedy) const {
  throw InputError(Diagnostic{source_->name(), 0, "",
                              "at byte " + std::to_string(records_ * kRecordBytes) + ": " + problem,
                              std::move(remedy)});
}

}  // namespace farfault::traces
