#include "sim/replay/reachability.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "models/kernel/address_space.h"
#include "models/kernel/library.h"
#include "sim/replay/assigned_scan.h"
#include "traces/in_order.h"

namespace farfault {
namespace {

ReachClass class_of(VmaKind kind) {
  constexpr std::array<ReachClass, kVmaKindCount> kClasses = {
      ReachClass::kUnknown, ReachClass::kInterposable, ReachClass::kHeap,    ReachClass::kStack, ReachClass::kFile,
      ReachClass::kShared,  ReachClass::kExecutable,   ReachClass::kHugeTlb, ReachClass::kDax,   ReachClass::kSpecial};
  return kClasses[static_cast<std::size_t>(kind)];
}

/// Counts the devices' accesses by mapping.
class MappingCounts {
 public:
  MappingCounts(const AddressSpace& space, const ReachOptions& options)
      : space_(space),
        library_(options.library),
        seed_(options.seed),
        has_library_(options.rules && options.rules->migration == DeviceMigration::kDriver) {}

  void add(const traces::Access& access) {
    const std::uint64_t page = access.address >> kPageShift;
    if (page - last_.first >= last_.pages) [[unlikely]]
      last_ = find(page);
    ReachCount& count = slots_[last_.slot].count;
    ++count.accesses;
    count.bytes += access.size();
  }
  void forget_places() {
    last_ = Place();
    places_.fill(Place());
  }
  void sum_up(const std::optional<DesignRules>& rules, Reachability& out) const;

 private:
  struct Slot {
    VmaKind kind = VmaKind::kUnknown;
    bool library = false;
    std::uint64_t mapping = 0;
    ReachCount count;
  };
  struct Place {
    std::uint64_t first = 0;
    std::uint64_t pages = 0;  ///< 0: nothing
    std::size_t slot = 0;
  };

  const Place& find(std::uint64_t page);
  std::size_t slot_of(const AddressSpace::Piece& piece);

  const AddressSpace& space_;
  LibrarySpec library_;
  std::uint64_t seed_;
  bool has_library_;
  Place last_;
  std::array<Place, 1024> places_{};  ///< by block, for accesses that go to and fro among mappings
  std::vector<Slot> slots_;
  std::map<std::pair<std::uint64_t, VmaKind>, std::size_t> slot_by_mapping_;
};

const MappingCounts::Place& MappingCounts::find(std::uint64_t page) {
  Place& place = places_[page / kPagesPerBlock % places_.size()];
  if (page - place.first >= place.pages) {
    const AddressSpace::Piece piece = space_.piece_at(VirtualAddress(page << kPageShift));
    place = Place{piece.first, piece.end - piece.first, slot_of(piece)};
  }
  return place;
}

std::size_t MappingCounts::slot_of(const AddressSpace::Piece& piece) {
  const bool library = has_library_ && library_allocated(library_, seed_, piece.kind, piece.mapping);
  std::uint64_t mapping = piece.mapping;
  // No mapping begins beyond the last page: there the rest is put together.
  if (slots_.size() >= Reachability::kMaxMappings && !slot_by_mapping_.contains({mapping, piece.kind})) {
    mapping = ~std::uint64_t{0} - (library ? 1 : 0);
  }
  const auto [known, is_new] = slot_by_mapping_.try_emplace({mapping, piece.kind}, slots_.size());
  if (is_new) slots_.push_back(Slot{piece.kind, library, mapping, {}});
  return known->second;
}

void MappingCounts::sum_up(const std::optional<DesignRules>& rules, Reachability& out) const {
  VmaKinds reachable = rules ? rules->reachable : kAllKinds;
  VmaKinds movable = rules ? rules->reachable & rules->movable : kAllKinds;
  if (has_library_) reachable = movable = 0;
  if (rules && rules->migration == DeviceMigration::kNone) movable = 0;
  out.has_library = has_library_;
  out.interposed = has_library_ && library_.interpose;
  // In the order of mappings: the kinds that a mapping's place has had in turn share its draw.
  std::uint64_t mapping = 0;
  std::uint64_t accesses = 0;
  const auto square = [&] { out.capable_squares += static_cast<double>(accesses) * static_cast<double>(accesses); };
  for (const auto& [key, index] : slot_by_mapping_) {
    const Slot& slot = slots_[index];
    const VmaKinds kind = kinds_of({slot.kind});
    out.device[static_cast<std::size_t>(slot.library ? ReachClass::kLibrary : class_of(slot.kind))] += slot.count;
    if (slot.library || (kind & reachable) != 0) out.reachable += slot.count;
    if (slot.library || (kind & movable) != 0) out.migratable += slot.count;
    if (slot.kind == VmaKind::kUnknown) out.untold += slot.count;
    if ((kind & kLibraryKinds) == 0) continue;
    out.capable += slot.count;
    if (slot.mapping != mapping) {
      square();
      mapping = slot.mapping;
      accesses = 0;
    }
    accesses += slot.count.accesses;
  }
  square();
}

class Scan {
 public:
  Scan(const traces::Reader& reader, const ReachOptions& options)
      : assigned_(reader, options.assign, options.device_names), counts_(assigned_.space(), options) {}

  void add(const traces::Access& access) {
    if (assigned_.processor_of(access) != 0) return counts_.add(access);
    ++host_.accesses;
    host_.bytes += access.size();
  }
  void add(const traces::Event& event) {
    if (assigned_.apply(event)) counts_.forget_places();
  }
  Reachability finish(const std::optional<DesignRules>& rules) const {
    Reachability out;
    out.host = host_;
    counts_.sum_up(rules, out);
    return out;
  }

 private:
  AssignedScan assigned_;
  MappingCounts counts_;
  ReachCount host_;
};

double share(std::uint64_t part, std::uint64_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

void add_shares(const std::string& name, const ReachCount& part, const ReachCount& whole, const std::string& what,
                Statistics& out) {
  out.ratio(name + ".accesses", share(part.accesses, whole.accesses), "share of devices' accesses " + what);
  // Accesses of no size are accesses, too.
  if (whole.bytes != 0) out.ratio(name + ".bytes", share(part.bytes, whole.bytes), "share of their bytes " + what);
}

void add_adoption(const Reachability& reach, Statistics& out) {
  const ReachCount total = reach.total();
  for (int percent = 0; percent <= 100; percent += 10) {
    const double adoption = percent / 100.0;
    const std::string name = "reach.adoption." + std::to_string(percent) + '.';
    const double draws = reach.interposed ? 1 : adoption;
    out.ratio(name + "accesses", reach.expected_share(adoption),
              "share of devices' accesses that is reachable without a copy, if this percentage of mappings that a "
              "library can allocate uses it; mean over all draws of which");
    out.ratio(name + "deviation", reach.share_deviation(adoption), "standard deviation of that share over the draws");
    if (total.bytes != 0) {
      out.ratio(name + "bytes", draws * share(reach.capable.bytes, total.bytes), "the mean share, of their bytes");
    }
  }
  const double most = reach.expected_share(1);
  if (most >= 0.8) {
    out.ratio("reach.adoption.for_80_percent", reach.interposed ? 0 : 0.8 / most,
              "adoption at which 80 % of devices' accesses are reachable on the mean; absent where none is enough");
  }
}

}  // namespace

std::string_view reach_class_name(ReachClass kind) {
  constexpr std::array<std::string_view, kReachClassCount> kNames = {
      "library",    "interposable", "heap", "stack",   "file",   "shared",
      "executable", "huge_tlb",     "dax",  "special", "unknown"};
  return kNames[static_cast<std::size_t>(kind)];
}

ReachCount Reachability::total() const {
  ReachCount sum;
  for (const ReachCount& count : device) sum += count;
  return sum;
}

double Reachability::expected_share(double adoption) const {
  return (interposed ? 1 : adoption) * share(capable.accesses, total().accesses);
}

double Reachability::share_deviation(double adoption) const {
  if (interposed) return 0;
  return std::sqrt(adoption * (1 - adoption) * capable_squares) / static_cast<double>(total().accesses);
}

Reachability scan_reachability(traces::Reader& reader, const ReachOptions& options) {
  Scan scan(reader, options);
  traces::AccessBlock block;
  while (reader.next(block)) {
    traces::visit_in_order(block, [&scan](const auto& record) { scan.add(record); });
  }
  return scan.finish(options.rules);
}

void add_reachability(const Reachability& reach, Statistics& out) {
  constexpr std::array<const char*, kReachClassCount> kWhat = {"memory that the library allocated",
                                                               "private anonymous memory that is not a library's",
                                                               "the heap (brk)",
                                                               "stacks",
                                                               "mapped files",
                                                               "shared memory",
                                                               "executable mappings",
                                                               "huge TLB mappings",
                                                               "DAX mappings",
                                                               "device mappings and the like",
                                                               "memory of no known mapping"};
  for (std::size_t i = 0; i < kReachClassCount; ++i) {
    const std::string name = "reach.device." + std::string(reach_class_name(static_cast<ReachClass>(i)));
    out.count(name + ".accesses", reach.device[i].accesses, std::string("accesses of devices to ") + kWhat[i]);
    out.bytes(name + ".bytes", Bytes(reach.device[i].bytes), "bytes of these accesses");
  }
  out.count("reach.host.accesses", reach.host.accesses, "accesses that run on the host");
  out.bytes("reach.host.bytes", Bytes(reach.host.bytes), "bytes of these accesses");
  const ReachCount total = reach.total();
  if (total.accesses == 0) return;
  add_shares("reach.device.reachable", reach.reachable, total,
             "whose pointer the device may use, without a copy made for the launch", out);
  add_shares("reach.device.migratable", reach.migratable, total, "whose pages may move into device memory", out);
  if (reach.has_library) add_adoption(reach, out);
}

}  // namespace farfault
