#include "traces/text_form.h"

#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "sim/core/text.h"
#include "traces/in_order.h"
#include "traces/names.h"

namespace farfault::traces {
namespace {

constexpr std::size_t kTextBufferBytes = std::size_t{64} << 10U;
constexpr std::string_view kOpLetters = "RWMA";
constexpr std::array<std::string_view, 5> kDirections = {"unknown", "host_to_device", "device_to_host",
                                                         "device_to_device", "host_to_host"};
constexpr std::array<std::string_view, 4> kAdvices = {"none", "preferred_location", "accessed_by", "read_mostly"};

/// How one of an event's two numbers is written.
struct Number {
  enum class Form : std::uint8_t { kDecimal, kHex, kDirection, kAdvice };
  std::string_view label;  ///< empty: the kind does not use it, and it is written only if it is not zero
  Form form = Form::kDecimal;
};

/// What a kind of event uses. Whatever else is set is written all the same, so that no difference goes unseen.
struct Shape {
  bool range = false;
  bool protection = false;
  bool backing = false;
  bool name = false;
  Number value = {};
  Number value2 = {};
};

constexpr Shape shape_of(EventKind kind) {
  using Form = Number::Form;
  switch (kind) {
    case EventKind::kCompute:
      return {.value = {"instructions"}};
    case EventKind::kMmap:
      return {.range = true, .protection = true, .backing = true};
    case EventKind::kMunmap:
    case EventKind::kBrk:
    case EventKind::kUnpin:
      return {.range = true};
    case EventKind::kMremap:
      return {.range = true, .value = {"to", Form::kHex}, .value2 = {"new_length", Form::kHex}};
    case EventKind::kMprotect:
      return {.range = true, .protection = true};
    case EventKind::kFork:
      return {.value = {"child"}};
    case EventKind::kExit:
      return {.value = {"status"}};
    case EventKind::kKernelLaunch:
      return {.name = true, .value = {"by"}, .value2 = {"resident_blocks"}};
    case EventKind::kStreamSync:
      return {.value = {"with"}};
    case EventKind::kMarker:
      return {.name = true};
    case EventKind::kEventRecord:
    case EventKind::kEventWait:
      return {.value = {"id"}};
    case EventKind::kMemcpy:
      return {.range = true, .value = {"to", Form::kHex}, .value2 = {"direction", Form::kDirection}};
    case EventKind::kPrefetch:
      return {.range = true, .value = {"to"}};
    case EventKind::kAdvise:
      return {.range = true, .value = {"advice", Form::kAdvice}, .value2 = {"processor"}};
    case EventKind::kGup:
      return {.range = true, .value = {"write"}};
    case EventKind::kPin:
      return {.range = true, .value = {"write"}, .value2 = {"long_term"}};
    case EventKind::kThreadBlock:
      return {.value = {"block"}, .value2 = {"stage"}};
    case EventKind::kTimestamp:
      return {.value = {"time"}};
    case EventKind::kKernelEnd:
    case EventKind::kDependency:
      break;
  }
  return {};
}

void put_number(std::string& out, std::uint64_t value, int base = 10) {
  std::array<char, 24> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, base).ptr;
  if (base == 16) out += "0x";
  out.append(text.data(), end);
}

/// Reads back to the same bytes: a backslash of its own never comes alone.
void put_name(std::string& out, std::string_view name) {
  std::string marked;
  for (const char c : name) {
    if (c == '"' || c == '\\') marked += '\\';
    marked += c;
  }
  out += '"';
  out += printable(marked, std::string::npos);
  out += '"';
}

void put_protection(std::string& out, std::uint8_t protection) {
  if (protection > 7) {
    out += " protection=";
    return put_number(out, protection, 16);
  }
  out += ' ';
  out += (protection & 1U) != 0 ? 'r' : '-';
  out += (protection & 2U) != 0 ? 'w' : '-';
  out += (protection & 4U) != 0 ? 'x' : '-';
}

void put_value(std::string& out, const Number& number, std::string_view other_label, std::uint64_t value) {
  if (number.label.empty() && value == 0) return;
  out += ' ';
  out += number.label.empty() ? other_label : number.label;
  out += '=';
  if (number.form == Number::Form::kDirection && value < kDirections.size()) {
    out += kDirections[value];
  } else if (number.form == Number::Form::kAdvice && value < kAdvices.size()) {
    out += kAdvices[value];
  } else {
    put_number(out, value, number.form == Number::Form::kHex ? 16 : 10);
  }
}

void put_event(std::string& out, const Event& event) {
  const Shape shape = shape_of(event.kind);
  out += name_of(event.kind);
  if (shape.range || event.address != 0 || event.length != 0) {
    out += ' ';
    put_number(out, event.address, 16);
    out += '+';
    put_number(out, event.length, 16);
  }
  if (shape.protection || event.protection != 0) put_protection(out, event.protection);
  if (shape.backing || event.backing != Backing::kUnknown) (out += ' ') += name_of(event.backing);
  put_value(out, shape.value, "value", event.value);
  put_value(out, shape.value2, "value2", event.value2);
  if (shape.name || !event.name.empty()) put_name(out += ' ', event.name);
}

/// Puts lines together and hands them on in pieces.
class TextWriter {
 public:
  TextWriter(const Reader& reader, ByteSink& sink) : reader_(reader), sink_(sink) {}

  void add(const Access& a) {
    introduce(a.agent);
    put_number(out_, a.agent);
    out_ += ' ';
    out_ += kOpLetters[static_cast<std::size_t>(a.op())];
    put_number(out_ += ' ', a.address, 16);
    put_number(out_ += ' ', a.size());
    if (a.gap != 0) put_number(out_ += " +", a.gap);
    end_line();
  }
  void add(const Event& e) {
    introduce(e.agent);
    if (e.kind == EventKind::kKernelLaunch || e.kind == EventKind::kStreamSync) introduce(e.value);
    put_number(out_, e.agent);
    put_event(out_ += ' ', e);
    end_line();
  }
  /// Agents that did nothing are told at the end.
  void finish() {
    for (std::size_t i = 0; i < reader_.agents().size(); ++i) introduce(i);
    sink_.write(out_);
  }

 private:
  /// Says who it is, once, and before that who it belongs to. A parent has a lower index or a chain of parents that
  /// ends: each agent is marked before its parent is looked at.
  void introduce(std::uint64_t index) {
    const std::vector<Agent>& agents = reader_.agents();
    if (index >= agents.size()) return;
    if (introduced_.size() < agents.size()) introduced_.resize(agents.size());
    if (introduced_[index]) return;
    std::vector<std::uint64_t> chain;
    for (std::uint64_t at = index; at < agents.size() && !introduced_[at]; at = agents[at].parent) {
      introduced_[at] = true;
      chain.push_back(at);
    }
    for (; !chain.empty(); chain.pop_back()) {
      const Agent& agent = agents[chain.back()];
      put_number(out_ += "agent ", chain.back());
      (out_ += ' ') += name_of(agent.kind);
      put_name(out_ += ' ', agent.name);
      if (agent.parent != kNoAgent) put_number(out_ += " parent=", agent.parent);
      end_line();
    }
  }
  void end_line() {
    out_ += '\n';
    if (out_.size() < kTextBufferBytes) return;
    sink_.write(out_);
    out_.clear();
  }

  const Reader& reader_;
  ByteSink& sink_;
  std::string out_;
  std::vector<bool> introduced_;  ///< by agent
};

}  // namespace

std::uint64_t write_text(Reader& reader, ByteSink& sink) {
  TextWriter writer(reader, sink);
  AccessBlock block;
  std::uint64_t accesses = 0;
  while (reader.next(block)) {
    visit_in_order(block, [&writer](const auto& record) { writer.add(record); });
    accesses += block.accesses.size();
  }
  writer.finish();
  return accesses;
}

}  // namespace farfault::traces
