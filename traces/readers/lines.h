/// The lines of a text one by one, counted for errors.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "traces/readers/byte_source.h"

namespace farfault::traces {

/// Memory: the ByteSource's, and 256 KiB of text. Not thread-safe.
class Lines {
 public:
  explicit Lines(std::unique_ptr<ByteSource> source) : chunks_(std::move(source)) {}

  /// Puts the next line, without its end, into `line`; it is valid until the next call. False at the text's end.
  bool next(std::string_view& line) {
    if (text_.empty()) text_ = chunks_.next(number_);
    if (text_.empty()) return false;
    line = text_.substr(0, text_.find('\n'));
    text_.remove_prefix(line.size() + 1);
    ++number_;
    return true;
  }

  /// Of the last line, counted from 1; 0 before the first.
  std::size_t number() const { return number_; }
  /// Whether the last line is the text's last and has no end of its own: it may have been cut short.
  bool cut() const { return text_.empty() && chunks_.last_line_unterminated(); }
  const std::string& name() const { return chunks_.name(); }

 private:
  LineChunks chunks_;
  std::string_view text_;  ///< what is left of the current piece: whole lines
  std::size_t number_ = 0;
};

}  // namespace farfault::traces
