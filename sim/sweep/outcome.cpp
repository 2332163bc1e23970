#include "sim/sweep/outcome.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <variant>

#include "sim/core/packed.h"

namespace farfault::sweep {
namespace {

constexpr std::array<std::string_view, 7> kFailureNames = {"", "input", "run", "memory", "time", "crash", "lost"};

/// What the bytes begin with: of this form, and of this machine's order of bytes.
constexpr std::uint64_t kMark = 0x6666'6f75'7463'0002;
constexpr const char* kDamaged = "an outcome cannot be read: it is cut off, or of another program";
constexpr std::size_t kUsualBytes = std::size_t{96} << 10U;

template <class Enum>
Enum one_of(PackedReader& in, Enum last) {
  const auto value = in.number<Enum>();
  if (value > last) in.fail();
  return value;
}

void add_statistic(PackedWriter& out, const Statistic& statistic) {
  out.add(statistic.unit);
  out.add(static_cast<std::uint8_t>(statistic.value.index()));
  std::visit([&out](auto value) { out.add(value); }, statistic.value);
  out.add(std::string_view(statistic.description));
}

Statistic take_statistic(PackedReader& in) {
  Statistic out;
  out.unit = one_of(in, Unit::kRatio);
  switch (in.number<std::uint8_t>()) {
    case 0:
      out.value = in.number<std::int64_t>();
      break;
    case 1:
      out.value = in.number<double>();
      break;
    default:
      in.fail();
  }
  out.description = in.text();
  return out;
}

}  // namespace

std::string_view failure_name(Failure failure) { return kFailureNames.at(static_cast<std::size_t>(failure)); }

std::string encode(const Outcome& outcome) {
  PackedWriter out;
  out.reserve(kUsualBytes);
  out.add(kMark);
  out.add(std::string_view(outcome.key));
  out.add(outcome.failure);
  out.add(std::string_view(outcome.reason));
  out.add(std::string_view(outcome.output));
  out.add(std::string_view(outcome.version));
  out.add(std::string_view(outcome.host));
  out.add(outcome.seconds);
  out.add(outcome.peak_memory);
  out.add(static_cast<std::uint64_t>(outcome.figures.size()));
  for (const auto& [name, statistic] : outcome.figures) {
    out.add(std::string_view(name));
    add_statistic(out, statistic);
  }
  return out.take();
}

Outcome decode(std::string_view bytes) {
  PackedReader in(bytes, kDamaged);
  if (in.number<std::uint64_t>() != kMark) in.fail();
  Outcome out;
  out.key = in.text();
  out.failure = one_of(in, Failure::kLost);
  out.reason = in.text();
  out.output = in.text();
  out.version = in.text();
  out.host = in.text();
  out.seconds = in.number<double>();
  out.peak_memory = in.number<std::uint64_t>();
  for (auto left = in.number<std::uint64_t>(); left > 0; --left) {
    std::string name = in.text();
    out.figures.emplace_hint(out.figures.end(), std::move(name), take_statistic(in));
  }
  if (!in.at_end()) in.fail();
  return out;
}

}  // namespace farfault::sweep
