/// What the programs of machine learning have in common: tensors that kernels go through from front to back.
///
/// Thread blocks side by side take neighbouring pieces of a tensor, so that a kernel's accesses follow the tensor. A
/// piece is one access of `access_size` bytes: what a warp, or the warps of a thread block, load by one instruction
/// each.
#pragma once

#include <cstdint>
#include <string>

#include "traces/generators/program.h"

namespace farfault::traces {

struct Tensor {
  std::uint64_t address = 0;
  std::uint64_t bytes = 0;  ///< 0: there is none

  Tensor part(std::uint64_t offset, std::uint64_t size) const { return {address + offset, size}; }
};

/// Maps a tensor; one of no bytes is not mapped.
Tensor map_tensor(Emitter& out, std::string name, std::uint64_t bytes);

/// The current agent goes through a tensor, in pieces; the last one is shorter.
Program stream_tensor(Emitter& out, Op op, Tensor tensor, std::uint64_t access_size);

/// The CPU fills a tensor from a file: read() fills whole pages.
Program load_tensor(Emitter& out, Tensor tensor);

/// "access_size", a power of two from 128 B to 4 KiB; 512 B by default.
ParameterInfo tensor_access_size_parameter();
/// Throws InputError, naming the generator.
std::uint64_t tensor_access_size_of(const Parameters& parameters, const std::string& generator);

/// A parameter in bytes, and its checked value.
ParameterInfo bytes_parameter(std::string name, Bytes fallback, std::string description, std::string source,
                              Bytes maximum);
std::uint64_t bytes_of(const Parameters& parameters, const std::string& generator, const ParameterInfo& info);

}  // namespace farfault::traces
