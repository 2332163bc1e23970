#include "traces/gzip_sink.h"

#define ZLIB_CONST  // input that deflate() does not write to is const
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <new>
#include <utility>

namespace farfault::traces {
namespace {

class GzipSink final : public ByteSink {
 public:
  explicit GzipSink(std::unique_ptr<ByteSink> sink) : sink_(std::move(sink)) {
    constexpr int kGzip = 16;  // added to the window's size: a gzip header, which zlib writes without date and name
    constexpr int kMemory = 8;
    if (deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS + kGzip, kMemory, Z_DEFAULT_STRATEGY) !=
        Z_OK) {
      throw std::bad_alloc();
    }
  }
  ~GzipSink() override { deflateEnd(&stream_); }
  GzipSink(const GzipSink&) = delete;
  GzipSink& operator=(const GzipSink&) = delete;

  void write(std::string_view bytes) override {
    while (!bytes.empty()) {
      const std::size_t size = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
      stream_.next_in = reinterpret_cast<const Bytef*>(bytes.data());
      stream_.avail_in = static_cast<uInt>(size);
      compress(Z_NO_FLUSH);
      bytes.remove_prefix(size);
    }
  }
  void close() override {
    stream_.avail_in = 0;
    compress(Z_FINISH);
    sink_->close();
  }
  const std::string& name() const override { return sink_->name(); }

 private:
  /// All of the input; with Z_FINISH, also all that the compressor holds.
  void compress(int flush) {
    do {
      stream_.next_out = buffer_.data();
      stream_.avail_out = static_cast<uInt>(buffer_.size());
      deflate(&stream_, flush);
      const std::size_t size = buffer_.size() - stream_.avail_out;
      if (size != 0) sink_->write({reinterpret_cast<const char*>(buffer_.data()), size});
    } while (stream_.avail_out == 0);
  }

  std::unique_ptr<ByteSink> sink_;
  z_stream stream_{};
  std::array<Bytef, std::size_t{1} << 16U> buffer_{};
};

}  // namespace

std::unique_ptr<ByteSink> gzip_sink(std::unique_ptr<ByteSink> sink) {
  return std::make_unique<GzipSink>(std::move(sink));
}

}  // namespace farfault::traces
