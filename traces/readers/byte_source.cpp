#include "traces/readers/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "traces/readers/compression/gzip.h"
#include "traces/readers/compression/xz.h"
#include "traces/readers/compression/zstd.h"

namespace farfault::traces {
namespace {

[[noreturn]] void fail_reading(const std::string& file, std::string problem, std::string remedy) {
  throw InputError(Diagnostic{file, 0, "", std::move(problem), std::move(remedy)});
}

class DescriptorSource final : public ByteSource {
 public:
  DescriptorSource(int descriptor, std::string name, std::uint64_t offset = 0)
      : name_(std::move(name)), descriptor_(descriptor), offset_(offset) {}
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
      fail_reading(name_, "cannot be read at byte " + std::to_string(offset_) + ": " + system_message(errno),
                   "check the disk, or copy the file again");
    }
  }
  const std::string& name() const override { return name_; }

 private:
  std::string name_;
  int descriptor_;
  std::uint64_t offset_;
};

std::unique_ptr<ByteSource> open_standard_input() {
  const int descriptor = ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
  if (descriptor < 0)
    fail_reading("-", "standard input cannot be read: " + system_message(errno), "pipe a trace into it");
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

/// A kind of compression. A further one is a source in compression/ and a line in kCompressions.
struct Compression {
  bool (*recognises)(std::string_view head);
  std::unique_ptr<ByteSource> (*decompress)(std::unique_ptr<ByteSource> source);
};

constexpr std::array kCompressions{
    Compression{is_zstd, zstd_source},
    Compression{is_gzip, gzip_source},
    Compression{is_xz, xz_source},
};

/// Enough to recognise any compression.
constexpr std::size_t kMagicBytes = 8;

std::unique_ptr<ByteSource> decompressed(std::unique_ptr<ByteSource> source) {
  auto peeked = std::make_unique<PeekedSource>(std::move(source), kMagicBytes);
  if (peeked->head().empty()) fail_reading(peeked->name(), "is empty", "record the trace again");
  for (const Compression& compression : kCompressions) {
    if (compression.recognises(peeked->head())) return compression.decompress(std::move(peeked));
  }
  return peeked;
}

}  // namespace

std::unique_ptr<ByteSource> open_plain_file(const std::string& path, std::uint64_t offset) {
  // Not blocking: opening a FIFO that nobody writes to would otherwise wait for ever, before fstat could tell.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) fail_reading(path, "cannot be opened: " + system_message(errno), "check the path");
  struct stat info{};
  std::string problem;
  if (::fstat(descriptor, &info) != 0) {
    problem = "cannot be examined: " + system_message(errno);
  } else if (S_ISDIR(info.st_mode)) {
    problem = "is a directory, not a trace";
  } else if (!S_ISREG(info.st_mode)) {
    problem = "is not a regular file; a trace may have to be read twice";
  } else if (::lseek(descriptor, static_cast<off_t>(offset), SEEK_SET) < 0) {
    problem = "cannot be read from byte " + std::to_string(offset) + " on: " + system_message(errno);
  }
  if (!problem.empty()) {
    ::close(descriptor);
    fail_reading(path, problem, "give the path of a trace file");
  }
  return std::make_unique<DescriptorSource>(descriptor, path, offset);
}

std::size_t read_fully(ByteSource& source, char* to, std::size_t size) {
  std::size_t filled = 0;
  while (filled < size) {
    const std::size_t n = source.read(to + filled, size - filled);
    if (n == 0) break;
    filled += n;
  }
  return filled;
}

std::unique_ptr<ByteSource> open_bytes(const std::string& path) {
  return decompressed(path == "-" ? open_standard_input() : open_plain_file(path));
}

std::unique_ptr<ByteSource> open_descriptor(int descriptor, std::string name) {
  return decompressed(std::make_unique<DescriptorSource>(descriptor, std::move(name)));
}

std::unique_ptr<ByteSource> open_bytes_in_memory(std::string_view bytes, std::string name) {
  return decompressed(std::make_unique<MemorySource>(bytes, std::move(name)));
}

PeekedSource::PeekedSource(std::unique_ptr<ByteSource> source, std::size_t bytes) : source_(std::move(source)) {
  head_.resize(bytes);
  head_.resize(read_fully(*source_, head_.data(), bytes));
}

std::size_t PeekedSource::read(char* to, std::size_t size) {
  if (given_ == head_.size()) return source_->read(to, size);
  const std::size_t n = std::min(size, head_.size() - given_);
  std::memcpy(to, head_.data() + given_, n);
  given_ += n;
  return n;
}

LineChunks::LineChunks(std::unique_ptr<ByteSource> source)
    : source_(std::move(source)), buffer_(std::make_unique_for_overwrite<char[]>(kChunkBytes + 1 + kSlackBytes)) {}

std::string_view LineChunks::next(std::size_t lines_before) {
  char* const begin = buffer_.get();
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
