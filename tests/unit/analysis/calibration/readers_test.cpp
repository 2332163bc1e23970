#include <doctest/doctest.h>

#include <string>

#include "analysis/calibration/read.h"
#include "sim/core/error.h"

namespace farfault::analysis::calibration {
namespace readers_test {

/// What is wrong with a text; empty if nothing is.
std::string wrong_with(const std::string& text) {
  try {
    static_cast<void>(parse_measurements(text, "my.csv"));
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

const std::string kHeader = "kind,size,value,unit,low,high,direction,pieces,runs,note\n";

const std::string kNvbandwidth = R"(nvbandwidth Version: v0.4
Built from Git version: 

CUDA Runtime Version: 12030
Driver Version: 545.23.08

Device 0: NVIDIA H100 80GB HBM3

Running host_to_device_memcpy_ce.
memcpy CE CPU(row) -> GPU(column) bandwidth (GB/s)
           0
 0     55.63

SUM host_to_device_memcpy_ce 55.63

Running device_to_host_memcpy_ce.
memcpy CE CPU(row) <- GPU(column) bandwidth (GB/s)
           0         1
 0     55.60      N/A

SUM device_to_host_memcpy_ce 55.60

Running device_to_device_memcpy_read_ce.
Waived: 
Running host_to_device_bidirectional_memcpy_ce.
memcpy CE CPU(row) <-> GPU(column) bandwidth (GB/s)
           0
 0     18.56

SUM host_to_device_bidirectional_memcpy_ce 18.56
)";

TEST_CASE("measured csv: values and units and ranges") {
  const MeasuredFile file = parse_measurements("# date: 2024-05-01\r\n# device: a device\r\n\r\n" + kHeader +
                                                   "copy,4 KiB,1.184,us,,,to_device\r\n"
                                                   "copy,1073741824,10,GiB/s,,,to_host,,,\"a, \"\"note\"\"\"\n"
                                                   "fault_group,,,us,20,30,,4KiB+3x60KiB,2\n",
                                               "my.csv");
  CHECK(file.date == "2024-05-01");
  CHECK(file.device == "a device");
  REQUIRE(file.measurements.size() == 3);
  const Measurement& copy = file.measurements[0];
  CHECK(copy.kind == Kind::kCopy);
  CHECK(copy.size == 4096);
  CHECK(copy.value == doctest::Approx(1.184e-6));
  CHECK(copy.line == 5);
  CHECK(file.measurements[1].value == doctest::Approx(0.1));
  CHECK(file.measurements[1].note == "a, \"note\"");
  const Measurement& group = file.measurements[2];
  CHECK(group.value == doctest::Approx(25e-6));
  CHECK(*group.low == doctest::Approx(20e-6));
  CHECK(group.pieces == std::vector<std::uint64_t>{4096, 61440, 61440, 61440});
  CHECK(group.size == 188416);
  CHECK(group.pages == 46);
  CHECK(group.runs == 2);
}

TEST_CASE("measured csv: everything wrong is told at once with its line") {
  const std::string wrong = wrong_with(kHeader +
                                       "copi,4096,1,us,,,to_device\n"
                                       "copy,4096,nan,us,,,to_device\n"
                                       "copy,4096,1e999,us,,,to_device\n"
                                       "copy,4096,-1,us,,,to_device\n"
                                       "copy,4096,1,parsecs,,,to_device\n"
                                       "memory_bandwidth,,1,us\n"
                                       "memory_latency,,1,GB/s\n"
                                       "copy,4096,1,us\n"
                                       "copy,,1,us,,,to_device\n"
                                       "copy,4096,,us,1,,to_device\n"
                                       "copy,4096,,us,3,2,to_device\n"
                                       "copy,99999999999999999999,1,us,,,to_device\n"
                                       "copy,4096,1,us,,,to_device,,,,,\n"
                                       "copy,4096,1,us,,,to_device,,,\"open\n"
                                       "fault_group,,1,us,,,,4KiB+,2\n"
                                       "fault_group,,1,us,,,,0x4KiB,2\n"
                                       "fault_group,,1,us,,,,9999999x4KiB,2\n"
                                       "fault_group,64KiB,1,us,,,,,inf\n");
  for (const char* part :
       {"my.csv:2: unknown kind \"copi\"; did you mean \"copy\"", "my.csv:3: value \"nan\"",
        "my.csv:4: value \"1e999\"", "my.csv:5: value \"-1\"", "my.csv:6: unit \"parsecs\"",
        "my.csv:7: unit \"us\" is not one of a memory_bandwidth",
        "my.csv:8: unit \"GB/s\" is not one of a memory_latency", "my.csv:9: a copy has no direction",
        "my.csv:10: a copy has no size", "my.csv:11: has one end of a range", "my.csv:12: low is above high",
        "my.csv:13: size", "my.csv:14: has 12 fields", "my.csv:15: a quote does not end", "my.csv:17: pieces",
        "my.csv:18: pieces", "my.csv:19: runs"}) {
    INFO(wrong);
    CHECK_MESSAGE(has(wrong, part), part);
  }
}

TEST_CASE("measured csv: headers and files that are none") {
  CHECK(has(wrong_with("kind,size,value,unit,colour\ncopy,1,1,us,red\n"), "unknown column \"colour\""));
  CHECK(has(wrong_with("kind,unit,kind\n"), "twice"));
  CHECK(has(wrong_with(kHeader), "holds no measurements"));
  CHECK(has(wrong_with(""), "no file of measurements"));
  CHECK(has(wrong_with("hello\nworld\n"), "nvbandwidth"));
  CHECK(has(wrong_with(std::string(1000, '\0')), "no file of measurements"));
  CHECK(has(wrong_with(std::string(kMostBytes + 1, '#')), "larger than"));
}

TEST_CASE("nvbandwidth: matrices of the tests that say something") {
  const MeasuredFile file = parse_measurements(kNvbandwidth, "nv.txt");
  CHECK(file.device == "NVIDIA H100 80GB HBM3");
  REQUIRE(file.measurements.size() == 3);
  CHECK(file.measurements[0].kind == Kind::kCopy);
  CHECK(file.measurements[0].direction == Direction::kToDevice);
  CHECK(file.measurements[0].size / file.measurements[0].value == doctest::Approx(55.63e9));
  CHECK(file.measurements[1].direction == Direction::kToHost);
  CHECK(file.measurements[2].kind == Kind::kCopyBoth);
  CHECK(file.remarks.size() == 1);  // device to device
}

TEST_CASE("nvbandwidth: cut off or damaged output is refused") {
  CHECK(has(wrong_with(kNvbandwidth.substr(0, kNvbandwidth.find("           0"))), "has no values"));
  CHECK(has(wrong_with("Running host_to_device_memcpy_ce.\n(GB/s)\n 0\n 0 nan\n"), "no bandwidth"));
  CHECK(has(wrong_with("Running host_to_device_memcpy_ce.\n(GB/s)\n 0\n 0 1 2\n"), "below 1 devices"));
  CHECK(has(wrong_with("Running host_to_device_memcpy_sm.\n(GB/s)\n 0\n 0 1\n"), "no test that farfault can use"));
}

TEST_CASE("nvbandwidth: json") {
  const std::string text = R"({"nvbandwidth": {"GPU Device list": ["0: H100"], "testcases": [
    {"name": "host_to_device_memcpy_ce", "status": "Passed", "bandwidth_matrix": [["55.63", "N/A"]], "sum": 55.63},
    {"name": "device_to_host_memcpy_ce", "status": "Waived"},
    {"name": "host_device_latency_sm", "status": "Passed", "bandwidth_matrix": [[772.5]]}]}})";
  const MeasuredFile file = parse_measurements(text, "nv.json");
  CHECK(file.device == "0: H100");
  REQUIRE(file.measurements.size() == 2);
  CHECK(file.measurements[1].kind == Kind::kRemoteLatency);
  CHECK(file.measurements[1].value == doctest::Approx(772.5e-9));
  CHECK(has(wrong_with(text.substr(0, 200)), "is no JSON"));
  CHECK(has(wrong_with("{}"), "/nvbandwidth/testcases"));
  CHECK(has(wrong_with(R"({"nvbandwidth": {"testcases": [3]}})"), "without a name"));
  CHECK(has(
      wrong_with(
          R"({"nvbandwidth": {"testcases": [{"name": "host_to_device_memcpy_ce", "bandwidth_matrix": [["-1"]]}]}})"),
      "no bandwidth"));
  CHECK(has(wrong_with("{\"a\": " + std::string(100000, '[')), "nested too deeply"));
}

TEST_CASE("bandwidthTest: quick mode and range mode and csv") {
  const std::string quick =
      "[CUDA Bandwidth Test] - Starting...\nRunning on...\n\n Device 0: NVIDIA GeForce GTX 1080 Ti\n Quick Mode\n\n"
      " Host to Device Bandwidth, 1 Device(s)\n PINNED Memory Transfers\n   Transfer Size (Bytes)\tBandwidth(GB/s)\n"
      "   32000000\t\t\t12.3\n\n Device to Host Bandwidth, 1 Device(s)\n PINNED Memory Transfers\n"
      "   Transfer Size (Bytes)\tBandwidth(MB/s)\n   1024\t\t\t400.0\n   2048\t\t\t700.0\n\n"
      " Device to Device Bandwidth, 1 Device(s)\n PINNED Memory Transfers\n"
      "   Transfer Size (Bytes)\tBandwidth(GB/s)\n   32000000\t\t\t355.2\n\nResult = PASS\n";
  const MeasuredFile file = parse_measurements(quick, "bw.txt");
  CHECK(file.device == "NVIDIA GeForce GTX 1080 Ti");
  REQUIRE(file.measurements.size() == 4);
  CHECK(file.measurements[0].value == doctest::Approx(32e6 / 12.3e9));
  CHECK(file.measurements[1].value == doctest::Approx(1024 / (400 * 1048576.0)));
  CHECK(file.measurements[2].direction == Direction::kToHost);
  CHECK(file.measurements[3].kind == Kind::kMemoryBandwidth);
  CHECK(file.measurements[3].value == doctest::Approx(355.2e9));

  const std::string csv =
      "bandwidthTest-H2D-Pinned, Bandwidth = 12000.1 MB/s, Time = 0.0027 s, Size = 33554432 bytes, NumDevsUsed = 1\n";
  const MeasuredFile line = parse_measurements(csv, "bw.csv");
  REQUIRE(line.measurements.size() == 1);
  // The time that the sample prints agrees.
  CHECK(line.measurements[0].value == doctest::Approx(0.0027).epsilon(0.02));
  CHECK(line.measurements[0].memory == HostMemory::kPinned);
  CHECK(has(wrong_with(csv.substr(0, 60)), "no size in bytes"));
  CHECK(has(wrong_with("[CUDA Bandwidth Test] - Starting...\n"), "holds no bandwidths"));
  CHECK(has(wrong_with(" Host to Device Bandwidth, 1 Device(s)\n Bandwidth(GB/s)\n 32 nan\n"), "is no measurement"));
}

}  // namespace readers_test
}  // namespace farfault::analysis::calibration
