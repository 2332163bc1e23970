/// Pages are never held still.
#pragma once

#include <memory>

#include "models/policies/thrashing/thrashing_guard.h"

namespace farfault {

std::unique_ptr<ThrashingGuard> make_no_thrashing_guard();

}  // namespace farfault
