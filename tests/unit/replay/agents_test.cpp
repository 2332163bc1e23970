// Several agents: their lanes run side by side.
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/replay/run_scenario.h"

namespace farfault {
namespace agents_test {

using testing::Figures;
using testing::run_scenario;

constexpr std::uint64_t kBase = 0x10000000;

/// Two agents that take turns, access by access: `accesses` each, of 64 bytes in order, `distance` bytes apart.
class TwoAgents final : public traces::Source {
 public:
  TwoAgents(std::uint64_t accesses, std::uint64_t distance) : accesses_(accesses), distance_(distance) {}
  std::unique_ptr<traces::Reader> open() const override { return std::make_unique<TwoAgentsReader>(*this); }
  std::string description() const override { return "two agents"; }

 private:
  class TwoAgentsReader final : public traces::Reader {
   public:
    explicit TwoAgentsReader(const TwoAgents& source)
        : source_(source), agents_{{traces::AgentKind::kCpuThread, "left"}, {traces::AgentKind::kCpuThread, "right"}} {}
    std::string_view format() const override { return "two-agents"; }
    const std::vector<traces::Agent>& agents() const override { return agents_; }
    const traces::TraceLimits& limits() const override { return limits_; }
    bool next(traces::AccessBlock& block) override {
      block.clear();
      while (done_ < source_.accesses_ && block.accesses.size() < traces::kBlockAccesses) {
        for (std::uint16_t agent = 0; agent < 2; ++agent) {
          block.accesses.push_back(
              traces::Access::make(kBase + agent * source_.distance_ + done_ * 64, 64, traces::Op::kRead, 0, agent));
        }
        ++done_;
      }
      return !block.empty();
    }

   private:
    const TwoAgents& source_;
    std::vector<traces::Agent> agents_;
    traces::TraceLimits limits_;
    std::uint64_t done_ = 0;
  };

  std::uint64_t accesses_;
  std::uint64_t distance_;
};

/// Runs 2 x 16384 accesses (1 MiB each agent) with more keys of a scenario.
Figures run_two(const std::string& more, const std::string& assign, std::uint64_t distance = 1U << 20U) {
  return run_scenario("{" + more + R"("workload": {"generator": {"kind": "two-agents"}, "assign": [)" + assign + "]}}",
                      {}, [distance](Catalogue& catalogue) {
                        traces::GeneratorInfo info;
                        info.name = "two-agents";
                        info.make = [distance](const Parameters&, std::uint64_t) {
                          return std::make_unique<TwoAgents>(16384, distance);
                        };
                        catalogue.generators.add(info);
                      });
}

TEST_CASE("agents: each agent on the host is a thread") {
  const Figures both = run_two("", R"({"to": "host"})");
  CHECK(both.at("lanes.host") == 2);
  CHECK(both.at("accesses.host.local") == 32768);
  CHECK(both.at("time.host.wait") == 0);
  CHECK(both.at("faults.cpu.minor") == 512);
}

TEST_CASE("agents: threads beyond the CPUs take turns") {
  const Figures two = run_two("", R"({"to": "host"})");
  const Figures one = run_two(R"("platform": {"base": "generic-pcie3", "host": {"cpus": 1}}, )", R"({"to": "host"})");
  CHECK(one.at("time.host.wait") > 0);
  // Both are bound by what a thread does by itself, so one after the other takes twice as long.
  CHECK(one.at("time.total") > 1.9 * two.at("time.total"));
  CHECK(one.at("time.total") < 2.1 * two.at("time.total"));
}

TEST_CASE("agents: rules name agents") {
  const Figures figures = run_two("", R"({"agent": "ri*", "to": "gpu0"}, {"to": "host"})");
  CHECK(figures.at("accesses.device.local") == 16384);
  CHECK(figures.at("accesses.host.local") == 16384);
  CHECK(figures.at("lanes.device") == 1);
}

TEST_CASE("agents: streams on the same pages raise duplicates from their micro-TLBs") {
  const Figures figures = run_two(R"("policy": {"prefetch": "none"}, )", R"({"to": "gpu0"})", 0);
  CHECK(figures.at("lanes.device") == 2);
  CHECK(figures.at("accesses.device.local") == 32768);
  CHECK(figures.at("faults.device.serviced") == 256);
  CHECK(figures.at("faults.device.duplicate") > 0);
  CHECK(figures.at("faults.device.raised") == figures.at("faults.device.serviced") +
                                                  figures.at("faults.device.duplicate") +
                                                  figures.at("faults.device.dropped"));
}

TEST_CASE("agents: streams share the device's tags") {
  // 64 tags of 128 bytes in 1.6 us: 5.12 GB/s for the device, however many streams it has.
  const Figures both = run_two(
      R"("platform": {"base": "generic-pcie3", "links": {"pcie": {"read_tags": 64, "round_trip": "1.6 us"}}},
         "policy": {"placement": "remote_map", "prefetch": "none"}, )",
      R"({"to": "gpu0"})");
  CHECK(both.at("bytes.link.pcie.to_device.remote") == 2U << 20U);
  // Each stream waits for the link in all of its remote time, so two at once would need half as long with tags of their
  // own.
  const double seconds = both.at("time.device.remote") / 2 * 1e-12;
  CHECK(both.at("bytes.link.pcie.to_device.remote") / seconds < 5.2e9);
  CHECK(both.at("bytes.link.pcie.to_device.remote") / seconds > 4.0e9);
}

}  // namespace agents_test
}  // namespace farfault
