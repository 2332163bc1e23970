#include "traces/readers/compression/zstd.h"

#include <zstd.h>
#include <zstd_errors.h>

#include <cstddef>
#include <new>
#include <string>
#include <utility>

#include "traces/readers/compression/compressed_input.h"

namespace farfault::traces {
namespace {

constexpr int kWindowLogMax = 27;

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(std::unique_ptr<ByteSource> source) : input_(std::move(source)), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
    ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kWindowLogMax);
  }

  std::size_t read(char* to, std::size_t size) override {
    ZSTD_outBuffer out{to, size, 0};
    while (out.pos == 0) {
      // What the last call left inside the decoder comes first: it may need no further input.
      if (in_.pos == in_.size && !decoder_is_full_ && !refill()) {
        if (inside_frame_) input_.fail_truncated();
        return 0;
      }
      const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in_);
      if (ZSTD_isError(result) != 0) report(result);
      inside_frame_ = result != 0;
      decoder_is_full_ = inside_frame_ && out.pos == out.size;
    }
    return out.pos;
  }
  const std::string& name() const override { return input_.name(); }

 private:
  struct FreeContext {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };

  bool refill() {
    const std::string_view bytes = input_.next();
    in_ = {bytes.data(), bytes.size(), 0};
    return !bytes.empty();
  }

  [[noreturn]] void report(std::size_t result) {
    const std::uint64_t offset = input_.offset(in_.size - in_.pos);
    if (ZSTD_getErrorCode(result) == ZSTD_error_frameParameter_windowTooLarge) {
      input_.fail_too_large(offset, "a window of more than 128 MiB", "compress it again with `zstd --long=27` or less");
    }
    input_.fail_damaged(offset, std::string("zstd: ") + ZSTD_getErrorName(result));
  }

  CompressedInput input_;
  std::unique_ptr<ZSTD_DCtx, FreeContext> context_;
  ZSTD_inBuffer in_{nullptr, 0, 0};
  bool inside_frame_ = false;
  bool decoder_is_full_ = false;
};

}  // namespace

bool is_zstd(std::string_view head) {
  if (head.size() < 4) return false;
  const std::string_view magic = head.substr(0, 4);
  // A frame, or a skippable frame (0x184D2A50 to 0x184D2A5F), little-endian.
  return magic == "\x28\xB5\x2F\xFD" ||
         (magic.substr(1) == "\x2A\x4D\x18" && (static_cast<unsigned char>(magic[0]) & 0xF0U) == 0x50U);
}

std::unique_ptr<ByteSource> zstd_source(std::unique_ptr<ByteSource> source) {
  return std::make_unique<ZstdSource>(std::move(source));
}

}  // namespace farfault::traces
