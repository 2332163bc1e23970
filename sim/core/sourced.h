/// A parameter together with what it rests on.
#pragma once

#include <string>
#include <utility>

namespace farfault {

/// `source` names a measurement, a paper, a kernel or driver file, or begins with "assumption" where nobody measured.
template <class T>
struct Sourced {
  T value{};
  std::string source = "assumption";

  bool is_assumption() const { return source.starts_with("assumption"); }
  bool operator==(const Sourced&) const = default;
};

}  // namespace farfault
