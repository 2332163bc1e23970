/// Tracks of a trace: processes, threads in them, and slices on these that nest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "sim/core/units.h"
#include "sim/replay/timeline/trace_event.h"

namespace farfault::timeline {

/// Numbers of processes and threads, given out and named in the trace when they are first used.
class TrackNames {
 public:
  explicit TrackNames(TraceEventWriter& writer) : writer_(writer) {}

  /// The pid of the process of this rank; they are shown by rising rank.
  std::uint32_t process(const std::string& name, std::uint32_t rank);
  /// A new thread; those of a process are shown by rising `rank`.
  std::uint32_t thread(std::uint32_t pid, std::string_view name, std::uint32_t rank);

  TraceEventWriter& writer() { return writer_; }

 private:
  TraceEventWriter& writer_;
  std::map<std::uint32_t, std::uint32_t> processes_;  ///< by rank
  std::uint32_t threads_ = 0;
};

/// A process whose number is taken when something of it is first written.
struct ProcessName {
  std::string name;
  std::uint32_t rank = 0;  ///< its own
};

/// An arrow from slice to slice, where it leaves from or comes to this one.
struct FlowEnd {
  std::uint64_t id = 0;
  char phase = 's';  ///< 's' start, 't' step, 'f' end
};

struct Slice {
  enum class Shape : std::uint8_t {
    kSpan,
    kInstant,  ///< at `start`
    kMark,     ///< a span that may be cut to fit into the one around it
  };
  SimTime start;
  SimTime end;
  std::string name;
  std::string_view category;  ///< lives as long as the program
  std::string args = {};      ///< EventArgs::text()
  Shape shape = Shape::kSpan;
  bool shown = true;  ///< false: takes its place and is not written
  std::vector<FlowEnd> flows = {};
  std::vector<Slice> parts = {};  ///< within it, one after the other; without parts and flows
};

/// A thread of the trace, or several where slices overlap that do not nest: the first that has room takes a slice.
///
/// Slices may be added in any order. A number of them is held, so that they are written by rising start, and one before
/// those inside of it, as viewers want them. One that comes too late for that, and overlaps, goes to another thread.
class SliceTrack {
 public:
  enum class Kind : std::uint8_t {
    kNested,   ///< slices may lie in each other
    kEngines,  ///< they may not; the threads are "NAME, engine 0", ...
    kFlat,     ///< they may not
  };
  static constexpr std::size_t kMostThreads = 64;  ///< what finds no room is left out
  struct Key {
    SimTime start;
    SimTime backwards;  ///< minus the end: the longer one first
    std::uint64_t number = 0;
    auto operator<=>(const Key&) const = default;
  };

  /// Borrows the names. `held` is how many slices it holds.
  SliceTrack(TrackNames& names, ProcessName process, std::string name, std::uint32_t rank, Kind kind, std::size_t held)
      : names_(names), process_(std::move(process)), name_(std::move(name)), rank_(rank), kind_(kind), limit_(held) {}

  /// REQUIRES: slice.end >= slice.start.
  Key add(Slice slice);
  /// The slice, as long as it is not written, to add to its flows; else null.
  Slice* find(const Key& key);
  void flush();

 private:
  struct Open {
    SimTime end;
    SimTime written_end;     ///< at most 2 ns earlier
    std::int64_t shown_end;  ///< in ns, as a viewer has it
  };
  struct Thread {
    std::uint32_t tid = 0;
    SimTime last_start;
    std::vector<Open> open;
  };

  void write_first();
  /// Null if none has room.
  Thread* thread_for(Slice& slice);
  bool fits(Thread& thread, Slice& slice) const;
  void write(Thread& thread, const Slice& slice);
  static SimTime length_in(const Thread& thread, const Slice& slice);
  void write_event(Thread& thread, const Slice& slice);
  void write_flow(const Thread& thread, const Slice& slice, const FlowEnd& flow);
  std::string begin_event(const Thread& thread, std::string_view phase, SimTime date) const;
  void name(Thread& thread);

  TrackNames& names_;
  ProcessName process_;
  std::string name_;
  std::uint32_t rank_;
  Kind kind_;
  std::size_t limit_;
  std::uint32_t pid_ = 0;
  std::uint64_t added_ = 0;
  std::map<Key, Slice> held_;
  std::vector<Thread> threads_;
};

}  // namespace farfault::timeline
