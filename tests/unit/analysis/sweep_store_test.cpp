#include "analysis/sweep_store/store.h"

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "sim/core/error.h"

namespace farfault::analysis {
namespace sweep_store_test {

namespace fs = std::filesystem;

/// A folder that goes with the test.
class Folder {
 public:
  Folder() : path_(fs::temp_directory_path() / "farfault-sweep-XXXXXX") {
    std::string name = path_.string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  fs::path operator/(const char* name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

const std::vector<SweepAxis> kAxes = {{"/policy/eviction/kind", "eviction", {}}, {"/seed", "seed", {}}};

SweepRecord record(const std::string& key, const std::string& kind, int seed, std::int64_t time) {
  SweepRecord out;
  out.key = key;
  out.config_hash = "c" + key;
  out.trace_hash = "t";
  out.version = "0.1.0";
  out.seconds = 1.5;
  out.host = "n1";
  out.axes = {'"' + kind + '"', std::to_string(seed)};
  out.figures["time.total"] = {Unit::kTime, time, "simulated time"};
  out.figures["share"] = {Unit::kRatio, static_cast<double>(seed), "a ratio"};
  return out;
}

SweepRecord failed(const std::string& key, const std::string& reason) {
  SweepRecord out;
  out.key = key;
  out.status = PointStatus::kFailed;
  out.reason = reason;
  out.axes = {"", "7"};
  return out;
}

std::string bytes_of(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

void write(const fs::path& path, const std::string& bytes) { std::ofstream(path, std::ios::binary) << bytes; }

/// Changes a store from outside.
void execute(const fs::path& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr);
  sqlite3_close(database);
  REQUIRE(code == SQLITE_OK);
}

std::string error_of(const fs::path& path) {
  try {
    read_sweep(path);
  } catch (const InputError& error) {
    std::string text = error.what();
    const std::string folder = path.parent_path().string() + '/';
    if (const auto at = text.find(folder); at != std::string::npos) text.erase(at, folder.size());
    return text;
  }
  return "no error";
}

TEST_CASE("sweep store: what is written is read") {
  const Folder folder;
  const fs::path path = folder / kSweepFile;
  {
    SweepStore store = SweepStore::create(path, kAxes, {{"name", "s"}});
    store.add(record("a", "lru", 1, 100));
    store.add(failed("b", "out of memory"));
    const std::vector<SweepRecord> two = {record("c", "lfu", 1, 90), record("d", "lru", 2, 9'007'199'254'740'993)};
    store.add(two);
    store.set_meta("name", "other");
  }
  for (const fs::path& name : {path, folder.path()}) {
    const Sweep sweep = read_sweep(name);
    CHECK(sweep.meta == std::map<std::string, std::string>{{"name", "other"}});
    REQUIRE(sweep.axes.size() == 2);
    CHECK(sweep.axes[0].path == "/policy/eviction/kind");
    CHECK(sweep.axes[0].title == "eviction");
    CHECK(sweep.axes[0].values == std::vector<std::string>{"\"lru\"", "\"lfu\""});
    CHECK(sweep.axes[1].values == std::vector<std::string>{"1", "7", "2"});
    REQUIRE(sweep.points.size() == 4);
    CHECK(sweep.points[0].key == "a");
    CHECK(sweep.points[0].axes == std::vector<std::uint32_t>{0, 0});
    CHECK(sweep.points[0].config_hash == "ca");
    CHECK(sweep.points[0].trace_hash == "t");
    CHECK(sweep.points[0].version == "0.1.0");
    CHECK(sweep.points[0].seconds == 1.5);
    CHECK(sweep.points[0].host == "n1");
    CHECK(sweep.points[1].status == PointStatus::kFailed);
    CHECK(sweep.points[1].reason == "out of memory");
    CHECK(sweep.points[1].axes == std::vector<std::uint32_t>{kNoAxisValue, 1});
    CHECK(sweep.points[2].axes == std::vector<std::uint32_t>{1, 0});
    REQUIRE(sweep.figures.size() == 2);
    CHECK(sweep.figures[0].name == "share");
    // Reals stay reals though they are whole, integers stay exact above 2^53.
    CHECK(sweep.figures[0].values[0] == Number(1.0));
    CHECK(sweep.figures[1].unit == Unit::kTime);
    CHECK(sweep.figures[1].description == "simulated time");
    CHECK_FALSE(is_finite(sweep.figures[1].values[1]));
    CHECK(sweep.figures[1].values[3] == Number(std::int64_t{9'007'199'254'740'993}));
    CHECK(find_figure(sweep, "share") == &sweep.figures[0]);
    CHECK(find_figure(sweep, "none") == nullptr);
  }
  // Nobody has it open: one file, which says all.
  CHECK(std::distance(fs::directory_iterator(folder.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("sweep store: only the figures that are asked for") {
  const Folder folder;
  SweepStore store = SweepStore::create(folder / "s", kAxes, {});
  store.add(record("a", "lru", 1, 100));
  const Sweep sweep = read_sweep(folder / "s", {"time.*"});
  REQUIRE(sweep.figures.size() == 1);
  CHECK(sweep.figures[0].name == "time.total");
}

TEST_CASE("sweep store: goes on, and a point that ran again replaces itself") {
  const Folder folder;
  SweepStore::create(folder / "s", kAxes, {}).add(failed("a", "killed"));
  SweepStore store = SweepStore::open(folder / "s");
  CHECK(store.keys().at("a").status == PointStatus::kFailed);
  store.add(record("a", "lru", 1, 100));
  SweepRecord other = record("a", "lru", 3, 50);
  other.figures.erase("share");
  store.add(record("b", "lru", 2, 70));
  store.add(other);
  CHECK(store.keys().at("a").status == PointStatus::kDone);
  CHECK(store.keys().at("a").version == "0.1.0");
  const Sweep sweep = read_sweep(folder / "s");
  REQUIRE(sweep.points.size() == 2);
  CHECK(sweep.points[0].reason.empty());
  CHECK(sweep.axes[1].values[sweep.points[0].axes[1]] == "3");
  CHECK_FALSE(is_finite(sweep.figures[0].values[0]));
  CHECK(sweep.figures[1].values[0] == Number(std::int64_t{50}));
}

TEST_CASE("sweep store: points are read in the order of the sweep whatever order they came in") {
  const Folder folder;
  SweepStore store = SweepStore::create(folder / "s", kAxes, {});
  SweepRecord last = record("c", "lfu", 1, 90);
  last.position = 2;
  SweepRecord first = failed("a", "beyond 10 s");
  first.failure = "time";
  first.output = "the last words";
  first.peak_memory = 1 << 20;
  SweepRecord middle = record("b", "lru", 2, 80);
  middle.position = 1;
  for (const SweepRecord& one : {last, first, middle}) store.add(one);
  CHECK(store.axes() == std::vector<std::string>{kAxes[0].path, kAxes[1].path});
  const Sweep sweep = read_sweep(folder / "s");
  REQUIRE(sweep.points.size() == 3);
  CHECK(sweep.points[0].key == "a");
  CHECK(sweep.points[0].failure == "time");
  CHECK(sweep.points[0].output == "the last words");
  CHECK(sweep.points[0].peak_memory == 1 << 20);
  CHECK(sweep.points[1].key == "b");
  CHECK(sweep.points[2].key == "c");
  CHECK(sweep.axes[0].values == std::vector<std::string>{"\"lru\"", "\"lfu\""});

  // A changed sweep: b is gone from it, d is new and not there yet.
  store.arrange({"c", "d", "a"});
  CHECK(store.keys().at("c").position == 0);
  CHECK(store.keys().at("a").position == 2);
  const Sweep changed = read_sweep(folder / "s");
  CHECK(changed.points[0].key == "c");
  CHECK(changed.points[1].key == "a");
  CHECK(changed.points[2].key == "b");
  CHECK(changed.axes[0].values == std::vector<std::string>{"\"lfu\"", "\"lru\""});
}

TEST_CASE("sweep store: a transaction is whole or not there") {
  const Folder folder;
  SweepStore store = SweepStore::create(folder / "s", kAxes, {});
  SweepRecord wrong = record("b", "lru", 1, 1);
  wrong.figures["new"] = {Unit::kCount, std::int64_t{1}, ""};
  wrong.figures["time.total"].unit = Unit::kBytes;
  const std::vector<SweepRecord> both = {record("a", "lru", 1, 100), wrong};
  CHECK_THROWS_AS(store.add(both), InputError);
  CHECK(read_sweep(folder / "s").points.empty());
  CHECK(read_sweep(folder / "s").figures.empty());
  wrong.axes.pop_back();
  CHECK_THROWS_AS(store.add(wrong), std::logic_error);
  store.add(record("a", "lru", 1, 100));
  CHECK(read_sweep(folder / "s").figures.size() == 2);
}

TEST_CASE("sweep store: figures that are no numbers") {
  const Folder folder;
  SweepStore store = SweepStore::create(folder / "s", kAxes, {});
  SweepRecord nan = record("a", "lru", 1, 100);
  nan.figures["share"].value = std::nan("");
  store.add(nan);
  CHECK_FALSE(is_finite(read_sweep(folder / "s").figures[0].values[0]));
}

TEST_CASE("sweep store: texts of any kind") {
  const Folder folder;
  SweepStore store = SweepStore::create(folder / "s", {{"/a", "</script>\"'", {}}, {"/b", "", {}}}, {});
  SweepRecord hostile = record("k'); DROP TABLE points; --", "x\\\"</script>", 1, 1);
  hostile.reason = std::string(10'000, 'r');
  store.add(hostile);
  const Sweep sweep = read_sweep(folder / "s");
  CHECK(sweep.points.at(0).key == hostile.key);
  CHECK(sweep.points.at(0).reason == hostile.reason);
  CHECK(sweep.axes[0].title == "</script>\"'");
}

TEST_CASE("sweep store: refuses what is there, or is not") {
  const Folder folder;
  SweepStore::create(folder / "s", kAxes, {});
  CHECK_THROWS_WITH_AS(SweepStore::create(folder / "s", kAxes, {}),
                       ((folder / "s").string() + ": is there already; continue it, or name another file").c_str(),
                       InputError);
  CHECK(error_of(folder / "none") == "none: there is no such file; name the store of a sweep");
  CHECK_THROWS_AS(SweepStore::open(folder / "none"), InputError);
  CHECK_FALSE(fs::exists(folder / "none"));
}

TEST_CASE("sweep store: files that are none") {
  const Folder folder;
  write(folder / "empty", "");
  write(folder / "text", "{\"schema\": 1, \"name\": \"a result and no store\"}");
  CHECK(error_of(folder / "empty") == "empty: is no SQLite database; name the store of a sweep");
  CHECK(error_of(folder / "text") == "text: is no SQLite database; name the store of a sweep");
  write(folder / "magic", std::string("SQLite format 3\0", 16) + std::string(500, 'x'));
  CHECK(error_of(folder / "magic") == "magic: is no SQLite database; name the store of a sweep");
  execute(folder / "foreign", "CREATE TABLE points(id)");
  CHECK(error_of(folder / "foreign") == "foreign: is a database of another program; name the store of a sweep");
  CHECK_THROWS_AS(SweepStore::open(folder / "foreign"), InputError);
}

TEST_CASE("sweep store: other versions and missing tables") {
  const Folder folder;
  SweepStore::create(folder / "s", kAxes, {}).add(record("a", "lru", 1, 100));
  execute(folder / "s", "PRAGMA user_version = 3");
  CHECK(error_of(folder / "s") ==
        "s: is a sweep store of version 3; this farfault reads version 2; use a newer farfault");
  execute(folder / "s", "PRAGMA user_version = 2; DROP TABLE point_values");
  CHECK(error_of(folder / "s") ==
        "s: is damaged: it has no table \"point_values\"; copy it again, or run the sweep again");
  execute(folder / "s", "CREATE VIEW point_values AS SELECT 1 AS point, 1 AS figure, 1 AS value");
  CHECK(error_of(folder / "s") ==
        "s: is damaged: it has no table \"point_values\"; copy it again, or run the sweep again");
}

TEST_CASE("sweep store: tables that do not fit each other") {
  const Folder folder;
  SweepStore::create(folder / "s", kAxes, {}).add(record("a", "lru", 1, 100));
  const std::string whole = bytes_of(folder / "s");
  const auto after = [&](const std::string& sql) {
    write(folder / "t", whole);
    execute(folder / "t", sql);
    const std::string text = error_of(folder / "t");
    const std::string end = "; copy it again, or run the sweep again";
    REQUIRE(text.size() > end.size());
    return text.substr(0, text.size() - end.size());
  };
  CHECK(after("DELETE FROM points") == "t: is damaged: a value is of a point that is not there");
  CHECK(after("DELETE FROM figures") == "t: is damaged: a value is of no figure");
  CHECK(after("DELETE FROM axes WHERE position = 1") == "t: is damaged: a value is of no axis");
  CHECK(after("UPDATE axes SET position = 5 WHERE position = 1") == "t: is damaged: axes.position does not count up");
  CHECK(after("UPDATE point_axes SET value = '{'") == "t: is damaged: the value of an axis is no JSON");
  CHECK(after("UPDATE point_values SET value = 'x'") == "t: is damaged: the value of a figure is no number");
  CHECK(after("UPDATE figures SET unit = 'furlong'") == "t: is damaged: unknown unit \"furlong\"");
  CHECK(after("PRAGMA ignore_check_constraints = ON; UPDATE points SET status = 'x'") ==
        "t: is damaged: a point is neither done nor failed");
  CHECK(after("UPDATE meta SET value = x'00'; INSERT INTO meta VALUES ('k', x'00')") ==
        "t: is damaged: meta.value is no text");
}

TEST_CASE("sweep store: damage anywhere is an error or harmless, never more") {
  const Folder folder;
  {
    SweepStore store = SweepStore::create(folder / "s", kAxes, {});
    for (int i = 0; i < 50; ++i) store.add(record("k" + std::to_string(i), i % 2 != 0 ? "lru" : "lfu", i, i));
  }
  const std::string whole = bytes_of(folder / "s");
  int errors = 0;
  for (std::size_t cut = 0; cut < whole.size(); cut += whole.size() / 23) {
    write(folder / "t", whole.substr(0, cut));
    errors += error_of(folder / "t") == "no error" ? 0 : 1;
  }
  CHECK(errors == 24);
  std::uint64_t random = 88172645463325252ULL;
  for (int round = 0; round < 200; ++round) {
    std::string bytes = whole;
    for (int i = 0; i < 20; ++i) {
      random ^= random << 13U;
      random ^= random >> 7U;
      random ^= random << 17U;
      bytes[random % bytes.size()] = static_cast<char>(random >> 40U);
    }
    write(folder / "t", bytes);
    fs::remove(folder / "t-wal");
    fs::remove(folder / "t-shm");
    try {
      read_sweep(folder / "t");
    } catch (const Error&) {
      ++errors;
    }
  }
  CHECK(errors > 100);
}

TEST_CASE("sweep store: a writer that holds the file does not keep readers out") {
  const Folder folder;
  SweepStore store = SweepStore::create(folder / "s", kAxes, {});
  store.add(record("a", "lru", 1, 100));
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((folder / "s").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN IMMEDIATE; DELETE FROM points", nullptr, nullptr, nullptr) == SQLITE_OK);
  CHECK(read_sweep(folder / "s").points.size() == 1);
  sqlite3_close(other);
}

TEST_CASE("sweep store: is read while it grows") {
  const Folder folder;
  SweepStore store = SweepStore::create(folder / "s", kAxes, {});
  std::atomic<bool> done = false;
  std::atomic<bool> sound = true;
  std::atomic<std::size_t> reads = 0;
  std::thread reader([&] {
    std::size_t before = 0;
    while (!done) {
      const Sweep sweep = read_sweep(folder / "s");
      // Whole points, and never fewer than before.
      sound = sound && sweep.points.size() >= before;
      before = sweep.points.size();
      for (std::size_t i = 0; i < before; ++i) sound = sound && is_finite(sweep.figures[1].values[i]);
      ++reads;
    }
  });
  for (int i = 0; i < 300 || reads < 3; ++i) store.add(record("k" + std::to_string(i), "lru", i, i));
  done = true;
  reader.join();
  CHECK(sound);
}

TEST_CASE("sweep store: is read from a folder that nobody may write to") {
  const Folder folder;
  fs::create_directory(folder / "d");
  SweepStore::create(folder / "d" / kSweepFile, kAxes, {}).add(record("a", "lru", 1, 100));
  fs::permissions(folder / "d", fs::perms::owner_read | fs::perms::owner_exec);
  CHECK(read_sweep(folder / "d").points.size() == 1);
  fs::permissions(folder / "d", fs::perms::owner_all);
}

}  // namespace sweep_store_test
}  // namespace farfault::analysis
