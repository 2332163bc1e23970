/// Where programs of others lie.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace farfault {

/// A program that PATH leads to, as a whole path. Only folders that are named from the root are looked into: what lies
/// where one happens to be is not to be run. REQUIRES: nobody changes the environment meanwhile.
std::optional<std::string> find_in_path(std::string_view name);

}  // namespace farfault
