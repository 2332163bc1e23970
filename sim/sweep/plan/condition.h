/// What a sweep leaves out of its product: {"policy": "oracle", "memory.device_capacity": {"max": "1 GiB"}}.
#pragma once

#include <vector>

#include "sim/sweep/plan/sweep_config.h"

namespace farfault::sweep {

/// The array `key` of the config; empty if it is not there. REQUIRES: all axes of `config` are read.
std::vector<Condition> read_conditions(const config::Node& root, const char* key, const SweepConfig& config,
                                       config::Diagnostics& diagnostics);

bool holds(const Condition& condition, const Selection& point);

/// Whether the product keeps the point: no `exclude` holds and, if there is any, one `only` does.
bool is_kept(const SweepConfig& config, const Selection& point);

}  // namespace farfault::sweep
