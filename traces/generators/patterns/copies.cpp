#include "traces/generators/patterns/copies.h"

#include "traces/generators/program_generator.h"

namespace farfault::traces {
namespace copies_program {

constexpr const char* kName = "copies";

struct Settings {
  Bytes size;
  std::uint64_t count = 0;
  bool to_device = true;
  bool to_host = false;
};

void copy(Emitter& out, unsigned stream, std::uint64_t address, Bytes size, CopyDirection direction) {
  out.stream(stream);
  Event& event = out.event(EventKind::kMemcpy);
  event.address = address;
  event.length = size.count();
  event.value = address;
  event.value2 = static_cast<std::uint64_t>(direction);
}

/// Each direction has a stream of its own, so that the two run side by side.
Program copies(Emitter& out, Settings s) {
  const std::uint64_t word = out.map("word", Bytes(8));
  const std::uint64_t buffer = out.map("buffer", s.size);
  out.write(word, 8);  // a trace without any access is none
  for (std::uint64_t i = 0; i < s.count; ++i) {
    if (s.to_device) copy(out, 0, buffer, s.size, CopyDirection::kHostToDevice);
    if (s.to_host) copy(out, 1, buffer, s.size, CopyDirection::kDeviceToHost);
    if (out.full()) co_yield Pause{};
  }
}

StartProgram prepare(const Parameters& parameters, std::uint64_t) {
  Settings s;
  s.size = parameters.get<Bytes>("size");
  s.count = parameters.get<std::uint64_t>("count");
  const auto& direction = parameters.get<std::string>("direction");
  s.to_device = direction != "to_host";
  s.to_host = direction != "to_device";
  return [s](Emitter& out) { return copies(out, s); };
}

}  // namespace copies_program

GeneratorInfo copies_generator() {
  using namespace copies_program;  // NOLINT(google-build-using-namespace): what is above
  ParameterInfo size;
  size.name = "size";
  size.fallback = Bytes::mib(1);
  size.description = "bytes of each copy";
  size.source = "assumption";
  size.minimum = 1;
  size.maximum = static_cast<double>(kMaxFootprint.count() / 2);
  return program_generator({
      .name = kName,
      .summary = "explicit copies between host and device, one after the other in each direction",
      .parameters = {size, count_parameter("count", 100, "copies in each direction", "assumption", 1, 1U << 30U),
                     choice_parameter("direction", {"to_device", "to_host", "both"},
                                      "where they go; with both, the two directions run at the same time",
                                      "assumption")},
      .streams = 2,
      .prepare = prepare,
  });
}

}  // namespace farfault::traces
