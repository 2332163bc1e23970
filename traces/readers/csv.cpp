#include "traces/readers/csv.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>
#include <system_error>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "traces/names.h"
#include "traces/readers/cursor.h"
#include "traces/readers/line_errors.h"

namespace farfault::traces {
namespace {

constexpr std::array<std::string_view, 6> kNames{"agent", "op", "addr", "size", "time", "detail"};
/// The first of these must be there.
constexpr std::size_t kRequired = 4;
/// Those that a line can tell in full.
constexpr std::array kCsvEvents{EventKind::kMmap, EventKind::kMunmap, EventKind::kFork,
                                EventKind::kGup,  EventKind::kPin,    EventKind::kUnpin};
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::optional<std::size_t> column_named(std::string_view name) {
  const auto* const found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) return std::nullopt;
  return static_cast<std::size_t>(found - kNames.begin());
}

/// All of `text`, or nothing.
template <class Integer>
std::optional<Integer> parse_integer(std::string_view text, int base = 10) {
  Integer value = 0;
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  const std::from_chars_result result = std::from_chars(begin, end, value, base);
  if (result.ec != std::errc() || result.ptr != end) return std::nullopt;
  return value;
}

std::optional<std::uint64_t> parse_address(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return parse_integer<std::uint64_t>(text.substr(2), 16);
  return parse_integer<std::uint64_t>(text);
}

/// Whole nanoseconds of "1250" or "1250.5".
std::optional<std::uint64_t> parse_nanoseconds(std::string_view text) {
  const std::size_t point = text.find('.');
  if (point != std::string_view::npos) {
    const std::string_view fraction = text.substr(point + 1);
    if (fraction.empty() || !std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  }
  return parse_integer<std::uint64_t>(text.substr(0, point));
}

std::optional<Op> parse_op(std::string_view text) {
  if (text.size() != 1) return std::nullopt;
  switch (text.front()) {
    case 'r':
    case 'R':
      return Op::kRead;
    case 'w':
    case 'W':
      return Op::kWrite;
    case 'm':
    case 'M':
      return Op::kReadModifyWrite;
    case 'a':
    case 'A':
      return Op::kAtomic;
    default:
      return std::nullopt;
  }
}

std::optional<EventKind> parse_event(std::string_view text) {
  const auto* const found =
      std::find_if(kCsvEvents.begin(), kCsvEvents.end(), [text](EventKind kind) { return name_of(kind) == text; });
  return found == kCsvEvents.end() ? std::nullopt : std::optional(*found);
}

/// "rw-", in the order of the bits.
std::optional<std::uint8_t> parse_protection(std::string_view text) {
  constexpr std::string_view kLetters = "rwx";
  if (text.size() != kLetters.size()) return std::nullopt;
  std::uint8_t bits = 0;
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    if (text[i] == kLetters[i]) {
      bits = static_cast<std::uint8_t>(bits | 1U << i);
    } else if (text[i] != '-') {
      return std::nullopt;
    }
  }
  return bits;
}

std::optional<Backing> parse_backing(std::string_view text) {
  const auto names = backing_names();
  const auto found = std::find(names.begin(), names.end(), text);
  if (found == names.end()) return std::nullopt;
  return static_cast<Backing>(found - names.begin());
}

bool is_mapping(EventKind kind) { return kind == EventKind::kMmap || kind == EventKind::kMunmap; }

AgentKind kind_of(std::string_view name) {
  if (name.starts_with("gpu") || name.starts_with("stream")) return AgentKind::kGpuStream;
  if (name.starts_with("cta")) return AgentKind::kCtaGroup;
  return name.starts_with("copy") ? AgentKind::kCopyEngine : AgentKind::kCpuThread;
}

}  // namespace

CsvReader::CsvReader(std::unique_ptr<ByteSource> source) : lines_(std::move(source)) {
  limits_.unknown = {"instructions between accesses", "kernel launches, copies and most other events"};
}

bool CsvReader::recognises(std::string_view head) {
  if (head.starts_with(kByteOrderMark)) head.remove_prefix(kByteOrderMark.size());
  head.remove_prefix(std::min(head.find_first_not_of("\r\n"), head.size()));
  Cursor line(head.substr(0, head.find_first_of("\r\n")));
  std::array<bool, kNames.size()> seen{};
  do {
    std::string_view name = line.take_until(",");
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
    if (const std::optional<std::size_t> column = column_named(name)) seen[*column] = true;
  } while (line.take(","));
  return std::all_of(seen.begin(), seen.begin() + kRequired, [](bool is_there) { return is_there; });
}

bool CsvReader::next(AccessBlock& block) {
  block.clear();
  block.accesses.reserve(kBlockAccesses);
  while (!is_full(block) && next_line()) {
    if (columns_ == 0) {
      read_header();
      continue;
    }
    const Row row = read_row();
    if (has_time_ && !timeline_.advance(row.time, row.agent, block)) {
      fail_at(lines_, "the time is before that of the access before it", "sort the lines by time");
    }
    if (row.event) {
      add_row_event(row, block);
    } else {
      block.accesses.push_back(Access::make(row.address, static_cast<std::uint32_t>(row.size), row.op, 0, row.agent));
    }
    any_ = true;
  }
  if (block.empty() && !any_) {
    throw InputError(Diagnostic{lines_.name(), 0, "", "has no access (" + std::to_string(lines_.number()) + " lines)",
                                "the first line names the columns, \"agent,op,addr,size\"; accesses follow"});
  }
  return !block.empty();
}

/// Steps to the next line that is not blank. False at the end.
bool CsvReader::next_line() {
  while (lines_.next(line_)) {
    if (lines_.number() == 1 && line_.starts_with(kByteOrderMark)) line_.remove_prefix(kByteOrderMark.size());
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    rest_ = line_;
    if (!line_.empty()) return true;
  }
  return false;
}

void CsvReader::read_header() {
  std::array<bool, kColumns> seen{};
  const std::string known = "the columns are agent, op, addr, size and, where there are such, time and detail";
  for (bool last = false; !last;) {
    const std::string_view name = take_field(last);
    const std::optional<std::size_t> column = column_named(name);
    if (!column) fail_at(lines_, "unknown column \"" + printable(name) + '"', known);
    if (seen[*column]) fail_at(lines_, "the column \"" + std::string(name) + "\" is there twice", known);
    seen[*column] = true;
    order_[columns_++] = static_cast<Column>(*column);
  }
  for (std::size_t i = 0; i < kRequired; ++i) {
    if (!seen[i]) fail_at(lines_, "there is no column \"" + std::string(kNames[i]) + '"', known);
  }
  has_time_ = seen[static_cast<std::size_t>(Column::kTime)];
  if (!seen[static_cast<std::size_t>(Column::kDetail)]) limits_.unknown.emplace_back("maps");
  if (has_time_) {
    meta_.time_unit = "ns";
  } else {
    limits_.unknown.emplace_back("time of an access");
  }
}

CsvReader::Row CsvReader::read_row() {
  Row row;
  detail_.clear();
  bool last = false;
  for (std::size_t i = 0; i < columns_; ++i) {
    if (last)
      fail_at(lines_, "has " + std::to_string(i) + " fields instead of " + std::to_string(columns_),
              "complete the line");
    const std::string_view field = take_field(last);
    read_field(order_[i], field, row);
  }
  if (!last)
    fail_at(lines_, "has more than " + std::to_string(columns_) + " fields", "quote a field that holds a comma");
  if (row.address > std::numeric_limits<std::uint64_t>::max() - row.size) {
    fail_at(lines_, std::string("the ") + (row.event ? "range" : "access") + " goes past the end of the address space",
            "mend the line \"" + printable(line_) + '"');
  }
  if (row.event) {
    check_event(row);
  } else if (row.size == 0 || row.size > Access::kMaxSize) {
    fail_size(std::to_string(row.size));
  } else if (!detail_.empty()) {
    fail_field("detail", detail_, "leave it empty: an access has none");
  }
  return row;
}

/// What no field of an event tells alone.
void CsvReader::check_event(const Row& row) const {
  constexpr std::uint64_t kPage = kPageSize.count();
  if (is_mapping(*row.event) && (row.address % kPage != 0 || row.size % kPage != 0)) {
    fail_at(lines_, "the mapping is not of whole pages", "begin it at a multiple of 4096, and give it such a size");
  }
  if (*row.event != EventKind::kFork && row.size == 0) fail_at(lines_, "the range is empty", "write its size in bytes");
  if (*row.event == EventKind::kFork && (row.address != 0 || row.size != 0)) {
    fail_at(lines_, "a fork has no range", "write 0 for addr and size");
  }
}

void CsvReader::add_row_event(const Row& row, AccessBlock& block) const {
  Event& event = add_event(block, *row.event, row.agent);
  event.address = row.address;
  event.length = row.size;
  if (event.kind == EventKind::kMmap) {
    event.backing = Backing::kPrivateAnonymous;
    event.protection = 3;
  }
  for (std::string_view rest = detail_; !rest.empty();) {
    const std::size_t blank = std::min(rest.find(' '), rest.size());
    if (blank != 0) read_word(rest.substr(0, blank), event);
    rest.remove_prefix(std::min(blank + 1, rest.size()));
  }
}

void CsvReader::read_word(std::string_view word, Event& event) const {
  switch (event.kind) {
    case EventKind::kMmap:
      if (const std::optional<std::uint8_t> protection = parse_protection(word)) {
        event.protection = *protection;
        return;
      }
      if (const std::optional<Backing> backing = parse_backing(word)) {
        event.backing = *backing;
        return;
      }
      fail_field("detail", word, "write a protection such as rw-, a backing such as private_anonymous, or both");
    case EventKind::kFork:
      if (const std::optional<std::uint64_t> child = parse_integer<std::uint64_t>(word)) {
        event.value = *child;
        return;
      }
      fail_field("detail", word, "write the child's id as a decimal number");
    case EventKind::kGup:
      if (word != "write") fail_field("detail", word, "write \"write\", or nothing where pages are only read");
      event.value = 1;
      return;
    case EventKind::kPin:
      if (word != "write" && word != "long_term") fail_field("detail", word, "write \"write\", \"long_term\" or both");
      (word == "write" ? event.value : event.value2) = 1;
      return;
    default:
      fail_field("detail", word, "leave it empty: " + std::string(name_of(event.kind)) + " has none");
  }
}

void CsvReader::read_field(Column column, std::string_view field, Row& row) {
  switch (column) {
    case Column::kAgent:
      row.agent = agent_of(field);
      return;
    case Column::kOp:
      if (const std::optional<Op> op = parse_op(field)) {
        row.op = *op;
        return;
      }
      row.event = parse_event(field);
      if (row.event) return;
      fail_field(
          "op", field,
          "write r (read), w (write), m (read-modify-write), a (atomic), or mmap, munmap, fork, gup, pin, unpin");
    case Column::kAddr:
      if (const std::optional<std::uint64_t> address = parse_address(field)) {
        row.address = *address;
        return;
      }
      fail_field("addr", field, "write a decimal number, or a hexadecimal one after 0x");
    case Column::kSize:
      if (const std::optional<std::uint64_t> size = parse_integer<std::uint64_t>(field)) {
        row.size = *size;
        return;
      }
      fail_size(field);
    case Column::kTime:
      if (const std::optional<std::uint64_t> time = parse_nanoseconds(field)) {
        row.time = *time;
        return;
      }
      fail_field("time", field, "write nanoseconds, 1250 or 1250.5");
    case Column::kDetail:
      detail_ = field;
      return;
  }
}

std::uint16_t CsvReader::agent_of(std::string_view name) {
  const std::optional<std::uint16_t> index = agents_.index_of(name, [&] {
    if (name.empty() || name.size() > kMaxAgentName || printable(name, 4 * kMaxAgentName) != name) {
      fail_field("agent", name, "a name has 1 to " + std::to_string(kMaxAgentName) + " bytes, all printable");
    }
    return Agent{kind_of(name), std::string(name)};
  });
  if (!index) fail_at(lines_, "there are more than " + std::to_string(kMaxAgents) + " agents", "merge agents");
  return *index;
}

/// The line's next field, without quotes. Valid until the next call.
std::string_view CsvReader::take_field(bool& last) {
  if (rest_.starts_with('"')) return unquote(last);
  const std::size_t comma = rest_.find(',');
  last = comma == std::string_view::npos;
  const std::string_view field = rest_.substr(0, comma);
  rest_.remove_prefix(last ? rest_.size() : comma + 1);
  return field;
}

/// REQUIRES: rest_ begins with a quote.
std::string_view CsvReader::unquote(bool& last) {
  unquoted_.clear();
  for (rest_.remove_prefix(1);; rest_.remove_prefix(1)) {
    const std::size_t quote = rest_.find('"');
    if (quote == std::string_view::npos) {
      fail_at(lines_, "a quoted field does not end on its line",
              "close the quotes; a quote inside them is written twice");
    }
    unquoted_ += rest_.substr(0, quote);
    rest_.remove_prefix(quote + 1);
    if (!rest_.starts_with('"')) break;
    unquoted_ += '"';
  }
  last = rest_.empty();
  if (!last && !rest_.starts_with(',')) {
    fail_at(lines_, "something follows a quoted field: \"" + printable(rest_) + '"', "quote the whole field");
  }
  if (!last) rest_.remove_prefix(1);
  return unquoted_;
}

void CsvReader::fail_size(std::string_view field) const {
  fail_field("size", field, "write 1 to " + std::to_string(Access::kMaxSize) + " bytes");
}

void CsvReader::fail_field(std::string_view column, std::string_view field, std::string_view remedy) const {
  refuse_cut_line(lines_, line_);
  fail_at(lines_, std::string(column) + " is \"" + printable(field) + '"', std::string(remedy));
}

}  // namespace farfault::traces
