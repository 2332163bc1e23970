#include "traces/shared_trace.h"

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "sim/core/error.h"
#include "tests/unit/traces/records.h"
#include "tests/unit/traces/testing.h"
#include "traces/source.h"

namespace farfault::traces {
namespace shared_trace_test {

constexpr std::size_t kRoom = std::size_t{1} << 30U;

/// Both to their ends, block by block.
void check_same(Reader& shared, Reader& original) {
  CHECK(shared.format() == original.format());
  AccessBlock left;
  AccessBlock right;
  std::size_t blocks = 0;
  for (;; ++blocks) {
    const bool more = original.next(right);
    REQUIRE(shared.next(left) == more);
    REQUIRE(left.accesses == right.accesses);
    REQUIRE(left.events == right.events);
    REQUIRE(shared.agents() == original.agents());
    REQUIRE(shared.meta() == original.meta());
    if (!more) break;
  }
  CHECK(shared.limits().unknown == original.limits().unknown);
  CHECK(blocks > 0);
  CHECK_FALSE(shared.next(left));
}

/// In a process of its own, as sweeps do it; whether it ended as it should.
bool fill_in_child(SharedTrace& trace, const std::function<std::unique_ptr<Reader>()>& open) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(trace.fill(open) ? 0 : 3);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("traces: what another process decoded is the trace as the file gives it") {
  std::vector<std::string> samples;
  for (const auto& entry : std::filesystem::directory_iterator("traces/samples")) {
    const std::string extension = entry.path().extension();
    if (extension == ".fft" || extension == ".zst") samples.push_back(entry.path());
  }
  std::sort(samples.begin(), samples.end());
  REQUIRE(samples.size() >= 8);
  for (const std::string& path : samples) {
    CAPTURE(path);
    const auto file = open_file(path);
    SharedTrace shared(path, kRoom);
    CHECK_FALSE(shared.is_filled());
    REQUIRE(fill_in_child(shared, [&] { return file->open(); }));
    REQUIRE(shared.is_filled());
    CHECK(shared.description() == path);
    check_same(*shared.open(), *file->open());
  }
}

TEST_CASE("traces: a shared trace keeps all kinds of events and who is seen when") {
  /// A further agent with each block, another meta with the third.
  class Growing final : public Reader {
   public:
    std::string_view format() const override { return "growing"; }
    const std::vector<Agent>& agents() const override { return agents_; }
    const TraceLimits& limits() const override { return limits_; }
    const TraceMeta& meta() const override { return meta_; }
    bool next(AccessBlock& block) override {
      block.clear();
      if (++blocks_ > 40) {
        limits_.unknown = {"time", ""};
        meta_.exit_signal = 11;
        agents_.front().name = "named at the end";
        return false;
      }
      agents_.push_back({AgentKind::kCtaGroup, "group " + std::to_string(blocks_), 0});
      if (blocks_ == 3) meta_ = {"a", "b", "c d\n", 7, std::nullopt, "ns", {"x", "y"}};
      for (std::size_t kind = 0; kind < kEventKindCount; ++kind) {
        const auto number = static_cast<std::uint64_t>(kind) << 40U;
        block.events.push_back({static_cast<std::uint32_t>(kind / 12), static_cast<std::uint16_t>(blocks_),
                                static_cast<EventKind>(kind), static_cast<Backing>(kind % kBackingCount), 5, number,
                                number + 1, number + 2, number + 3, std::string(kind, '\0')});
      }
      if (blocks_ % 2 == 0)
        block.accesses.push_back(Access::make(~std::uint64_t{0}, Access::kMaxSize, Op::kAtomic, 9, 1));
      return true;
    }

   private:
    int blocks_ = 0;
    std::vector<Agent> agents_{{AgentKind::kGpuStream, "stream", kNoAgent}};
    TraceLimits limits_;
    TraceMeta meta_;
  };
  SharedTrace shared("growing", kRoom);
  REQUIRE(shared.fill([] { return std::make_unique<Growing>(); }));
  for (int times = 0; times < 2; ++times) {
    Growing original;
    check_same(*shared.open(), original);
  }
}

TEST_CASE("traces: an error comes from a shared trace where it comes from the file, after the blocks before it") {
  const testing::TemporaryFile broken("I  04000000,3\n S 1ffe,8\nnonsense\n");
  const auto file = open_file(broken.path());
  SharedTrace shared(broken.path(), kRoom);
  REQUIRE(fill_in_child(shared, [&] { return file->open(); }));
  const auto read = [](const Source& source) {
    const auto reader = source.open();
    testing::Contents before;
    const std::string error = testing::error_of([&] { before = testing::read_all(*reader); });
    AccessBlock block;
    CHECK_THROWS_AS(reader->next(block), InputError);
    return error;
  };
  CHECK(read(shared) == read(*file));
  CHECK(read(shared).find(":3") != std::string::npos);
}

TEST_CASE("traces: a file that cannot be opened is an error of whoever opens the shared trace") {
  SharedTrace shared("/no/such/file", kRoom);
  REQUIRE(shared.fill([] { return open_file("/no/such/file")->open(); }));
  const std::string expected = testing::error_of([] { open_file("/no/such/file"); });
  CHECK(expected.find("/no/such/file") != std::string::npos);
  CHECK(testing::error_of([&] { shared.open(); }) == expected);
}

TEST_CASE("traces: a trace that does not fit is not shared") {
  const auto records = [] { return std::make_unique<testing::RecordsReader>(testing::random_records(1, 5000, 64, 1)); };
  SharedTrace large("records", kRoom);
  REQUIRE(large.fill(records));
  const std::uint64_t needed = large.bytes();
  CHECK(needed > std::size_t{4000} * sizeof(Access));
  SharedTrace exact("records", needed);
  CHECK(exact.fill(records));
  CHECK(exact.bytes() == needed);
  for (const std::uint64_t limit : {needed - 1, needed / 2, std::uint64_t{100}, std::uint64_t{0}}) {
    SharedTrace small("records", limit);
    CHECK_FALSE(small.fill(records));
    CHECK_FALSE(small.is_filled());
  }
}

TEST_CASE("traces: a decoder that dies leaves no shared trace") {
  class Dying final : public Reader {
   public:
    std::string_view format() const override { return "dying"; }
    const std::vector<Agent>& agents() const override { return agents_; }
    const TraceLimits& limits() const override { return limits_; }
    bool next(AccessBlock& block) override {
      block.clear();
      if (++blocks_ > 3) ::_exit(9);
      block.accesses.push_back(Access::make(0, 1, Op::kRead));
      return true;
    }

   private:
    int blocks_ = 0;
    std::vector<Agent> agents_;
    TraceLimits limits_;
  };
  SharedTrace shared("dying", kRoom);
  CHECK_FALSE(fill_in_child(shared, [] { return std::make_unique<Dying>(); }));
  CHECK_FALSE(shared.is_filled());
}

}  // namespace shared_trace_test
}  // namespace farfault::traces
