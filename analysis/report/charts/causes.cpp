#include "analysis/report/charts/causes.h"

namespace farfault::report {

const std::vector<Part>& link_causes() {
  static const std::vector<Part> kParts = {
      {"demand", "demand", "theme:series-1"},
      {"prefetch", "prefetch", "theme:series-6"},
      {"eviction", "eviction", "theme:series-2"},
      {"cpu_fault", "host faults", "theme:series-3"},
      {"remote", "remote accesses", "theme:series-7"},
      {"staging", "staging", "theme:series-5"},
      {"access_counter", "access counters", "theme:series-4"},
      {"memcpy", "explicit copies", "theme:series-10"},
      {"peer", "other devices", "theme:series-9"},
      {"gup", "get_user_pages", "theme:series-8"},
      {"cow", "copy on write", "theme:ink-soft"},
  };
  return kParts;
}

const std::vector<Part>& causes_to_device() {
  static const std::vector<Part> kParts = {
      {"demand", "demand", "theme:series-1"},
      {"prefetch", "prefetch", "theme:series-6"},
      {"access_counter", "access counters", "theme:series-4"},
      {"staging", "staging", "theme:series-5"},
  };
  return kParts;
}

const std::vector<Part>& causes_to_host() {
  static const std::vector<Part> kParts = {
      {"eviction", "eviction", "theme:series-2"},  {"cpu_fault", "host faults", "theme:series-3"},
      {"prefetch", "prefetch", "theme:series-6"},  {"peer", "other devices", "theme:series-9"},
      {"gup", "get_user_pages", "theme:series-8"}, {"cow", "copy on write", "theme:ink-soft"},
  };
  return kParts;
}

const std::vector<Part>& lane_times() {
  static const std::vector<Part> kParts = {
      {"compute", "compute", "theme:series-3"},
      {"local", "own memory", "theme:series-6"},
      {"remote", "remote memory", "theme:series-7"},
      {"stall", "page faults", "theme:series-2"},
      {"kernel", "kernel", "theme:series-5"},
      {"wait", "waiting for others", "theme:series-8"},
      {"idle", "idle", "theme:line"},
  };
  return kParts;
}

const std::vector<Part>& driver_stages() {
  static const std::vector<Part> kParts = {
      {"kernel", "kernel", "theme:series-5"},     {"page", "page", "theme:series-1"},
      {"block", "block", "theme:series-6"},       {"batch", "batch", "theme:series-3"},
      {"eviction", "eviction", "theme:series-2"}, {"service", "service", "theme:series-4"},
      {"replay", "replay", "theme:series-7"},     {"staging", "staging", "theme:series-9"},
  };
  return kParts;
}

}  // namespace farfault::report
