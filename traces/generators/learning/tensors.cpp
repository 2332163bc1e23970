#include "traces/generators/learning/tensors.h"

#include <algorithm>
#include <utility>

#include "sim/core/quantity.h"
#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace {

constexpr std::uint64_t kLeastAccess = 128;

}  // namespace

Tensor map_tensor(Emitter& out, std::string name, std::uint64_t bytes) {
  return {bytes == 0 ? 0 : map_array(out, std::move(name), bytes, 1), bytes};
}

Program stream_tensor(Emitter& out, Op op, Tensor tensor, std::uint64_t access_size) {
  for (std::uint64_t offset = 0; offset < tensor.bytes; offset += access_size) {
    out.access(tensor.address + offset, std::min(access_size, tensor.bytes - offset), op);
    if (out.full()) co_yield Pause{};
  }
}

Program load_tensor(Emitter& out, Tensor tensor) { return stream_tensor(out, Op::kWrite, tensor, kPageSize.count()); }

ParameterInfo tensor_access_size_parameter() {
  ParameterInfo info = access_size_parameter();
  info.fallback = Bytes(512);
  info.description = "bytes of one access to a tensor";
  info.source = "assumption: a warp's 32 loads of 16 bytes";
  info.minimum = static_cast<double>(kLeastAccess);
  std::erase_if(info.sizes, [](Bytes size) { return size < Bytes(kLeastAccess); });
  return info;
}

std::uint64_t tensor_access_size_of(const Parameters& parameters, const std::string& generator) {
  const Bytes size = access_size_of(parameters, generator);
  if (size < Bytes(kLeastAccess)) {
    refuse(generator, "access_size " + format_exact(size) + " is below 128 B, a line of a device",
           "give a power of two from 128 B to 4 KiB");
  }
  return size.count();
}

ParameterInfo bytes_parameter(std::string name, Bytes fallback, std::string description, std::string source,
                              Bytes maximum) {
  ParameterInfo info;
  info.name = std::move(name);
  info.fallback = fallback;
  info.description = std::move(description);
  info.source = std::move(source);
  info.minimum = 1;
  info.maximum = static_cast<double>(maximum.count());
  return info;
}

std::uint64_t bytes_of(const Parameters& parameters, const std::string& generator, const ParameterInfo& info) {
  const Bytes value = parameters.get<Bytes>(info.name);
  const Bytes maximum(static_cast<std::uint64_t>(info.maximum));
  if (value == Bytes(0) || value > maximum) {
    refuse(generator, info.name + ' ' + format_exact(value) + " is not in 1 B to " + format_exact(maximum),
           "give a size in this range");
  }
  return value.count();
}

}  // namespace farfault::traces
