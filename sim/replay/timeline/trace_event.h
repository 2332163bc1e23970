/// Events of the trace-event format, as text: what Perfetto and its kin read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/core/units.h"
#include "traces/byte_sink.h"

namespace farfault::timeline {

/// Microseconds, exact to the picosecond: "1.234567", "12", "0.5".
void append_microseconds(std::string& out, SimTime time);

/// A JSON string. Bytes that are not UTF-8 become U+FFFD; what is longer than 200 characters is cut to 199 and "…".
void append_quoted(std::string& out, std::string_view text);

/// The arguments of an event: {"pages":16,"cause":"demand"}.
class EventArgs {
 public:
  EventArgs& add(std::string_view key, std::uint64_t value);
  EventArgs& add(std::string_view key, std::string_view text);
  /// As hexadecimal text: numbers beyond 2^53 are not exact in every viewer.
  EventArgs& add(std::string_view key, VirtualAddress address);
  EventArgs& add_microseconds(std::string_view key, SimTime time);
  /// `number` is a number as JSON writes it.
  EventArgs& add_number(std::string_view key, std::string_view number);
  /// Empty if there are none.
  std::string text() const { return text_.empty() ? std::string() : text_ + '}'; }

 private:
  void begin(std::string_view key);
  std::string text_;
};

/// {"displayTimeUnit":"ns","traceEvents":[...],"otherData":{...}}, written as it comes.
class TraceEventWriter {
 public:
  using Notes = std::vector<std::pair<std::string, std::string>>;

  /// Throws RunError, here and in all that writes, where the sink does.
  TraceEventWriter(std::unique_ptr<traces::ByteSink> sink, std::uint64_t limit);

  /// `event` is a JSON object. Beyond the limit it is left out and counted.
  void event(std::string_view event);
  /// An event that the limit does not count: names of tracks.
  void metadata(std::string_view event);
  /// Something else that was left out.
  void leave_out(std::uint64_t events) { left_out_ += events; }
  void set_limit(std::uint64_t limit) { limit_ = limit; }

  std::uint64_t written() const { return written_; }
  std::uint64_t left_out() const { return left_out_; }
  /// Writes the end and closes the sink. REQUIRES: not called before.
  void finish(const Notes& notes);

 private:
  void append(std::string_view event);

  std::unique_ptr<traces::ByteSink> sink_;
  std::string buffer_;
  std::uint64_t limit_;
  std::uint64_t written_ = 0;
  std::uint64_t left_out_ = 0;
  bool first_ = true;
};

}  // namespace farfault::timeline
