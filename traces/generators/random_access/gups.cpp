#include "traces/generators/random_access/gups.h"

#include <algorithm>
#include <vector>

#include "traces/generators/cpu_sweep.h"
#include "traces/generators/program_generator.h"
#include "traces/generators/random_access/hpcc_random.h"

namespace farfault::traces {
namespace gups_program {

constexpr const char* kName = "gups";
constexpr std::uint64_t kWord = sizeof(std::uint64_t);

struct Settings {
  std::uint64_t words = 0;
  std::uint64_t updates = 0;
  std::uint64_t streams = 0;
  bool on_cpu = false;
};

/// The updates themselves: in turn, each of the streams of random numbers makes one. Takes 8 bytes a stream.
Program update(Emitter& out, Settings s, std::uint64_t table) {
  const std::uint64_t rounds = s.updates / s.streams;
  std::vector<HpccRandom> numbers;
  numbers.reserve(s.streams);
  for (std::uint64_t i = 0; i < s.streams; ++i) numbers.emplace_back(rounds * i);
  for (std::uint64_t round = 0; round < rounds; ++round) {
    // A thread stores a word before it goes on to the next one; a CPU's core does not wait.
    if (round != 0 && !s.on_cpu) out.dependency();
    for (HpccRandom& each : numbers) {
      out.read_modify_write(table + kWord * (each.next() & (s.words - 1)), kWord);
      if (out.full()) co_yield Pause{};
    }
  }
}

Program gups(Emitter& out, Settings s) {
  const std::uint64_t table = map_array(out, "table", s.words, kWord);

  for (CpuSweep fill({{table, kWord, Op::kWrite}}, s.words); fill.next(out);) {
    if (out.full()) co_yield Pause{};
  }
  if (!s.on_cpu) out.launch("RandomAccessUpdate");
  for (Program updates = update(out, s, table); updates.resume();) co_yield Pause{};
  if (!s.on_cpu) {
    out.end_kernel();
    out.synchronize();
  }
  for (CpuSweep check({{table, kWord, Op::kRead}}, s.words); check.next(out);) {
    if (out.full()) co_yield Pause{};
  }
}

Settings settings_of(const Parameters& parameters) {
  Settings s;
  s.words = std::uint64_t{1} << parameters.get<std::uint64_t>("log2_words");
  s.updates = s.words * parameters.get<std::uint64_t>("updates_per_word");
  s.streams = parameters.get<std::uint64_t>("streams");
  s.on_cpu = parameters.get<std::string>("processor") == "cpu";
  if (s.updates % s.streams != 0) {
    refuse(kName,
           "streams " + std::to_string(s.streams) + " do not divide the " + std::to_string(s.updates) + " updates",
           "give a power of two that is not above 2^log2_words");
  }
  return s;
}

}  // namespace gups_program

GeneratorInfo gups_generator() {
  using namespace gups_program;  // NOLINT(google-build-using-namespace): what is above
  ProgramDescription description;
  description.name = kName;
  description.summary = "HPCC RandomAccess: xor at random places of a table of 64-bit words";
  description.parameters = {
      count_parameter("log2_words", 24, "log2 of the table's words", "HPCC: half of the memory; here an assumption", 0,
                      40),
      count_parameter("updates_per_word", 4, "updates per word of the table", "HPCC RandomAccess", 1, 1U << 20U),
      count_parameter("streams", 8192, "threads, each with random numbers of its own; they update in turn",
                      "assumption; HPCC's sequential code has 128", 1, 1U << 22U),
      choice_parameter("processor", {"gpu", "cpu"}, "who makes the updates", "assumption")};
  description.prepare = [](const Parameters& parameters, std::uint64_t) -> StartProgram {
    const Settings settings = settings_of(parameters);
    return [settings](Emitter& out) { return gups(out, settings); };
  };
  return program_generator(std::move(description));
}

}  // namespace farfault::traces
