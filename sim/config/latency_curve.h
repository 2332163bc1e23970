/// Curves of memory latency over utilisation: as points in a config, or as a CSV file that a measurement left.
#pragma once

#include <optional>

#include "models/memory/memory_spec.h"
#include "sim/config/document.h"
#include "sim/config/scalars.h"

namespace farfault::config {

/// Points such as [["0 %", "90 ns"], ["80 %", "150 ns"]], or the name of a CSV file with two such columns, whose folder
/// is that of the config (of the program where the command line names it). A first line that holds no number is a
/// heading; empty lines and lines that begin with # are skipped. null takes a curve away. At most 256 points, from 0 to
/// 100 %; utilisations rise, latencies do not fall. Sets the curve, or says what is wrong and leaves it.
std::optional<Problem> read_latency_curve(LatencyCurve* to, const Node& node);

/// The points. Nothing for an empty curve.
std::optional<Node> write_latency_curve(const LatencyCurve& curve);

Node latency_curve_schema();

}  // namespace farfault::config
