/// Bytes of a trace file in bounded memory, whatever its size and however it is compressed, and cut into lines.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace farfault::traces {

/// A stream of bytes read once from front to back. Not thread-safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  /// Writes up to `size` bytes; fewer only if that is all there is now, none only at the end. REQUIRES: size > 0.
  /// Throws InputError, with the name and the offset in the file, where the file cannot be read or decompressed.
  virtual std::size_t read(char* to, std::size_t size) = 0;

  /// What errors call it: the path as the user gave it.
  virtual const std::string& name() const = 0;
};

/// Reads until `size` bytes are there, or the source ends; returns how many there are.
std::size_t read_fully(ByteSource& source, char* to, std::size_t size);

/// A regular file as it is, compressed or not, from a byte on. Throws InputError if it is missing, not a regular file
/// or unreadable.
std::unique_ptr<ByteSource> open_plain_file(const std::string& path, std::uint64_t offset = 0);

/// Opens a file, plain or compressed with zstd, gzip or xz; which of them is decided by its first bytes, not by its
/// name. "-" is standard input. Throws InputError if it is missing, not a regular file, unreadable or empty. Memory:
/// below 1 MiB, and with zstd and xz the window that the file was compressed with, at most 128 MiB (`zstd --long=27`;
/// every level of xz is below it). A file that needs more is an error.
std::unique_ptr<ByteSource> open_bytes(const std::string& path);

/// The same over a descriptor (a pipe, a socket), which the source closes. Errors call it `name`.
std::unique_ptr<ByteSource> open_descriptor(int descriptor, std::string name);

/// The same over bytes in memory, for tests. REQUIRES: `bytes` outlive the source.
std::unique_ptr<ByteSource> open_bytes_in_memory(std::string_view bytes, std::string name);

/// Gives back the first bytes of a source, which were taken to recognise it, before the rest.
class PeekedSource final : public ByteSource {
 public:
  /// Takes the first `bytes` bytes, or all if there are fewer.
  PeekedSource(std::unique_ptr<ByteSource> source, std::size_t bytes);
  std::string_view head() const { return {head_.data(), head_.size()}; }

  std::size_t read(char* to, std::size_t size) override;
  const std::string& name() const override { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<char> head_;
  std::size_t given_ = 0;
};

/// Cuts a ByteSource into pieces of whole lines.
class LineChunks {
 public:
  /// A longer line is an error: no text format here comes near it, but a binary file does.
  static constexpr std::size_t kMaxLineBytes = std::size_t{64} << 10U;
  /// Small enough that a piece is still in the second-level cache when it is parsed.
  static constexpr std::size_t kChunkBytes = std::size_t{256} << 10U;
  /// This many bytes behind a piece may be read (their values mean nothing), so that parsers can load whole words.
  static constexpr std::size_t kSlackBytes = 32;

  explicit LineChunks(std::unique_ptr<ByteSource> source);

  /// The next lines, each ended by '\n' (added where the file's last line lacks it); empty at the end. Valid until the
  /// next call. `lines_before` is how many lines the caller has been given: errors name the line.
  std::string_view next(std::size_t lines_before);

  /// Whether the last line of the last piece had no '\n' of its own: the end of a file that was cut short, maybe.
  bool last_line_unterminated() const { return unterminated_ && given_ == filled_; }
  const std::string& name() const { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<char[]> buffer_;  ///< not cleared: files are small at times
  std::size_t given_ = 0;           ///< bytes at the buffer's front that the caller has had
  std::size_t filled_ = 0;          ///< bytes in the buffer
  bool at_end_ = false;
  bool unterminated_ = false;
};

}  // namespace farfault::traces
