#include "traces/generators/program.h"

#include <algorithm>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/quantity.h"

namespace farfault::traces {
namespace {

constexpr std::uint8_t kReadWrite = 3;  // PROT_READ | PROT_WRITE

std::uint64_t whole_pages(Bytes size) {
  return (size.count() + kPageSize.count() - 1) / kPageSize.count() * kPageSize.count();
}

}  // namespace

Emitter::Emitter(unsigned streams) : pending_(streams + 1) {
  agents_.push_back({AgentKind::kCpuThread, "cpu"});
  for (unsigned i = 0; i < streams; ++i) {
    agents_.push_back({AgentKind::kGpuStream, streams == 1 ? "gpu" : "gpu" + std::to_string(i)});
  }
}

std::uint64_t Emitter::map(std::string name, Bytes size, Bytes alignment) {
  const std::uint64_t address = (next_address_ + alignment.count() - 1) & ~(alignment.count() - 1);
  if (size > kMaxFootprint || address + size.count() > kGeneratorBase + kMaxFootprint.count()) {
    throw InputError(Diagnostic{"", 0, "",
                                "the arrays of the generator do not fit the address space of " +
                                    format_exact(kMaxFootprint) + " (array " + name + ')',
                                "give smaller sizes"});
  }
  Event& mapping = event(EventKind::kMmap);
  mapping.backing = Backing::kPrivateAnonymous;
  mapping.protection = kReadWrite;
  mapping.address = address;
  mapping.length = whole_pages(size);
  next_address_ = address + mapping.length;
  mapping.name = std::move(name);
  return address;
}

void Emitter::unmap(std::uint64_t address, Bytes size) {
  Event& mapping = event(EventKind::kMunmap);
  mapping.address = address;
  mapping.length = whole_pages(size);
}

void Emitter::launch(std::string name, unsigned stream, std::uint64_t resident_blocks) {
  this->stream(stream);
  Event& launch = event(EventKind::kKernelLaunch);  // value: launched by agent 0
  launch.name = std::move(name);
  launch.value2 = resident_blocks;
}

void Emitter::thread_block(std::uint64_t block, std::uint64_t stage) {
  Event& turn = event(EventKind::kThreadBlock);
  turn.value = block;
  turn.value2 = stage;
}

void Emitter::synchronize(unsigned stream) {
  host();
  event(EventKind::kStreamSync).value = stream + 1;
}

Event& Emitter::event(EventKind kind) {
  Event& event = block_->events.emplace_back();
  event.kind = kind;
  event.agent = current_;
  event.position = static_cast<std::uint32_t>(block_->accesses.size());
  return event;
}

void Emitter::dependency() {
  if (!block_->events.empty()) {
    const Event& last = block_->events.back();
    if (last.kind == EventKind::kDependency && last.agent == current_ && last.position == block_->accesses.size())
      return;
  }
  event(EventKind::kDependency);
}

void Emitter::spill(std::uint64_t& pending) {
  event(EventKind::kCompute).value = pending - Access::kMaxGap;
  pending = Access::kMaxGap;
}

/// Work behind an agent's last access.
void Emitter::finish() {
  for (std::size_t agent = 0; agent < pending_.size(); ++agent) {
    if (pending_[agent] == 0) continue;
    current_ = static_cast<std::uint16_t>(agent);
    event(EventKind::kCompute).value = std::exchange(pending_[agent], 0);
  }
}

class ProgramReader final : public Reader {
 public:
  ProgramReader(unsigned streams, const std::function<Program(Emitter&)>& start)
      : emitter_(streams), program_(start(emitter_)) {}

  std::string_view format() const override { return "generator"; }
  bool next(AccessBlock& block) override {
    block.clear();
    if (ended_) return false;
    block.accesses.reserve(kBlockAccesses + kBlockAccesses / 4);
    emitter_.block_ = &block;
    while (!ended_ && !emitter_.full()) {
      if (program_.resume()) continue;
      ended_ = true;
      emitter_.finish();
    }
    return !block.empty();
  }
  const std::vector<Agent>& agents() const override { return emitter_.agents_; }
  const TraceLimits& limits() const override { return limits_; }

 private:
  Emitter emitter_;
  Program program_;
  TraceLimits limits_;  ///< none: what a generator does not say does not exist
  bool ended_ = false;
};

namespace {

class ProgramSource final : public Source {
 public:
  ProgramSource(std::string description, unsigned streams, std::function<Program(Emitter&)> start)
      : description_(std::move(description)), streams_(streams), start_(std::move(start)) {}

  std::unique_ptr<Reader> open() const override { return std::make_unique<ProgramReader>(streams_, start_); }
  std::string description() const override { return description_; }

 private:
  std::string description_;
  unsigned streams_;
  std::function<Program(Emitter&)> start_;
};

}  // namespace

std::unique_ptr<Source> make_program_source(std::string description, unsigned streams,
                                            std::function<Program(Emitter&)> start) {
  return std::make_unique<ProgramSource>(std::move(description), streams, std::move(start));
}

ParameterInfo count_parameter(std::string name, std::uint64_t fallback, std::string description, std::string source,
                              std::uint64_t minimum, std::uint64_t maximum) {
  ParameterInfo info;
  info.name = std::move(name);
  info.fallback = fallback;
  info.description = std::move(description);
  info.source = std::move(source);
  info.minimum = static_cast<double>(minimum);
  info.maximum = static_cast<double>(maximum);
  return info;
}

ParameterInfo resident_blocks_parameter(std::uint64_t fallback, std::string source) {
  return count_parameter("resident_blocks", fallback, "thread blocks that advance side by side, in lockstep",
                         std::move(source), 1, 1U << 20U);
}

std::uint64_t count_of(const Parameters& parameters, const std::string& generator, const ParameterInfo& info) {
  const std::uint64_t value = parameters.get<std::uint64_t>(info.name);
  const auto as_double = static_cast<double>(value);
  if (as_double >= info.minimum && as_double <= info.maximum) return value;
  throw InputError(Diagnostic{"", 0, "",
                              "generator " + generator + ": " + info.name + ' ' + std::to_string(value) +
                                  " is not in " + std::to_string(static_cast<std::uint64_t>(info.minimum)) + " to " +
                                  std::to_string(static_cast<std::uint64_t>(info.maximum)),
                              "give a number in this range"});
}

}  // namespace farfault::traces
