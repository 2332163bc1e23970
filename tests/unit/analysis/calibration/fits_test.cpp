#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "analysis/calibration/calibration.h"
#include "analysis/calibration/platform_file.h"
#include "analysis/calibration/read.h"
#include "sim/core/error.h"

namespace farfault::analysis::calibration {
namespace fits_test {

Base machine() {
  Base out;
  out.name = "generic";
  out.device = "gpu0";
  out.link = "pcie";
  out.raw_rate = 15.754e9;
  out.values = {{"links.pcie.max_payload", 128},
                {"links.pcie.packet_overhead", 24},
                {"links.pcie.control_share", 0.05},
                {"links.pcie.read_tags", 256},
                {"links.pcie.round_trip", 1.6e-6},
                {"driver.batch_time", 12.5e-6},
                {"driver.unmap_time", 2e-6},
                {"driver.page_time", 220e-9},
                {"driver.flush_time", 0},
                {"driver.interrupt_latency", 2e-6},
                {"links.pcie.memcpy.to_host.piece_setup", 1e-6}};
  return out;
}

struct Fitted {
  std::vector<MeasuredFile> files;
  Calibration result;

  const Parameter* find(const std::string& path) const {
    for (const Part& part : result.parts) {
      for (const Parameter& p : part.parameters) {
        if (p.path == path) return &p;
      }
    }
    return nullptr;
  }
  double value(const std::string& path) const {
    const Parameter* const p = find(path);
    REQUIRE_MESSAGE(p != nullptr, path);
    return p->value;
  }
  bool notes(const std::string& text) const {
    return std::any_of(result.parts.begin(), result.parts.end(), [&](const Part& part) {
      return std::any_of(part.notes.begin(), part.notes.end(),
                         [&](const std::string& note) { return note.find(text) != std::string::npos; });
    });
  }
};

Fitted fit(const std::string& text, const Options& options = {}, const Base& base = machine()) {
  Fitted out;
  out.files.push_back(parse_measurements(text, "my.csv"));
  out.result = calibrate(out.files, base, options);
  return out;
}

std::string refusal(const std::string& text, const Base& base = machine()) {
  try {
    static_cast<void>(fit(text, {}, base));
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string kPieces = "kind,size,value,unit,direction,first_in_push\n";
const std::string kGroups = "kind,size,value,unit,pieces,runs,new_block,first,faults\n";

std::string us(double value) { return std::to_string(value); }

/// Pieces of 0.6 us a job, 0.9 us a piece, 12 GB/s.
std::string pieces() {
  std::string out = kPieces;
  for (const int kib : {4, 60, 124, 508, 1020}) {
    const double copied = kib * 1024 / 12e3;
    out += "migration_piece," + std::to_string(kib) + " KiB," + us(0.9 + copied + (kib == 4 ? 0.6 : 0)) +
           ",us,to_device," + (kib == 4 ? "1" : "0") + '\n';
  }
  return out;
}

TEST_CASE("calibrate: pieces of a push give its set-up, theirs and the rate back") {
  const Fitted fitted = fit(pieces());
  CHECK(fitted.value("links.pcie.dma.to_device.job_setup") == doctest::Approx(0.6e-6).epsilon(0.002));
  CHECK(fitted.value("links.pcie.dma.to_device.piece_setup") == doctest::Approx(0.9e-6).epsilon(0.002));
  CHECK(fitted.value("links.pcie.dma.to_device.bandwidth") == doctest::Approx(12e9).epsilon(0.002));
  CHECK(fitted.find("links.pcie.dma.to_device.points") == nullptr);
  CHECK(fitted.result.worst_error() < 0.002);
  CHECK(fitted.notes("a line: it misses no point by more than 0.0 %"));
}

TEST_CASE("calibrate: job set-up that cannot be told apart is said so") {
  std::string text = pieces();
  text.replace(text.find(",us,to_device,1"), 15, ",us,to_device,0");
  const Fitted fitted = fit(text, {Curve::kLine, {}});
  CHECK(fitted.value("links.pcie.dma.to_device.job_setup") == 0);
  CHECK(fitted.notes("job_setup cannot be told from piece_setup"));
}

TEST_CASE("calibrate: a bent curve becomes its points and a base's points give way to a line") {
  std::string bent = "kind,size,value,unit,direction\n";
  for (const auto& [kib, time] : {std::pair{4, 1.2}, {16, 2.4}, {64, 7.2}, {256, 23.2}, {1024, 87.0}}) {
    bent += "copy," + std::to_string(kib) + " KiB," + us(time) + ",us,to_device\n";
  }
  const Fitted table = fit(bent);
  const Parameter* const points = table.find("links.pcie.memcpy.to_device.points");
  REQUIRE(points != nullptr);
  CHECK(points->curve.size() == 5);
  CHECK(points->curve[2].first == 65536);
  CHECK(points->curve[2].second == doctest::Approx(7.2e-6));
  CHECK(table.notes("the points themselves: a line misses one by"));
  // No point is faster than the rate beyond them: 1 MiB in 87 us.
  CHECK(table.value("links.pcie.memcpy.to_device.bandwidth") >= 1048576 / 87.0e-6);

  Base base = machine();
  base.curves = {"links.pcie.memcpy.to_device.points"};
  const Fitted line = fit(bent, {Curve::kLine, {}}, base);
  const Parameter* const none = line.find("links.pcie.memcpy.to_device.points");
  REQUIRE(none != nullptr);
  CHECK(none->curve.empty());
  CHECK(has(platform_json(line.result, base, {"x", "", ""}), "\"value\": []"));
}

TEST_CASE("calibrate: one large size gives the bandwidth alone, small ones are refused") {
  const std::string head = "kind,size,value,unit,direction\n";
  const Fitted fitted = fit(head + "copy,512 MiB,25,GB/s,to_host\n");
  CHECK(fitted.value("links.pcie.memcpy.to_host.bandwidth") == doctest::Approx(25e9).epsilon(0.001));
  CHECK(fitted.find("links.pcie.memcpy.to_host.piece_setup")->standing == Parameter::Standing::kKept);
  // A link of 12.6 GB/s would hold such copies back, and no control_share could help.
  CHECK(fitted.value("links.pcie.control_share") == 0);
  CHECK_FALSE(fitted.result.warnings.empty());
  CHECK(has(refusal(head + "copy,4 KiB,1.3,us,to_host\ncopy,8 KiB,1.6,us,to_host\n"), "at least 3 sizes are needed"));
  CHECK(has(refusal(head + "copy,4 KiB,3,us,to_host\ncopy,8 KiB,2,us,to_host\ncopy,16 KiB,1,us,to_host\n"),
            "do not grow with their size"));
}

TEST_CASE("calibrate: groups give every price that varies back and keep the rest") {
  const auto group = [](int kib, int runs, int fresh, int first) {
    const double software = 3 + 10 * runs + 0.2 * kib / 4 + 30 * fresh + 120 * first;
    const double copies = 0.6 + 0.9 * runs + kib * 1024 / 12e3;
    return "fault_group," + std::to_string(kib) + " KiB," + us(software + copies) + ",us,," + std::to_string(runs) +
           ',' + std::to_string(fresh) + ',' + std::to_string(first) + ",1\n";
  };
  std::string text = kGroups + group(64, 1, 0, 0) + group(64, 1, 1, 0) + group(64, 1, 1, 1) + group(128, 2, 0, 0) +
                     group(256, 1, 0, 0) + group(1024, 3, 0, 0) + group(2048, 1, 0, 0);
  Fitted fitted;
  fitted.files = {parse_measurements(pieces(), "pieces.csv"), parse_measurements(text, "groups.csv")};
  fitted.result = calibrate(fitted.files, machine(), {});
  CHECK(fitted.value("driver.batch_time") == doctest::Approx(3e-6).epsilon(0.01));
  CHECK(fitted.value("driver.unmap_time") == doctest::Approx(10e-6).epsilon(0.01));
  CHECK(fitted.value("driver.page_time") == doctest::Approx(0.2e-6).epsilon(0.01));
  CHECK(fitted.value("driver.new_block_time") == doctest::Approx(30e-6).epsilon(0.01));
  CHECK(fitted.value("driver.process_start_time") == doctest::Approx(120e-6).epsilon(0.01));
  CHECK(fitted.find("driver.service_time")->standing == Parameter::Standing::kKept);
  CHECK(fitted.notes("driver.service_time is kept: faults is 1 in every group"));
  CHECK(fitted.find("driver.page_time")->interval.has_value());
}

TEST_CASE("calibrate: what does not vary is taken from the base and taken off") {
  std::string text = kGroups;
  // 16 pages of 220 ns, a run of the base's 2 us, 9 us a batch.
  for (const int kib : {64, 128, 512}) {
    text += "fault_group," + std::to_string(kib) + " KiB," + us(9 + 2 + 0.22 * kib / 4 + kib * 1024 / 12.603e3) +
            ",us,,1,0,0,1\n";
  }
  const Fitted fitted = fit(text);
  CHECK(fitted.value("driver.batch_time") == doctest::Approx(9e-6).epsilon(0.01));
  CHECK(fitted.value("driver.unmap_time") == 2e-6);
  CHECK(fitted.notes("driver.unmap_time is kept: runs is 1 in every group"));
  CHECK(fitted.notes("driver.new_block_time is kept: new_block is 0 in every group"));
  // What is kept is not written.
  CHECK_FALSE(has(platform_json(fitted.result, machine(), {"x", "", ""}), "unmap_time"));
  CHECK(has(refusal(kGroups + "fault_group,64 KiB,30,us,,1,0,0,1\n"), "at least 3 are needed"));
}

TEST_CASE("calibrate: prices are not negative and lower bounds hold") {
  // Two runs take 16 us more than one, of 23 us in all: no batch_time is left.
  const std::string text = kGroups +
                           "fault_group,64 KiB,23.65,us,4KiB+60KiB,1,0,0,1\n"
                           "fault_group,128 KiB,31.35,us,4KiB+124KiB,1,0,0,1\n"
                           "fault_group,128 KiB,47.84,us,4KiB+60KiB+64KiB,2,0,0,1\n"
                           "fault_group,512 KiB,83.6,us,4KiB+508KiB,1,0,0,1\n";
  const Fitted fitted = fit(text);
  CHECK(fitted.value("driver.batch_time") == 0);
  CHECK(fitted.find("driver.batch_time")->standing == Parameter::Standing::kAtBound);
  CHECK(fitted.notes("driver.batch_time is at its lower bound"));
  const Fitted bounded = fit(text, {Curve::kAuto, {{"driver.batch_time", 3e-6}}});
  CHECK(bounded.value("driver.batch_time") == doctest::Approx(3e-6));
  CHECK(bounded.value("driver.unmap_time") < fitted.value("driver.unmap_time"));
  CHECK(bounded.result.worst_error() > fitted.result.worst_error());
  CHECK(has(source_text(fitted.result.parts[0], *fitted.find("driver.batch_time"), "2024"),
            "fit of my.csv (4 points, median error"));
}

TEST_CASE("calibrate: remote loads give round trip and control share back") {
  const auto rate = [](double bytes, double requests) {
    const double wire = 15.754 * (1 - 0.08) * bytes / (bytes + 24 * requests);
    const double tags = 256 * bytes / requests / 1.7e-6 * 1e-9;
    return us(std::min(wire, tags));
  };
  const std::string text = "kind,size,value,unit,pieces\nremote_read,32," + rate(32, 1) + ",GB/s,\nremote_read,64," +
                           rate(64, 1) + ",GB/s,\nremote_read,128," + rate(128, 1) + ",GB/s,\nremote_read,128," +
                           rate(128, 2) + ",GB/s,32+96\n";
  const Fitted fitted = fit(text);
  CHECK(fitted.value("links.pcie.round_trip") == doctest::Approx(1.7e-6).epsilon(0.005));
  CHECK(fitted.value("links.pcie.control_share") == doctest::Approx(0.08).epsilon(0.02));
  CHECK(fitted.find("links.pcie.packet_overhead")->standing == Parameter::Standing::kKept);
  CHECK(fitted.result.worst_error() < 0.005);
  // Where the wire alone binds, the round trip cannot be told.
  const Fitted wire = fit("kind,size,value,unit\nremote_read,128,11,GB/s\nremote_read,128,11.2,GB/s\n");
  CHECK(wire.find("links.pcie.round_trip")->standing == Parameter::Standing::kKept);
  CHECK(wire.value("links.pcie.control_share") > 0.1);
}

TEST_CASE("calibrate: duplex, device memory and launches") {
  const Fitted fitted =
      fit("kind,size,value,unit,direction,name\n"
          "copy,64 MiB,12,GB/s,to_device,\ncopy_both,64 MiB,6,GB/s,to_device,\n"
          "memory_bandwidth,,400,GB/s,,\nmemory_bandwidth,,404,GB/s,,\n"
          "memory_latency,1 MiB,100,ns,,\nmemory_latency,64 MiB,390,ns,,\nmemory_latency,1 GiB,400,ns,,\n"
          "launch_latency,,5,us,,\nresident_kernel,402 MB,1005,us,,triad\n");
  CHECK(fitted.value("links.pcie.duplex.to_device") == doctest::Approx(0.5).epsilon(0.01));
  CHECK(fitted.value("devices.gpu0.memory.bandwidth") == doctest::Approx(402e9).epsilon(0.01));
  CHECK(fitted.value("devices.gpu0.memory.latency") == doctest::Approx(395e-9).epsilon(0.01));
  CHECK(fitted.value("devices.gpu0.launch_latency") == doctest::Approx(5e-6).epsilon(0.05));
}

TEST_CASE("calibrate: what is between groups, and less than nothing") {
  std::string text = kGroups.substr(0, kGroups.size() - 1) + ",groups\n";
  for (const int kib : {64, 128, 512}) {
    text += "fault_group," + std::to_string(kib) + " KiB," + us(11 + 0.22 * kib / 4 + kib * 1024 / 12.603e3) +
            ",us,,1,0,0,1,1\n";
  }
  const double two = 2 * (11 + 0.22 * 16 + 64 * 1024 / 12.603e3);
  const std::string kernel = ",us,64KiB+64KiB,2,0,0,2,2\n";
  const Fitted fitted = fit(text + "fault_kernel,128 KiB," + us(two + 2 * 3) + kernel);
  CHECK(fitted.value("driver.interrupt_latency") == doctest::Approx(3e-6).epsilon(0.05));
  const Fitted less = fit(text + "fault_kernel,128 KiB," + us(two - 5) + kernel);
  CHECK(less.value("driver.interrupt_latency") == 0);
  CHECK_FALSE(less.result.warnings.empty());
}

TEST_CASE("calibrate: exports hold numbers alone") {
  const Fitted fitted = fit(pieces());
  for (const std::string& text :
       {calibration_json(fitted.result, machine(), {"x", "", ""}), calibration_csv(fitted.result),
        plot_csv(fitted.result), plot_script(fitted.result, "it's", "a.csv", "b.svg")}) {
    CHECK_FALSE(has(text, "nan"));
    CHECK_FALSE(has(text, "inf"));
    CHECK_FALSE(text.empty());
  }
  CHECK(has(plot_script(fitted.result, "it's", "a.csv", "b.svg"), "'it''s'"));
}

}  // namespace fits_test
}  // namespace farfault::analysis::calibration
