#include "models/link/copy_time.h"

#include <algorithm>

namespace farfault {

CopyTime::CopyTime(const DmaDirectionSpec& spec, Bandwidth link_peak)
    : spec_(spec), peak_(std::min(spec.bandwidth.value, link_peak)) {}

SimTime CopyTime::piece_time(Bytes piece) const {
  if (piece == Bytes()) return SimTime::zero();
  const SimTime bytes = peak_.time_for(piece);
  if (spec_.points.value.empty()) return spec_.piece_setup.value + bytes;
  // Points that are faster than the link's rate cannot be reached on it.
  return std::max(by_points(piece), bytes);
}

SimTime CopyTime::by_points(Bytes piece) const {
  const std::vector<CopyPoint>& points = spec_.points.value;
  const auto above =
      std::upper_bound(points.begin(), points.end(), piece, [](Bytes b, const CopyPoint& p) { return b < p.size; });
  if (above == points.begin()) return points.front().time - peak_.time_for(points.front().size - piece);
  const CopyPoint& below = *(above - 1);
  if (above == points.end()) return below.time + peak_.time_for(piece - below.size);
  const auto part = static_cast<double>((piece - below.size).count());
  const auto whole = static_cast<double>((above->size - below.size).count());
  const auto rise = static_cast<double>((above->time - below.time).picoseconds());
  return below.time + SimTime::from_picoseconds(rise * (part / whole));
}

void CopyJob::begin_job(const CopyTime& time) {
  ++jobs;
  overhead += time.job_setup();
}

void CopyJob::add_piece(const CopyTime& time, Bytes piece) {
  ++pieces;
  overhead += time.overhead(piece);
}

void add_job(CopyJob& to, const CopyTime& time, const PageMask& pages, const PageMask& first, Histogram* sizes) {
  if (pages.none()) return;
  to.begin_job(time);
  for (const PageMask& part : {pages & first, pages & ~first}) {
    part.for_each_run([&](unsigned begin, unsigned end) {
      const Bytes piece = kPageSize * (end - begin);
      to.add_piece(time, piece);
      if (sizes != nullptr) sizes->add(piece.count());
    });
  }
}

}  // namespace farfault
