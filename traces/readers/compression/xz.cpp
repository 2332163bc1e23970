#include "traces/readers/compression/xz.h"

#include <lzma.h>

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <utility>

#include "traces/readers/compression/compressed_input.h"

namespace farfault::traces {
namespace {

constexpr std::uint64_t kMemoryLimit = std::uint64_t{128} << 20U;

const char* text_of(lzma_ret result) {
  switch (result) {
    case LZMA_FORMAT_ERROR:
      return "no stream begins here";
    case LZMA_OPTIONS_ERROR:
      return "unsupported options";
    default:
      return "data error";
  }
}

class XzSource final : public ByteSource {
 public:
  explicit XzSource(std::unique_ptr<ByteSource> source) : input_(std::move(source)) {
    if (lzma_stream_decoder(&stream_, kMemoryLimit, LZMA_CONCATENATED) != LZMA_OK) throw std::bad_alloc();
  }
  ~XzSource() override { lzma_end(&stream_); }
  XzSource(const XzSource&) = delete;
  XzSource& operator=(const XzSource&) = delete;

  std::size_t read(char* to, std::size_t size) override {
    stream_.next_out = reinterpret_cast<std::uint8_t*>(to);
    stream_.avail_out = size;
    while (stream_.avail_out == size && !ended_) {
      if (stream_.avail_in == 0) refill();
      // Whether the file may end here is for the decoder to say, once it is told that nothing follows.
      const lzma_ret result = lzma_code(&stream_, at_end_ ? LZMA_FINISH : LZMA_RUN);
      if (result == LZMA_STREAM_END) {
        ended_ = true;
      } else if (result != LZMA_OK) {
        report(result);
      }
    }
    return size - stream_.avail_out;
  }
  const std::string& name() const override { return input_.name(); }

 private:
  void refill() {
    if (at_end_) return;
    const std::string_view bytes = input_.next();
    stream_.next_in = reinterpret_cast<const std::uint8_t*>(bytes.data());
    stream_.avail_in = bytes.size();
    at_end_ = bytes.empty();
  }

  [[noreturn]] void report(lzma_ret result) {
    const std::uint64_t offset = input_.offset(stream_.avail_in);
    if (result == LZMA_MEM_ERROR) throw std::bad_alloc();
    if (result == LZMA_MEMLIMIT_ERROR) {
      input_.fail_too_large(offset, "more than 128 MiB of memory", "compress it again with `xz -9` or less");
    }
    if (result == LZMA_BUF_ERROR) input_.fail_truncated();
    input_.fail_damaged(offset, std::string("xz: ") + text_of(result));
  }

  CompressedInput input_;
  lzma_stream stream_ = LZMA_STREAM_INIT;
  bool at_end_ = false;  ///< of the compressed bytes
  bool ended_ = false;   ///< the decoder has nothing more to give
};

}  // namespace

bool is_xz(std::string_view head) {
  return head.starts_with(
      std::string_view("\xFD"
                       "7zXZ\0",
                       6));
}

std::unique_ptr<ByteSource> xz_source(std::unique_ptr<ByteSource> source) {
  return std::make_unique<XzSource>(std::move(source));
}

}  // namespace farfault::traces
