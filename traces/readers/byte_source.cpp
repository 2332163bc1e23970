#include "traces/readers/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>
#include <zstd_errors.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <system_error>
#include <utility>

#include "sim/core/error.h"

namespace farfault::traces {
namespace {

[[noreturn]] void fail(const std::string& file, std::string problem, std::string remedy) {
  throw InputError(Diagnostic{file, 0, "", std::move(problem), std::move(remedy)});
}

std::string system_message(int error) { return std::generic_category().message(error); }

class DescriptorSource final : public ByteSource {
 public:
  DescriptorSource(int descriptor, std::string name) : name_(std::move(name)), descriptor_(descriptor) {}
  ~DescriptorSource() override { ::close(descriptor_); }
  DescriptorSource(const DescriptorSource&) = delete;
  DescriptorSource& operator=(const DescriptorSource&) = delete;

  std::size_t read(char* to, std::size_t size) override {
    for (;;) {
      const ssize_t n = ::read(descriptor_, to, size);
      if (n >= 0) {
        offset_ += static_cast<std::uint64_t>(n);
        return static_cast<std::size_t>(n);
      }
      if (errno == EINTR) continue;
      fail(name_, "cannot be read at byte " + std::to_string(offset_) + ": " + system_message(errno),
           "check the disk, or copy the file again");
    }
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  int descriptor_;
  std::uint64_t offset_ = 0;
};

std::unique_ptr<ByteSource> open_regular_file(const std::string& path) {
  // Not blocking: opening a FIFO that nobody writes to would otherwise wait for ever, before fstat could tell.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail(path, "cannot be opened: " + system_message(errno), "check the path");
  struct stat info{};
  std::string problem;
  if (::fstat(descriptor, &info) != 0) {
    problem = "cannot be examined: " + system_message(errno);
  } else if (S_ISDIR(info.st_mode)) {
    problem = "is a directory, not a trace";
  } else if (!S_ISREG(info.st_mode)) {
    problem = "is not a regular file; a trace may have to be read twice";
  }
  if (!problem.empty()) {
    ::close(descriptor);
    fail(path, problem, "give the path of a trace file");
  }
  return std::make_unique<DescriptorSource>(descriptor, path);
}

std::unique_ptr<ByteSource> open_standard_input() {
  const int descriptor = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  if (descriptor < 0) fail("-", "standard input cannot be read: " + system_message(errno), "pipe a trace into it");
  return std::make_unique<DescriptorSource>(descriptor, "standard input");
}

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::string_view bytes, std::string name) : rest_(bytes), name_(std::move(name)) {}

  std::size_t read(char* to, std::size_t size) override {
    const std::size_t n = std::min(size, rest_.size());
    if (n != 0) std::memcpy(to, rest_.data(), n);
    rest_.remove_prefix(n);
    return n;
  }
  const std::string& name() const override { return name_; }

 private:
  std::string_view rest_;
  std::string name_;
};

/// Any number of zstd frames, one after the other, skippable ones among them (as pzstd and seekable zstd write).
class ZstdSource final : public ByteSource {
 public:
  static constexpr int kWindowLogMax = 27;

  static bool recognises(std::string_view head) {
    if (head.size() < 4) return false;
    const std::string_view magic = head.substr(0, 4);
    // A frame, or a skippable frame (0x184D2A50 to 0x184D2A5F), little-endian.
    return magic == "\x28\xB5\x2F\xFD" ||
           (magic.substr(1) == "\x2A\x4D\x18" && (static_cast<unsigned char>(magic[0]) & 0xF0U) == 0x50U);
  }
  static std::unique_ptr<ByteSource> make(std::unique_ptr<ByteSource> source) {
    return std::make_unique<ZstdSource>(std::move(source));
  }

  explicit ZstdSource(std::unique_ptr<ByteSource> source)
      : source_(std::move(source)), context_(ZSTD_createDCtx()), input_(ZSTD_DStreamInSize()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLogMax);
  }

  std::size_t read(char* to, std::size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      // What the last call left inside the decoder comes first: it may need no further input.
      if (in_.pos == in_.size && !decoder_is_full_ && !refill()) {
        if (inside_frame_) {
          fail(name(), "compressed data ends early after " + std::to_string(consumed_ + in_.size) + " bytes",
               "the file is truncated: copy it again");
        }
        return 0;
      }
      const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in_);
      if (ZSTD_isError(result) != 0) report(result);
      inside_frame_ = result != 0;
      decoder_is_full_ = inside_frame_ && out.pos == out.size;
    }
    return out.pos;
  }
  const std::string& name() const override { return source_->name(); }

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  bool refill() {
    consumed_ += in_.size;
    in_ = {input_.data(), source_->read(input_.data(), input_.size()), 0};
    return in_.size != 0;
  }

  [[noreturn]] void report(std::size_t result) {
    const std::string place = " at byte " + std::to_string(consumed_ + in_.pos);
    if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge) {
      fail(name(), "compressed data" + place + " needs a window of more than 128 MiB to be read",
           "compress it again with `zstd --long=27` or less");
    }
    fail(name(), "compressed data is damaged" + place + " (zstd: " + ZSTD_getErrorName(result) + ")",
         "the file is corrupted: copy it again");
  }

  std::unique_ptr<ByteSource> source_;
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  std::vector<char> input_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  std::uint64_t consumed_ = 0;  ///< compressed bytes before the input buffer
  bool inside_frame_ = false;
  bool decoder_is_full_ = false;
};

/// A kind of compression. A further one is a class like ZstdSource and a line in kCompressions.
struct Compression {
  bool (*recognises)(std::string_view head);
  std::unique_ptr<ByteSource> (*make)(std::unique_ptr<ByteSource> source);
};

constexpr std::array kCompressions{
    Compression{ZstdSource::recognises, ZstdSource::make},
};

/// Enough to recognise any compression.
constexpr std::size_t kMagicBytes = 8;

std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> source) {
  auto peeked = std::make_unique<PeekedSource>(std::move(source), kMagicBytes);
  if (peeked->head().empty()) fail(peeked->name(), "is empty", "record the trace again");
  for (const Compression& compression : kCompressions) {
    if (compression.recognises(peeked->head())) return compression.make(std::move(peeked));
  }
  return peeked;
}

}  // namespace

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  return decompressed(path == "-" ? open_standard_input() : open_regular_file(path));
}

std::unique_ptr<ByteSource> open_descriptor(int descriptor, std::string name) {
  return decompressed(std::make_unique<DescriptorSource>(descriptor, std::move(name)));
}

std::unique_ptr<ByteSource> open_bytes_in_memory(std::string_view bytes, std::string name) {
  return decompressed(std::make_unique<MemorySource>(bytes, std::move(name)));
}

PeekedSource::PeekedSource(std::unique_ptr<ByteSource> source, std::size_t bytes) : source_(std::move(source)) {
  head_.resize(bytes);
  std::size_t filled = 0;
  while (filled < bytes) {
    const std::size_t n = source_->read(head_.data() + filled, bytes - filled);
    if (n == 0) break;
    filled += n;
  }
  head_.resize(filled);
}

std::size_t PeekedSource::read(char* to, std::size_t size) {
  if (given_ == head_.size()) return source_->read(to, size);
  const std::size_t n = std::min(size, head_.size() - given_);
  std::memcpy(to, head_.data() + given_, n);
  given_ += n;
  return n;
}

LineChunks::LineChunks(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(kChunkBytes + 1 + kSlackBytes) {}

std::string_view LineChunks::next(std::size_t lines_before) {
  char* const begin = buffer_.data();
  std::memmove(begin, begin + given_, filled_ - given_);
  filled_ -= given_;
  given_ = 0;
  while (!at_end_ && filled_ < kChunkBytes) {
    const std::size_t n = source_->read(begin + filled_, kChunkBytes - filled_);
    at_end_ = n == 0;
    filled_ += n;
  }
  // The buffer has one byte more than a chunk for the '\n' that the last line may lack.
  if (at_end_ && filled_ != 0 && begin[filled_ - 1] != '\n') {
    begin[filled_++] = '\n';
    unterminated_ = true;
  }
  // Steps over the lines in strides of the longest legal one, so that a longer one cannot hide between two ends.
  while (given_ < filled_) {
    const std::size_t stride = std::min(kMaxLineBytes + 1, filled_ - given_);
    const void* const end = ::memrchr(begin + given_, '\n', stride);
    if (end == nullptr) break;
    given_ = static_cast<std::size_t>(static_cast<const char*>(end) - begin) + 1;
  }
  if (given_ == 0 && filled_ != 0) {
    throw InputError(Diagnostic{name(), lines_before + 1, "",
                                "the line is longer than " + std::to_string(kMaxLineBytes) + " bytes",
                                "this is not a text trace, or it is damaged"});
  }
  return {begin, given_};
}

}  // namespace farfault::traces
