/// A plan as text, so that whoever goes on with a sweep need not load its scenarios again.
#pragma once

#include <string>
#include <string_view>

#include "sim/sweep/plan.h"

namespace farfault::sweep {

/// JSON that holds all of the plan. What many points share is written once.
std::string plan_json(const Plan& plan);

/// The plan again. `name` stands in messages for the file. Throws InputError for what plan_json() did not write.
Plan read_plan_json(std::string_view text, const std::string& name);

}  // namespace farfault::sweep
