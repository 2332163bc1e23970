/// What the writer and the reader of .fft files share: the layout of a chunk's header and of the payloads that are
/// lists. docs/trace-format.md is the specification; numbers in a file are little-endian.
#pragma once

#include <xxhash.h>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "traces/access.h"

namespace farfault::traces::native {

static_assert(std::endian::native == std::endian::little, "columns are copied as they lie in memory");

inline constexpr std::string_view kMagic =
    "\x89"
    "FFT\r\n\x1A\n";
inline constexpr std::uint32_t kVersion = 1;
/// Magic, version, four zero bytes.
inline constexpr std::size_t kFileHeaderBytes = 16;
/// The last eight bytes of a whole file.
inline constexpr std::string_view kTrailer = "FFTINDEX";

// Bounds that a reader may rely on, and refuses to go beyond.

/// Of a payload, compressed or not.
inline constexpr std::size_t kMaxPayload = std::size_t{32} << 20U;
inline constexpr std::size_t kMaxBlockAccesses = 65536;
inline constexpr std::size_t kMaxBlockEvents = 131072;
/// Of a name of an event or an agent. Writers cut longer ones.
inline constexpr std::size_t kMaxNameBytes = 1024;
/// Of a value of META.
inline constexpr std::size_t kMaxMetaBytes = 65536;

/// "BLOK" as the file has it.
constexpr std::uint32_t type_code(std::string_view four) {
  std::uint32_t code = 0;
  for (std::size_t i = 4; i-- > 0;) code = code << 8U | static_cast<unsigned char>(four[i]);
  return code;
}
inline constexpr std::uint32_t kMeta = type_code("META");
inline constexpr std::uint32_t kAgents = type_code("AGNT");
inline constexpr std::uint32_t kMappings = type_code("VMAS");
inline constexpr std::uint32_t kBlock = type_code("BLOK");
inline constexpr std::uint32_t kIndex = type_code("INDX");

/// The type as text; bytes that are no letters become '?'.
std::string type_text(std::uint32_t code);

/// Before every payload.
struct ChunkHeader {
  std::uint32_t type = 0;
  std::uint32_t sequence = 0;  ///< chunks of the file before this one
  std::uint32_t stored = 0;    ///< bytes of the payload in the file
  std::uint32_t raw = 0;       ///< bytes after decompression; the same as `stored` where it is not compressed
  std::uint64_t accesses = 0;  ///< of the trace before this chunk
  std::uint64_t time = 0;      ///< last kTimestamp before this chunk; 0 before the first
  std::uint32_t count = 0;     ///< of what is in it: accesses, agents, events, entries
  std::uint32_t reserved = 0;
  std::uint64_t checksum = 0;  ///< XXH3-64 of the 40 bytes before it and the stored payload
};
inline constexpr std::size_t kChunkHeaderBytes = 48;
static_assert(sizeof(ChunkHeader) == kChunkHeaderBytes);

/// REQUIRES: `payload` is what is stored.
std::uint64_t checksum_of(const ChunkHeader& header, std::string_view payload);

// ---- lists: integers of 7 bits a byte, low ones first, the high bit set in all but the last
// ----------------------------

void put_integer(std::string& out, std::uint64_t value);
void put_text(std::string& out, std::string_view text);

/// Goes through a list. Each function is false, and stays so, where the bytes are not as they must be.
class ListReader {
 public:
  explicit ListReader(std::string_view bytes) : rest_(bytes) {}

  bool integer(std::uint64_t& value);
  /// An integer of at most `maximum`.
  template <class Number>
  bool integer_up_to(std::uint64_t maximum, Number& out) {
    std::uint64_t value = 0;
    if (!integer(value) || value > maximum) return false;
    out = static_cast<Number>(value);
    return true;
  }
  bool text(std::string& text, std::size_t longest);
  bool byte(std::uint8_t& value);
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

/// Events as a list; positions are written as differences.
void put_events(std::string& out, const std::vector<Event>& events);
/// Appends `count` events. False where the bytes are not such a list. REQUIRES: count <= kMaxBlockEvents.
bool take_events(ListReader& list, std::size_t count, std::uint32_t last_position, std::vector<Event>& events);

/// At most `limit` bytes, and no part of a character in UTF-8.
std::string_view shortened(std::string_view text, std::size_t limit);

}  // namespace farfault::traces::native
