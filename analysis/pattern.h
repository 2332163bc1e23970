/// Names of figures and parameters by pattern.
#pragma once

#include <string_view>

namespace farfault::analysis {

/// `*` stands for any characters, dots and slashes too, `?` for one; the whole name must fit.
bool matches(std::string_view pattern, std::string_view name);

}  // namespace farfault::analysis
