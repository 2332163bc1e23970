#include "analysis/calibration/read.h"

#include "analysis/calibration/scan.h"
#include "sim/core/error.h"

namespace farfault::analysis::calibration {
namespace {

enum class Format : std::uint8_t { kUnknown, kCsv, kNvbandwidthText, kNvbandwidthJson, kBandwidthTest };

/// A header of the CSV names `kind` and `unit`, whatever else.
bool is_csv_header(std::string_view line) {
  return line.find("kind") != std::string_view::npos && line.find("unit") != std::string_view::npos &&
         line.find(',') != std::string_view::npos;
}

Format format_of(std::string_view text) {
  std::string_view line;
  bool first = true;
  for (Lines lines(text); lines.next(line);) {
    line = trimmed(line);
    if (line.empty() || line.front() == '#') continue;
    if (first && line.front() == '{') return Format::kNvbandwidthJson;
    if (first && is_csv_header(line)) return Format::kCsv;
    first = false;
    if (line.starts_with("nvbandwidth Version") || line.starts_with("Running host_to_device_") ||
        line.starts_with("Running device_to_host_")) {
      return Format::kNvbandwidthText;
    }
    if (line.starts_with("[CUDA Bandwidth Test]") || line.starts_with("bandwidthTest-") ||
        line.find("to Device Bandwidth, ") != std::string_view::npos ||
        line.find("to Host Bandwidth, ") != std::string_view::npos) {
      return Format::kBandwidthTest;
    }
  }
  return Format::kUnknown;
}

/// Without a byte order mark, and with \n at the end of each line.
std::string plain(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool end = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!end) out += text[i];
  }
  return out;
}

}  // namespace

MeasuredFile parse_measurements(std::string_view text, const std::string& file) {
  if (text.size() > kMostBytes) {
    throw InputError(Diagnostic{.file = file,
                                .problem = "is larger than " + std::to_string(kMostBytes >> 20U) + " MiB",
                                .remedy = "give files of measurements, not of samples"});
  }
  const std::string lines = plain(text);
  const bool is_text = lines.find('\0') == std::string::npos;
  switch (is_text ? format_of(lines) : Format::kUnknown) {
    case Format::kCsv:
      return parse_measured_csv(lines, file);
    case Format::kNvbandwidthText:
      return parse_nvbandwidth_text(lines, file);
    case Format::kNvbandwidthJson:
      return parse_nvbandwidth_json(lines, file);
    case Format::kBandwidthTest:
      return parse_bandwidth_test(lines, file);
    case Format::kUnknown:
      break;
  }
  throw InputError(Diagnostic{.file = file,
                              .problem = "is no file of measurements that is known",
                              .remedy = "give a CSV whose header begins with kind,size,value,unit, or what nvbandwidth "
                                        "or bandwidthTest printed"});
}

}  // namespace farfault::analysis::calibration
