#include "traces/native/reader.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <new>
#include <optional>
#include <system_error>
#include <utility>

#include "sim/core/error.h"
#include "traces/filters/cut.h"
#include "traces/native/columns.h"
#include "traces/native/format.h"
#include "traces/native/tables.h"
#include "traces/vma_map.h"

namespace farfault::traces {
namespace {

struct FreeDecompressor {
  void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

[[noreturn]] void fail(const std::string& file, std::string problem, std::string remedy) {
  throw InputError(Diagnostic{file, 0, "", std::move(problem), std::move(remedy)});
}

const char* const kSalvage = "copy the file again; `farfault trace convert --salvage` keeps what is before the damage";

/// Goes over the chunks of a file, front to back, and verifies each.
class ChunkStream {
 public:
  /// `first` is where the bytes begin in the file, behind the file's header, and the sequence of the chunk there, if
  /// that is known.
  ChunkStream(std::unique_ptr<ByteSource> source, std::uint64_t first, std::optional<std::uint32_t> sequence)
      : source_(std::move(source)), offset_(first), sequence_(sequence), context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc();
  }

  /// Reads the header of the file itself.
  void read_file_header() {
    std::string head(native::kFileHeaderBytes, '\0');
    const std::size_t n = read(head.data(), head.size());
    if (!head.starts_with(native::kMagic)) {
      fail(source_->name(), "is not a .fft trace: it does not begin as one", "check the path, or name its format");
    }
    std::uint32_t version = 0;
    std::memcpy(&version, head.data() + native::kMagic.size(), sizeof version);
    if (n == head.size() && version != native::kVersion) {
      fail(source_->name(),
           "is a .fft trace of version " + std::to_string(version) + "; this farfault reads version " +
               std::to_string(native::kVersion),
           "use a farfault that is as new as the one that wrote it");
    }
    if (n < head.size() || head.substr(12) != std::string(4, '\0')) {
      fail(source_->name(), "the header of the file is damaged at byte 0", kSalvage);
    }
    offset_ = n;
  }

  /// The next chunk. False at the end of the bytes. Throws InputError where it is not whole.
  bool next() {
    const std::uint64_t begin = offset_;
    char* const head = reinterpret_cast<char*>(&header_);
    const std::size_t n = read(head, sizeof header_);
    chunk_offset_ = begin;
    if (n == 0) return false;
    if (n < sizeof header_) damaged("ends within its header: the file is cut short");
    if (header_.stored > native::kMaxPayload || header_.raw > native::kMaxPayload || header_.reserved != 0) {
      damaged("has a header that makes no sense");
    }
    stored_.resize(header_.stored);
    if (read(stored_.data(), stored_.size()) != stored_.size()) damaged("is cut short");
    if (native::checksum_of(header_, {stored_.data(), stored_.size()}) != header_.checksum) {
      damaged("has a checksum that does not fit its bytes");
    }
    if (header_.sequence != sequence_.value_or(header_.sequence)) {
      damaged("has number " + std::to_string(header_.sequence) + " where " + std::to_string(*sequence_) +
              " is due: chunks are missing");
    }
    sequence_ = header_.sequence + 1;
    decompress();
    return true;
  }

  const native::ChunkHeader& header() const { return header_; }
  std::uint64_t offset() const { return chunk_offset_; }
  std::uint64_t end() const { return offset_; }
  /// BlockDecoder::kSlackBytes may be read behind it.
  std::string_view payload() const { return {payload_.data(), header_.raw}; }
  const std::string& name() const { return source_->name(); }

  /// The current chunk is not as it must be.
  [[noreturn]] void damaged(const std::string& what) const {
    const std::uint64_t number = sequence_.value_or(header_.sequence);
    const std::string type =
        offset_ - chunk_offset_ < sizeof header_ ? "" : " (" + native::type_text(header_.type) + ')';
    fail(source_->name(),
         "chunk " + std::to_string(number) + type + " at byte " + std::to_string(chunk_offset_) + ' ' + what, kSalvage);
  }

 private:
  std::size_t read(char* to, std::size_t size) {
    const std::size_t filled = read_fully(*source_, to, size);
    offset_ += filled;
    return filled;
  }

  void decompress() {
    payload_.resize(std::size_t{header_.raw} + native::BlockDecoder::kSlackBytes);
    if (header_.raw == header_.stored) {
      std::copy(stored_.begin(), stored_.end(), payload_.begin());
      return;
    }
    const std::size_t size =
        ZSTD_decompressDCtx(context_.get(), payload_.data(), header_.raw, stored_.data(), stored_.size());
    if (ZSTD_isError(size) != 0 || size != header_.raw) damaged("cannot be decompressed");
  }

  std::unique_ptr<ByteSource> source_;
  std::uint64_t offset_;  ///< of what is read next
  std::uint64_t chunk_offset_ = 0;
  std::optional<std::uint32_t> sequence_;  ///< that the next chunk has, if it is known
  std::unique_ptr<ZSTD_DCtx, FreeDecompressor> context_;
  native::ChunkHeader header_;
  std::vector<char> stored_;
  std::vector<char> payload_;
};

/// Where a reader begins that does not begin at the file's front.
struct Place {
  std::vector<Agent> agents;
  TraceMeta meta;
  TraceLimits limits;
};

class NativeReader final : public Reader {
 public:
  NativeReader(std::unique_ptr<ByteSource> source, const ReadOptions& options)
      : chunks_(std::move(source), 0, 0), salvage_(options.salvage) {
    chunks_.read_file_header();
    // Meta and the first agents are known before the first access.
    guarded([this] {
      while (!block_open_ && !ended_) take_chunk();
    });
  }
  /// `source` is at a chunk that `offset` names.
  NativeReader(std::unique_ptr<ByteSource> source, const ReadOptions& options, std::uint64_t offset, Place place)
      : chunks_(std::move(source), offset, std::nullopt),
        salvage_(options.salvage),
        in_the_middle_(true),
        agents_(std::move(place.agents)),
        limits_(std::move(place.limits)),
        meta_(std::move(place.meta)) {}

  std::string_view format() const override { return "fft"; }
  const std::vector<Agent>& agents() const override { return agents_; }
  const TraceLimits& limits() const override { return limits_; }
  const TraceMeta& meta() const override { return meta_; }

  bool next(AccessBlock& block) override {
    block.clear();
    guarded([&] {
      while (block.empty()) {
        while (!block_open_ && !ended_) take_chunk();
        if (!block_open_) return;
        if (!first_events_.empty()) {
          block.events = std::move(first_events_);
          first_events_.clear();
          return;
        }
        if (!decoder_.next(block)) {
          block.clear();
          chunks_.damaged("has contents that make no sense");
        }
        accesses_ += block.accesses.size();
        if (decoder_.at_end()) block_open_ = false;
      }
    });
    return !block.empty();
  }

 private:
  /// Where a file is to be salvaged, its first damage is its end.
  template <class Action>
  void guarded(Action action) {
    if (!salvage_) return action();
    try {
      action();
    } catch (const InputError&) {
      if (ended_) return;
      ended_ = true;
      block_open_ = false;
      limits_.unknown.push_back("what was behind byte " + std::to_string(chunks_.offset()) +
                                " of the file (it is damaged there, and was salvaged)");
    }
  }

  void take_chunk() {
    if (!chunks_.next()) chunks_.damaged("is missing: the file ends without its index, so it was cut short");
    const native::ChunkHeader& header = chunks_.header();
    if (first_chunk_ && in_the_middle_) begin_in_the_middle(header);
    first_chunk_ = false;
    if (header.accesses != accesses_) chunks_.damaged("is at another access than the chunks before it say");
    switch (header.type) {
      case native::kMeta:
        if (!native::decode_meta(chunks_.payload(), meta_, limits_)) malformed();
        return;
      case native::kAgents:
        // Those of a file that is read from the middle on are all known.
        if (!in_the_middle_ && !native::decode_agents(chunks_.payload(), header.count, agents_)) malformed();
        return;
      case native::kBlock:
        if (!decoder_.begin(chunks_.payload(), header.count) || decoder_.agents() > agents_.size()) malformed();
        block_open_ = !decoder_.at_end();
        return;
      case native::kIndex: {
        native::Index index;
        if (!native::decode_index(chunks_.payload(), index) || index.accesses != accesses_) malformed();
        if (chunks_.next()) chunks_.damaged("is behind the index, which must be the last");
        ended_ = true;
        return;
      }
      default:  // snapshots of the mappings, for those who begin here; and what is not known
        return;
    }
  }

  void begin_in_the_middle(const native::ChunkHeader& header) {
    accesses_ = header.accesses;
    if (header.type == native::kMappings) {
      native::ListReader list(chunks_.payload());
      if (header.count > native::kMaxBlockEvents || !native::take_events(list, header.count, 0, first_events_)) {
        malformed();
      }
    }
    if (meta_.time_unit.empty()) return;
    Event time;
    time.kind = EventKind::kTimestamp;
    time.value = header.time;
    first_events_.push_back(time);
  }

  [[noreturn]] void malformed() const { chunks_.damaged("has contents that make no sense"); }

  ChunkStream chunks_;
  bool salvage_;
  bool in_the_middle_ = false;
  bool first_chunk_ = true;
  std::vector<Agent> agents_;
  TraceLimits limits_;
  TraceMeta meta_;
  native::BlockDecoder decoder_;
  bool block_open_ = false;
  bool ended_ = false;
  std::uint64_t accesses_ = 0;
  std::vector<Event> first_events_;
};

}  // namespace

std::unique_ptr<Reader> read_native(std::unique_ptr<ByteSource> source, const ReadOptions& options) {
  return std::make_unique<NativeReader>(std::move(source), options);
}

bool is_native(std::string_view head) { return head.starts_with(native::kMagic); }

class NativeFile::Impl {
 public:
  Impl(const std::string& path, const ReadOptions& options) : path_(path), options_(options) {
    ChunkStream(open_plain_file(path_, 0), 0, 0).read_file_header();
    indexed_ = take_index();
    if (!indexed_) make_index();
    take_tables();
  }

  std::unique_ptr<Reader> open_at(CutOptions options, std::uint64_t offset) const {
    auto tail = open_plain_file(path_, offset);
    auto reader = std::make_unique<NativeReader>(std::move(tail), options_, offset, Place{agents_, meta_, limits_});
    return std::make_unique<Cut>(std::move(reader), std::move(options));
  }

  bool indexed() const { return indexed_; }
  const native::Index& index() const { return index_; }
  const TraceMeta& meta() const { return meta_; }
  const TraceLimits& limits() const { return limits_; }
  const std::vector<Agent>& agents() const { return agents_; }

  /// The last chunk at which one can begin, of those for which `before` holds: a snapshot of the mappings, or the
  /// file's first.
  template <class Before>
  const NativeChunk& start_for(Before before) const {
    const NativeChunk* start = &index_.chunks.front();
    for (const NativeChunk& chunk : index_.chunks) {
      if (!before(chunk)) break;
      if (chunk.type == "VMAS") start = &chunk;
    }
    return *start;
  }

 private:
  bool take_index() {
    std::error_code failed;
    const std::uint64_t size = std::filesystem::file_size(path_, failed);
    if (failed) return false;
    if (size < native::kIndexEndBytes) return false;
    std::string last(native::kIndexEndBytes, '\0');
    if (read_fully(*open_plain_file(path_, size - last.size()), last.data(), last.size()) != last.size()) return false;
    const std::uint64_t offset = native::index_offset(last);
    if (offset == 0 || offset >= size) return false;
    try {
      ChunkStream chunks(open_plain_file(path_, offset), offset, std::nullopt);
      return chunks.next() && chunks.header().type == native::kIndex && chunks.end() == size &&
             native::decode_index(chunks.payload(), index_) && !index_.chunks.empty() && places_rise(offset);
    } catch (const InputError&) {
      return false;  // then it is made anew, and damage is found on the way
    }
  }

  bool places_rise(std::uint64_t end) const {
    std::uint64_t last = 0;
    for (const NativeChunk& chunk : index_.chunks) {
      if (chunk.offset <= last || chunk.offset >= end) return false;
      last = chunk.offset;
    }
    return true;
  }

  /// Goes over all chunks. Where the file is to be salvaged, the first damage is its end.
  void make_index() {
    index_ = {};
    ChunkStream chunks(open_plain_file(path_, 0), 0, 0);
    chunks.read_file_header();
    try {
      while (chunks.next() && chunks.header().type != native::kIndex) {
        const native::ChunkHeader& h = chunks.header();
        index_.chunks.push_back(native::chunk_of(h, chunks.offset()));
        if (h.type == native::kBlock) index_.accesses = h.accesses + h.count;
      }
    } catch (const InputError&) {
      if (!options_.salvage) throw;
    }
    if (index_.chunks.empty()) fail(path_, "holds no whole chunk", "record the trace again");
  }

  void take_tables() {
    for (const NativeChunk& chunk : index_.chunks) {
      const bool meta = chunk.type == "META";
      if (!meta && chunk.type != "AGNT") continue;
      ChunkStream chunks(open_plain_file(path_, chunk.offset), chunk.offset, std::nullopt);
      const bool whole =
          chunks.next() && (meta ? native::decode_meta(chunks.payload(), meta_, limits_)
                                 : native::decode_agents(chunks.payload(), chunks.header().count, agents_));
      if (!whole) chunks.damaged("has contents that make no sense");
    }
  }

  std::string path_;
  ReadOptions options_;
  bool indexed_ = false;
  native::Index index_;
  TraceMeta meta_;
  TraceLimits limits_;
  std::vector<Agent> agents_;
};

NativeFile::NativeFile(const std::string& path, const ReadOptions& options)
    : impl_(std::make_unique<Impl>(path, options)) {}
NativeFile::~NativeFile() = default;
bool NativeFile::indexed() const { return impl_->indexed(); }
const std::vector<NativeChunk>& NativeFile::chunks() const { return impl_->index().chunks; }
std::uint64_t NativeFile::accesses() const { return impl_->index().accesses; }
const TraceMeta& NativeFile::meta() const { return impl_->meta(); }
const TraceLimits& NativeFile::limits() const { return impl_->limits(); }
const std::vector<Agent>& NativeFile::agents() const { return impl_->agents(); }

std::unique_ptr<Reader> NativeFile::open_at_access(std::uint64_t number) const {
  const NativeChunk& start = impl_->start_for([number](const NativeChunk& chunk) { return chunk.accesses <= number; });
  CutOptions options;
  options.accesses.from = number - std::min(number, start.accesses);
  return impl_->open_at(std::move(options), start.offset);
}

std::unique_ptr<Reader> NativeFile::open_at_time(std::uint64_t time) const {
  const NativeChunk& start = impl_->start_for([time](const NativeChunk& chunk) { return chunk.time < time; });
  CutOptions options;
  options.time.from = time;
  return impl_->open_at(std::move(options), start.offset);
}

}  // namespace farfault::traces
