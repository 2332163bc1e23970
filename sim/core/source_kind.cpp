#include "sim/core/source_kind.h"

#include <array>
#include <cstddef>

namespace farfault {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"measured", "derived",    "vendor", "driver default",
                                                    "choice",   "assumption", "other"};

/// "measured: on a machine" is of that kind, "measured nowhere" and "choices" are not.
bool is_of(std::string_view source, std::string_view name, bool colon) {
  if (!source.starts_with(name)) return false;
  const std::string_view rest = source.substr(name.size());
  return rest.starts_with(':') || (!colon && (rest.empty() || rest.starts_with(' ')));
}

}  // namespace

SourceKind source_kind(std::string_view source) {
  if (source.starts_with("assumption")) return SourceKind::kAssumption;  // as Sourced::is_assumption() has it
  for (const SourceKind kind : {SourceKind::kMeasured, SourceKind::kDerived, SourceKind::kVendor,
                                SourceKind::kDriverDefault, SourceKind::kChoice}) {
    if (is_of(source, source_kind_name(kind), kind != SourceKind::kChoice)) return kind;
  }
  return SourceKind::kOther;
}

std::string_view source_kind_name(SourceKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

}  // namespace farfault
