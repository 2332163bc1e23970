#include "traces/generators/pattern.h"

#include <array>
#include <bit>
#include <charconv>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/error.h"
#include "sim/core/quantity.h"

namespace farfault::traces {
namespace {

class PatternReader final : public Reader {
 public:
  PatternReader(Bytes footprint, std::unique_ptr<Pattern> pattern)
      : footprint_(footprint), pattern_(std::move(pattern)), agents_{{AgentKind::kCpuThread, "generator"}} {}

  std::string_view format() const override { return "generator"; }

  bool next(AccessBlock& block) override {
    block.events.clear();
    if (!mapped_) {
      mapped_ = true;
      Event& event = block.events.emplace_back();
      event.kind = EventKind::kMmap;
      event.backing = Backing::kPrivateAnonymous;
      event.protection = 3;  // PROT_READ | PROT_WRITE
      event.address = kGeneratorBase;
      event.length = (footprint_.count() + kPageSize.count() - 1) / kPageSize.count() * kPageSize.count();
    }
    block.accesses.resize(kBlockAccesses);
    block.accesses.resize(pattern_->fill(block.accesses.data(), kBlockAccesses));
    return !block.empty();
  }

  const std::vector<Agent>& agents() const override { return agents_; }
  const TraceLimits& limits() const override { return limits_; }

 private:
  Bytes footprint_;
  std::unique_ptr<Pattern> pattern_;
  std::vector<Agent> agents_;
  TraceLimits limits_;  ///< none: what a generator does not say does not exist
  bool mapped_ = false;
};

class PatternSource final : public Source {
 public:
  PatternSource(std::string description, Bytes footprint, std::function<std::unique_ptr<Pattern>()> start)
      : description_(std::move(description)), footprint_(footprint), start_(std::move(start)) {}

  std::unique_ptr<Reader> open() const override { return std::make_unique<PatternReader>(footprint_, start_()); }
  std::string description() const override { return description_; }

 private:
  std::string description_;
  Bytes footprint_;
  std::function<std::unique_ptr<Pattern>()> start_;
};

/// The shortest text that reads back as the same value.
struct ValueText {
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const {
    std::array<char, 32> text{};
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
  }
  std::string operator()(const std::string& value) const { return value; }
  template <class Quantity>
  std::string operator()(const Quantity& value) const {
    return format_exact(value);
  }
};

std::string describe_values(const std::string& name, const Parameters& parameters, const std::string& last) {
  std::string out = name + '(';
  for (const auto& [key, value] : parameters.values()) {
    if (out.back() != '(') out += ", ";
    out += key + '=' + std::visit(ValueText{}, value);
  }
  if (!last.empty()) out += (out.back() == '(' ? "" : ", ") + last;
  return out + ')';
}

}  // namespace

std::unique_ptr<Source> make_pattern_source(std::string description, Bytes footprint,
                                            std::function<std::unique_ptr<Pattern>()> start) {
  return std::make_unique<PatternSource>(std::move(description), footprint, std::move(start));
}

std::string describe(const std::string& name, const Parameters& parameters) {
  return describe_values(name, parameters, "");
}

std::string describe(const std::string& name, const Parameters& parameters, std::uint64_t seed) {
  return describe_values(name, parameters, "seed=" + std::to_string(seed));
}

ParameterInfo footprint_parameter() {
  ParameterInfo info;
  info.name = "footprint";
  info.fallback = Bytes::mib(64);
  info.description = "bytes that are mapped and accessed";
  info.source = "assumption";
  info.minimum = 1;
  info.maximum = static_cast<double>(kMaxFootprint.count());
  return info;
}

ParameterInfo access_size_parameter() {
  ParameterInfo info;
  info.name = "access_size";
  info.fallback = Bytes(128);
  info.description = "bytes of one access; the last one of the footprint is shorter if the footprint is not a multiple";
  info.source = "assumption: a full cache line of a GPU";
  info.minimum = 1;
  info.maximum = static_cast<double>(kMaxAccessSize.count());
  for (std::uint64_t size = 1; size <= kMaxAccessSize.count(); size *= 2) info.sizes.emplace_back(size);
  return info;
}

ParameterInfo accesses_parameter() {
  ParameterInfo info;
  info.name = "accesses";
  info.fallback = std::uint64_t{1'000'000};
  info.description = "length of the trace";
  info.source = "assumption";
  info.minimum = 1;
  return info;
}

ParameterInfo write_fraction_parameter() {
  ParameterInfo info;
  info.name = "write_fraction";
  info.fallback = 0.0;
  info.description = "share of the accesses that write, spread evenly";
  info.source = "assumption";
  info.minimum = 0;
  info.maximum = 1;
  return info;
}

Bytes footprint_of(const Parameters& parameters, const std::string& generator) {
  const Bytes footprint = parameters.get<Bytes>("footprint");
  if (footprint == Bytes(0) || footprint > kMaxFootprint) {
    refuse(generator, "footprint " + format_exact(footprint) + " is not in 1 B to " + format_exact(kMaxFootprint),
           "give a footprint in this range");
  }
  return footprint;
}

Bytes access_size_of(const Parameters& parameters, const std::string& generator) {
  const Bytes size = parameters.get<Bytes>("access_size");
  if (!std::has_single_bit(size.count()) || size > kMaxAccessSize) {
    refuse(generator, "access_size " + format_exact(size) + " is not a power of two from 1 B to 4 KiB",
           "give one, \"128 B\"");
  }
  return size;
}

std::uint64_t positive_count_of(const Parameters& parameters, const std::string& generator, const std::string& name) {
  const std::uint64_t count = parameters.get<std::uint64_t>(name);
  if (count == 0) refuse(generator, name + " is 0: the trace would be empty", "give at least 1");
  return count;
}

double ratio_of(const Parameters& parameters, const std::string& generator, const std::string& name, double maximum) {
  const double ratio = parameters.get<double>(name);
  if (!(ratio >= 0 && ratio <= maximum)) {
    refuse(generator, name + ' ' + ValueText{}(ratio) + " is not in 0 to " + ValueText{}(maximum),
           "give a number in this range");
  }
  return ratio;
}

void refuse(const std::string& generator, const std::string& problem, std::string remedy) {
  throw InputError(Diagnostic{"", 0, "", "generator " + generator + ": " + problem, std::move(remedy)});
}

}  // namespace farfault::traces
