// What `list`, `describe` and configs know of this slot.
#include <string>

#include "models/policies/parameter_info.h"
#include "models/policies/registry.h"
#include "models/policies/thrashing/adaptive_granularity.h"
#include "models/policies/thrashing/none.h"
#include "models/policies/thrashing/throttle_pin.h"
#include "models/policies/thrashing/time_slice.h"

namespace farfault {
namespace {

ParameterInfo thrashing_parameter(const std::string& name, std::uint64_t fallback, const char* description,
                                  const char* line, double minimum, double maximum) {
  return number_parameter(name, fallback, description,
                          std::string(kUvm) + ", uvm_perf_thrashing.c:" + line + " (uvm_perf_thrashing_" + name + ")",
                          minimum, maximum);
}

void register_throttle_pin(Registry<PolicyInfo<ThrashingGuard>>& registry) {
  const ThrottlePinParameters defaults;
  ParameterInfo lapse;
  lapse.name = "lapse";
  lapse.fallback = defaults.lapse;
  lapse.description = "most time between moves of a block to two processors that count as thrashing";
  lapse.source = std::string(kUvm) + ", uvm_perf_thrashing.c:267 (uvm_perf_thrashing_lapse_usec)";
  registry.add(
      {"throttle_pin",
       "throttle_pin/1",
       "The production driver's: who takes a thrashing page takes turns; if that goes on, it is pinned in host memory.",
       std::string(kUvm) + ", uvm_perf_thrashing.c",
       {thrashing_parameter("threshold", defaults.threshold, "moves that count, before a page thrashes", "249", 1, 255),
        thrashing_parameter("pin_threshold", defaults.pin_threshold, "throttles of a page, before it is pinned", "257",
                            0, 255),
        lapse, thrashing_parameter("nap", defaults.nap, "how long a processor is throttled, in lapses", "283", 0, 1e6),
        thrashing_parameter("epoch", defaults.epoch, "after which a block that is calm begins anew, in lapses", "290",
                            0, 1e9),
        thrashing_parameter("pin", defaults.pin, "how long a page is pinned, in lapses", "304", 0, 1e9),
        thrashing_parameter("max_resets", defaults.max_resets, "times that a block begins anew, at most", "314", 0,
                            1e18)},
       [](const Parameters& p, std::uint64_t) {
         ThrottlePinParameters parameters;
         parameters.threshold = p.get<std::uint64_t>("threshold");
         parameters.pin_threshold = p.get<std::uint64_t>("pin_threshold");
         parameters.lapse = p.get<SimTime>("lapse");
         parameters.nap = p.get<std::uint64_t>("nap");
         parameters.epoch = p.get<std::uint64_t>("epoch");
         parameters.pin = p.get<std::uint64_t>("pin");
         parameters.max_resets = p.get<std::uint64_t>("max_resets");
         return make_throttle_pin(parameters);
       }});
}

}  // namespace

void register_thrashing(Registry<PolicyInfo<ThrashingGuard>>& registry) {
  registry.add({"none",
                "none/1",
                "Pages are never held still.",
                "uvm_perf_thrashing_enable=0",
                {},
                [](const Parameters&, std::uint64_t) { return make_no_thrashing_guard(); }});

  ParameterInfo slice;
  slice.name = "slice";
  slice.fallback = SimTime::microseconds(500);
  slice.description = "how long a chunk stays on the side that it has come to";
  slice.source =
      "assumption: as the lapse within which the production driver takes moves for thrashing "
      "(uvm_perf_thrashing.c:267)";
  slice.minimum = 0;
  ParameterInfo granularity = granularity_parameter("assumption: the page that moves");
  granularity.fallback = kPageSize;
  granularity.description = "size of a chunk, whose pages have their slices together";
  registry.add({"time_slice",
                "time_slice/1",
                "What has moved stays for a time slice: CPU faults wait for its end, device faults map remotely.",
                "a fixed residency, as reviews of device-private memory ask for; both sides are throttled by "
                "uvm_perf_thrashing.c, too, by another rule",
                {slice, granularity},
                [](const Parameters& parameters, std::uint64_t) {
                  return make_time_slice(parameters.get<SimTime>("slice"), parameters.get<Bytes>("granularity"));
                }});
  register_throttle_pin(registry);
  const AdaptiveGranularityParameters adaptive;
  registry.add(
      {"adaptive_granularity",
       "adaptive_granularity/1",
       "A block that bounces brings less beside each fault: 2 MiB, then 64 KiB, then the page alone.",
       "own rule over the production driver's page sizes",
       {time_parameter("lapse", adaptive.lapse, "from leaving to faulting again that counts as a bounce",
                       std::string(kUvm) + ", uvm_perf_thrashing.c:267 (uvm_perf_thrashing_lapse_usec)"),
        number_parameter("bounces", adaptive.bounces, "that make a block smaller", "assumption", 1, 1e9),
        time_parameter("calm", adaptive.calm, "without a bounce, after which a block grows", "assumption: ten lapses")},
       [](const Parameters& p, std::uint64_t) {
         AdaptiveGranularityParameters parameters;
         parameters.lapse = p.get<SimTime>("lapse");
         parameters.bounces = p.get<std::uint64_t>("bounces");
         parameters.calm = p.get<SimTime>("calm");
         return make_adaptive_granularity(parameters);
       }});
}

}  // namespace farfault
