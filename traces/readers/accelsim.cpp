#include "traces/readers/accelsim.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "traces/access.h"
#include "traces/readers/hex.h"

namespace farfault::traces {
namespace {

/// Of the windows through which generic addresses reach shared and local memory.
constexpr std::uint64_t kWindowBytes = std::uint64_t{16} << 20U;
/// The tracer's own bound on registers is below 10.
constexpr std::uint64_t kMaxRegisters = 64;
/// NVBit knows widths up to 32.
constexpr std::uint64_t kMaxWidth = 256;

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = std::min(text.find_first_not_of(" \t\r"), text.size());
  return text.substr(begin, text.find_last_not_of(" \t\r") + 1 - begin);
}

std::string_view take_word(Cursor& text) {
  text.skip_spaces();
  return text.take_until(" ");
}

/// A decimal number that is a word of its own.
std::optional<std::uint64_t> take_number(Cursor& text) {
  Cursor word(take_word(text));
  const std::optional<std::uint64_t> value = word.take_decimal();
  return word.at_end() ? value : std::nullopt;
}

/// The same, maybe negative: in two's complement, as addresses are reckoned.
std::optional<std::uint64_t> take_distance(Cursor& text) {
  Cursor word(take_word(text));
  const bool negative = word.take("-");
  const std::optional<std::uint64_t> value = word.take_decimal();
  if (!value || !word.at_end()) return std::nullopt;
  return negative ? 0 - *value : *value;
}

std::optional<std::uint64_t> take_hex_word(Cursor& text) {
  text.skip_spaces();
  const std::optional<std::uint64_t> value = take_address(text);
  return text.at_end() || text.rest()[0] == ' ' ? value : std::nullopt;
}

/// "R12", and of newer processors "UR4" and "P0".
bool is_register(std::string_view word) {
  Cursor cursor(word);
  cursor.take("U");
  return (cursor.take("R") || cursor.take("P")) && cursor.take_decimal() && cursor.at_end();
}

/// Takes a number and as many registers.
bool take_registers(Cursor& text) {
  const std::optional<std::uint64_t> count = take_number(text);
  if (!count || *count > kMaxRegisters) return false;
  for (std::uint64_t i = 0; i < *count; ++i) {
    if (!is_register(take_word(text))) return false;
  }
  return true;
}

/// Takes `key`, '=' with spaces around it, and leaves the value.
bool take_key(Cursor& text, std::string_view key) {
  Cursor ahead = text;
  if (!ahead.take(key)) return false;
  ahead.skip_spaces();
  if (!ahead.take("=")) return false;
  ahead.skip_spaces();
  text = ahead;
  return true;
}

/// "x,y,z": how many that makes, or nothing.
std::optional<std::uint64_t> take_product(Cursor& text) {
  std::uint64_t product = 1;
  for (int i = 0; i < 3; ++i) {
    if (i != 0 && !text.take(",")) return std::nullopt;
    const std::optional<std::uint64_t> size = text.take_decimal();
    if (!size) return std::nullopt;
    if (__builtin_mul_overflow(product, *size, &product)) product = kMaxAddress;
  }
  return product;
}

bool is_copy(std::string_view line) { return line.starts_with("MemcpyHtoD") || line.starts_with("MemcpyDtoH"); }
bool is_kernel_file(std::string_view line) {
  return line.find(".traceg") != std::string_view::npos && line.find_first_of(", ") == std::string_view::npos;
}

/// Whether the file lies in the folder that it is named from, whatever the names on the way are.
bool stays_inside(std::string_view file) {
  if (file.starts_with('/')) return false;
  Cursor rest(file);
  while (!rest.at_end()) {
    if (rest.take_until("/") == "..") return false;
    rest.take("/");
  }
  return std::none_of(file.begin(), file.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

}  // namespace

AccelSimReader::AccelSimReader(std::unique_ptr<ByteSource> source, OpenFile open)
    : open_(std::move(open)), name_(source->name()), list_(std::move(source)) {
  limits_.unknown = {
      "time of an access",
      "order between warps and thread blocks (a kernel's come one after the other)",
      "accesses of the host",
      "host's side of copies",
      "maps",
      "copies to the host, where the list has none",
  };
}

bool AccelSimReader::recognises(std::string_view head) {
  Cursor text(head);
  while (!text.at_end()) {
    const std::string_view line = trimmed(text.take_until("\n"));
    text.take("\n");
    if (line.empty()) continue;
    if (is_copy(line) || (is_kernel_file(line) && line[0] != '-')) return true;
    if (line[0] != '-') return false;
    Cursor key(line.substr(1));
    if (take_key(key, "kernel name") || take_key(key, "accelsim tracer version")) return true;
  }
  return false;
}

bool AccelSimReader::next(AccessBlock& block) {
  block.clear();
  while (!done_ && has_room_for_warp(block)) done_ = !step(block);
  return !block.empty();
}

/// Reads one line, or adds what one has left over. False at the trace's end.
bool AccelSimReader::step(AccessBlock& block) {
  if (!begun_) begin();
  if (copy_) {
    copy(block);
  } else if (kernel_) {
    if (kernel_->lines.next(line_)) {
      kernel_line(line_, block);
    } else {
      end_kernel(block);
    }
  } else if (list_ && list_->next(line_)) {
    list_line(line_);
  } else {
    if (!any_) {
      throw InputError(Diagnostic{name_, 0, "", "the trace has no access of device memory and no copy",
                                  "trace a program that has, and its kernels with it"});
    }
    left_out_.tell(limits_);
    return false;
  }
  return true;
}

/// Finds out, by the first line, whether the file is a list or a kernel.
void AccelSimReader::begin() {
  begun_ = true;
  while (list_->next(line_)) {
    if (trimmed(line_).empty()) continue;
    if (line_[0] != '-') return list_line(line_);
    kernel_.emplace(std::move(*list_));
    list_.reset();
    return header_line(line_);
  }
}

// The list. -----------------------------------------------------------------------------------------------------------

void AccelSimReader::list_line(std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return;
  if (is_copy(line)) return copy_line(line);
  if (!is_kernel_file(line)) {
    fail_line("not a copy (MemcpyHtoD,0x7f0000000000,4096) nor a kernel's file (kernel-1.traceg)");
  }
  open_kernel(line);
}

void AccelSimReader::copy_line(std::string_view line) {
  Cursor text(line);
  const bool to_device = text.take("MemcpyHtoD");
  if (!to_device) text.take("MemcpyDtoH");
  const std::optional<std::uint64_t> address = text.take(",") ? take_address(text) : std::nullopt;
  const std::optional<std::uint64_t> length = address && text.take(",") ? text.take_decimal() : std::nullopt;
  if (!length || !text.at_end()) fail_line("not a copy like MemcpyHtoD,0x7f0000000000,4096");
  if (*length > kMaxAddress - *address) fail_line("the copy goes past the end of the address space");
  any_ = true;
  if (*length == 0) return;
  if (!copy_agent_) {
    if (agents().size() == kMaxAgents) fail("more than " + std::to_string(kMaxAgents) + " agents", "trace less");
    copy_agent_ = streams_.add(AgentKind::kCopyEngine, "copy");
  }
  Event event;
  event.kind = EventKind::kMemcpy;
  event.length = *length;
  (to_device ? event.value : event.address) = *address;
  event.value2 = static_cast<std::uint64_t>(to_device ? CopyDirection::kHostToDevice : CopyDirection::kDeviceToHost);
  copy_ = event;
}

/// Adds a wait for one stream or, if there is none left to wait for, the copy.
void AccelSimReader::copy(AccessBlock& block) {
  if (!busy_.empty()) {
    add_event(block, EventKind::kStreamSync, *copy_agent_).value = busy_.extract(busy_.begin()).value();
    return;
  }
  Event& event = add_event(block, EventKind::kMemcpy, *copy_agent_);
  event.address = copy_->address;
  event.length = copy_->length;
  event.value = copy_->value;
  event.value2 = copy_->value2;
  copy_.reset();
  add_event(block, EventKind::kStreamSync, GpuStreams::kCpu).value = *copy_agent_;
}

void AccelSimReader::open_kernel(std::string_view file) {
  if (!stays_inside(file)) {
    fail("the file \"" + printable(file) + "\" is not in the list's folder",
         "put the kernels beside the list and name them without \"/\" at the front, and without \"..\"");
  }
  const std::string folder = name_.substr(0, name_.rfind('/') + 1);
  kernel_.emplace(Lines(open_(folder + std::string(file))));
}

// A kernel's file. ----------------------------------------------------------------------------------------------------

void AccelSimReader::kernel_line(std::string_view line, AccessBlock& block) {
  if (!line.empty() && hex_value(line[0]) < 16 && kernel_->place == Place::kInBlock) {
    return instruction_line(line, block);
  }
  line = trimmed(line);
  if (line.empty()) return;
  if (kernel_->place == Place::kInBlock) return block_line(line);
  if (line == "#BEGIN_TB") {
    if (kernel_->place == Place::kHeader) launch(block);
    kernel_->place = Place::kInBlock;
    if (++kernel_->blocks > kernel_->blocks_promised.value_or(kMaxAddress)) {
      fail_line("more thread blocks than the " + std::to_string(*kernel_->blocks_promised) + " of \"-grid dim\"");
    }
    return;
  }
  if (line.starts_with("#traces format") || (line[0] == '#' && line.find_first_of("=_") == std::string_view::npos)) {
    return;  // a comment
  }
  if (kernel_->place == Place::kHeader && line[0] == '-') return header_line(line);
  fail_line(kernel_->place == Place::kHeader ? "not a line of the header" : "not the begin of a thread block");
}

/// "-kernel id = 1"; keys that are not known here are of no use here.
void AccelSimReader::header_line(std::string_view line) {
  Cursor text(trimmed(line).substr(1));
  if (text.rest().find('=') == std::string_view::npos) fail_line("a line of the header has no value");
  if (take_key(text, "kernel name")) {
    kernel_->named = true;
    kernel_->name = text.rest().substr(0, GpuStreams::kMaxKernelName);
  } else if (take_key(text, "grid dim")) {
    const bool opened = text.take("(");
    kernel_->blocks_promised = take_product(text);
    if (!opened || !kernel_->blocks_promised || !text.take(")")) fail_line("not dimensions like (98,1,1)");
  } else if (take_key(text, "cuda stream id")) {
    kernel_->stream = header_number(text);
  } else if (take_key(text, "shmem base_addr")) {
    kernel_->shared_window = take_address(text);
    if (!kernel_->shared_window) fail_line("not an address");
  } else if (take_key(text, "local mem base_addr")) {
    kernel_->local_window = take_address(text);
    if (!kernel_->local_window) fail_line("not an address");
  } else if (take_key(text, "enable lineinfo")) {
    kernel_->line_number_before_pc = header_number(text) != 0;
  } else if (take_key(text, "accelsim tracer version")) {
    constexpr std::uint64_t kFirstWithoutPlaces = 3;
    const std::uint64_t version = header_number(text);
    kernel_->places_before_pc = version < kFirstWithoutPlaces;
    meta_.recorder = "Accel-Sim tracer " + std::to_string(version);
  }
}

std::uint64_t AccelSimReader::header_number(Cursor value) const {
  const std::optional<std::uint64_t> number = value.take_decimal();
  if (!number || !value.at_end()) fail_line("not a number");
  return *number;
}

void AccelSimReader::launch(AccessBlock& block) {
  if (!kernel_->named) fail("the header has no \"-kernel name\"", "the file is damaged: copy or record it again");
  const std::optional<std::uint16_t> agent = streams_.index_of(0, kernel_->stream);
  if (!agent) fail("more than " + std::to_string(kMaxAgents) + " streams", "trace fewer streams of the program");
  kernel_->agent = *agent;
  busy_.insert(*agent);
  streams_.launch(*agent, kernel_->name, block);
}

/// At the end of the kernel's file.
void AccelSimReader::end_kernel(AccessBlock& block) {
  const std::string remedy = "the file is truncated: copy or record it again";
  if (kernel_->place == Place::kInBlock) fail("the file ends inside a thread block", remedy);
  if (kernel_->place == Place::kHeader) launch(block);
  const std::uint64_t promised = kernel_->blocks_promised.value_or(kernel_->blocks);
  if (kernel_->blocks < promised) {
    fail(
        "the file ends after " + std::to_string(kernel_->blocks) + " of " + std::to_string(promised) + " thread blocks",
        remedy);
  }
  if (instructions_ != 0) {
    add_event(block, EventKind::kCompute, kernel_->agent).value = std::exchange(instructions_, 0);
  }
  streams_.end(kernel_->agent, block);
  kernel_.reset();
}

/// A line between #BEGIN_TB and #END_TB that is no instruction.
void AccelSimReader::block_line(std::string_view line) {
  Cursor text(line);
  if (kernel_->instructions_left != 0) {
    fail_line(std::to_string(kernel_->instructions_left) + " fewer instructions than \"insts\" says");
  }
  if (line == "#END_TB") {
    kernel_->place = Place::kBetweenBlocks;
    return;
  }
  bool good = false;
  if (take_key(text, "insts")) {
    const std::optional<std::uint64_t> count = text.take_decimal();
    good = count.has_value();
    kernel_->instructions_left = count.value_or(0);
  } else if (take_key(text, "warp")) {
    good = text.take_decimal().has_value();
  } else if (take_key(text, "thread block")) {
    good = take_product(text).has_value();
  }
  if (!good || !text.at_end()) fail_line("not a line of a thread block");
}

void AccelSimReader::instruction_line(std::string_view line, AccessBlock& block) {
  if (kernel_->instructions_left == 0) fail_line("more instructions than \"insts\" says");
  --kernel_->instructions_left;
  Cursor text(line);
  bool good = true;
  const int numbers = (kernel_->places_before_pc ? 4 : 0) + (kernel_->line_number_before_pc ? 1 : 0);
  for (int i = 0; i < numbers; ++i) good = good && take_number(text);
  good = good && take_hex_word(text);  // the PC
  const std::optional<std::uint64_t> mask = good ? take_hex_word(text) : std::nullopt;
  if (!mask || *mask > std::numeric_limits<std::uint32_t>::max() || !take_registers(text)) {
    fail_line("not an instruction with PC, mask and registers");
  }
  const std::string_view opcode = take_word(text);
  if (!looks_like_sass_opcode(opcode) || is_register(opcode)) fail_line("an instruction without an opcode");
  if (!take_registers(text)) fail_line("not an instruction with its source registers");
  const std::optional<std::uint64_t> width = take_number(text);
  if (!width) fail_line("an instruction without \"mem_width\"");
  ++instructions_;
  if (*width != 0) memory_instruction(text, static_cast<std::uint32_t>(*mask), opcode, *width, block);
}

/// `operands` is what follows the width.
void AccelSimReader::memory_instruction(Cursor operands, std::uint32_t mask, std::string_view opcode,
                                        std::uint64_t width, AccessBlock& block) {
  if (width > kMaxWidth) fail_line("lanes of more than " + std::to_string(kMaxWidth) + " bytes");
  const SassOpcode parsed = parse_sass_opcode(opcode);
  // The opcode comes first, as in Accel-Sim: NVBit may not know the width of an opcode.
  const std::uint32_t lane_width = parsed.width != 0 ? parsed.width : static_cast<std::uint32_t>(width);
  WarpCoalescer warp(lane_width);
  lanes(operands, mask, parsed.space, lane_width, warp);
  if (left_out_.leaves_out(parsed.space, opcode)) return;
  warp.append_to(block, parsed.op, kernel_->agent, instructions_);
  any_ = any_ || !block.accesses.empty();
}

void AccelSimReader::lanes(Cursor operands, std::uint32_t mask, SassSpace space, std::uint32_t width,
                           WarpCoalescer& warp) {
  enum : std::uint64_t { kList, kBaseAndStride, kBaseAndDeltas, kModes };
  const std::optional<std::uint64_t> mode = take_number(operands);
  if (!mode || *mode >= kModes) fail_line("addresses of a mode that is not 0, 1 or 2");
  std::uint64_t address = 0;
  std::uint64_t stride = 0;
  bool shared = false;
  bool local = false;
  const int count = std::popcount(mask);
  for (int lane = 0; lane < count; ++lane) {
    std::optional<std::uint64_t> value;
    if (lane == 0 || *mode == kList) {
      value = take_hex_word(operands);
      address = value.value_or(0);
      if (*mode == kBaseAndStride && value) {
        value = take_distance(operands);
        stride = value.value_or(0);
      }
    } else {
      value = *mode == kBaseAndDeltas ? take_distance(operands) : stride;
      address += value.value_or(0);
    }
    if (!value) fail_line("fewer addresses than active lanes, or a bad one");
    const SassSpace lane_space = space_of(address, space);
    if (lane_space != space) {
      shared = shared || lane_space == SassSpace::kShared;
      local = local || lane_space == SassSpace::kLocal;
    } else if (address > kMaxAddress - width) {
      fail_line("a lane goes past the end of the address space");
    } else {
      warp.add(address);
    }
  }
  if (shared) left_out_.count_shared();
  if (local) left_out_.count_local();
}

/// What memory the address is of, where the opcode allows for several.
SassSpace AccelSimReader::space_of(std::uint64_t address, SassSpace opcode_space) const {
  const auto in_window = [address](const std::optional<std::uint64_t>& window) {
    // Zero: the tracer did not know.
    return window && *window != 0 && address >= *window && address - *window < kWindowBytes;
  };
  if (is_shared_side(opcode_space, address)) return SassSpace::kShared;
  if (opcode_space == SassSpace::kGeneric && in_window(kernel_->shared_window)) return SassSpace::kShared;
  if (opcode_space == SassSpace::kGeneric && in_window(kernel_->local_window)) return SassSpace::kLocal;
  return opcode_space;
}

void AccelSimReader::fail(std::string problem, std::string remedy) const {
  throw InputError(Diagnostic{current().name(), current().number(), "", std::move(problem), std::move(remedy)});
}

void AccelSimReader::fail_line(const std::string& what) const {
  const std::string quoted = ": \"" + printable(line_) + '"';
  if (current().cut()) {
    fail("the last line is cut short" + quoted, "the file is truncated: copy or record it again");
  }
  fail(what + quoted, "the file is damaged, or of a version that is not known here: copy or record it again");
}

}  // namespace farfault::traces
