#include "traces/readers/compression/gzip.h"

#define ZLIB_CONST  // input that inflate() does not write to is const
#include <zlib.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <string>
#include <utility>

#include "traces/readers/compression/compressed_input.h"

namespace farfault::traces {
namespace {

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(std::unique_ptr<ByteSource> source) : input_(std::move(source)) {
    constexpr int kGzipOnly = 16;  // added to the window's size: no zlib header
    if (inflateInit2(&stream_, MAX_WBITS + kGzipOnly) != Z_OK) throw std::bad_alloc();
  }
  ~GzipSource() override { inflateEnd(&stream_); }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  std::size_t read(char* to, std::size_t size) override {
    const auto room = static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
    stream_.next_out = reinterpret_cast<Bytef*>(to);
    stream_.avail_out = room;
    while (stream_.avail_out == room) {
      // What the last call left inside the decoder comes first: it may need no further input.
      if (stream_.avail_in == 0 && !decoder_is_full_ && !refill()) {
        if (inside_member_) input_.fail_truncated();
        return 0;
      }
      inside_member_ = true;
      const int result = inflate(&stream_, Z_NO_FLUSH);
      decoder_is_full_ = stream_.avail_out == 0;
      if (result == Z_STREAM_END) {
        inflateReset(&stream_);
        inside_member_ = decoder_is_full_ = false;
      } else if (result != Z_OK && result != Z_BUF_ERROR) {  // Z_BUF_ERROR: the decoder was not full after all
        report(result);
      }
    }
    return room - stream_.avail_out;
  }
  const std::string& name() const override { return input_.name(); }

 private:
  bool refill() {
    const std::string_view bytes = input_.next();
    stream_.next_in = reinterpret_cast<const Bytef*>(bytes.data());
    stream_.avail_in = static_cast<uInt>(bytes.size());
    return !bytes.empty();
  }

  [[noreturn]] void report(int result) {
    if (result == Z_MEM_ERROR) throw std::bad_alloc();
    std::uint64_t offset = input_.offset(stream_.avail_in);
    constexpr uLong kGzipMagicBytes = 2;
    // No member begins here: name its first byte, not the one behind what was looked at.
    if (stream_.total_in <= kGzipMagicBytes) offset -= stream_.total_in;
    input_.fail_damaged(offset, std::string("gzip: ") + (stream_.msg != nullptr ? stream_.msg : "not deflate"));
  }

  CompressedInput input_;
  z_stream stream_{};
  bool inside_member_ = false;
  bool decoder_is_full_ = false;
};

}  // namespace

bool is_gzip(std::string_view head) { return head.starts_with("\x1F\x8B\x08"); }

std::unique_ptr<ByteSource> gzip_source(std::unique_ptr<ByteSource> source) {
  return std::make_unique<GzipSource>(std::move(source));
}

}  // namespace farfault::traces
