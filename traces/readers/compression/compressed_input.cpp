#include "traces/readers/compression/compressed_input.h"

#include <utility>

#include "sim/core/error.h"

namespace farfault::traces {

CompressedInput::CompressedInput(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(std::make_unique_for_overwrite<char[]>(kBufferBytes)) {}

std::string_view CompressedInput::next() {
  const std::size_t n = source_->read(buffer_.get(), kBufferBytes);
  given_ += n;
  return {buffer_.get(), n};
}

void CompressedInput::fail_truncated() const {
  fail("compressed data ends early after " + std::to_string(given_) + " bytes", "the file is truncated: copy it again");
}

void CompressedInput::fail_damaged(std::uint64_t offset, std::string_view cause) const {
  fail("compressed data is damaged at byte " + std::to_string(offset) + " (" + std::string(cause) + ")",
       "the file is corrupted: copy it again");
}

void CompressedInput::fail_too_large(std::uint64_t offset, std::string_view need, std::string remedy) const {
  fail("compressed data at byte " + std::to_string(offset) + " needs " + std::string(need) + " to be read",
       std::move(remedy));
}

void CompressedInput::fail(std::string problem, std::string remedy) const {
  throw InputError(Diagnostic{name(), 0, "", std::move(problem), std::move(remedy)});
}

}  // namespace farfault::traces
