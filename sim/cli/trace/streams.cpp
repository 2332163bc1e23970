#include "sim/cli/trace/streams.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <utility>
#include <vector>

#include "sim/cli/terminal.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "traces/csv_writer.h"
#include "traces/native/reader.h"
#include "traces/native/writer.h"
#include "traces/read_ahead.h"
#include "traces/source.h"
#include "traces/text_form.h"

namespace farfault::cli {
namespace {

class WatchedReader final : public traces::Reader {
 public:
  WatchedReader(std::unique_ptr<traces::Reader> reader, std::string activity, Verbosity verbosity)
      : reader_(std::move(reader)), progress_(verbosity, std::move(activity)) {}

  std::string_view format() const override { return reader_->format(); }
  const std::vector<traces::Agent>& agents() const override { return reader_->agents(); }
  const traces::TraceLimits& limits() const override { return reader_->limits(); }
  const traces::TraceMeta& meta() const override { return reader_->meta(); }

  bool next(traces::AccessBlock& block) override {
    const bool more = reader_->next(block);
    at_.accesses += block.accesses.size();
    progress_.update(at_);
    return more;
  }

 private:
  std::unique_ptr<traces::Reader> reader_;
  Progress progress_;
  RunProgress at_;
};

/// Counts what goes to another sink.
class CountingSink final : public traces::ByteSink {
 public:
  CountingSink(std::unique_ptr<traces::ByteSink> sink, std::uint64_t& bytes) : sink_(std::move(sink)), bytes_(bytes) {}
  void write(std::string_view bytes) override {
    sink_->write(bytes);
    bytes_ += bytes.size();
  }
  void close() override { sink_->close(); }
  const std::string& name() const override { return sink_->name(); }

 private:
  std::unique_ptr<traces::ByteSink> sink_;
  std::uint64_t& bytes_;
};

}  // namespace

std::unique_ptr<traces::Reader> open_input(const TraceInput& in, const Context& context) {
  return watched(traces::open_once(in.path, {in.format, {in.salvage}}), "reading the trace", context);
}

std::unique_ptr<traces::Reader> watched(std::unique_ptr<traces::Reader> reader, std::string activity,
                                        const Context& context) {
  return traces::read_ahead(
      std::make_unique<WatchedReader>(std::move(reader), std::move(activity), context.common.verbosity));
}

bool is_native_file(const std::string& path) {
  if (!std::filesystem::is_regular_file(path)) return false;
  std::string head(64, '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(head.data(), static_cast<std::streamsize>(head.size()));
  return traces::is_native(head);
}

TraceFile::TraceFile(const TraceOutput& out)
    : out_(out),
      guard_(out.path == "-" ? std::string() : traces::partial_name(out.path), InterruptGuard::OnSignal::kExit) {
  if (out.path == "-" && out.format == TraceOutput::Format::kFft && is_terminal(Stream::kStdout)) {
    throw Error(ExitCode::kUsage, "a .fft trace is no text for a terminal; give a file with -o, or --to text");
  }
  sink_ = std::make_unique<CountingSink>(traces::create_file(out.path, out.force), bytes_);
}

std::uint64_t TraceFile::write(traces::Reader& reader, const Context& context) {
  std::uint64_t accesses = 0;
  try {
    accesses = write_all(reader, context);
  } catch (const traces::ReaderLeft&) {
    return accesses;
  }
  std::string text = (out_.path == "-" ? "" : printable(out_.path, 400) + ": ") + counted(accesses, "access") + ", " +
                     format_short(Bytes(bytes_));
  if (accesses != 0) {
    text += ", " + short_number(static_cast<double>(bytes_) / static_cast<double>(accesses)) + " bytes an access";
  }
  say_unless_quiet(text, context);
  return accesses;
}

std::uint64_t TraceFile::write_all(traces::Reader& reader, const Context& context) {
  if (out_.format == TraceOutput::Format::kFft) {
    traces::NativeWriter writer(std::move(sink_));
    return traces::convert(reader, writer);
  }
  if (out_.format == TraceOutput::Format::kText) {
    const std::uint64_t accesses = traces::write_text(reader, *sink_);
    sink_->close();
    return accesses;
  }
  const traces::CsvResult result = traces::write_csv(reader, *sink_);
  sink_->close();
  if (result.lost_events != 0 || result.lost_instructions != 0) {
    say_unless_quiet("left out, for CSV has no room for them: " + counted(result.lost_events, "event") + ", " +
                         counted(result.lost_instructions, "instruction") + " between accesses",
                     context);
  }
  return result.accesses;
}

void say_unless_quiet(const std::string& text, const Context& context) {
  if (context.common.verbosity != Verbosity::kQuiet) say(text);
}

std::string counted(std::uint64_t n, const std::string& noun) {
  std::string out = format_count(n) + ' ' + noun;
  if (n == 1) return out;
  if (out.ends_with('y')) return out.substr(0, out.size() - 1) + "ies";
  return out + (out.ends_with('s') ? "es" : "s");
}

std::string short_number(double value) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.3g", value);
  return text.data();
}

std::string percent_of(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f %%", 100 * static_cast<double>(part) / static_cast<double>(whole));
  return text.data();
}

}  // namespace farfault::cli
