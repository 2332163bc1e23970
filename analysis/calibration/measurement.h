/// What was measured on a machine: the input of a calibration, as plain data in base units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace farfault::analysis::calibration {

enum class Kind : std::uint8_t {
  kCopy,             ///< explicit copy, time
  kCopyBoth,         ///< explicit copy while another goes the other way, time
  kMigrationPiece,   ///< the driver's copy of one contiguous piece, time
  kRemoteRead,       ///< loads of the device from host memory, rate
  kRemoteLatency,    ///< one such load, time
  kFaultGroup,       ///< service of a group of faults, its copies included, time
  kFaultKernel,      ///< a kernel that does nothing but raise one fault after the other, time
  kResidentKernel,   ///< a kernel that moves `size` bytes of device memory, time
  kLaunchLatency,    ///< an empty kernel, time
  kMemoryBandwidth,  ///< of device memory, reads and writes together, rate
  kMemoryLatency,    ///< of device memory over a footprint of `size`, time
};
inline constexpr std::size_t kKindCount = 11;

enum class Direction : std::uint8_t { kNone, kToDevice, kToHost };
enum class HostMemory : std::uint8_t { kUnknown, kPinned, kPageable };

/// "copy", "copy_both", "migration_piece", ...: as the files name them.
std::string_view kind_name(Kind kind);
/// "to_device", "to_host"; empty for kNone.
std::string_view direction_name(Direction direction);
/// Whether values are rates; else they are times. Copies and pieces may be given as rates and are kept as times.
bool is_rate(Kind kind);

struct Measurement {
  Kind kind = Kind::kCopy;
  Direction direction = Direction::kNone;
  HostMemory memory = HostMemory::kUnknown;
  std::string name;           ///< of a kernel
  std::uint64_t size = 0;     ///< bytes; 0 where it was not said
  double value = 0;           ///< seconds, or bytes a second; > 0
  std::optional<double> low;  ///< the range that was seen
  std::optional<double> high;
  double weight = 1;                  ///< of the squared relative error; > 0
  std::optional<bool> first_in_push;  ///< kMigrationPiece: the first of what was pushed together
  std::vector<std::uint64_t> pieces;  ///< sizes that were copied, or requested, apart; empty: not said
  double pages = 0;                   ///< 4 KiB pages that a group maps
  double runs = 1;                    ///< contiguous runs of CPU-mapped pages that a group unmaps
  double new_blocks = 0;              ///< 2 MiB blocks that the device never had served before
  double first = 0;                   ///< 1: the first group of the process is among them
  double faults = 1;
  double groups = 1;  ///< kFaultKernel
  std::string note;
  std::string file;  ///< as the user gave it
  std::size_t line = 0;
};

/// One input file.
struct MeasuredFile {
  std::string file;    ///< as the user gave it
  std::string date;    ///< when it was measured; may be empty
  std::string device;  ///< what was measured; may be empty
  std::vector<Measurement> measurements;
  std::vector<std::string> remarks;  ///< what of the file is not used, and why
};

}  // namespace farfault::analysis::calibration
