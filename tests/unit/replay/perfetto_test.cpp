// The trace for the Perfetto viewer: events as they are written, by an observer that is called by hand.
#include "sim/replay/timeline/perfetto.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "models/link/link.h"
#include "sim/core/error.h"
#include "sim/replay/timeline/perfetto_file.h"
#include "tests/unit/engine/in_child.h"
#include "traces/readers/byte_source.h"

namespace farfault {
namespace perfetto_test {

using Json = nlohmann::json;

SimTime us(std::int64_t n) { return SimTime::microseconds(n); }
SimTime ps(std::int64_t n) { return SimTime::picoseconds(n); }

std::string microseconds(std::int64_t n) {
  std::string out;
  timeline::append_microseconds(out, ps(n));
  return out;
}

std::string as_json(std::string_view text) {
  std::string out;
  timeline::append_quoted(out, text);
  return out;
}

/// The text that the calls of `body` make; in a child, since a Link needs an Engine.
std::string text_of(const PerfettoOptions& options, const std::function<void(PerfettoTrace&, const Link&)>& body) {
  return engine::testing::output_of_child([&] {
    engine::Engine engine;
    const Link link(engine, LinkSpec());
    std::string out;
    PerfettoTrace trace(traces::write_to_memory(out, "memory"), {"gpu0"}, options, {{"scenario", "a \"test\""}});
    trace.on_worker(1, WorkerKind::kDriver, "driver gpu0", DeviceId(0));
    trace.on_worker(2, WorkerKind::kStream, "stream 0", DeviceId(0));
    trace.on_worker(3, WorkerKind::kHostThread, "thread 7", DeviceId());
    body(trace, link);
    trace.finish();
    return out;
  });
}

Json events_of(const PerfettoOptions& options, const std::function<void(PerfettoTrace&, const Link&)>& body) {
  return Json::parse(text_of(options, body)).at("traceEvents");
}

/// The names of the tracks that events are on, "gpu0/driver gpu0", by pid and tid.
std::map<std::pair<int, int>, std::string> tracks_of(const Json& events) {
  std::map<int, std::string> processes;
  std::map<std::pair<int, int>, std::string> out;
  for (const Json& event : events) {
    if (event["name"] == "process_name") processes[event["pid"]] = event["args"]["name"];
    if (event["name"] == "thread_name") {
      out[{event["pid"], event["tid"]}] = processes.at(event["pid"]) + '/' + event["args"]["name"].get<std::string>();
    }
  }
  return out;
}

/// Events but those that name tracks and counters: "track: name start+length", in the order of the file.
std::vector<std::string> slices_of(const Json& events) {
  const auto tracks = tracks_of(events);
  std::vector<std::string> out;
  for (const Json& event : events) {
    const std::string phase = event["ph"];
    if (phase == "M" || phase == "C") continue;
    std::string text = tracks.at({event["pid"], event["tid"]}) + ": ";
    if (phase == "X" || phase == "i") text += event["name"].get<std::string>() + ' ' + event["ts"].dump();
    if (phase == "X") text += '+' + event["dur"].dump();
    if (phase == "s" || phase == "t" || phase == "f") text += phase + event["id"].dump() + ' ' + event["ts"].dump();
    out.push_back(text);
  }
  return out;
}

std::vector<std::string> on_track(const std::vector<std::string>& slices, const std::string& track) {
  std::vector<std::string> out;
  for (const std::string& slice : slices) {
    if (slice.starts_with(track + ": ")) out.push_back(slice.substr(track.size() + 2));
  }
  return out;
}

CopySpan copy_of(const Link& link, std::uint32_t owner, std::int64_t asked, std::int64_t started, std::int64_t moving,
                 std::int64_t ended, LinkDirection direction = LinkDirection::kToDevice) {
  Traffic bytes;
  bytes.add(Cause::kDemand, Bytes(4096));
  bytes.add(Cause::kPrefetch, Bytes(61440));
  return {link, direction, owner, 1, 2, bytes, us(asked), us(started), us(moving), us(ended)};
}

FaultSeen fault_at(std::int64_t raised, std::uint64_t block, unsigned page) {
  return {DeviceId(0), 2, BlockNumber(block), page, true, us(raised)};
}

/// A batch of two faults in one block: read at 10 us, software until 14, its copy until 20.
void serve_one(PerfettoTrace& trace, const Link& link, std::uint64_t number = 0, std::int64_t at = 10) {
  trace.on_fault(fault_at(at - 2, 5, 3));
  trace.on_fault(fault_at(at - 1, 5, 4));
  trace.on_to_device(DeviceId(0), BlockNumber(5), PageMask::range(0, 16), Cause::kDemand, 0, us(at));
  StageTimes stages;
  stages.add(Stage::kBatch, us(3));
  stages.add(Stage::kPage, us(1));
  trace.on_software(1, us(at), stages);
  trace.on_copy(copy_of(link, 1, at + 4, at + 4, at + 5, at + 10));
  trace.on_batch({DeviceId(0), 1, number, 2, 0, 1, 0, us(at), us(at + 10)});
  StageTimes replay;
  replay.add(Stage::kReplay, us(2));
  trace.on_software(1, us(at + 10), replay);
  trace.on_replay(DeviceId(0), us(at + 12));
}

TEST_CASE("perfetto: dates are exact to the picosecond") {
  CHECK(microseconds(1'234'567) == "1.234567");
  CHECK(microseconds(0) == "0");
  CHECK(microseconds(1) == "0.000001");
  CHECK(microseconds(-1'500'000) == "-1.5");
  CHECK(microseconds(12'000'000) == "12");
  CHECK(microseconds(10'020'000) == "10.02");
  CHECK(microseconds(std::numeric_limits<std::int64_t>::max()) == "9223372036854.775807");
  CHECK(microseconds(std::numeric_limits<std::int64_t>::min()) == "-9223372036854.775808");
}

TEST_CASE("perfetto: names of traces are escaped, mended and cut") {
  CHECK(as_json("a\"b\\c\n\x01\x7F") == R"("a\"b\\c\u000a\u0001\u007f")");
  CHECK(as_json("gr\xC3\xBC\xC3\x9F\x65 \xF0\x9F\x98\x80") == "\"gr\xC3\xBC\xC3\x9F\x65 \xF0\x9F\x98\x80\"");
  for (const char* bad : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE0\x80\x80"}) {
    const std::string text = as_json(bad);
    CHECK(text.starts_with("\"\xEF\xBF\xBD"));
    CHECK(Json::accept(text));
  }
  CHECK(as_json(std::string(200, 'x')) == '"' + std::string(200, 'x') + '"');
  CHECK(as_json(std::string(201, '"')).size() == 2 + 2 * 199 + 3);
  const std::string name = "<k>\"\xFF" + std::string(1000, 'k');
  const Json events = events_of({}, [&](PerfettoTrace& trace, const Link&) {
    trace.on_worker(9, WorkerKind::kStream, name, DeviceId(0));
    trace.on_kernel(9, name, us(1), us(2));
  });
  CHECK(events.back()["name"].get<std::string>().starts_with("<k>\"\xEF\xBF\xBDkkk"));
}

TEST_CASE("perfetto: a batch with its stages, copy, faults and arrows") {
  const std::string text = text_of({}, [](PerfettoTrace& trace, const Link& link) { serve_one(trace, link); });
  const Json whole = Json::parse(text);
  CHECK(whole["displayTimeUnit"] == "ns");
  CHECK(whole["otherData"] == Json({{"scenario", "a \"test\""}}));
  const std::vector<std::string> slices = slices_of(whole["traceEvents"]);
  CHECK(on_track(slices, "gpu0/driver gpu0") == std::vector<std::string>{"batch 10+10", "t1 10", "batch software 10+3",
                                                                         "page software 13+1", "replay software 20+2",
                                                                         "replay 22"});
  CHECK(on_track(slices, "gpu0/stream 0 faults") == std::vector<std::string>{"fault 8+0.001", "s1 8"});
  CHECK(on_track(slices, "gpu0/pages") == std::vector<std::string>{"to device: demand 10"});
  CHECK(on_track(slices, "link pcie/pcie to device, engine 0") ==
        std::vector<std::string>{"prefetch 14+6", "set-up 14+1", "bytes 15+5", "f1 14"});
  CHECK(slices.size() == 13);
  const Json& events = whole["traceEvents"];
  const auto named = [&events](const std::string& name) {
    return *std::find_if(events.begin(), events.end(), [&](const Json& event) { return event["name"] == name; });
  };
  CHECK(named("batch")["args"] ==
        Json({{"number", 0}, {"entries", 2}, {"duplicates", 0}, {"blocks", 1}, {"waiting", 0}}));
  CHECK(named("prefetch")["args"] == Json({{"demand bytes", 4096},
                                           {"prefetch bytes", 61440},
                                           {"jobs", 1},
                                           {"pieces", 2},
                                           {"waited us", 0},
                                           {"for", "driver gpu0"}}));
  CHECK(named("to device: demand")["args"] == Json({{"pages", 16}, {"address", "0xa00000"}}));
  CHECK(
      *std::find_if(events.begin(), events.end(), [](const Json& event) {
         return event["ph"] == "X" && event["name"] == "fault";
       })->find("args") == Json({{"address", "0xa03000"}, {"access", "write"}, {"faults in block", 2}, {"batch", 0}}));
}

TEST_CASE("perfetto: tracks are named and in order") {
  const Json events = events_of({}, [](PerfettoTrace& trace, const Link& link) {
    serve_one(trace, link);
    trace.on_activity(3, Activity::kCompute, us(0), us(1));
  });
  std::map<std::string, int> process_rank;
  std::map<int, std::string> name_of;
  for (const Json& event : events) {
    if (event["name"] == "process_name") name_of[event["pid"]] = event["args"]["name"];
    if (event["name"] == "process_sort_index") process_rank[name_of.at(event["pid"])] = event["args"]["sort_index"];
  }
  CHECK(process_rank.size() == 3);
  CHECK(process_rank["host"] < process_rank["gpu0"]);
  CHECK(process_rank["gpu0"] < process_rank["link pcie"]);
}

TEST_CASE("perfetto: what a thread does, in stretches, with its faults, calls and kernels") {
  const std::vector<std::string> slices = slices_of(events_of({}, [](PerfettoTrace& trace, const Link&) {
    trace.on_activity(3, Activity::kCompute, us(0), us(5));
    trace.on_activity(3, Activity::kCompute, us(5), us(7));
    trace.on_cpu_fault(3, BlockNumber(1), 2, us(7), us(9));
    trace.on_activity(3, Activity::kStall, us(7), us(9));
    trace.on_call(3, "gup", us(11), us(12));
    trace.on_activity(3, Activity::kKernel, us(10), us(13));
    trace.on_activity(3, Activity::kKernel, us(14), us(15));
    trace.on_kernel(2, "vector_add", us(1), us(14));
    trace.on_activity(2, Activity::kWait, us(0), us(14));
  }));
  CHECK(on_track(slices, "host/thread 7") == std::vector<std::string>{"compute 0+7", "CPU fault 7+2", "stall 7+2",
                                                                      "kernel 10+3", "gup 11+1", "kernel 14+1"});
  CHECK(on_track(slices, "gpu0/stream 0 kernels") == std::vector<std::string>{"vector_add 1+13"});
  CHECK(on_track(slices, "gpu0/stream 0") == std::vector<std::string>{"wait 0+14"});
}

TEST_CASE("perfetto: copies that overlap have engines of their own, the lowest that is free") {
  const std::vector<std::string> slices = slices_of(events_of({}, [](PerfettoTrace& trace, const Link& link) {
    // As they end.
    trace.on_copy(copy_of(link, 0, 2, 2, 2, 4));
    trace.on_copy(copy_of(link, 0, 4, 4, 4, 5));
    trace.on_copy(copy_of(link, 0, 0, 0, 0, 10));
    trace.on_copy(copy_of(link, 0, 0, 10, 10, 11));
    trace.on_copy(copy_of(link, 0, 3, 3, 3, 12, LinkDirection::kToHost));
    trace.on_copy(copy_of(link, 0, 3, 3, 3, 12));
  }));
  const auto bodies = [&](const std::string& track) {
    std::vector<std::string> out = on_track(slices, track);
    std::erase_if(out, [](const std::string& text) { return text.starts_with("bytes"); });
    return out;
  };
  CHECK(bodies("link pcie/pcie to device, engine 0") == std::vector<std::string>{"prefetch 0+10", "prefetch 10+1"});
  CHECK(bodies("link pcie/pcie to device, engine 1") == std::vector<std::string>{"prefetch 2+2", "prefetch 4+1"});
  CHECK(bodies("link pcie/pcie to device, engine 2") == std::vector<std::string>{"prefetch 3+9"});
  CHECK(bodies("link pcie/pcie to host, engine 0") == std::vector<std::string>{"prefetch 3+9"});
}

TEST_CASE("perfetto: slices that end together still nest when a viewer cuts to nanoseconds") {
  const Json events = events_of({}, [](PerfettoTrace& trace, const Link& link) {
    trace.on_copy({link, LinkDirection::kToDevice, 0, 1, 1, Traffic(), ps(900), ps(900), ps(5'000), ps(10'800)});
  });
  std::vector<Json> slices;
  std::copy_if(events.begin(), events.end(), std::back_inserter(slices),
               [](const Json& event) { return event["ph"] == "X"; });
  REQUIRE(slices.size() == 3);
  CHECK(slices[0]["dur"].dump() == "0.0099");  // seen as [0, 9]
  CHECK(slices[2]["ts"].dump() == "0.005");
  // And not 0.0058, which would be seen until 10; nor 0.004, which with 0.005 is more than 0.009 as doubles.
  CHECK(slices[2]["dur"].dump() == "0.003999");
}

/// Whether no two slices of a thread overlap without one in the other, dates and lengths cut to `grain` picoseconds.
bool nests(const Json& events, std::int64_t grain) {
  std::map<std::pair<int, int>, std::vector<std::pair<std::int64_t, std::int64_t>>> slices;
  const auto cut = [grain](const Json& number) { return std::llround(number.get<double>() * 1e6) / grain; };
  for (const Json& event : events) {
    if (event["ph"] != "X") continue;
    const std::int64_t start = cut(event["ts"]);
    slices[{event["pid"], event["tid"]}].emplace_back(start, start + cut(event["dur"]));
  }
  for (auto& [track, spans] : slices) {
    std::stable_sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second > b.second;
    });
    std::vector<std::int64_t> open;
    for (const auto& [start, end] : spans) {
      while (!open.empty() && open.back() <= start) open.pop_back();
      if (!open.empty() && open.back() < end) return false;
      open.push_back(end);
    }
  }
  return true;
}

/// Whether slices that follow each other do so for those who add dates and lengths as doubles.
bool follows_as_doubles(const Json& events) {
  std::map<std::pair<int, int>, std::vector<std::pair<double, double>>> slices;
  for (const Json& event : events) {
    if (event["ph"] != "X") continue;
    const auto start = event["ts"].get<double>();
    slices[{event["pid"], event["tid"]}].emplace_back(start, start + event["dur"].get<double>());
  }
  for (auto& [track, spans] : slices) {
    std::stable_sort(spans.begin(), spans.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first < b.first : a.second > b.second;
    });
    std::vector<double> open;
    for (const auto& [start, end] : spans) {
      while (!open.empty() && open.back() <= start) open.pop_back();
      // Less than a picosecond may be the last digit of two that end together.
      if (!open.empty() && open.back() + 0.5e-6 < end) return false;
      open.push_back(end);
    }
  }
  return true;
}

TEST_CASE("perfetto: slices nest whatever is told") {
  for (unsigned seed = 1; seed <= 10; ++seed) {
    const Json events = events_of({}, [seed](PerfettoTrace& trace, const Link& link) {
      std::mt19937 random(seed);
      const auto below = [&random](unsigned n) { return static_cast<std::int64_t>(random() % n); };
      for (int i = 0; i < 5000; ++i) {
        const std::int64_t start = i + below(40);
        const std::int64_t end = start + below(seed % 2 == 0 ? 30 : 300);
        switch (random() % 7) {
          case 0:
            trace.on_activity(2, static_cast<Activity>(random() % 6), ps(start * 777), ps(end * 777));
            break;
          case 1:
            trace.on_cpu_fault(3, BlockNumber(1), 1, ps(start * 777), ps(end * 777));
            break;
          case 2:
            trace.on_call(3, "gup", ps(start * 777), ps(end * 777));
            break;
          case 3:
            trace.on_copy(copy_of(link, 1, start, start, start + (end - start) / 3, end));
            break;
          case 4:
            trace.on_kernel(2, "k", us(start), us(end));
            break;
          case 5:
            trace.on_fault(fault_at(start, random() % 4, random() % 512));
            break;
          default:
            trace.on_batch({DeviceId(0), 1, static_cast<std::uint64_t>(i), 3, 0, 1, 2, us(start), us(end)});
        }
      }
    });
    CAPTURE(seed);
    CHECK(nests(events, 1));
    CHECK(nests(events, 1000));
    CHECK(follows_as_doubles(events));
    CHECK(events.size() > 5000);
  }
}

TEST_CASE("perfetto: the limit leaves out, says so, and keeps the counters") {
  PerfettoOptions options;
  options.max_events = 100;
  const Json whole = Json::parse(text_of(options, [](PerfettoTrace& trace, const Link&) {
    for (int i = 0; i < 5000; ++i) {
      trace.on_call(3, "gup", us(2 * i), us(2 * i + 1));
      trace.on_resident(1, BlockNumber(1), PageMask::single(static_cast<unsigned>(i % 512)), PageMask(), us(2 * i));
    }
  }));
  std::map<std::string, int> phases;
  for (const Json& event : whole["traceEvents"]) ++phases[event["ph"]];
  CHECK(phases["X"] == 75);
  CHECK(phases["C"] > 10);
  CHECK(phases["C"] <= 25);
  CHECK(whole["otherData"]["left out"] == "4925 events left out beyond 100");
  const Json& events = whole["traceEvents"];
  CHECK(std::any_of(events.begin(), events.end(), [](const Json& event) {
    return event["name"] == "process_labels" && event["args"]["labels"] == "4925 events left out beyond 100";
  }));
}

TEST_CASE("perfetto: a window") {
  PerfettoOptions options;
  options.from = us(10);
  options.until = us(20);
  const Json events = events_of(options, [](PerfettoTrace& trace, const Link&) {
    for (std::int64_t start : {0, 8, 12, 19, 25}) trace.on_call(3, "gup", us(start), us(start + 3));
    for (unsigned i = 0; i < 30; ++i) {
      trace.on_resident(0, BlockNumber(1), PageMask::range(8 * i, 8 * i + 8), PageMask(), us(i));
    }
  });
  CHECK(on_track(slices_of(events), "host/thread 7") == std::vector<std::string>{"gup 8+3", "gup 12+3", "gup 19+3"});
  std::vector<Json> counters;
  std::copy_if(events.begin(), events.end(), std::back_inserter(counters),
               [](const Json& event) { return event["ph"] == "C"; });
  REQUIRE(counters.size() > 10);
  CHECK(counters.front()["ts"] == 10);
  CHECK(counters.front()["args"]["MiB"] == 11 * 8 / 256.0);
  CHECK(counters.back()["ts"] == 20);
  CHECK(counters.back()["args"]["MiB"] == 21 * 8 / 256.0);
}

TEST_CASE("perfetto: one batch in so many, with what belongs to it") {
  PerfettoOptions options;
  options.every = 3;
  const Json whole = Json::parse(text_of(options, [](PerfettoTrace& trace, const Link& link) {
    for (int i = 0; i < 7; ++i) serve_one(trace, link, static_cast<std::uint64_t>(i), 100 * i + 10);
    for (int i = 0; i < 9; ++i) trace.on_call(3, "gup", us(2 * i), us(2 * i + 1));
  }));
  const std::vector<std::string> slices = slices_of(whole["traceEvents"]);
  CHECK(on_track(slices, "gpu0/driver gpu0").size() == 3 * 6);
  CHECK(on_track(slices, "gpu0/pages") ==
        std::vector<std::string>{"to device: demand 10", "to device: demand 310", "to device: demand 610"});
  CHECK(on_track(slices, "gpu0/stream 0 faults") ==
        std::vector<std::string>{"fault 8+0.001", "s1 8", "fault 308+0.001", "s2 308", "fault 608+0.001", "s3 608"});
  CHECK(on_track(slices, "link pcie/pcie to device, engine 0").size() == 3 * 4);
  CHECK(on_track(slices, "host/thread 7") == std::vector<std::string>{"gup 0+1", "gup 6+1", "gup 12+1"});
  CHECK(whole["otherData"]["every"] == "3");
}

TEST_CASE("perfetto: the faults of a batch are the oldest that were not dropped") {
  const std::vector<std::string> slices = slices_of(events_of({}, [](PerfettoTrace& trace, const Link&) {
    for (int i = 0; i < 6; ++i) trace.on_fault(fault_at(i, static_cast<std::uint64_t>(10 + i), 0));
    trace.on_fault(fault_at(20, 30, 0));                              // while it is served
    trace.on_batch({DeviceId(0), 1, 0, 2, 0, 2, 1, us(10), us(30)});  // the first three were dropped
    trace.on_batch({DeviceId(0), 1, 1, 2, 0, 2, 0, us(40), us(50)});
  }));
  CHECK(on_track(slices, "gpu0/stream 0 faults") == std::vector<std::string>{"fault 3+0.001", "s1 3", "fault 4+0.001",
                                                                             "s2 4", "fault 5+0.001", "s3 5",
                                                                             "fault 20+0.001", "s4 20"});
  // No pages came, so the arrows end at the batch.
  CHECK(on_track(slices, "gpu0/driver gpu0") ==
        std::vector<std::string>{"batch 10+20", "f1 10", "f2 10", "batch 40+10", "f3 40", "f4 40"});
}

TEST_CASE("perfetto: counters") {
  const Json events = events_of({}, [](PerfettoTrace& trace, const Link& link) {
    Traffic bytes;
    bytes.add(Cause::kEviction, Bytes(8192));
    // Two bins of 65.536 ns at 62.5 GB/s.
    trace.on_copy({link, LinkDirection::kToHost, 0, 1, 1, bytes, ps(0), ps(0), ps(0), ps(131'072)});
    trace.on_remote(link, LinkDirection::kToHost, Bytes(655'360), ps(131'072), ps(262'144));
    // Three faults for one bin, of which two are read and one is dropped, a bin later.
    for (int i = 0; i < 3; ++i) trace.on_fault({DeviceId(0), 2, BlockNumber(1), 1, false, ps(65'536)});
    trace.on_batch({DeviceId(0), 1, 0, 2, 0, 1, 1, ps(131'072), ps(196'608)});
    trace.on_flush(DeviceId(0), 1, ps(196'608));
    trace.on_resident(1, BlockNumber(0), PageMask::range(0, 256), PageMask(), ps(131'072));
    trace.on_resident(1, BlockNumber(0), PageMask(), PageMask::range(0, 128), ps(196'608));
  });
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> values;
  for (const Json& event : events) {
    if (event["ph"] == "C") values[event["name"]].emplace_back(event["ts"].dump(), event["args"].dump());
  }
  using Values = std::vector<std::pair<std::string, std::string>>;
  CHECK(values["pcie to host, GB/s"] == Values{{"0", R"({"eviction":62.5,"remote":0})"},
                                               {"0.131072", R"({"eviction":0,"remote":5000})"},
                                               {"0.262144", R"({"eviction":0,"remote":0})"}});
  CHECK(values["pcie to host, copies"] == Values{{"0", R"({"outstanding":1})"}, {"0.131072", R"({"outstanding":0})"}});
  CHECK(values["fault queue"] == Values{{"0", R"({"entries":0})"},
                                        {"0.065536", R"({"entries":3})"},
                                        {"0.131072", R"({"entries":1})"},
                                        {"0.196608", R"({"entries":0})"}});
  CHECK(values["resident"] ==
        Values{{"0", R"({"MiB":0})"}, {"0.131072", R"({"MiB":1})"}, {"0.196608", R"({"MiB":0.5})"}});
}

TEST_CASE("perfetto: a long run has bounded counters") {
  const Json events = events_of({}, [](PerfettoTrace& trace, const Link&) {
    for (std::int64_t second = 0; second < 40'000; ++second) {
      const PageMask pages = PageMask::range(0, static_cast<unsigned>(second * second % 11));
      trace.on_resident(1, BlockNumber(0), pages, PageMask(), SimTime::milliseconds(1000 * second));
    }
  });
  CHECK(events.size() > 1000);
  CHECK(events.size() < 2100);
}

struct Folder {
  Folder() {
    std::string name = std::filesystem::temp_directory_path() / "perfetto-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name) const { return path / name; }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path), {}));
  }
  std::filesystem::path path;
};

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a compressed file holds.
std::string unzipped(const std::string& bytes) {
  const auto source = traces::open_bytes_in_memory(bytes, "bytes");
  std::string out;
  std::array<char, 4096> buffer{};
  while (const std::size_t n = source->read(buffer.data(), buffer.size())) out.append(buffer.data(), n);
  return out;
}

TEST_CASE("perfetto: a file, plain or compressed, whole or not at all") {
  const Folder folder;
  std::string text(300'000, 'a');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>('a' + i * i % 23);
  for (const char* name : {"a.json", "a.json.gz", "b.json.gz"}) {
    const auto sink = create_perfetto_file(folder.file(name), false);
    sink->write(text.substr(0, 100'001));
    sink->write(text.substr(100'001));
    CHECK_FALSE(std::filesystem::exists(folder.file(name)));
    sink->close();
  }
  CHECK(contents(folder.file("a.json")) == text);
  const std::string packed = contents(folder.file("a.json.gz"));
  CHECK(packed == contents(folder.file("b.json.gz")));
  CHECK(packed.substr(0, 8) == std::string("\x1F\x8B\x08\0\0\0\0\0", 8));  // no name, no date
  CHECK(packed.size() < text.size() / 2);
  CHECK(unzipped(packed) == text);
  CHECK(folder.files() == 3);
  {
    create_perfetto_file(folder.file("c.json"), false)->write("half");
  }
  CHECK(folder.files() == 3);
}

TEST_CASE("perfetto: a file that cannot be written is named, with a remedy") {
  const Folder folder;
  std::ofstream(folder.file("old.json")) << "old";
  const auto refused = [](const std::string& path, bool replace) {
    try {
      create_perfetto_file(path, replace);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  CHECK(refused(folder.file("old.json"), false) ==
        folder.file("old.json") + ": exists already; choose another place with --perfetto");
  CHECK(refused(folder.file("old.json"), true).empty());
  CHECK(refused(folder.file("none/a.json"), false).find("choose another place with --perfetto") != std::string::npos);
  engine::testing::in_child([&folder] {
    // A full disk, as far as this process is concerned.
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{10'000, 10'000};
    ::setrlimit(RLIMIT_FSIZE, &small);
    std::string problem;
    try {
      PerfettoTrace trace(create_perfetto_file(folder.file("full.json"), false), {"gpu0"}, {});
      for (int i = 0; i < 100'000; ++i) trace.on_call(1, "gup", us(2 * i), us(2 * i + 1));
    } catch (const RunError& error) {
      problem = error.what();
    }
    CHILD_CHECK(problem.starts_with(folder.file("full.json") + ": cannot be written: "));
    CHILD_CHECK(problem.ends_with("write less with --perfetto-events"));
  });
  CHECK(folder.files() == 1);
}

}  // namespace perfetto_test
}  // namespace farfault
