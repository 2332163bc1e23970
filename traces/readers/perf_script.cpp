#include "traces/readers/perf_script.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/core/units.h"
#include "traces/readers/cursor.h"
#include "traces/readers/line_errors.h"
#include "traces/readers/linux_mmap.h"

namespace farfault::traces {
namespace {

constexpr std::string_view kFault = "exceptions:page_fault_user";
constexpr std::string_view kMmapCall = "syscalls:sys_enter_mmap";
constexpr std::uint64_t kErrorCodeWrite = 2;
/// More than a name of 15 bytes, padded, and the numbers behind it ever take.
constexpr std::size_t kMaxHeaderBytes = 256;

std::string_view without_spaces_around(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') + 1 - first);
}

/// Takes the last word off a text's end, with the spaces before and behind it.
std::string_view take_last_word(std::string_view& text) {
  text = without_spaces_around(text);
  const std::size_t space = text.rfind(' ');
  const std::string_view word = text.substr(space == std::string_view::npos ? 0 : space + 1);
  text = without_spaces_around(text.substr(0, text.size() - word.size()));
  return word;
}

/// Nanoseconds of "1143.479976" or "1143.479976123".
std::optional<std::uint64_t> parse_seconds(std::string_view text) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  Cursor cursor(text);
  const std::optional<std::uint64_t> seconds = cursor.take_decimal();
  if (!seconds || *seconds >= std::numeric_limits<std::uint64_t>::max() / kSecond || !cursor.take(".")) {
    return std::nullopt;
  }
  const std::size_t digits = cursor.rest().size();
  const std::optional<std::uint64_t> fraction = cursor.take_decimal();
  if (!fraction || !cursor.at_end() || (digits != 6 && digits != 9)) return std::nullopt;
  return *seconds * kSecond + *fraction * (digits == 6 ? 1000 : 1);
}

/// "18480" or "18480/18481".
bool is_thread_id(std::string_view text) {
  Cursor cursor(text);
  if (!cursor.take_decimal()) return false;
  return cursor.at_end() || (cursor.take("/") && cursor.take_decimal() && cursor.at_end());
}

/// "[001]".
bool is_cpu(std::string_view text) {
  Cursor cursor(text);
  return cursor.take("[") && cursor.take_decimal() && cursor.take("]") && cursor.at_end();
}

/// The number behind `name`, in hexadecimal: "address=0x7f00" or "addr: 0x7f00".
std::optional<std::uint64_t> field(std::string_view fields, std::string_view name) {
  const std::size_t place = fields.find(name);
  if (place == std::string_view::npos || (place != 0 && fields[place - 1] != ' ')) return std::nullopt;
  Cursor cursor(fields.substr(place + name.size()));
  const std::optional<std::uint64_t> value = cursor.take("0x") ? cursor.take_hex() : std::nullopt;
  if (!value || (!cursor.at_end() && !cursor.take(",") && !cursor.take(" "))) return std::nullopt;
  return value;
}

bool holds_no_event(std::string_view line) {
  return line.starts_with('\t') || line.starts_with('#') || line.find_first_not_of(" \t\r") == std::string_view::npos;
}

}  // namespace

PerfScriptReader::PerfScriptReader(std::unique_ptr<ByteSource> source) : lines_(std::move(source)) {
  limits_.unknown = {
      "accesses that did not fault",
      "size of an access (1 byte each: a fault tells a page)",
      "loads and fetches of instructions apart (both are reads)",
      "maps but for those at a fixed address, and unmaps",
      "instructions between accesses",
  };
  meta_.recorder = "perf";
  meta_.time_unit = "ns";
}

bool PerfScriptReader::recognises(std::string_view head) {
  Cursor text(head);
  while (!text.at_end()) {
    const std::string_view line = text.take_until("\n");
    text.take("\n");
    if (holds_no_event(line)) continue;
    const std::optional<Header> header = parse_header(line);
    if (header && header->event == kFault && field(header->fields, "address=")) return true;
  }
  return false;
}

std::optional<PerfScriptReader::Header> PerfScriptReader::parse_header(std::string_view line) {
  // A thread may be named "a: 1", so the header ends at the first colon that has a time before it.
  for (std::size_t colon = line.find(": "); colon < kMaxHeaderBytes; colon = line.find(": ", colon + 1)) {
    std::string_view before = line.substr(0, colon);
    const std::optional<std::uint64_t> time = parse_seconds(take_last_word(before));
    if (!time) continue;
    Header header;
    header.time = *time;
    header.thread = take_last_word(before);
    if (is_cpu(header.thread)) header.thread = take_last_word(before);
    if (!is_thread_id(header.thread)) continue;
    header.command = before;
    Cursor event(line.substr(colon + 2));
    event.skip_spaces();
    header.event = event.take_until(" ");
    if (header.event.ends_with(':')) header.event.remove_suffix(1);
    event.skip_spaces();
    header.fields = event.rest();
    return header;
  }
  return std::nullopt;
}

bool PerfScriptReader::next(AccessBlock& block) {
  block.clear();
  while (!is_full(block) && lines_.next(line_)) {
    if (line_.ends_with('\r')) line_.remove_suffix(1);
    if (line_.starts_with('#')) comment();
    if (holds_no_event(line_)) continue;
    const std::optional<Header> header = parse_header(line_);
    if (!header)
      fail_line(lines_, line_, "not a line of perf script",
                "a line is NAME PID [CPU] SECONDS: EVENT: FIELDS, as perf script prints it");
    if (header->event == kFault) fault(*header, block);
    if (header->event == kMmapCall) map(*header, block);
  }
  if (block.empty() && !any_) {
    throw InputError(Diagnostic{lines_.name(), 0, "",
                                "has no page fault (" + std::to_string(lines_.number()) + " lines)",
                                "record with perf record -e exceptions:page_fault_user"});
  }
  return !block.empty();
}

/// `perf script --header` tells how the trace was made.
void PerfScriptReader::comment() {
  constexpr std::size_t kMaxBytes = 4096;
  Cursor line(line_);
  if (line.take("# perf version : ")) meta_.recorder = "perf " + printable(line.rest());
  if (line.take("# cmdline : ")) meta_.command = printable(without_spaces_around(line.rest()), kMaxBytes);
}

void PerfScriptReader::fault(const Header& header, AccessBlock& block) {
  const std::optional<std::uint64_t> address = field(header.fields, "address=");
  const std::optional<std::uint64_t> error_code = field(header.fields, "error_code=");
  if (!address || *address > std::numeric_limits<std::uint64_t>::max() - kFaultBytes || !error_code) {
    fail_line(lines_, line_, "cannot make out the page fault",
              "its fields are address=0x... ip=0x... error_code=0x...");
  }
  const std::uint16_t agent = agent_of(header);
  timeline_.advance(header.time, agent, block);
  const Op op = (*error_code & kErrorCodeWrite) != 0 ? Op::kWrite : Op::kRead;
  block.accesses.push_back(Access::make(*address, kFaultBytes, op, 0, agent));
  any_ = true;
}

void PerfScriptReader::map(const Header& header, AccessBlock& block) {
  const std::optional<std::uint64_t> address = field(header.fields, "addr: ");
  const std::optional<std::uint64_t> length = field(header.fields, "len: ");
  const std::optional<std::uint64_t> protection = field(header.fields, "prot: ");
  const std::optional<std::uint64_t> flags = field(header.fields, "flags: ");
  if (!address || !length || !protection || !flags) {
    fail_line(lines_, line_, "cannot make out the call of mmap",
              "its fields are addr: 0x..., len: 0x..., prot: 0x..., flags: 0x...");
  }
  if ((*flags & kMapFixed) == 0) return;
  const std::optional<std::uint64_t> whole = length_in_pages(*address, *length);
  // The kernel refuses such calls.
  if (!whole || *whole == 0 || *address % kPageSize.count() != 0) return;
  const std::uint16_t agent = agent_of(header);
  timeline_.advance(header.time, agent, block);
  Event& event = add_event(block, EventKind::kMmap, agent);
  event.address = *address;
  event.length = *whole;
  event.protection = static_cast<std::uint8_t>(*protection & kProtectionBits);
  event.backing = backing_of(*flags, event.protection);
}

std::uint16_t PerfScriptReader::agent_of(const Header& header) {
  const std::optional<std::uint16_t> index = agents_.index_of(header.thread, [&header] {
    const std::string command = header.command.empty() ? "" : printable(header.command) + ' ';
    return Agent{AgentKind::kCpuThread, command + std::string(header.thread)};
  });
  if (!index)
    fail_line(lines_, line_, "more than " + std::to_string(kMaxAgents) + " threads", "record fewer processes at once");
  return *index;
}

}  // namespace farfault::traces
