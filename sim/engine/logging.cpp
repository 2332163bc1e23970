#include "sim/engine/logging.h"

#include <cstdio>
#include <string_view>

#include <spdlog/spdlog.h>
#include <sys/types.h>
#include <xbt/log.h>
#include <simgrid/s4u/Engine.hpp>

namespace farfault::engine {
namespace {

void log_line(std::string_view line) {
  // The layout is "PRIORITY category: message". A deadlock is reported by run() as a RunError, so SimGrid's text about
  // it is detail; other errors come before an abort and must be seen.
  const bool severe = line.starts_with("ERROR") || line.starts_with("CRITICAL");
  const bool deadlock = line.find("Oops! Deadlock") != std::string_view::npos;
  spdlog::log(severe && !deadlock ? spdlog::level::err : spdlog::level::debug, "simgrid: {}", line);
}

ssize_t write_to_spdlog(void* /*cookie*/, const char* text, std::size_t size) {
  std::string_view rest(text, size);
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    if (!line.empty()) log_line(line);
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return static_cast<ssize_t>(size);
}

}  // namespace

void route_simgrid_log() {
  static bool done = false;
  if (done) return;
  done = true;

  // A category takes its defaults on first use, which would undo what is set here; so use the root category now.
  _xbt_log_cat_init(&_XBT_LOGV(XBT_LOG_ROOT_CAT), xbt_log_priority_uninitialized);
  xbt_log_threshold_set(&_XBT_LOGV(XBT_LOG_ROOT_CAT), xbt_log_priority_warning);

  cookie_io_functions_t functions{};
  functions.write = &write_to_spdlog;
  std::FILE* stream = fopencookie(nullptr, "w", functions);  // lives as long as the process, like SimGrid's log
  if (stream == nullptr) {
    xbt_log_threshold_set(&_XBT_LOGV(XBT_LOG_ROOT_CAT), xbt_log_priority_infinite);
    return;
  }
  // Whole messages arrive in one write.
  std::setvbuf(stream, nullptr, _IONBF, 0);
  xbt_log_appender_t appender = xbt_log_appender_stream(stream);
  xbt_log_appender_set(&_XBT_LOGV(XBT_LOG_ROOT_CAT), appender);
  xbt_log_default_appender = appender;
  xbt_log_layout_set(&_XBT_LOGV(XBT_LOG_ROOT_CAT), xbt_log_layout_format_new("%p %c: %m%n"));
}

}  // namespace farfault::engine
