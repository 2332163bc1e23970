#include "models/kernel/kernel_design.h"

#include <array>
#include <cstddef>

namespace farfault {

std::string_view reason_name(LookupReason reason) {
  constexpr std::array<std::string_view, kLookupReasonCount> kNames = {"collect", "cpu_fault", "zap", "fork", "gup"};
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace farfault
