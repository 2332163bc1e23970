#include "traces/generators/program_generator.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include "sim/core/text.h"

namespace farfault::traces {
namespace {

constexpr Bytes kSmallAlignment = Bytes::kib(64);
constexpr const char* kDeviceArrays = "device_arrays";

/// Config checks this too, but not every caller comes from there.
void check(const ParameterInfo& info, const Parameters& parameters, const std::string& generator) {
  if (std::holds_alternative<std::uint64_t>(info.fallback)) count_of(parameters, generator, info);
  if (info.choices.empty()) return;
  const auto& value = parameters.get<std::string>(info.name);
  if (std::find(info.choices.begin(), info.choices.end(), value) != info.choices.end()) return;
  refuse(generator, info.name + " \"" + printable(value) + "\" is not known", name_hint(value, info.choices));
}

}  // namespace

GeneratorInfo program_generator(ProgramDescription description) {
  GeneratorInfo info;
  info.name = description.name;
  info.summary = description.summary;
  info.parameters = description.parameters;
  info.make = [description = std::move(description)](const Parameters& parameters, std::uint64_t seed) {
    for (const ParameterInfo& parameter : description.parameters) check(parameter, parameters, description.name);
    StartProgram start = description.prepare(parameters, seed);
    // The seed is not in the description where it changes nothing.
    std::string text =
        description.seeded ? describe(description.name, parameters, seed) : describe(description.name, parameters);
    return make_program_source(std::move(text), description.streams, std::move(start));
  };
  return info;
}

std::uint64_t map_array(Emitter& out, std::string name, std::uint64_t elements, std::uint64_t element_size) {
  const Bytes size = Bytes(element_size) * elements;
  return out.map(std::move(name), size, size < kBlockSize ? kSmallAlignment : kBlockSize);
}

ParameterInfo choice_parameter(std::string name, std::vector<std::string> choices, std::string description,
                               std::string source) {
  ParameterInfo info;
  info.name = std::move(name);
  info.fallback = choices.front();
  info.description = std::move(description);
  info.source = std::move(source);
  info.choices = std::move(choices);
  return info;
}

ParameterInfo device_arrays_parameter(std::string source) {
  return choice_parameter(kDeviceArrays, {"left_out", "managed"},
                          "arrays that the original keeps in device memory that never pages: without their accesses, "
                          "or as managed memory like the others",
                          std::move(source));
}

bool maps_device_arrays(const Parameters& parameters) {
  return parameters.get<std::string>(kDeviceArrays) == "managed";
}

ParameterInfo operation_parameter(std::string name, const std::string& fallback, std::string description) {
  ParameterInfo info =
      choice_parameter(std::move(name), {"read", "write", "read_modify_write"}, std::move(description), "assumption");
  info.fallback = fallback;
  return info;
}

Op operation_of(const Parameters& parameters, const std::string& name) {
  const auto& text = parameters.get<std::string>(name);
  if (text == "read") return Op::kRead;
  return text == "write" ? Op::kWrite : Op::kReadModifyWrite;
}

}  // namespace farfault::traces
