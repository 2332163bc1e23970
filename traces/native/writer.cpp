#include "traces/native/writer.h"

#include <zstd.h>

#include <algorithm>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "sim/core/error.h"
#include "traces/native/columns.h"
#include "traces/native/format.h"
#include "traces/native/tables.h"
#include "traces/vma_map.h"

namespace farfault::traces {
namespace {

constexpr int kCompression = 1;  // higher levels save a few percent and cost much more time
/// A block ends early where it has so many events: their names take memory.
constexpr std::size_t kEnoughEvents = 16384;
/// Blocks between snapshots of the mappings: what a reader that seeks has to decode at most.
constexpr std::uint64_t kSnapshotBlocks = 64;
/// The index is thinned out where it has more entries.
constexpr std::size_t kMaxIndex = std::size_t{1} << 20U;

}  // namespace

class NativeWriter::Impl {
 public:
  explicit Impl(std::unique_ptr<ByteSink> sink) : sink_(std::move(sink)), context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
  }

  void begin(const TraceMeta& meta, const TraceLimits& limits) {
    begun_ = true;
    std::string head(native::kMagic);
    head.append(reinterpret_cast<const char*>(&native::kVersion), sizeof native::kVersion);
    head.resize(native::kFileHeaderBytes, '\0');
    put(head);
    meta_ = native::encode_meta(meta, limits);
    chunk(native::kMeta, 1, meta_);
  }

  void write(const AccessBlock& block, const std::vector<Agent>& agents) {
    if (!begun_) begin({}, {});
    if (agents.size() != agents_written_) {
      // Blocks of before name none of the new ones.
      chunk(native::kAgents, agents.size() - agents_written_, native::encode_agents(agents, agents_written_));
      agents_written_ = agents.size();
    }
    std::size_t taken = 0;
    for (const Event& event : block.events) {
      take(block, taken, event.position);
      taken = event.position;
      pending_.events.push_back(event);
      pending_.events.back().position = static_cast<std::uint32_t>(pending_.accesses.size());
      flush_if_full();
    }
    take(block, taken, block.accesses.size());
  }

  void finish(const TraceMeta& meta, const TraceLimits& limits) {
    if (!begun_) begin(meta, limits);
    flush();
    const std::string last = native::encode_meta(meta, limits);
    if (last != meta_) chunk(native::kMeta, 1, last);
    const native::Index index{std::move(index_), accesses_};
    chunk(native::kIndex, index.chunks.size(), native::encode_index(index, bytes_), false);
    sink_->close();
  }

  std::uint64_t accesses() const { return accesses_ + pending_.accesses.size(); }
  std::uint64_t bytes() const { return bytes_; }

 private:
  struct FreeCompressor {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };

  /// Accesses from `first` to below `end`.
  void take(const AccessBlock& block, std::size_t first, std::size_t end) {
    while (first < end) {
      const std::size_t count = std::min(end - first, native::kMaxBlockAccesses - pending_.accesses.size());
      const Access* const from = block.accesses.data() + first;
      pending_.accesses.insert(pending_.accesses.end(), from, from + count);
      first += count;
      flush_if_full();
    }
  }

  void flush_if_full() {
    if (pending_.accesses.size() >= native::kMaxBlockAccesses || pending_.events.size() >= kEnoughEvents) flush();
  }

  void flush() {
    if (pending_.empty()) return;
    if (blocks_++ % kSnapshotBlocks == 0 && !mappings_.ranges().empty()) snapshot();
    native::encode_block(pending_, payload_);
    chunk(native::kBlock, pending_.accesses.size(), payload_);
    accesses_ += pending_.accesses.size();
    for (const Event& event : pending_.events) {
      mappings_.apply(event);
      if (event.kind == EventKind::kTimestamp) time_ = std::max(time_, event.value);
    }
    pending_.clear();
  }

  void snapshot() {
    const std::vector<Event> events = mappings_.as_events();
    std::string payload;
    native::put_events(payload, events);
    if (payload.size() <= native::kMaxPayload) chunk(native::kMappings, events.size(), payload);
  }

  void chunk(std::uint32_t type, std::size_t count, std::string_view payload, bool compress = true) {
    native::ChunkHeader header;
    header.type = type;
    header.sequence = sequence_++;
    header.raw = static_cast<std::uint32_t>(payload.size());
    header.accesses = accesses_;
    header.time = time_;
    header.count = static_cast<std::uint32_t>(count);
    std::string_view stored = payload;
    if (compress && !payload.empty()) {
      compressed_.resize(ZSTD_compressBound(payload.size()));
      const std::size_t size = ZSTD_compressCCtx(context_.get(), compressed_.data(), compressed_.size(), payload.data(),
                                                 payload.size(), kCompression);
      if (ZSTD_isError(size) != 0) throw RunError(sink_->name() + ": cannot be compressed: " + ZSTD_getErrorName(size));
      if (size < payload.size()) stored = std::string_view(compressed_.data(), size);
    }
    header.stored = static_cast<std::uint32_t>(stored.size());
    header.checksum = native::checksum_of(header, stored);
    note(header);
    put({reinterpret_cast<const char*>(&header), sizeof header});
    put(stored);
  }

  void note(const native::ChunkHeader& header) {
    if (header.type == native::kIndex) return;
    if (index_.size() == kMaxIndex) {
      // Every second block goes; all that is no block stays.
      bool keep = false;
      std::erase_if(index_, [&keep](const NativeChunk& chunk) { return chunk.type == "BLOK" && (keep = !keep); });
    }
    index_.push_back(native::chunk_of(header, bytes_));
  }

  void put(std::string_view bytes) {
    sink_->write(bytes);
    bytes_ += bytes.size();
  }

  std::unique_ptr<ByteSink> sink_;
  std::unique_ptr<ZSTD_CCtx, FreeCompressor> context_;
  bool begun_ = false;
  std::string meta_;
  AccessBlock pending_;
  std::size_t agents_written_ = 0;
  std::uint64_t accesses_ = 0;  ///< in blocks that are written
  std::uint64_t time_ = 0;      ///< at their end
  VmaMap mappings_;             ///< at their end
  std::uint64_t blocks_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint32_t sequence_ = 0;
  std::vector<NativeChunk> index_;
  std::string payload_;
  std::string compressed_;
};

NativeWriter::NativeWriter(std::unique_ptr<ByteSink> sink) : impl_(std::make_unique<Impl>(std::move(sink))) {}
NativeWriter::~NativeWriter() = default;
void NativeWriter::begin(const TraceMeta& meta, const TraceLimits& limits) { impl_->begin(meta, limits); }
void NativeWriter::write(const AccessBlock& block, const std::vector<Agent>& agents) { impl_->write(block, agents); }
void NativeWriter::finish(const TraceMeta& meta, const TraceLimits& limits) { impl_->finish(meta, limits); }
std::uint64_t NativeWriter::accesses() const { return impl_->accesses(); }
std::uint64_t NativeWriter::bytes() const { return impl_->bytes(); }

std::uint64_t convert(Reader& reader, NativeWriter& writer, const std::function<void(std::uint64_t)>& watch) {
  const auto meta = [&reader] {
    TraceMeta out = reader.meta();
    if (out.original_format.empty() && reader.format() != "fft") out.original_format = reader.format();
    return out;
  };
  AccessBlock block;
  bool more = reader.next(block);
  // Only now: a reader may have to read something to know its unit of time.
  writer.begin(meta(), reader.limits());
  for (; more; more = reader.next(block)) {
    writer.write(block, reader.agents());
    if (watch) watch(writer.accesses());
  }
  writer.finish(meta(), reader.limits());
  return writer.accesses();
}

}  // namespace farfault::traces
