// farfault's own CSV of measurements; docs/calibrate.md defines it.

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <utility>

#include "analysis/calibration/read.h"
#include "analysis/calibration/scan.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/core/units.h"

namespace farfault::analysis::calibration {
namespace {

constexpr double kMostSeconds = 1e6;
constexpr double kMostCount = 1e12;
constexpr std::uint64_t kMostSize = std::uint64_t{1} << 50U;
constexpr std::size_t kMostPieces = 4096;

const std::vector<std::string> kColumns = {"kind",      "size",   "value",  "unit",          "low",   "high", "weight",
                                           "direction", "memory", "name",   "first_in_push", "pages", "runs", "pieces",
                                           "new_block", "first",  "faults", "groups",        "note"};

std::vector<std::string> kind_names() {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < kKindCount; ++i) out.emplace_back(kind_name(static_cast<Kind>(i)));
  return out;
}

/// Fields of a line, RFC 4180. Nothing for a quote that does not end.
std::optional<std::vector<std::string>> fields_of(std::string_view line) {
  std::vector<std::string> out(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      out.back() += line[++i];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  if (quoted) return std::nullopt;
  for (std::string& field : out) field = trimmed(field);
  return out;
}

/// One line with its fields by column.
class Row {
 public:
  Row(const std::vector<std::string>& columns, const std::vector<std::string>& fields, std::size_t line,
      Problems& problems)
      : columns_(columns), fields_(fields), line_(line), problems_(problems) {}

  /// Nothing if it is worth nothing; its errors are reported.
  std::optional<Measurement> read();

 private:
  std::string text(std::string_view column) const {
    const auto at = std::find(columns_.begin(), columns_.end(), column);
    const auto index = static_cast<std::size_t>(at - columns_.begin());
    return index < fields_.size() ? fields_[index] : std::string();
  }
  void wrong(std::string problem, std::string remedy = {}) {
    problems_.add(line_, std::move(problem), std::move(remedy));
    sound_ = false;
  }
  std::string quoted(std::string_view column) const {
    return std::string(column) + " \"" + printable(text(column)) + '"';
  }

  void read_kind(Measurement& m);
  void read_direction(Measurement& m);
  void read_values(Measurement& m);
  void read_counts(Measurement& m);
  std::optional<double> quantity(std::string_view column, double unit, double most);
  std::uint64_t size(std::string_view column, const std::string& given);
  void count(std::string_view column, double& value, double least, double most);
  void choice(std::string_view column, const std::vector<std::string>& known,
              const std::function<void(std::size_t)>& set);
  std::vector<std::uint64_t> pieces();

  const std::vector<std::string>& columns_;
  const std::vector<std::string>& fields_;
  std::size_t line_;
  Problems& problems_;
  bool sound_ = true;
};

void Row::choice(std::string_view column, const std::vector<std::string>& known,
                 const std::function<void(std::size_t)>& set) {
  const std::string given = text(column);
  if (given.empty()) return;
  const auto at = std::find(known.begin(), known.end(), given);
  if (at == known.end()) return wrong("unknown " + quoted(column), name_hint(given, known));
  set(static_cast<std::size_t>(at - known.begin()));
}

void Row::read_kind(Measurement& m) {
  if (text("kind").empty()) return wrong("has no kind", name_hint("", kind_names()));
  choice("kind", kind_names(), [&m](std::size_t i) { m.kind = static_cast<Kind>(i); });
}

void Row::read_direction(Measurement& m) {
  choice("direction", {"to_device", "to_host"},
         [&m](std::size_t i) { m.direction = i == 0 ? Direction::kToDevice : Direction::kToHost; });
  const bool needs = m.kind == Kind::kCopy || m.kind == Kind::kCopyBoth || m.kind == Kind::kMigrationPiece;
  if (sound_ && needs && m.direction == Direction::kNone) {
    wrong("a " + std::string(kind_name(m.kind)) + " has no direction", "write to_device or to_host");
  }
  choice("memory", {"pinned", "pageable"},
         [&m](std::size_t i) { m.memory = i == 0 ? HostMemory::kPinned : HostMemory::kPageable; });
}

std::uint64_t Row::size(std::string_view column, const std::string& given) {
  // Plain bytes are what programs write; people may add a unit.
  const bool plain = given.find_first_not_of("0123456789") == std::string::npos;
  const Parsed<Bytes> parsed = parse_bytes(plain ? given + " B" : given);
  if (!parsed || parsed.value->count() > kMostSize) {
    wrong(std::string(column) + " \"" + printable(given) + "\" is no size up to 1 PiB",
          "write bytes, or a size such as 64 KiB");
    return 0;
  }
  return parsed.value->count();
}

/// "4KiB+60KiB", "3x4KiB+1MiB".
std::vector<std::uint64_t> Row::pieces() {
  std::vector<std::uint64_t> out;
  const std::string given = text("pieces");
  std::string_view rest = given;
  while (!rest.empty() && sound_) {
    const std::size_t plus = std::min(rest.find('+'), rest.size());
    std::string_view piece = trimmed(rest.substr(0, plus));
    rest.remove_prefix(std::min(plus + 1, rest.size()));
    double times = 1;
    if (const std::size_t x = piece.find('x'); x != std::string_view::npos) {
      times = number(trimmed(piece.substr(0, x))).value_or(0);
      piece = trimmed(piece.substr(x + 1));
    }
    const std::uint64_t bytes = size("pieces", std::string(piece));
    const bool whole = times >= 1 && times <= static_cast<double>(kMostPieces) && times == std::floor(times);
    if (sound_ && (!whole || bytes == 0 || out.size() + static_cast<std::size_t>(times) > kMostPieces)) {
      wrong(quoted("pieces") + " is no list of at most 4096 sizes", "write them like 4KiB+60KiB or 3x4KiB+1MiB");
    }
    if (sound_) out.insert(out.end(), static_cast<std::size_t>(times), bytes);
  }
  return out;
}

std::optional<double> Row::quantity(std::string_view column, double unit, double most) {
  const std::string given = text(column);
  if (given.empty()) return std::nullopt;
  const std::optional<double> parsed = number(given);
  if (!parsed || !(*parsed * unit > 0) || !(*parsed * unit <= most)) {
    wrong(quoted(column) + " is no number above 0 that anything measures", "write a plain decimal number");
    return std::nullopt;
  }
  return *parsed * unit;
}

void Row::read_values(Measurement& m) {
  const std::string unit = text("unit");
  const bool is_copy = m.kind == Kind::kCopy || m.kind == Kind::kCopyBoth || m.kind == Kind::kMigrationPiece;
  const std::optional<double> time = is_rate(m.kind) ? std::nullopt : time_unit(unit);
  const std::optional<double> rate = is_rate(m.kind) || is_copy ? rate_unit(unit) : std::nullopt;
  if (!time && !rate) {
    const std::string takes = is_rate(m.kind) ? "GB/s or another rate" : is_copy ? "us or GB/s" : "us or another time";
    return wrong((unit.empty() ? "has no unit" : "unit \"" + printable(unit) + "\" is not one of a ") +
                     (unit.empty() ? "" : std::string(kind_name(m.kind))),
                 "write " + takes);
  }
  const double factor = time ? *time : *rate;
  const double most = time ? kMostSeconds : kMostRate;
  const std::optional<double> value = quantity("value", factor, most);
  m.low = quantity("low", factor, most);
  m.high = quantity("high", factor, most);
  if (!sound_) return;
  if (m.low.has_value() != m.high.has_value()) return wrong("has one end of a range", "write both low and high");
  if (m.low && *m.low > *m.high) return wrong("low is above high");
  if (!value && !m.low) return wrong("has no value", "write a value, or low and high");
  m.value = value ? *value : (*m.low + *m.high) / 2;
  if (m.low && (m.value < *m.low || m.value > *m.high)) return wrong("value is outside of low and high");
  if (is_copy && rate) {
    if (m.size == 0) return wrong("a rate of a copy needs its size");
    const auto bytes = static_cast<double>(m.size);
    m.value = bytes / m.value;
    if (m.low) {
      m.low = bytes / *m.low;
      m.high = bytes / *m.high;
      std::swap(m.low, m.high);
    }
  }
}

void Row::count(std::string_view column, double& value, double least, double most) {
  const std::string given = text(column);
  if (given.empty()) return;
  const std::optional<double> parsed = number(given);
  if (!parsed || *parsed < least || *parsed > most) {
    return wrong(quoted(column) + " is no number of " + std::to_string(static_cast<long long>(least)) + " or more");
  }
  value = *parsed;
}

void Row::read_counts(Measurement& m) {
  m.pieces = pieces();
  if (m.kind == Kind::kFaultGroup || m.kind == Kind::kFaultKernel) {
    std::uint64_t bytes = m.size;
    if (bytes == 0) {
      for (const std::uint64_t piece : m.pieces) bytes += piece;
    }
    m.pages = static_cast<double>(bytes) / static_cast<double>(kPageSize.count());
    count("pages", m.pages, 0, kMostCount);
    if (sound_ && bytes == 0) bytes = static_cast<std::uint64_t>(std::llround(m.pages)) * kPageSize.count();
    if (sound_ && bytes == 0) wrong("a group has neither size, pieces nor pages");
    m.size = bytes;
    count("runs", m.runs, 0, kMostCount);
    count("new_block", m.new_blocks, 0, kMostCount);
    count("first", m.first, 0, 1);
    count("faults", m.faults, 0, kMostCount);
    count("groups", m.groups, 1, kMostCount);
  }
  if (m.kind == Kind::kMigrationPiece) {
    choice("first_in_push", {"0", "1"}, [&m](std::size_t i) { m.first_in_push = i == 1; });
  }
  if (sound_ && m.size == 0 &&
      (m.kind == Kind::kCopy || m.kind == Kind::kCopyBoth || m.kind == Kind::kMigrationPiece ||
       m.kind == Kind::kRemoteRead || m.kind == Kind::kResidentKernel)) {
    wrong("a " + std::string(kind_name(m.kind)) + " has no size");
  }
  double weight = 1;
  count("weight", weight, 0, kMostCount);
  if (weight > 0) m.weight = weight;
  if (sound_ && weight == 0) wrong("weight is 0", "leave the line out, or make it a comment with #");
}

std::optional<Measurement> Row::read() {
  Measurement m;
  m.line = line_;
  read_kind(m);
  if (!sound_) return std::nullopt;
  if (const std::string given = text("size"); !given.empty()) m.size = size("size", given);
  read_direction(m);
  read_values(m);
  read_counts(m);
  m.name = text("name");
  m.note = text("note");
  if (!sound_) return std::nullopt;
  return m;
}

/// "# date: 2024-05-01".
void read_comment(std::string_view line, MeasuredFile& out) {
  line = trimmed(line.substr(1));
  for (const auto& [key, member] : {std::pair{std::string_view("date:"), &MeasuredFile::date},
                                    std::pair{std::string_view("device:"), &MeasuredFile::device}}) {
    if (line.starts_with(key) && (out.*member).empty()) out.*member = trimmed(line.substr(key.size()));
  }
}

std::vector<std::string> read_header(std::string_view line, std::size_t number, Problems& problems) {
  const std::vector<std::string> out = fields_of(line).value_or(std::vector<std::string>());
  for (auto at = out.begin(); at != out.end(); ++at) {
    if (std::find(kColumns.begin(), kColumns.end(), *at) == kColumns.end()) {
      problems.add(number, "unknown column \"" + printable(*at) + '"', name_hint(*at, kColumns));
    } else if (std::find(out.begin(), at, *at) != at) {
      problems.add(number, "has the column \"" + *at + "\" twice");
    }
  }
  for (const char* needed : {"kind", "unit"}) {
    if (std::find(out.begin(), out.end(), needed) == out.end()) {
      problems.add(number, "has no column \"" + std::string(needed) + '"', "begin with kind,size,value,unit");
    }
  }
  return out;
}

}  // namespace

MeasuredFile parse_measured_csv(std::string_view text, const std::string& file) {
  MeasuredFile out;
  out.file = file;
  Problems problems(file);
  std::vector<std::string> columns;
  std::string_view line;
  for (Lines lines(text); lines.next(line);) {
    line = trimmed(line);
    if (line.empty()) continue;
    if (line.front() == '#') {
      read_comment(line, out);
      continue;
    }
    if (columns.empty()) {
      columns = read_header(line, lines.number(), problems);
      problems.throw_if_any();
      continue;
    }
    const std::optional<std::vector<std::string>> fields = fields_of(line);
    if (!fields) {
      problems.add(lines.number(), "a quote does not end on its line");
    } else if (fields->size() > columns.size()) {
      problems.add(lines.number(),
                   "has " + std::to_string(fields->size()) + " fields, the header " + std::to_string(columns.size()),
                   "put texts with commas in quotes");
    } else if (std::optional<Measurement> m = Row(columns, *fields, lines.number(), problems).read()) {
      m->file = file;
      out.measurements.push_back(std::move(*m));
      if (out.measurements.size() > kMostMeasurements) {
        problems.add(lines.number(), "has more than " + std::to_string(kMostMeasurements) + " measurements");
        break;
      }
    }
  }
  problems.throw_if_any();
  if (out.measurements.empty()) {
    problems.add(0, "holds no measurements", "add lines below the header");
    problems.throw_if_any();
  }
  return out;
}

}  // namespace farfault::analysis::calibration
