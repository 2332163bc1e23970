#include "sim/replay/timeline/perfetto_file.h"

#include <utility>

#include "sim/core/error.h"
#include "traces/gzip_sink.h"

namespace farfault {
namespace {

/// Says what to do about failures, in the words of this file's options.
class PerfettoFile final : public traces::ByteSink {
 public:
  explicit PerfettoFile(std::unique_ptr<traces::ByteSink> sink) : sink_(std::move(sink)) {}

  void write(std::string_view bytes) override {
    with_remedy([&] { sink_->write(bytes); });
  }
  void close() override {
    with_remedy([&] { sink_->close(); });
  }
  const std::string& name() const override { return sink_->name(); }

 private:
  template <class Do>
  static void with_remedy(Do&& act) {
    try {
      act();
    } catch (const traces::ReaderLeft&) {
      throw;
    } catch (const RunError& error) {
      throw RunError(std::string(error.what()) +
                     "; free space there, choose another place with --perfetto, or write less with --perfetto-events");
    }
  }

  std::unique_ptr<traces::ByteSink> sink_;
};

}  // namespace

std::unique_ptr<traces::ByteSink> create_perfetto_file(const std::string& path, bool replace) {
  std::unique_ptr<traces::ByteSink> file;
  try {
    file = traces::create_file(path, replace);
  } catch (const InputError& error) {
    std::vector<Diagnostic> diagnostics = error.diagnostics();
    for (Diagnostic& each : diagnostics) each.remedy = "choose another place with --perfetto";
    throw InputError(std::move(diagnostics));
  }
  if (path.ends_with(".gz")) file = traces::gzip_sink(std::move(file));
  return std::make_unique<PerfettoFile>(std::move(file));
}

}  // namespace farfault
