#include "traces/readers/nvbit.h"

#include <limits>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "traces/readers/hex.h"
#include "traces/readers/warp_coalescer.h"

namespace farfault::traces {
namespace {

constexpr std::string_view kPrefix = "MEMTRACE: ";
constexpr std::string_view kSeparator = " - ";
constexpr std::string_view kBanner = "NVBit (NVidia Binary Instrumentation Tool";
constexpr std::uint32_t kDefaultWidth = 4;

/// Takes what comes before the next separator, and the separator.
std::string_view take_field(Cursor& text) {
  const std::string_view rest = text.rest();
  const std::size_t end = rest.find(kSeparator);
  text = Cursor(end == std::string_view::npos ? std::string_view() : rest.substr(end + kSeparator.size()));
  return rest.substr(0, end);
}

/// "0,3,0"
bool is_place(Cursor text) {
  for (int i = 0; i < 3; ++i) {
    if ((i != 0 && !text.take(",")) || !text.take_decimal()) return false;
  }
  return text.at_end();
}

}  // namespace

NvbitReader::NvbitReader(std::unique_ptr<ByteSource> source) : lines_(std::move(source)) {
  limits_.unknown = {
      "time of an access",
      "order between warps",
      "maps",
      "instructions between accesses",
      "accesses of the host",
      "copies between host and device",
      "whether a generic access (LD, ST, ATOM) was to virtual memory (all are taken so)",
  };
}

bool NvbitReader::recognises(std::string_view head) {
  Cursor text(head);
  while (!text.at_end()) {
    Cursor line(text.take_until("\n"));
    text.take("\n");
    if (line.rest().find(kBanner) != std::string_view::npos) return true;
    if (!line.take(kPrefix)) continue;
    for (const std::string_view word : {"CTX 0x", "CTA ", "grid_launch_id ", "warp "}) {
      if (line.rest().starts_with(word)) return true;
    }
  }
  return false;
}

bool NvbitReader::next(AccessBlock& block) {
  block.clear();
  while (!done_ && has_room_for_warp(block)) {
    if (lines_.next(line_)) {
      trace_line(line_, block);
    } else {
      done_ = !finish(block);
    }
  }
  any_ = any_ || !block.accesses.empty();
  return !block.empty();
}

void NvbitReader::trace_line(std::string_view line, AccessBlock& block) {
  Cursor text(line);
  if (!text.take(kPrefix)) {
    // The program's own output may end without a line end right before.
    const std::size_t place = line.find("MEMTRACE: CTX 0x");
    if (place == std::string_view::npos) return other_line(line);
    text = Cursor(line.substr(place + kPrefix.size()));
  }
  if (text.rest().starts_with("STARTING CONTEXT ") || text.rest().starts_with("TERMINATING CONTEXT ")) return;
  Fields fields;
  while (!text.rest().starts_with("0x")) {
    const std::string_view piece = take_field(text);
    if (piece == "LAUNCH") return launch_line(text, fields.context, block);
    if (text.at_end()) fail_piece(piece);
    field(piece, fields);
  }
  access_line(text, fields, block);
}

void NvbitReader::other_line(std::string_view line) {
  const std::size_t place = line.find(kBanner);
  if (place == std::string_view::npos || !meta_.recorder.empty()) return;
  Cursor version(line.substr(place + kBanner.size()));
  meta_.recorder = "NVBit mem_trace";
  if (version.take(" v")) meta_.recorder += ", NVBit " + printable(version.take_until(" )"), 20);
}

/// A field of a line of accesses.
void NvbitReader::field(std::string_view text, Fields& fields) const {
  Cursor cursor(text);
  if (cursor.take("CTX ")) {
    const std::optional<std::uint64_t> context = take_address(cursor);
    if (!context || !cursor.at_end()) fail_piece(text);
    fields.context = *context;
  } else if (cursor.take("grid_launch_id ")) {
    fields.launch = number(cursor);
  } else if (cursor.take("warp ")) {
    number(cursor);
  } else if (cursor.take("CTA ")) {
    if (!is_place(cursor)) fail_piece(text);
  } else if (looks_like_sass_opcode(text)) {
    fields.opcode = text;
  } else {
    fail_piece(text);
  }
}

std::uint64_t NvbitReader::number(Cursor text) const {
  const std::string_view all = text.rest();
  const std::optional<std::uint64_t> value = text.take_decimal();
  if (!value || !text.at_end()) fail_piece(all);
  return *value;
}

/// `text` is what follows "LAUNCH - ".
void NvbitReader::launch_line(Cursor text, std::uint64_t context, AccessBlock& block) {
  if (lines_.cut()) fail_piece(line_);
  std::string_view name;
  std::optional<std::uint64_t> launch;
  std::uint64_t stream = 0;
  while (!text.at_end()) {
    if (text.take("Kernel name ")) {
      // A name in C++ may have the separator inside, but not this word.
      const std::size_t end = std::min(text.rest().find(" - grid launch id "), text.rest().size());
      name = text.rest().substr(0, end);
      text = Cursor(text.rest().substr(end));
      text.take(kSeparator);
      continue;
    }
    Cursor piece(take_field(text));
    if (piece.take("grid launch id ")) {
      launch = number(piece);
    } else if (piece.take("cuda stream id ")) {
      stream = number(piece);
    }
  }
  const std::uint16_t agent = stream_of(context, stream);
  streams_.launch(agent, name, block);
  if (!launch) return;
  launches_.insert_or_assign({*launch, context}, agent);
  if (launches_.size() > kMaxLaunches) launches_.erase(launches_.begin());
  last_agent_.reset();
}

void NvbitReader::access_line(Cursor addresses, const Fields& fields, AccessBlock& block) {
  if (fields.opcode.empty()) fail("the line has no opcode: \"" + printable(line_) + '"', "record the trace again");
  const SassOpcode opcode = parse_sass_opcode(fields.opcode);
  const std::uint32_t width = opcode.width == 0 ? kDefaultWidth : opcode.width;
  WarpCoalescer warp(width);
  std::size_t lanes = 0;
  bool shared_side = false;
  std::size_t last_address_size = 0;
  for (; !addresses.at_end(); addresses.skip_spaces()) {
    const std::string_view rest = addresses.rest();
    const std::optional<std::uint64_t> address = take_address(addresses);
    if (!address || !(addresses.at_end() || addresses.rest()[0] == ' ')) {
      fail_piece(rest.substr(0, rest.find(' ')));
    }
    if (++lanes > WarpCoalescer::kLanes) {
      fail("more than " + std::to_string(WarpCoalescer::kLanes) + " addresses in \"" + printable(line_) + '"',
           "two lines ran into each other: record the trace again, with the program's output elsewhere");
    }
    last_address_size = rest.size() - addresses.rest().size();
    if (*address == 0) continue;  // not active
    if (is_shared_side(opcode.space, *address)) {
      shared_side = true;
    } else if (*address > std::numeric_limits<std::uint64_t>::max() - width) {
      fail("the access at \"" + printable(rest.substr(0, last_address_size)) +
               "\" goes past the end of the address space",
           "the file is damaged: copy or record it again");
    } else {
      warp.add(*address);
    }
  }
  constexpr std::size_t kPaddedAddress = 18;
  if (lines_.cut() && (lanes != WarpCoalescer::kLanes || last_address_size < kPaddedAddress)) fail_piece(line_);
  if (shared_side) left_out_.count_shared();
  if (left_out_.leaves_out(opcode.space, fields.opcode)) return;
  std::uint64_t instructions = 0;  // not traced
  warp.append_to(block, opcode.op, agent_of(fields), instructions);
}

std::uint16_t NvbitReader::agent_of(const Fields& fields) {
  const std::pair key{fields.launch.value_or(0), fields.context};
  if (last_agent_ && last_launch_ == key) return *last_agent_;
  const auto announced = fields.launch ? launches_.find(key) : launches_.end();
  if (announced != launches_.end()) {
    last_agent_ = announced->second;
  } else {
    unannounced_ = true;
    last_agent_ = stream_of(fields.context, 0);
  }
  last_launch_ = key;
  return *last_agent_;
}

std::uint16_t NvbitReader::stream_of(std::uint64_t context, std::uint64_t stream) {
  const std::optional<std::uint16_t> agent = streams_.index_of(context, stream);
  if (!agent) {
    fail("more than " + std::to_string(kMaxAgents) + " streams", "trace fewer contexts or streams of the program");
  }
  return *agent;
}

/// Adds what stands at the trace's end, one event at a time. False once there is no more.
bool NvbitReader::finish(AccessBlock& block) {
  if (!any_ && block.accesses.empty()) {
    throw InputError(
        Diagnostic{lines_.name(), 0, "",
                   "the trace has no access of device memory (" + std::to_string(lines_.number()) + " lines)",
                   "record it with NVBit's tools/mem_trace/mem_trace.so in LD_PRELOAD"});
  }
  if (streams_.end_one(block)) return true;
  if (unannounced_) limits_.unknown.emplace_back("stream of accesses whose launch is not in the trace (taken as 0)");
  left_out_.tell(limits_);
  return false;
}

void NvbitReader::fail(std::string problem, std::string remedy) const {
  throw InputError(Diagnostic{lines_.name(), lines_.number(), "", std::move(problem), std::move(remedy)});
}

/// `piece` is what is wrong in the line, or all of it.
void NvbitReader::fail_piece(std::string_view piece) const {
  if (lines_.cut()) {
    fail("the last line is cut short: \"" + printable(line_) + '"',
         "the file is truncated: copy it again, or remove that line");
  }
  fail("cannot make out \"" + printable(piece, 40) + "\" in \"" + printable(line_) + '"',
       "if the program's own output is mixed into the line, record again with it elsewhere; or the file is damaged");
}

}  // namespace farfault::traces
