/// How the parameters of shipped policies are described.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "sim/core/parameters.h"

namespace farfault {

inline constexpr const char* kUvm = "NVIDIA open-gpu-kernel-modules 595.45.04";

inline ParameterInfo granularity_parameter(std::string source) {
  ParameterInfo info;
  info.name = "granularity";
  info.fallback = kBlockSize;
  info.description = "size of a chunk: the unit that leaves the device";
  info.source = std::move(source);
  info.sizes = {Bytes::kib(4), Bytes::kib(64), Bytes::mib(2)};
  return info;
}

inline ParameterInfo number_parameter(const std::string& name, std::uint64_t fallback, const char* description,
                                      std::string source, double minimum, double maximum) {
  ParameterInfo info;
  info.name = name;
  info.fallback = fallback;
  info.description = description;
  info.source = std::move(source);
  info.minimum = minimum;
  info.maximum = maximum;
  return info;
}

inline ParameterInfo share_parameter(const std::string& name, double fallback, const char* description,
                                     std::string source) {
  ParameterInfo info = number_parameter(name, 0, description, std::move(source), 0.001, 1);
  info.fallback = fallback;
  return info;
}

/// Any time from zero on.
inline ParameterInfo time_parameter(const std::string& name, SimTime fallback, const char* description,
                                    std::string source) {
  ParameterInfo info;
  info.name = name;
  info.fallback = fallback;
  info.description = description;
  info.source = std::move(source);
  return info;
}

}  // namespace farfault
