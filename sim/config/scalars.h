/// How each kind of value is read from JSON, written to it, and described by a schema.
#pragma once

#include <optional>
#include <string>

#include "sim/config/description.h"
#include "sim/config/document.h"

namespace farfault::config {

struct Problem {
  std::string problem;
  std::string remedy;
};

/// Sets the member, or says why it cannot, and leaves it as it is.
std::optional<Problem> read_scalar(const Field& field, const Scalar& value, const Node& node);

/// The JSON value; nothing where an optional part is not there, or all of a range.
std::optional<Node> write_scalar(const Scalar& value);

/// The same for a parameter of a kind.
Node write_parameter(const ParameterValue& value);

/// A schema for the value alone. Quantities refer to quantity_definitions().
Node scalar_schema(const Field& field, const Scalar& value);
Node quantity_definitions();

/// "12.5 %" as parse_percent() reads it back to the same ratio.
Node percent_node(double ratio);

}  // namespace farfault::config
