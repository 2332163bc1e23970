/// What decompressing sources have in common: the compressed bytes, where in the file they are, and the errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "traces/readers/byte_source.h"

namespace farfault::traces {

/// Not thread-safe. Memory: the buffer.
class CompressedInput {
 public:
  static constexpr std::size_t kBufferBytes = std::size_t{128} << 10U;

  explicit CompressedInput(std::unique_ptr<ByteSource> source);

  /// The next compressed bytes, in place of the last ones, all of which must have been used; empty at the end.
  std::string_view next();

  const std::string& name() const { return source_->name(); }

  /// Offset in the file of the place that is `left` bytes before the end of what next() gave last.
  std::uint64_t offset(std::size_t left) const { return given_ - left; }

  [[noreturn]] void fail_truncated() const;
  /// `cause` is the decoder's own word for it.
  [[noreturn]] void fail_damaged(std::uint64_t offset, std::string_view cause) const;
  /// `need` is what the file asks for that it does not get, "a window of more than 128 MiB".
  [[noreturn]] void fail_too_large(std::uint64_t offset, std::string_view need, std::string remedy) const;

 private:
  [[noreturn]] void fail(std::string problem, std::string remedy) const;

  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<char[]> buffer_;  ///< not cleared: files are small at times
  std::uint64_t given_ = 0;  ///< bytes that next() has given
};

}  // namespace farfault::traces
