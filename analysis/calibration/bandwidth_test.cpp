// The CUDA sample bandwidthTest: quick, range and shmoo modes, and --csv.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/calibration/read.h"
#include "analysis/calibration/scan.h"
#include "sim/core/text.h"

namespace farfault::analysis::calibration {
namespace {

constexpr double kMostBytesCopied = 1125899906842624.0;  // 1 PiB

/// The sample divides bytes by 2^20 where it prints MB/s, and by 10^9 where it prints GB/s.
std::optional<double> printed_unit(std::string_view unit) {
  if (unit == "MB/s") return 1048576.0;
  if (unit == "GB/s") return 1e9;
  return std::nullopt;
}

/// What a section or a line of --csv is about. Copies within the device count reads and writes.
std::optional<Measurement> measured_by(std::string_view from_to) {
  Measurement m;
  if (from_to == "H2D") {
    m.direction = Direction::kToDevice;
  } else if (from_to == "D2H") {
    m.direction = Direction::kToHost;
  } else if (from_to == "D2D") {
    m.kind = Kind::kMemoryBandwidth;
  } else {
    return std::nullopt;
  }
  return m;
}

class TestReader {
 public:
  TestReader(std::string_view text, const std::string& file) : lines_(text), problems_(file) { out_.file = file; }

  MeasuredFile read() {
    std::string_view line;
    while (lines_.next(line)) take(trimmed(line));
    problems_.throw_if_any();
    if (out_.measurements.empty()) problems_.add(0, "holds no bandwidths", "the output was cut off; run it again");
    problems_.throw_if_any();
    return std::move(out_);
  }

 private:
  void take(std::string_view line) {
    const std::size_t bandwidth = line.find(" Bandwidth, ");
    if (line.starts_with("Device 0: ") && out_.device.empty()) {
      out_.device = line.substr(10);
    } else if (line.starts_with("bandwidthTest-")) {
      take_csv(line.substr(14));
    } else if (bandwidth != std::string_view::npos) {
      begin_section(line.substr(0, bandwidth));
    } else if (line.ends_with("Memory Transfers") && section_) {
      section_->memory = line.starts_with("PAGEABLE") ? HostMemory::kPageable : HostMemory::kPinned;
    } else if (const std::size_t unit = line.find("Bandwidth("); unit != std::string_view::npos && section_) {
      const std::size_t end = line.find(')', unit);
      unit_ = printed_unit(line.substr(unit + 10, end == std::string_view::npos ? end : end - unit - 10));
      if (!unit_) problems_.add(lines_.number(), "prints bandwidths in a unit that is neither MB/s nor GB/s");
    } else if (section_ && unit_ && !line.empty() && line.front() >= '0' && line.front() <= '9') {
      take_row(words(line));
    }
  }

  void begin_section(std::string_view title) {
    section_ = measured_by(title == "Host to Device"     ? "H2D"
                           : title == "Device to Host"   ? "D2H"
                           : title == "Device to Device" ? "D2D"
                                                         : "");
    unit_.reset();
  }

  void take_row(const std::vector<std::string_view>& fields) {
    if (fields.size() != 2) {
      problems_.add(lines_.number(), "is no line of a transfer size and a bandwidth");
      return;
    }
    add(*section_, fields[0], fields[1], *unit_);
  }

  /// "H2D-Pinned, Bandwidth = 12000.1 MB/s, Time = 0.0027 s, Size = 33554432 bytes, NumDevsUsed = 1".
  void take_csv(std::string_view line) {
    std::optional<Measurement> m = measured_by(line.substr(0, 3));
    if (!m) {
      problems_.add(lines_.number(), "is of neither H2D, D2H nor D2D");
      return;
    }
    m->memory = line.substr(3).starts_with("-Page") ? HostMemory::kPageable : HostMemory::kPinned;
    const std::vector<std::string_view> rate = words(after(line, "Bandwidth = "));
    const std::vector<std::string_view> size = words(after(line, "Size = "));
    const std::optional<double> unit = rate.size() < 2 ? std::nullopt : printed_unit(rate[1]);
    if (!unit || size.size() != 2 || size[1] != "bytes") {
      problems_.add(lines_.number(), "has no bandwidth in MB/s or GB/s, or no size in bytes", "the line was cut off");
      return;
    }
    add(*m, size[0], rate[0], *unit);
  }

  /// From behind the key to the next comma.
  static std::string_view after(std::string_view line, std::string_view key) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos) return {};
    line.remove_prefix(at + key.size());
    return line.substr(0, line.find(','));
  }

  void add(Measurement m, std::string_view size, std::string_view rate, double unit) {
    const std::optional<double> bytes = number(size);
    const std::optional<double> printed = number(rate);
    if (!bytes || !(*bytes >= 1) || !(*bytes <= kMostBytesCopied) || !printed || !(*printed * unit > 0) ||
        !(*printed * unit <= kMostRate)) {
      problems_.add(lines_.number(),
                    '"' + printable(size) + "\" bytes at \"" + printable(rate) + "\" is no measurement");
      return;
    }
    m.size = static_cast<std::uint64_t>(*bytes);
    m.value = *printed * unit;
    if (m.kind == Kind::kCopy) m.value = static_cast<double>(m.size) / m.value;
    m.file = out_.file;
    m.line = lines_.number();
    out_.measurements.push_back(std::move(m));
  }

  Lines lines_;
  Problems problems_;
  MeasuredFile out_;
  std::optional<Measurement> section_;
  std::optional<double> unit_;
};

}  // namespace

MeasuredFile parse_bandwidth_test(std::string_view text, const std::string& file) {
  return TestReader(text, file).read();
}

}  // namespace farfault::analysis::calibration
