// The .fft format: what is written is read, damage is found, and any place can be reached.
#include <doctest/doctest.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "tests/unit/traces/testing.h"
#include "traces/generators/random_numbers.h"
#include "traces/names.h"
#include "traces/native/format.h"
#include "traces/native/reader.h"
#include "traces/native/writer.h"
#include "traces/source.h"
#include "traces/vma_map.h"

namespace farfault::traces {
namespace native_test {

using testing::Contents;
using testing::error_of;
using testing::read_all;
using testing::TemporaryFile;

/// Several agents, every operation, sizes and gaps of every class, events in between; blocks of odd sizes.
std::vector<AccessBlock> random_trace(std::uint64_t seed, std::size_t accesses, unsigned agents) {
  Xoshiro256 random(seed);
  std::vector<AccessBlock> out;
  std::uint64_t time = 0;
  std::uint64_t sequential = 0x7f0000000000;
  while (accesses != 0) {
    AccessBlock block;
    const std::size_t count = std::min<std::size_t>(accesses, 1 + random.below(5000));
    for (std::size_t i = 0; i < count; ++i) {
      if (random.below(200) == 0) {
        Event event;
        event.position = static_cast<std::uint32_t>(i);
        event.agent = static_cast<std::uint16_t>(random.below(agents));
        event.kind = static_cast<EventKind>(random.below(kEventKindCount));
        event.backing = static_cast<Backing>(random.below(kBackingCount));
        event.protection = static_cast<std::uint8_t>(random.below(8));
        event.address = random.below(std::uint64_t{1} << 47U) & ~std::uint64_t{0xfff};
        event.length = random.below(1U << 20U) << 12U;
        event.value =
            event.kind == EventKind::kTimestamp ? time += random.below(1000) : random.next() >> random.below(64);
        event.value2 = random.next() >> random.below(64);
        if (random.below(3) == 0) event.name = "name " + std::to_string(random.below(100));
        block.events.push_back(event);
      }
      const bool jump = random.below(4) == 0;
      const std::uint64_t address = jump ? random.next() >> (2 + random.below(62)) : sequential += 64;
      const std::uint32_t size = random.below(20) == 0 ? static_cast<std::uint32_t>(1 + random.below(Access::kMaxSize))
                                                       : 1U << random.below(8);
      const auto gap = static_cast<std::uint16_t>(random.below(30) == 0 ? random.below(65536) : random.below(300));
      block.accesses.push_back(
          Access::make(address, size, static_cast<Op>(random.below(4)), gap,
                       static_cast<std::uint16_t>(random.below(3) == 0 ? random.below(agents) : 0)));
    }
    accesses -= count;
    out.push_back(std::move(block));
  }
  return out;
}

std::vector<Agent> some_agents(unsigned count) {
  std::vector<Agent> out;
  for (unsigned i = 0; i < count; ++i) {
    out.push_back({static_cast<AgentKind>(i % 4), "agent " + std::to_string(i), i == 0 ? kNoAgent : i - 1});
  }
  return out;
}

const TraceMeta kMeta{"recorder 1", "lackey", "./a --b \"c\"", 3, std::nullopt, "ns", {"order"}};
const TraceLimits kLimits{{"threads", "time"}};

std::string written(const std::vector<AccessBlock>& blocks, unsigned agents) {
  std::string out;
  NativeWriter writer(write_to_memory(out, "memory"));
  writer.begin({}, {});
  for (const AccessBlock& block : blocks) writer.write(block, some_agents(agents));
  writer.finish(kMeta, kLimits);
  CHECK(writer.bytes() == out.size());
  return out;
}

Contents put_together(const std::vector<AccessBlock>& blocks) {
  Contents out;
  for (const AccessBlock& block : blocks) {
    for (const Event& event : block.events) {
      out.events.push_back({out.accesses.size() + event.position, event});
    }
    out.accesses.insert(out.accesses.end(), block.accesses.begin(), block.accesses.end());
  }
  return out;
}

void check_equal(const Contents& got, const Contents& wanted, std::size_t first = 0) {
  REQUIRE(got.accesses.size() == wanted.accesses.size() - first);
  CHECK(std::equal(got.accesses.begin(), got.accesses.end(),
                   wanted.accesses.begin() + static_cast<std::ptrdiff_t>(first)));
  std::size_t i = 0;
  for (const Contents::PlacedEvent& event : got.events) {
    while (i < wanted.events.size() && wanted.events[i].position < first) ++i;
    REQUIRE(i < wanted.events.size());
    Event a = event.event;
    Event b = wanted.events[i].event;
    a.position = b.position = 0;
    REQUIRE(event.position + first == wanted.events[i].position);
    REQUIRE(a == b);
    ++i;
  }
  if (first == 0) CHECK(i == wanted.events.size());
}

/// A reader together with the bytes that it reads.
class ReaderOf {
 public:
  explicit ReaderOf(std::string bytes, bool salvage = false)
      : bytes_(std::make_unique<std::string>(std::move(bytes))),
        reader_(read_native(open_bytes_in_memory(*bytes_, "app.fft"), {salvage})) {}
  Reader& operator*() const { return *reader_; }
  Reader* operator->() const { return reader_.get(); }

 private:
  std::unique_ptr<std::string> bytes_;
  std::unique_ptr<Reader> reader_;
};

ReaderOf reader_of(const std::string& bytes, bool salvage = false) { return ReaderOf(bytes, salvage); }

/// A chunk as the format has it, uncompressed.
std::string chunk(const char* type, std::uint32_t sequence, std::uint64_t accesses, std::uint32_t count,
                  const std::string& payload) {
  native::ChunkHeader header;
  header.type = native::type_code(type);
  header.sequence = sequence;
  header.stored = header.raw = static_cast<std::uint32_t>(payload.size());
  header.accesses = accesses;
  header.count = count;
  header.checksum = native::checksum_of(header, payload);
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) + payload;
}

/// Where the chunks of a file begin, and its end.
std::vector<std::size_t> borders(const std::string& bytes) {
  std::vector<std::size_t> out;
  for (std::size_t at = native::kFileHeaderBytes; at < bytes.size();) {
    out.push_back(at);
    native::ChunkHeader header;
    std::memcpy(&header, bytes.data() + at, sizeof header);
    at += sizeof header + header.stored;
  }
  out.push_back(bytes.size());
  return out;
}

TEST_CASE("traces: a .fft trace holds what was written, whatever it is") {
  for (const unsigned agents : {1U, 2U, 300U}) {
    const auto blocks = random_trace(agents, 200'000, agents);
    const auto reader = reader_of(written(blocks, agents));
    check_equal(read_all(*reader), put_together(blocks));
    CHECK(reader->agents() == some_agents(agents));
    CHECK(reader->meta() == kMeta);
    CHECK(reader->limits().unknown == kLimits.unknown);
    CHECK(reader->format() == "fft");
  }
}

TEST_CASE("traces: backings have their numbers in a .fft trace, and no others") {
  const char* const names[] = {"unknown", "private_anonymous", "heap",     "stack", "file",
                               "shared",  "executable",        "huge_tlb", "dax",   "special"};
  for (std::uint8_t number = 0; number < 12; ++number) {
    CAPTURE(int{number});
    // An mmap at position 0 by agent 0 with backing and protection alone.
    const std::string bytes = {0, 1, 1, 0, static_cast<char>(number), 3};
    native::ListReader list(bytes);
    std::vector<Event> events;
    const bool is_known = number < std::size(names);
    REQUIRE(native::take_events(list, 1, 0, events) == is_known);
    if (!is_known) continue;
    CHECK(name_of(events.at(0).backing) == names[number]);
    std::string again;
    native::put_events(again, events);
    CHECK(again == bytes);
  }
}

TEST_CASE("traces: a .fft trace of events alone, of one access, and of nothing") {
  AccessBlock events;
  events.events.resize(40'000);
  for (Event& event : events.events) event.kind = EventKind::kMarker;
  AccessBlock one;
  one.accesses.push_back(Access::make(0xffffffffffffff00, 0xff, Op::kAtomic, 65535, 0));
  for (const std::vector<AccessBlock>& blocks :
       {std::vector{events}, std::vector{one}, std::vector{one, events, one}, std::vector<AccessBlock>{}}) {
    const auto reader = reader_of(written(blocks, 1));
    check_equal(read_all(*reader), put_together(blocks));
  }
}

TEST_CASE("traces: agents that appear late come with a .fft trace") {
  std::string bytes;
  NativeWriter writer(write_to_memory(bytes, "memory"));
  AccessBlock block;
  for (std::uint16_t i = 0; i < 10; ++i) {
    block.accesses.assign(1, Access::make(i, 1, Op::kRead, 0, i));
    writer.write(block, some_agents(i + 1U));
  }
  writer.finish({}, {});
  const auto reader = reader_of(bytes);
  CHECK(read_all(*reader).accesses.size() == 10);
  CHECK(reader->agents() == some_agents(10));
}

TEST_CASE("traces: names of a .fft trace that are too long are cut between characters") {
  AccessBlock block;
  block.events.emplace_back().name = std::string(1023, 'x') + "\xC3\xA9 and more";
  const Contents got = read_all(*reader_of(written({block}, 1)));
  REQUIRE(got.events.size() == 1);
  CHECK(got.events[0].event.name == std::string(1023, 'x'));
}

TEST_CASE("traces: any flipped bit of a .fft trace is found, and salvage keeps the chunks before it") {
  const auto blocks = random_trace(7, 80'000, 3);
  const Contents whole = put_together(blocks);
  const std::string bytes = written(blocks, 3);
  const std::vector<std::size_t> starts = borders(bytes);
  Xoshiro256 random(1);
  for (int round = 0; round < 200; ++round) {
    std::string damaged = bytes;
    const std::size_t at = random.below(bytes.size());
    damaged[at] = static_cast<char>(damaged[at] ^ 1 << random.below(8));
    const std::string error = error_of([&] { read_all(*reader_of(damaged)); });
    REQUIRE(error.starts_with("app.fft: "));
    if (at < native::kFileHeaderBytes) continue;
    const std::size_t index =
        static_cast<std::size_t>(std::upper_bound(starts.begin(), starts.end(), at) - starts.begin()) - 1;
    const std::string place = "chunk " + std::to_string(index);
    REQUIRE(error.find(place) != std::string::npos);
    REQUIRE(error.find("at byte " + std::to_string(starts[index])) != std::string::npos);

    if (round % 20 != 0) continue;
    const auto salvaged = reader_of(damaged, true);
    const Contents kept = read_all(*salvaged);
    std::size_t expected = 0;
    for (std::size_t i = 0; i < index; ++i) {
      native::ChunkHeader header;
      std::memcpy(&header, bytes.data() + starts[i], sizeof header);
      if (header.type == native::kBlock) expected += header.count;
    }
    REQUIRE(kept.accesses.size() == expected);
    REQUIRE(std::equal(kept.accesses.begin(), kept.accesses.end(), whole.accesses.begin()));
    REQUIRE(salvaged->limits().unknown.back().starts_with("what was behind byte " + std::to_string(starts[index])));
  }
}

TEST_CASE("traces: a .fft trace that is cut short anywhere is found, and salvaged") {
  const std::string bytes = written(random_trace(9, 3000, 2), 2);
  for (std::size_t size = 0; size < bytes.size(); size += size < 1000 ? 3 : 397) {
    const std::string cut = bytes.substr(0, size);
    CAPTURE(size);
    if (cut.empty()) continue;
    REQUIRE(error_of([&] { read_all(*reader_of(cut)); }).starts_with("app.fft: "));
    if (size < native::kFileHeaderBytes) continue;
    const std::vector<std::size_t> starts = borders(bytes);
    const auto whole_chunks = std::upper_bound(starts.begin(), starts.end(), size) - starts.begin() - 1;
    REQUIRE(read_all(*reader_of(cut, true)).accesses.size() == (whole_chunks >= 3 ? 3000 : 0));
  }
  CHECK(error_of([&] { read_all(*reader_of(bytes + "x")); }).find("is cut short") != std::string::npos);
  CHECK(error_of([&] { read_all(*reader_of(bytes + bytes)); }).starts_with("app.fft: chunk"));
}

TEST_CASE("traces: chunks that are missing, doubled or of another file are found") {
  const std::string bytes = written(random_trace(3, 300'000, 1), 1);
  const std::vector<std::size_t> starts = borders(bytes);
  const auto piece = [&](std::size_t i) { return bytes.substr(starts[i], starts[i + 1] - starts[i]); };
  REQUIRE(starts.size() > 6);
  const std::string without = bytes.substr(0, starts[3]) + bytes.substr(starts[4]);
  CHECK(error_of([&] { read_all(*reader_of(without)); }).find("chunks are missing") != std::string::npos);
  const std::string doubled = bytes.substr(0, starts[4]) + piece(3) + bytes.substr(starts[4]);
  CHECK(error_of([&] { read_all(*reader_of(doubled)); }).find("chunks are missing") != std::string::npos);
}

TEST_CASE("traces: chunks that are not known are passed over") {
  AccessBlock block;
  block.accesses.push_back(Access::make(0x1000, 8, Op::kWrite));
  const std::string bytes = written({block}, 1);
  const std::vector<std::size_t> starts = borders(bytes);
  // As a later version might write it: its own chunk in front, the others counted on from there.
  std::string out = bytes.substr(0, starts[0]) + chunk("Xtra", 0, 0, 5, "whatever this is");
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    native::ChunkHeader header;
    std::memcpy(&header, bytes.data() + starts[i], sizeof header);
    const std::string payload = bytes.substr(starts[i] + sizeof header, header.stored);
    header.sequence += 1;
    header.checksum = native::checksum_of(header, payload);
    out += std::string(reinterpret_cast<const char*>(&header), sizeof header) + payload;
  }
  CHECK(read_all(*reader_of(out)).accesses == block.accesses);
}

TEST_CASE("traces: a .fft file of impossible contents with right checksums is refused") {
  const std::string head = written({}, 1).substr(0, native::kFileHeaderBytes);
  const std::string no_columns(24, '\0');
  std::string many_runs = no_columns;
  std::memset(many_runs.data(), 0xff, 4);
  for (const auto& [type, count, payload] : {std::tuple<const char*, std::uint32_t, std::string>{"BLOK", 1, no_columns},
                                             {"BLOK", 65537, no_columns},
                                             {"BLOK", 0, many_runs},
                                             {"BLOK", 0xffffffff, std::string(1 << 20, '\0')},
                                             {"BLOK", 0, ""},
                                             {"META", 1, "\xff\xff\xff\xff\x7f"},
                                             {"AGNT", 0xffffffff, std::string(1, '\0')},
                                             {"INDX", 0, "nothing"}}) {
    CAPTURE(type);
    CHECK(error_of([&] {
            read_all(*reader_of(head + chunk(type, 0, 0, count, payload)));
          }).find("has contents that make no sense") != std::string::npos);
  }
  // Compressed to nothing much, and as large as a payload may be: refused before anything is taken for its events.
  native::ChunkHeader huge;
  huge.type = native::kBlock;
  huge.stored = 4;
  huge.raw = 0xffffffff;
  huge.checksum = native::checksum_of(huge, "abcd");
  const std::string lie = head + std::string(reinterpret_cast<const char*>(&huge), sizeof huge) + "abcd";
  CHECK(error_of([&] { read_all(*reader_of(lie)); }).find("a header that makes no sense") != std::string::npos);
}

TEST_CASE("traces: a .fft trace of another version says so") {
  std::string bytes = written({}, 1);
  bytes[8] = 2;
  CHECK(
      error_of([&] { reader_of(bytes); }) ==
      "app.fft: is a .fft trace of version 2; this farfault reads version 1; use a farfault that is as new as the one "
      "that wrote it");
}

TEST_CASE("traces: a .fft file can be read from any access on, with its mappings") {
  const auto blocks = random_trace(5, 4'300'000, 2);
  const Contents whole = put_together(blocks);
  const TemporaryFile path(written(blocks, 2), ".fft");
  const NativeFile file(path.path());
  CHECK(file.indexed());
  CHECK(file.accesses() == 4'300'000);
  CHECK(file.meta() == kMeta);
  CHECK(file.agents() == some_agents(2));
  CHECK(std::count_if(file.chunks().begin(), file.chunks().end(),
                      [](const NativeChunk& c) { return c.type == "VMAS"; }) >= 1);
  for (const std::uint64_t from : {0ULL, 1ULL, 65'536ULL, 4'194'303ULL, 4'194'304ULL, 4'299'999ULL, 4'250'001ULL}) {
    CAPTURE(from);
    const Contents got = read_all(*file.open_at_access(from));
    REQUIRE(got.accesses.size() == whole.accesses.size() - from);
    CHECK(std::equal(got.accesses.begin(), got.accesses.end(),
                     whole.accesses.begin() + static_cast<std::ptrdiff_t>(from)));
    // At the first access the mappings are those that all events before it make.
    VmaMap wanted;
    VmaMap seen;
    for (const auto& event : whole.events) {
      if (event.position <= from) wanted.apply(event.event);
    }
    for (const auto& event : got.events) {
      if (event.position == 0) seen.apply(event.event);
    }
    CHECK(seen.ranges() == wanted.ranges());
  }
  CHECK(read_all(*file.open_at_access(4'300'000)).accesses.empty());
}

TEST_CASE("traces: a .fft file can be read from any time on") {
  const auto blocks = random_trace(6, 1'000'000, 1);
  const Contents whole = put_together(blocks);
  const TemporaryFile path(written(blocks, 1), ".fft");
  const NativeFile file(path.path());
  for (const std::uint64_t time : {0ULL, 1ULL, 20'000ULL, 100'000ULL}) {
    CAPTURE(time);
    std::size_t first = whole.accesses.size();
    for (const auto& event : whole.events) {
      if (event.event.kind == EventKind::kTimestamp && event.event.value >= time) {
        first = std::min(first, event.position);
      }
    }
    if (time == 0) first = 0;
    const Contents got = read_all(*file.open_at_time(time));
    REQUIRE(got.accesses.size() == whole.accesses.size() - first);
    CHECK(std::equal(got.accesses.begin(), got.accesses.end(),
                     whole.accesses.begin() + static_cast<std::ptrdiff_t>(first)));
  }
}

TEST_CASE("traces: a .fft file without its index is read all the same, and salvaged where it is cut") {
  const auto blocks = random_trace(8, 300'000, 1);
  const std::string bytes = written(blocks, 1);
  const std::vector<std::size_t> starts = borders(bytes);
  const TemporaryFile unindexed(bytes.substr(0, starts[starts.size() - 2]), ".fft");
  const NativeFile file(unindexed.path());
  CHECK_FALSE(file.indexed());
  CHECK(file.accesses() == 300'000);
  CHECK(read_all(*NativeFile(unindexed.path(), {true}).open_at_access(299'000)).accesses.size() == 1000);

  const TemporaryFile cut(bytes.substr(0, starts[5] - 10), ".fft");
  CHECK(error_of([&] { NativeFile{cut.path()}; }).find("is cut short") != std::string::npos);
  const NativeFile salvaged(cut.path(), {true});
  CHECK(salvaged.accesses() > 0);
  CHECK(read_all(*salvaged.open_at_access(0)).accesses.size() == salvaged.accesses());
}

TEST_CASE("traces: a .fft file is found by its content, and read through the list of formats") {
  const auto blocks = random_trace(2, 1000, 1);
  const TemporaryFile plain(written(blocks, 1), ".bin");
  check_equal(read_all(*open_file(plain.path())->open()), put_together(blocks));
  const TemporaryFile twice(testing::compressed(written(blocks, 1)), ".zst");
  check_equal(read_all(*open_once(twice.path())), put_together(blocks));
}

TEST_CASE("traces: converting keeps everything, and says where a trace comes from") {
  const TemporaryFile text("==1== Command: ./a b\nI  0401,3\n L 04033e06,1\nI  0404,3\nI  0405,3\n S 1ffeffed88,8\n");
  std::string bytes;
  NativeWriter writer(write_to_memory(bytes, "memory"));
  const auto source = open_file(text.path());
  std::uint64_t seen = 0;
  CHECK(convert(*source->open(), writer, [&seen](std::uint64_t n) { seen = n; }) == 2);
  CHECK(seen == 2);
  const auto reader = reader_of(bytes);
  const auto original = source->open();
  check_equal(read_all(*reader), read_all(*original));
  CHECK(reader->meta().original_format == "lackey");
  CHECK(reader->limits().unknown == original->limits().unknown);
}

}  // namespace native_test
}  // namespace farfault::traces
