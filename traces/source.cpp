#include "traces/source.h"

#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::traces {
namespace {

std::vector<std::string> format_names() {
  std::vector<std::string> out;
  for (const FormatInfo& format : formats()) out.emplace_back(format.name);
  return out;
}

const FormatInfo& format_of(const PeekedSource& source, const OpenOptions& options) {
  if (!options.format.empty()) {
    const FormatInfo* const format = find_format(options.format);
    if (format != nullptr) return *format;
    throw InputError(Diagnostic{source.name(), 0, "", "unknown trace format \"" + printable(options.format) + '"',
                                name_hint(options.format, format_names()) + " (farfault list formats)"});
  }
  if (source.head().empty()) throw InputError(Diagnostic{source.name(), 0, "", "is empty", "record the trace again"});
  for (const FormatInfo& format : formats()) {
    if (format.recognises(source.head())) return format;
  }
  std::string known;
  for (const std::string& name : format_names()) known += (known.empty() ? "" : ", ") + name;
  throw InputError(Diagnostic{source.name(), 0, "",
                              "the format of this trace is not known: it does not begin like " + known,
                              "known formats: " + known + "; each plain or compressed"});
}

class FileTrace final : public Source {
 public:
  FileTrace(std::string path, const OpenOptions& options)
      : path_(std::move(path)),
        options_(options.read),
        format_(&format_of(PeekedSource(open_bytes(path_), kHeadBytes), options)) {}

  std::unique_ptr<Reader> open() const override { return format_->read(open_bytes(path_), options_); }
  std::string description() const override { return path_; }

 private:
  std::string path_;
  ReadOptions options_;
  const FormatInfo* format_;
};

}  // namespace

std::unique_ptr<Source> open_file(const std::string& path, const OpenOptions& options) {
  return std::make_unique<FileTrace>(path, options);
}

std::unique_ptr<Reader> open_once(const std::string& path, const OpenOptions& options) {
  auto source = std::make_unique<PeekedSource>(open_bytes(path), kHeadBytes);
  const FormatInfo& format = format_of(*source, options);
  return format.read(std::move(source), options.read);
}

}  // namespace farfault::traces
