#include "sim/config/diagnostics.h"

#include <algorithm>
#include <map>
#include <utility>

#include "sim/core/text.h"

namespace farfault::config {
namespace {

constexpr std::size_t kLongestPointer = 400;

}  // namespace

void Diagnostics::add(const Node& node, std::string_view pointer, std::string problem, std::string remedy) {
  add(node.source, node.line, pointer, std::move(problem), std::move(remedy));
}

void Diagnostics::add(const SourcePtr& source, std::size_t line, std::string_view pointer, std::string problem,
                      std::string remedy) {
  if (source != nullptr && source->layer == kOverrideLayer) line = 0;  // a command line has none
  add(Diagnostic{source == nullptr ? "" : source->file, line,
                 // Keys are the user's bytes: a pointer must not carry control characters to a terminal.
                 printable(written_pointer(source, pointer), kLongestPointer), std::move(problem), std::move(remedy)});
}

void Diagnostics::add(Diagnostic diagnostic) {
  if (full()) {
    ++dropped_;
    return;
  }
  kept_.push_back(std::move(diagnostic));
}

void Diagnostics::throw_if_any() const {
  if (kept_.empty()) return;
  std::map<std::string, std::size_t> file_order;
  for (const Diagnostic& d : kept_) file_order.emplace(d.file, file_order.size());
  std::vector<Diagnostic> sorted = kept_;
  std::stable_sort(sorted.begin(), sorted.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    return std::pair(file_order.at(a.file), a.line) < std::pair(file_order.at(b.file), b.line);
  });
  if (dropped_ != 0) {
    sorted.push_back({"", 0, "", std::to_string(dropped_) + " more problems are not shown", "solve these first"});
  }
  throw InputError(std::move(sorted));
}

}  // namespace farfault::config
