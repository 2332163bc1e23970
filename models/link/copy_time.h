/// What a copy engine takes for a copy beyond the time of its bytes at the engine's rate: set-up of jobs and of pieces.
/// Sources: a straight line (set-up and rate) is how measured copies of 4 KiB to 2 MiB look over PCIe; where the line
/// bends, measured points stand for it. docs/model-link.md has the measurements.
#pragma once

#include <cstdint>

#include "models/link/link_spec.h"
#include "models/link/traffic.h"
#include "sim/core/histogram.h"
#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

/// Time of copies in one direction, each alone on the machine.
class CopyTime {
 public:
  /// `link_peak` is what the link itself carries in copies.
  CopyTime(const DmaDirectionSpec& spec, Bandwidth link_peak);

  /// The rate at which bytes of a copy move, alone: the smaller of the engine's and the link's.
  Bandwidth peak() const { return peak_; }
  /// Once for each job.
  SimTime job_setup() const { return spec_.job_setup.value; }
  /// A contiguous piece alone, without the job's set-up: the straight line, or the points. Never less than its bytes
  /// at peak().
  SimTime piece_time(Bytes piece) const;
  /// What of it is not the bytes at peak(): piece_time(piece) - piece / peak().
  SimTime overhead(Bytes piece) const { return piece_time(piece) - peak_.time_for(piece); }

 private:
  SimTime by_points(Bytes piece) const;

  DmaDirectionSpec spec_;
  Bandwidth peak_;
};

/// Copies that are handed to an engine together. Alone they take overhead + bytes / CopyTime::peak().
struct CopyJob {
  std::uint64_t jobs = 0;
  std::uint64_t pieces = 0;
  Traffic bytes;
  SimTime overhead;  ///< set-up of jobs and pieces

  /// Adds one piece to the job that is added to at the time.
  void add_piece(const CopyTime& time, Bytes piece);
  /// Begins one more job.
  void begin_job(const CopyTime& time);
};

/// Adds a job whose pieces are the runs of `pages`, which are of one block; those of `first` come before, and apart
/// from, the others. `sizes` gets the bytes of each piece, if it is not null. Does not add their bytes to the job,
/// which are counted by cause. No pages are no job.
void add_job(CopyJob& to, const CopyTime& time, const PageMask& pages, const PageMask& first = PageMask(),
             Histogram* sizes = nullptr);

}  // namespace farfault
