/// Sends SimGrid's log to spdlog, so that the engine never writes to stdout or stderr by itself.
#pragma once

namespace farfault::engine {

/// REQUIRES: called before SimGrid's Engine is made, because making it already logs. Later calls do nothing.
void route_simgrid_log();

}  // namespace farfault::engine
