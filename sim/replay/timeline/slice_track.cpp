#include "sim/replay/timeline/slice_track.h"

#include <algorithm>
#include <utility>

namespace farfault::timeline {
namespace {

/// No number is both a process's and a thread's: viewers take such a thread for the process's first.
constexpr std::uint32_t kFirstThread = 10'001;

std::int64_t whole_nanoseconds(SimTime time) { return time.picoseconds() / 1000; }

double microseconds(SimTime time) { return static_cast<double>(time.picoseconds()) / 1e6; }

/// Others add date and length as doubles. The sum may not lie beyond the date at which the next slice begins, or they
/// would see the two overlap.
SimTime length_of_doubles(SimTime start, SimTime length) {
  while (length > SimTime::zero() && microseconds(start) + microseconds(length) > microseconds(start + length)) {
    length -= SimTime::picoseconds(1);
  }
  return length;
}

std::string metadata_event(std::string_view what, std::uint32_t pid, std::uint32_t tid, const EventArgs& args) {
  std::string out = "{\"ph\":\"M\",\"pid\":" + std::to_string(pid);
  if (tid != 0) out += ",\"tid\":" + std::to_string(tid);
  return out + ",\"name\":\"" + std::string(what) + "\",\"args\":" + args.text() + '}';
}

}  // namespace

std::uint32_t TrackNames::process(const std::string& name, std::uint32_t rank) {
  const auto [it, added] = processes_.emplace(rank, static_cast<std::uint32_t>(processes_.size() + 1));
  if (added) {
    writer_.metadata(metadata_event("process_name", it->second, 0, EventArgs().add("name", name)));
    writer_.metadata(metadata_event("process_sort_index", it->second, 0, EventArgs().add("sort_index", rank)));
  }
  return it->second;
}

std::uint32_t TrackNames::thread(std::uint32_t pid, std::string_view name, std::uint32_t rank) {
  const std::uint32_t tid = kFirstThread + threads_++;
  writer_.metadata(metadata_event("thread_name", pid, tid, EventArgs().add("name", name)));
  writer_.metadata(metadata_event("thread_sort_index", pid, tid, EventArgs().add("sort_index", rank)));
  return tid;
}

SliceTrack::Key SliceTrack::add(Slice slice) {
  const Key key{slice.start, SimTime::zero() - slice.end, added_++};
  held_.emplace(key, std::move(slice));
  if (held_.size() > limit_) write_first();
  return key;
}

Slice* SliceTrack::find(const Key& key) {
  const auto it = held_.find(key);
  return it == held_.end() ? nullptr : &it->second;
}

void SliceTrack::flush() {
  while (!held_.empty()) write_first();
}

void SliceTrack::write_first() {
  Slice slice = std::move(held_.extract(held_.begin()).mapped());
  Thread* const thread = thread_for(slice);
  if (thread == nullptr) {
    if (slice.shown) names_.writer().leave_out(1 + slice.parts.size() + slice.flows.size());
    return;
  }
  if (slice.shown) name(*thread);
  write(*thread, slice);
}

SliceTrack::Thread* SliceTrack::thread_for(Slice& slice) {
  for (Thread& thread : threads_) {
    if (fits(thread, slice)) return &thread;
  }
  if (threads_.size() == kMostThreads) return nullptr;
  return &threads_.emplace_back(Thread{0, slice.start, {}});
}

bool SliceTrack::fits(Thread& thread, Slice& slice) const {
  if (slice.shape == Slice::Shape::kInstant) return true;
  if (slice.start < thread.last_start) return false;
  const auto around = std::find_if(thread.open.rbegin(), thread.open.rend(),
                                   [&slice](const Open& open) { return open.end > slice.start; });
  if (around == thread.open.rend()) return true;
  if (kind_ != Kind::kNested) return false;
  if (slice.end <= around->end) return true;
  if (slice.shape != Slice::Shape::kMark) return false;
  slice.end = around->end;
  return true;
}

void SliceTrack::name(Thread& thread) {
  if (thread.tid != 0) return;
  if (pid_ == 0) pid_ = names_.process(process_.name, process_.rank);
  const auto number = static_cast<std::uint32_t>(&thread - threads_.data());
  std::string text = name_;
  if (kind_ == Kind::kEngines) {
    text += ", engine " + std::to_string(number);
  } else if (number != 0) {
    text += " (" + std::to_string(number + 1) + ')';
  }
  thread.tid = names_.thread(pid_, text, rank_ + number);
}

void SliceTrack::write(Thread& thread, const Slice& slice) {
  if (slice.shape != Slice::Shape::kInstant) {
    thread.last_start = slice.start;
    while (!thread.open.empty() && thread.open.back().end <= slice.start) thread.open.pop_back();
  }
  if (slice.shown) write_event(thread, slice);
  if (slice.shape != Slice::Shape::kInstant && !slice.shown) {
    thread.open.push_back({slice.end, slice.end, whole_nanoseconds(slice.end)});
  }
  for (const FlowEnd& flow : slice.flows) write_flow(thread, slice, flow);
}

SimTime SliceTrack::length_in(const Thread& thread, const Slice& slice) {
  // Viewers cut dates and lengths to nanoseconds. Of two that end together, the inner one could then seem to end a
  // nanosecond later than the outer one, and would not be shown.
  SimTime length = slice.end - slice.start;
  for (const Open& around : thread.open) {
    if (around.written_end > slice.start) length = std::min(length, around.written_end - slice.start);
    const std::int64_t room = around.shown_end - whole_nanoseconds(slice.start);
    if (room >= 0 && whole_nanoseconds(length) > room) length = SimTime::nanoseconds(room);
  }
  return length_of_doubles(slice.start, length);
}

void SliceTrack::write_event(Thread& thread, const Slice& slice) {
  const bool instant = slice.shape == Slice::Shape::kInstant;
  std::string out = begin_event(thread, instant ? "i" : "X", slice.start);
  if (instant) {
    out += ",\"s\":\"t\"";
  } else {
    const SimTime length = length_in(thread, slice);
    out += ",\"dur\":";
    append_microseconds(out, length);
    thread.open.push_back(
        {slice.end, slice.start + length, whole_nanoseconds(slice.start) + whole_nanoseconds(length)});
  }
  out += ",\"name\":";
  append_quoted(out, slice.name);
  out += ",\"cat\":";
  append_quoted(out, slice.category);
  if (!slice.args.empty()) out += ",\"args\":" + slice.args;
  names_.writer().event(out + '}');
  for (const Slice& part : slice.parts) {
    const std::size_t depth = thread.open.size();
    write_event(thread, part);
    thread.open.resize(depth);
  }
}

void SliceTrack::write_flow(const Thread& thread, const Slice& slice, const FlowEnd& flow) {
  std::string out = begin_event(thread, std::string_view(&flow.phase, 1), slice.start);
  if (flow.phase == 'f') out += ",\"bp\":\"e\"";
  names_.writer().event(out + ",\"id\":" + std::to_string(flow.id) + ",\"name\":\"fault\",\"cat\":\"fault\"}");
}

std::string SliceTrack::begin_event(const Thread& thread, std::string_view phase, SimTime date) const {
  std::string out = "{\"ph\":\"" + std::string(phase) + "\",\"pid\":" + std::to_string(pid_) +
                    ",\"tid\":" + std::to_string(thread.tid) + ",\"ts\":";
  append_microseconds(out, date);
  return out;
}

}  // namespace farfault::timeline
