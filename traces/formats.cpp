#include "traces/formats.h"

#include <algorithm>
#include <array>
#include <utility>

#include "traces/native/reader.h"
#include "traces/readers/lackey.h"

namespace farfault::traces {
namespace {

template <class ReaderOfFormat>
std::unique_ptr<Reader> read_with(std::unique_ptr<ByteSource> source, const ReadOptions&) {
  return std::make_unique<ReaderOfFormat>(std::move(source));
}

constexpr std::array kFormats{
    FormatInfo{"fft", "farfault's own format: chunks of compressed columns", "docs/trace-format.md", is_native,
               read_native},
    FormatInfo{"lackey", "valgrind's lackey: loads, stores and system calls of a CPU program, as text",
               "valgrind 3.19 lackey/lk_main.c, recordings", LackeyReader::recognises, read_with<LackeyReader>},
};

}  // namespace

std::span<const FormatInfo> formats() { return kFormats; }

const FormatInfo* find_format(std::string_view name) {
  const auto* const found =
      std::find_if(kFormats.begin(), kFormats.end(), [name](const FormatInfo& format) { return format.name == name; });
  return found == kFormats.end() ? nullptr : found;
}

}  // namespace farfault::traces
