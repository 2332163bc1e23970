#include "traces/source.h"

#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "traces/readers/byte_source.h"
#include "traces/readers/lackey.h"

namespace farfault::traces {
namespace {

struct Format {
  std::string_view name;
  bool (*recognises)(std::string_view head);
  std::unique_ptr<Reader> (*read)(std::unique_ptr<ByteSource> source);
};

/// All formats, in the order in which they are tried.
constexpr std::array kFormats{
    Format{"lackey", LackeyReader::recognises,
           [](std::unique_ptr<ByteSource> source) -> std::unique_ptr<Reader> {
             return std::make_unique<LackeyReader>(std::move(source));
           }},
};

/// How much of a file, decompressed, decides its format.
constexpr std::size_t kHeadBytes = std::size_t{16} << 10U;

const Format& format_of(ByteSource& source) {
  std::vector<char> head(kHeadBytes);
  std::size_t filled = 0;
  while (filled < head.size()) {
    const std::size_t n = source.read(head.data() + filled, head.size() - filled);
    if (n == 0) break;
    filled += n;
  }
  if (filled == 0) throw InputError(Diagnostic{source.name(), 0, "", "is empty", "record the trace again"});
  for (const Format& format : kFormats) {
    if (format.recognises(std::string_view(head.data(), filled))) return format;
  }
  std::string known;
  for (const Format& format : kFormats) known += (known.empty() ? "" : ", ") + std::string(format.name);
  throw InputError(Diagnostic{source.name(), 0, "",
                              "the format of this trace is not known: its first lines are not those of " + known,
                              "known formats: " + known + "; each plain or compressed with zstd"});
}

class FileTrace final : public Source {
 public:
  explicit FileTrace(std::string path) : path_(std::move(path)), format_(&format_of(*open_bytes(path_))) {}

  std::unique_ptr<Reader> open() const override { return format_->read(open_bytes(path_)); }
  std::string description() const override { return path_; }

 private:
  std::string path_;
  const Format* format_;
};

}  // namespace

std::unique_ptr<Source> open_file(const std::string& path) { return std::make_unique<FileTrace>(path); }

}  // namespace farfault::traces
