/// Collects everything that is wrong with a config, so that one run of `validate` tells all of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "sim/config/document.h"
#include "sim/core/error.h"

namespace farfault::config {

class Diagnostics {
 public:
  /// More are counted, not kept: hostile input must not fill memory, nor honest input the screen.
  static constexpr std::size_t kMost = 100;

  /// `pointer` is into the merged document; the message shows where the value's file has it.
  void add(const Node& node, std::string_view pointer, std::string problem, std::string remedy = {});
  /// At another line than the value's: that of its key.
  void add(const SourcePtr& source, std::size_t line, std::string_view pointer, std::string problem,
           std::string remedy = {});
  void add(Diagnostic diagnostic);

  bool empty() const { return kept_.empty(); }
  /// In the order of add().
  const std::vector<Diagnostic>& kept() const { return kept_; }
  /// What follows will not be kept, so there is no point in finding hints for it.
  bool full() const { return kept_.size() >= kMost; }
  /// Throws InputError with all of them, those of a file together and by line, if there is one.
  void throw_if_any() const;

 private:
  std::vector<Diagnostic> kept_;
  std::size_t dropped_ = 0;
};

}  // namespace farfault::config
