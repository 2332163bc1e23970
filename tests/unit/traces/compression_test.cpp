#include <doctest/doctest.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "tests/unit/traces/testing.h"
#include "traces/readers/byte_source.h"

namespace farfault::traces {
namespace compression_test {

using testing::compressed;
using testing::error_of;

std::string gzipped(std::string_view text, int level = 6) {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 32, '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

/// With a dictionary of `dictionary` bytes.
std::string xz_with_dictionary(std::string_view text, std::uint32_t dictionary) {
  lzma_options_lzma options;
  REQUIRE(lzma_lzma_preset(&options, 1) == 0);
  options.dict_size = dictionary;
  const std::array<lzma_filter, 2> filters{lzma_filter{LZMA_FILTER_LZMA2, &options},
                                           lzma_filter{LZMA_VLI_UNKNOWN, nullptr}};
  std::string out(lzma_stream_buffer_bound(text.size()), '\0');
  // Through the streaming encoder: the one for buffers makes the dictionary as small as the data.
  lzma_stream stream = LZMA_STREAM_INIT;
  REQUIRE(lzma_stream_encoder(&stream, filters.data(), LZMA_CHECK_CRC64) == LZMA_OK);
  stream.next_in = reinterpret_cast<const std::uint8_t*>(text.data());
  stream.avail_in = text.size();
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = out.size();
  lzma_ret result = LZMA_OK;
  while (result == LZMA_OK) result = lzma_code(&stream, LZMA_FINISH);
  REQUIRE(result == LZMA_STREAM_END);
  out.resize(stream.total_out);
  lzma_end(&stream);
  return out;
}

std::string xz(std::string_view text) { return xz_with_dictionary(text, 1U << 20U); }

std::string zstd(std::string_view text) { return compressed(text); }

/// What all kinds of compression must do alike.
struct Kind {
  const char* name;
  std::string (*compress)(std::string_view text);
  std::size_t magic;  ///< a file of fewer bytes is not known for a compressed one
};
constexpr std::array kKinds{
    Kind{"zstd", zstd, 4},
    Kind{"gzip", [](std::string_view text) { return gzipped(text); }, 3},
    Kind{"xz", xz, 6},
};

std::string whole(std::string_view bytes, std::size_t piece = 1000) {
  const std::unique_ptr<ByteSource> source = open_bytes_in_memory(bytes, "x");
  std::string out;
  std::string buffer(piece, '\0');
  for (;;) {
    const std::size_t n = source->read(buffer.data(), buffer.size());
    if (n == 0) return out;
    CHECK(n <= piece);
    out.append(buffer, 0, n);
  }
}

/// Numbers, half of them the same: text that is compressed to about a quarter.
std::string sample_text(std::size_t bytes) {
  std::string out;
  std::uint64_t state = 1;
  while (out.size() < bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    out += std::to_string(state >> 40U) + " 0x00007f0000000000\n";
  }
  out.resize(bytes);
  return out;
}

TEST_CASE("traces: every compression gives back what was compressed in pieces of any size") {
  const std::string large = sample_text(std::size_t{1} << 20U);
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    const std::string packed = kind.compress(large);
    REQUIRE(packed.size() < large.size());
    for (const std::size_t piece : {7U, 997U, 4096U, 131'071U, 1U << 20U, (1U << 20U) + 1}) {
      CHECK(whole(packed, piece) == large);
    }
    CHECK(whole(kind.compress("a"), 1) == "a");
    CHECK(whole(kind.compress("ab"), 1) == "ab");
    CHECK(whole(kind.compress("")).empty());
    // Much from little: the output fills every buffer many times over before more input is needed.
    const std::string zeros(std::size_t{3} << 20U, '0');
    CHECK(whole(kind.compress(zeros), 4096) == zeros);
  }
}

TEST_CASE("traces: compressed files that follow each other in one are one") {
  const std::string a = sample_text(100'000);
  const std::string b = "second\n";
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    const std::string none = kind.compress("");
    CHECK(whole(kind.compress(a) + kind.compress(b)) == a + b);
    std::string mixed;
    for (const std::string& part : {none, kind.compress(b), none, none, kind.compress(a), none}) mixed += part;
    CHECK(whole(mixed, 11) == b + a);
    std::string many;
    std::string expected;
    for (int i = 0; i < 150; ++i) {
      many += kind.compress(std::to_string(i));
      expected += std::to_string(i);
    }
    CHECK(whole(many, 3) == expected);
  }
}

TEST_CASE("traces: a compressed file cut at any byte ends early and says where") {
  const std::string text = sample_text(700);
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    const std::string packed = kind.compress(text);
    const auto expected = [](std::size_t size) {
      return "x: compressed data ends early after " + std::to_string(size) +
             " bytes; the file is truncated: copy it again";
    };
    for (std::size_t size = kind.magic; size < packed.size(); ++size) {
      CHECK(error_of([&] { whole(packed.substr(0, size)); }) == expected(size));
      // Inside a second one, too.
      const std::string two = packed + packed.substr(0, size);
      CHECK(error_of([&] { whole(two); }) == expected(two.size()));
    }
  }
}

TEST_CASE("traces: a flipped bit of a compressed file is refused or changes nothing") {
  const std::string text = sample_text(700);
  for (const Kind& kind : kKinds) {
    CAPTURE(kind.name);
    const std::string packed = kind.compress(text);
    std::size_t refused = 0;
    for (std::size_t place = kind.magic; place < packed.size(); ++place) {
      for (unsigned bit = place % 4; bit < 8; bit += 4) {  // two of each byte
        std::string flipped = packed;
        flipped[place] = static_cast<char>(static_cast<unsigned char>(flipped[place]) ^ (1U << bit));
        std::string got;
        const std::string error = error_of([&] { got = whole(flipped); });
        refused += error.empty() ? 0U : 1U;
        CHECK_MESSAGE((error.empty() || error.starts_with("x: compressed data ")), error);
        // Zstd's have no checksum here: a change may go unseen. In gzip's header not every field matters.
        if (error.empty() && std::string_view(kind.name) != "zstd") CHECK(got == text);
      }
    }
    CHECK(refused > packed.size() / 4);
  }
}

TEST_CASE("traces: garbage behind gzip data is an error that names its first byte") {
  const std::string packed = gzipped(sample_text(200'000));
  for (const std::string& garbage : {std::string("garbage"), std::string("\x1f\x8c"), std::string(512, '\0')}) {
    CHECK(error_of([&] { whole(packed + garbage); }) ==
          "x: compressed data is damaged at byte " + std::to_string(packed.size()) +
              " (gzip: incorrect header check); the file is corrupted: copy it again");
  }
  // Too little to tell from a member that is cut short.
  for (const std::string& garbage : {std::string("\x1f"), std::string("\x1f\x8b")}) {
    CHECK(error_of([&] { whole(packed + garbage); }) == "x: compressed data ends early after " +
                                                            std::to_string(packed.size() + garbage.size()) +
                                                            " bytes; the file is truncated: copy it again");
  }
}

TEST_CASE("traces: gzip members may carry a name and a comment") {
  z_stream stream{};
  REQUIRE(deflateInit2(&stream, 6, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string name = "kernel-1.traceg";
  std::string comment = "as gzip keeps it";
  gz_header header{};
  header.name = reinterpret_cast<Bytef*>(name.data());
  header.comment = reinterpret_cast<Bytef*>(comment.data());
  header.hcrc = 1;
  REQUIRE(deflateSetHeader(&stream, &header) == Z_OK);
  std::string text = "text\n";
  std::string out(200, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  CHECK(whole(out) == text);
}

TEST_CASE("traces: xz data may be padded by fours and nothing else may follow it") {
  const std::string text = sample_text(10'000);
  const std::string packed = xz(text);
  CHECK(whole(packed + std::string(8, '\0') + packed + std::string(4, '\0')) == text + text);
  for (const std::string& garbage : {std::string(3, '\0'), std::string("garbage behind it"), std::string(5, '\0')}) {
    const std::string error = error_of([&] { whole(packed + garbage); });
    CHECK_MESSAGE(error.starts_with("x: compressed data is damaged at byte "), error);
    CHECK(error.ends_with(" (xz: data error); the file is corrupted: copy it again"));
  }
}

TEST_CASE("traces: xz data that needs more than 128 MiB is refused") {
  CHECK(whole(xz_with_dictionary("text\n", 64U << 20U)) == "text\n");
  CHECK(whole(xz_with_dictionary("text\n", 96U << 20U)) == "text\n");
  const std::string error = error_of([] { whole(xz_with_dictionary("text\n", 128U << 20U)); });
  CHECK_MESSAGE(error.starts_with("x: compressed data at byte "), error);
  CHECK(error.ends_with(" needs more than 128 MiB of memory to be read; compress it again with `xz -9` or less"));
}

}  // namespace compression_test
}  // namespace farfault::traces
