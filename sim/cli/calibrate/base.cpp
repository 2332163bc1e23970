#include "sim/cli/calibrate/base.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>
#include <system_error>

#include "models/link/pcie.h"
#include "sim/config/load.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

using analysis::calibration::Base;

/// "850 ns", "48 GB/s", "64 KiB" or "0.05" in seconds, bytes a second, bytes or plain.
std::optional<double> in_base_units(const std::string& text) {
  if (const Parsed<SimTime> time = parse_time(text)) return time.value->seconds();
  if (const Parsed<Bandwidth> rate = parse_bandwidth(text)) return rate.value->bytes_per_second();
  if (const Parsed<Bytes> bytes = parse_bytes(text)) return static_cast<double>(bytes.value->count());
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error == std::errc() && stop == end && std::isfinite(number)) return number;
  return std::nullopt;
}

const DeviceSpec& device_of(const PlatformSpec& platform, const CalibrateOptions& options) {
  std::vector<std::string> names;
  for (const DeviceSpec& device : platform.devices) {
    if (options.device ? device.name == *options.device : platform.devices.size() == 1) return device;
    names.push_back(device.name);
  }
  const std::string of = "platform \"" + printable(options.platform) + "\" has ";
  if (names.empty()) throw Error(ExitCode::kUsage, of + "no device whose parameters could be fitted");
  if (options.device) {
    throw Error(ExitCode::kUsage,
                of + "no device \"" + printable(*options.device) + "\"; " + name_hint(*options.device, names));
  }
  throw Error(ExitCode::kUsage, of + std::to_string(names.size()) +
                                    " devices; say with --device which was measured: " + name_hint("", names));
}

}  // namespace

Base calibration_base(const CalibrateOptions& options, const Context& context) {
  const PlatformSpec platform = load_platform(options.platform, context.paths);
  const DeviceSpec& device = device_of(platform, options);
  Base out;
  out.name = options.platform;
  out.device = device.name;
  out.link = device.link;
  for (const LinkSpec& link : platform.links) {
    if (link.name == out.link && link.kind == LinkKind::kPcie) {
      out.raw_rate = pcie_raw(link.generation.value, link.lanes.value).bytes_per_second();
    }
  }
  for (const ParameterRow& row : parameter_rows(platform)) {
    if (const std::optional<double> value = in_base_units(row.value)) {
      out.values[row.path] = *value;
    } else if (row.path.ends_with(".points")) {
      out.curves.insert(row.path);
    }
  }
  return out;
}

std::map<std::string, double> lower_bounds(const std::vector<std::string>& texts, const Base& base) {
  std::map<std::string, double> out;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string path = text.substr(0, equals);
    const std::optional<double> value =
        equals == std::string::npos ? std::nullopt : in_base_units(text.substr(equals + 1));
    if (!value || !std::isfinite(*value) || *value < 0) {
      throw Error(ExitCode::kUsage,
                  "--at-least \"" + printable(text) + "\" is no lower bound; write driver.batch_time=\"3 us\"");
    }
    if (!base.values.contains(path)) {
      std::vector<std::string> known;
      for (const auto& [name, unused] : base.values) known.push_back(name);
      throw Error(ExitCode::kUsage, "--at-least: the platform has no parameter \"" + printable(path) + "\"; " +
                                        name_hint(path, known) + " (farfault describe " + printable(base.name) + ')');
    }
    out[path] = *value;
  }
  return out;
}

}  // namespace farfault::cli
