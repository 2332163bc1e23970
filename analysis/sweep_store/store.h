/// The store of a sweep: one SQLite file that grows by a point at a time, and may be read while it does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analysis/result_file.h"
#include "analysis/sweep_store/sweep.h"

namespace farfault::analysis {

/// Schema that is written and read: PRAGMA user_version.
inline constexpr std::int64_t kSweepSchema = 2;
/// The store's name in the folder of a sweep.
inline constexpr const char* kSweepFile = "sweep.sqlite";

/// A point to store.
struct SweepRecord {
  std::size_t position = 0;  ///< in the sweep's order; readers get points in it
  std::string key;           ///< not empty
  PointStatus status = PointStatus::kDone;
  std::string failure;  ///< a word for why it failed: "time"
  std::string reason;   ///< a sentence
  std::string output;   ///< the end of what its process wrote
  std::string config_hash;
  std::string trace_hash;
  std::string version;
  double seconds = 0;
  std::uint64_t peak_memory = 0;  ///< bytes; 0 is unknown
  std::string host;
  std::vector<std::string> axes;  ///< JSON texts, one for each axis; empty: the point has no value there
  Figures figures;                ///< all_figures() of its result
};

/// What a store knows of a point without its values.
struct StoredPoint {
  std::size_t position = 0;
  PointStatus status = PointStatus::kDone;
  std::string version;
};

/// Writes. One writer at a time is meant: a second one waits its turn. A point is there for good when add() returns,
/// whatever happens to process or machine afterwards, or is not there at all.
///
/// Throws InputError for a file that is no such store, RunError for what the disk says. Not thread-safe.
class SweepStore {
 public:
  /// A new file; an error if it is there. Of `axes`, paths and titles are taken, in this order.
  static SweepStore create(const std::filesystem::path& path, const std::vector<SweepAxis>& axes,
                           const std::map<std::string, std::string>& meta);
  /// One that is there, to go on with it.
  static SweepStore open(const std::filesystem::path& path);
  SweepStore(SweepStore&&) noexcept;
  SweepStore& operator=(SweepStore&&) noexcept;
  ~SweepStore();

  /// In one transaction. A point whose key is stored is replaced. REQUIRES: as many axis values as there are axes.
  void add(const SweepRecord& record) { add(std::span(&record, 1)); }
  void add(std::span<const SweepRecord> records);

  void set_meta(const std::string& key, const std::string& value);

  /// Gives stored points the positions that they have in a sweep which was changed: those of `keys` their index there,
  /// all others one after the last, in the order that they had.
  void arrange(const std::vector<std::string>& keys);

  /// Their paths, in order.
  std::vector<std::string> axes() const;

  /// Of every point, by key: what a sweep that goes on need not run again.
  std::map<std::string, StoredPoint> keys() const;

 private:
  struct Parts;
  explicit SweepStore(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Reads a store, or the kSweepFile of a folder: one picture of it, as of the last point that was stored when reading
/// began. Only figures that match one of `figures` (`*` and `?` stand for any) are read; none means all. Throws
/// InputError with problem and remedy for what is no store, of another version, damaged, or beyond the bounds of
/// sweep.h; RunError where the disk fails.
Sweep read_sweep(const std::filesystem::path& path, const std::vector<std::string>& figures = {});

}  // namespace farfault::analysis
