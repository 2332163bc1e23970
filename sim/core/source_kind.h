/// What a value rests on, by the first words of its source.
#pragma once

#include <cstdint>
#include <string_view>

namespace farfault {

enum class SourceKind : std::uint8_t {
  kMeasured,       ///< "measured: ...": what, on what, and who published it
  kDerived,        ///< "derived: ...": the arithmetic, and the measurements or data sheets that go in
  kVendor,         ///< "vendor: ...": a data sheet, a specification or a manual
  kDriverDefault,  ///< "driver default: ...": a constant of a driver's or kernel's sources
  kChoice,         ///< "choice ...": what the platform is made to be
  kAssumption,     ///< "assumption ...": nobody measured it, or the measurement was not checked
  kOther,          ///< none of these words
};

SourceKind source_kind(std::string_view source);

/// "measured", "derived", "vendor", "driver default", "choice", "assumption", "other".
std::string_view source_kind_name(SourceKind kind);

}  // namespace farfault
