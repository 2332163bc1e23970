#include "traces/readers/byte_source.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>

#include "tests/unit/traces/testing.h"

namespace farfault::traces {
namespace byte_source_test {

using testing::compressed;
using testing::error_of;
using testing::TemporaryFile;

std::string read_whole(ByteSource& source, std::size_t piece) {
  std::string out;
  std::string buffer(piece, '\0');
  for (;;) {
    const std::size_t n = source.read(buffer.data(), buffer.size());
    if (n == 0) return out;
    out.append(buffer, 0, n);
  }
}

std::string whole(std::string_view bytes, std::size_t piece = 1000) {
  return read_whole(*open_bytes_in_memory(bytes, "x"), piece);
}

/// Text that does not compress to nothing.
std::string sample_text(std::size_t bytes) {
  std::string out;
  std::uint64_t state = 1;
  while (out.size() < bytes) {
    state = state * 6364136223846793005 + 1442695040888963407;
    out += std::to_string(state >> 20U);
    out += '\n';
  }
  out.resize(bytes);
  return out;
}

std::vector<std::string> lines_of(std::string_view bytes) {
  LineChunks chunks(open_bytes_in_memory(bytes, "x"));
  std::vector<std::string> lines;
  for (;;) {
    std::string_view text = chunks.next(lines.size());
    if (text.empty()) return lines;
    CHECK(text.back() == '\n');
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      lines.emplace_back(text.substr(0, end));
      text.remove_prefix(end + 1);
    }
  }
}

TEST_CASE("traces: bytes of a file come unchanged in pieces of any size") {
  const std::string text = sample_text(300'000);
  const TemporaryFile plain(text);
  const TemporaryFile packed(compressed(text));
  for (const std::size_t piece : {1U, 7U, 8U, 9U, 4096U, 1'000'000U}) {
    CHECK(read_whole(*open_bytes(plain.path()), piece) == text);
    CHECK(read_whole(*open_bytes(packed.path()), piece) == text);
  }
  CHECK(open_bytes(packed.path())->name() == packed.path());
  CHECK(whole("a") == "a");
  CHECK(whole("12345678") == "12345678");
}

TEST_CASE("traces: zstd frames may follow each other and may be skippable") {
  std::string skippable = "\x5A\x2A\x4D\x18";
  skippable += std::string("\x03\0\0\0abc", 7);
  const std::string a = sample_text(100'000);
  const std::string b = "second\n";
  CHECK(whole(compressed(a) + compressed(b)) == a + b);
  CHECK(whole(skippable + compressed(a) + skippable + compressed("") + compressed(b) + skippable) == a + b);
}

TEST_CASE("traces: a zstd file that ends early is an error wherever it was cut") {
  const std::string packed = compressed(sample_text(20'000));
  REQUIRE(packed.size() > 200);
  for (std::size_t size = 4; size < packed.size(); size = size < 40 ? size + 1 : size + 61) {
    CHECK(error_of([&] { whole(packed.substr(0, size)); }) == "x: compressed data ends early after " +
                                                                  std::to_string(size) +
                                                                  " bytes; the file is truncated: copy it again");
  }
  const std::string second_cut = packed + packed.substr(0, 2);
  CHECK(error_of([&] { whole(second_cut); }).find("ends early after " + std::to_string(second_cut.size()) + " bytes") !=
        std::string::npos);
}

TEST_CASE("traces: a zstd file that is damaged is an error with the offset") {
  const std::string text = sample_text(600'000);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  REQUIRE(whole(packed) == text);

  for (std::size_t place = 6; place < packed.size(); place += packed.size() / 23) {
    std::string flipped = packed;
    flipped[place] = static_cast<char>(flipped[place] ^ 0x10);
    const std::string error = error_of([&] { whole(flipped); });
    // With a checksum no change goes unseen; what it is taken for depends on the bit.
    CHECK_MESSAGE(error.starts_with("x: compressed data "), place << ": " << error);
  }
  const std::string error = error_of([&] { whole(packed + "garbage behind it"); });
  CHECK_MESSAGE(error.starts_with("x: compressed data is damaged at byte " + std::to_string(packed.size())), error);
  CHECK(error.ends_with("; the file is corrupted: copy it again"));
}

TEST_CASE("traces: a zstd window above 128 MiB is refused") {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 28);
  ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
  // Streamed, so that zstd cannot make the window as small as the data.
  std::string packed(1000, '\0');
  ZSTD_outBuffer out{packed.data(), packed.size(), 0};
  ZSTD_inBuffer in{"text\n", 5, 0};
  ZSTD_compressStream2(context, &out, &in, ZSTD_e_continue);
  ZSTD_inBuffer none{nullptr, 0, 0};
  REQUIRE(ZSTD_compressStream2(context, &out, &none, ZSTD_e_end) == 0);
  ZSTD_freeCCtx(context);
  packed.resize(out.pos);
  CHECK(error_of([&] { whole(packed); }) ==
        "x: compressed data at byte 0 needs a window of more than 128 MiB to be read; compress it again with `zstd "
        "--long=27` or less");
}

TEST_CASE("traces: files that cannot be read are refused at once") {
  const std::string directory = std::filesystem::temp_directory_path().string();
  CHECK(error_of([&] { open_bytes(directory); }) ==
        directory + ": is a directory, not a trace; give the path of a trace file");
  CHECK(error_of([] { open_bytes("/no/such/file"); }) ==
        "/no/such/file: cannot be opened: No such file or directory; check the path");
  CHECK(error_of([] { open_bytes("/dev/null"); }) ==
        "/dev/null: is not a regular file; a trace may have to be read twice; give the path of a trace file");
  const TemporaryFile empty("");
  CHECK(error_of([&] { open_bytes(empty.path()); }) == empty.path() + ": is empty; record the trace again");

  const TemporaryFile fifo("x");
  std::filesystem::remove(fifo.path());
  REQUIRE(::mkfifo(fifo.path().c_str(), 0600) == 0);
  CHECK(error_of([&] { open_bytes(fifo.path()); }).starts_with(fifo.path() + ": is not a regular file"));

  if (::geteuid() != 0) {  // root may read anything
    const TemporaryFile locked("x");
    std::filesystem::permissions(locked.path(), std::filesystem::perms::none);
    CHECK(error_of([&] { open_bytes(locked.path()); }) ==
          locked.path() + ": cannot be opened: Permission denied; check the path");
  }
}

TEST_CASE("traces: lines are whole wherever the pieces end") {
  CHECK(lines_of("a") == std::vector<std::string>{"a"});
  CHECK(lines_of("\n") == std::vector<std::string>{""});
  CHECK(lines_of("a\n\nb\n") == std::vector<std::string>{"a", "", "b"});

  // Around the size of a piece, with and without the last line's end.
  for (std::size_t size = LineChunks::kChunkBytes - 3; size <= LineChunks::kChunkBytes + 3; ++size) {
    std::string text = sample_text(size);
    for (const char last : {'7', '\n'}) {
      text.back() = last;
      std::string joined;
      for (const std::string& line : lines_of(text)) joined += line + '\n';
      CHECK(joined == (last == '\n' ? text : text + '\n'));
    }
  }
}

TEST_CASE("traces: a line longer than the bound is an error that names it") {
  const std::string longest(LineChunks::kMaxLineBytes, 'a');
  CHECK(lines_of(longest + '\n' + longest) == std::vector<std::string>{longest, longest});
  const std::string problem = "the line is longer than 65536 bytes; this is not a text trace, or it is damaged";
  CHECK(error_of([&] { lines_of(longest + 'a'); }) == "x:1: " + problem);
  CHECK(error_of([&] { lines_of("1\n2\n" + longest + "a\n4\n"); }) == "x:3: " + problem);
  CHECK(error_of([&] { lines_of("1\n" + longest + '\n' + longest + longest); }) == "x:3: " + problem);
  CHECK(error_of([&] { lines_of(std::string(LineChunks::kChunkBytes * 3, 'a')); }) == "x:1: " + problem);
}

TEST_CASE("traces: an end without a line end is known") {
  LineChunks cut(open_bytes_in_memory("a\nb", "x"));
  CHECK(cut.next(0) == "a\nb\n");
  CHECK(cut.last_line_unterminated());
  CHECK(cut.next(2).empty());
  LineChunks complete(open_bytes_in_memory("a\nb\n", "x"));
  CHECK(complete.next(0) == "a\nb\n");
  CHECK_FALSE(complete.last_line_unterminated());
}

}  // namespace byte_source_test
}  // namespace farfault::traces
