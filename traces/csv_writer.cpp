#include "traces/csv_writer.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "sim/core/text.h"
#include "traces/in_order.h"

namespace farfault::traces {
namespace {

constexpr std::size_t kBufferBytes = std::size_t{64} << 10U;
constexpr std::string_view kOpLetters = "rwma";

class CsvWriter {
 public:
  CsvWriter(const Reader& reader, ByteSink& sink) : reader_(reader), sink_(sink) {}

  void header() {
    has_time_ = reader_.meta().time_unit == "ns";
    out_ += has_time_ ? "agent,op,addr,size,time\n" : "agent,op,addr,size\n";
  }
  void add(const Access& access) {
    out_ += name_of(access.agent);
    out_ += ',';
    out_ += kOpLetters[static_cast<std::size_t>(access.op())];
    out_ += ",0x";
    add_number(access.address, 16);
    out_ += ',';
    add_number(access.size(), 10);
    if (has_time_) {
      out_ += ',';
      add_number(time_, 10);
    }
    out_ += '\n';
    ++result_.accesses;
    result_.lost_instructions += access.gap;
    if (out_.size() >= kBufferBytes) flush();
  }
  void add(const Event& event) {
    if (event.kind == EventKind::kTimestamp && has_time_) {
      time_ = event.value;
    } else if (event.kind == EventKind::kCompute) {
      result_.lost_instructions += event.value;
    } else {
      ++result_.lost_events;
    }
  }
  void flush() {
    sink_.write(out_);
    out_.clear();
  }
  const CsvResult& result() const { return result_; }

 private:
  const std::string& name_of(std::uint16_t agent) {
    const std::vector<Agent>& agents = reader_.agents();
    for (std::size_t i = names_.size(); i < agents.size(); ++i) names_.push_back(csv_field(agents[i].name));
    return names_.at(agent);
  }
  void add_number(std::uint64_t value, int base) {
    std::array<char, 24> text{};
    out_.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value, base).ptr);
  }

  const Reader& reader_;
  ByteSink& sink_;
  std::string out_;
  std::vector<std::string> names_;  ///< of agents, as fields
  bool has_time_ = false;
  std::uint64_t time_ = 0;
  CsvResult result_;
};

}  // namespace

CsvResult write_csv(Reader& reader, ByteSink& sink) {
  CsvWriter writer(reader, sink);
  AccessBlock block;
  bool more = reader.next(block);
  // Only now: a reader may have to read something to know whether there are times.
  writer.header();
  for (; more; more = reader.next(block)) {
    visit_in_order(block, [&writer](const auto& record) { writer.add(record); });
  }
  writer.flush();
  return writer.result();
}

}  // namespace farfault::traces
