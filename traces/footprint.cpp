#include "traces/footprint.h"

#include "traces/footprint_counter.h"

namespace farfault::traces {

FootprintCounter count_footprint(Reader& reader, const std::string& trace, std::uint64_t block_limit,
                                 const std::string& remedy) {
  FootprintCounter counter(
      Diagnostic{trace, 0, "", "accesses touch more than " + std::to_string(block_limit) + " blocks of 2 MiB", remedy},
      block_limit);
  AccessBlock block;
  while (reader.next(block)) {
    for (const Access& access : block.accesses) counter.add(access);
    for (const Event& event : block.events) counter.add(event);
  }
  return counter;
}

FootprintScan scan_footprint(Reader& reader, const std::string& trace, std::uint64_t block_limit) {
  return count_footprint(reader, trace, block_limit,
                         "raise the limit if the memory is there, or give the capacity in bytes, not as a share of the "
                         "footprint, so that the footprint is not needed")
      .scan();
}

}  // namespace farfault::traces
