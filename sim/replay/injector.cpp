#include "sim/replay/injector.h"

#include <algorithm>
#include <utility>

namespace farfault {

Injector::Injector(engine::Engine& engine, Machine& machine, const InjectSpec& spec, const KernelSpec& kernel,
                   std::uint64_t seed)
    : engine_(engine), machine_(machine), seed_(seed), call_done_(engine) {
  if (machine_.kernel() == nullptr) return;
  every("inject gup", spec.gup.every, spec.gup.every_accesses, [this, s = spec.gup](Call& call) { gup(s, call); });
  every("inject direct_io", spec.direct_io.every, spec.direct_io.every_accesses,
        [this, s = spec.direct_io](Call& call) { pin(s, false, call); });
  every("inject rdma", spec.rdma.every, spec.rdma.every_accesses,
        [this, s = spec.rdma](Call& call) { pin(s, true, call); });
  every("inject fork", spec.fork.every, spec.fork.every_accesses, [this, s = spec.fork](Call&) { fork(s); });
  every("inject unmap", spec.unmap.every, spec.unmap.every_accesses,
        [this, s = spec.unmap](Call& call) { unmap(s, call); });
  add_pmem(kernel);
}

Injector::Call Injector::make_call(std::uint64_t kind, std::uint64_t number, std::uint32_t owner) const {
  std::seed_seq seed{seed_, seed_ >> 32U, kind, number, number >> 32U};
  return Call{owner, std::mt19937_64(seed)};
}

void Injector::every(std::string name, SimTime period, std::uint64_t accesses, std::function<void(Call&)> body) {
  const std::uint64_t kind = ++kinds_;
  if (accesses != 0) {
    // A kind of its own, so that both ways of asking are independent.
    const std::uint64_t by_accesses = kind + 1000;
    periodic_.push_back({accesses, [this, by_accesses, body](std::uint64_t number, std::uint32_t owner) {
                           Call call = make_call(by_accesses, number, owner);
                           body(call);
                         }});
  }
  if (period <= SimTime::zero()) return;
  engine_.spawn_daemon(std::move(name), [this, kind, period, owner = machine_.new_owner(), body = std::move(body)] {
    SimTime date = period;
    for (std::uint64_t number = 0;; ++number, date = std::max(date + period, engine_.now())) {
      engine_.sleep_until(date);
      if (stopped_) return;
      Call call = make_call(kind, number, owner);
      ++under_way_;
      body(call);
      --under_way_;
      call_done_.notify_all();
    }
  });
}

void Injector::stop() {
  stopped_ = true;
  while (under_way_ != 0) call_done_.wait();
}

std::optional<Injector::Piece> Injector::choose(Call& call, std::uint64_t pages) {
  const ResidencyMap& residency = machine_.memory().residency();
  if (residency.blocks() == 0) return std::nullopt;
  // Some blocks are empty by now; a few draws find one that is not, if there are not too many of those.
  constexpr int kDraws = 64;
  for (int draw = 0; draw < kDraws; ++draw) {
    const BlockSlot slot(static_cast<std::uint32_t>(call.random() % residency.blocks()));
    const auto start = static_cast<unsigned>(call.random() % kPagesPerBlock);
    const PageMask here = residency.populated(slot) & residency.block(slot).touched;
    const unsigned first = here.next(start);
    if (first >= kPagesPerBlock) continue;
    unsigned end = first;
    while (end < kPagesPerBlock && end - first < pages && here.test(end)) ++end;
    const std::uint64_t page = residency.block(slot).number.value() * kPagesPerBlock + first;
    return Piece{VirtualAddress(page << kPageShift), kPageSize * (end - first)};
  }
  return std::nullopt;
}

void Injector::gup(const GupInjection& spec, Call& call) {
  const auto piece = choose(call, spec.pages);
  if (piece)
    machine_.memory().gup({.address = piece->address, .length = piece->length, .write = spec.write}, call.owner);
}

void Injector::pin(const PinInjection& spec, bool long_term, Call& call) {
  const auto piece = choose(call, spec.pages);
  if (!piece) return;
  machine_.memory().gup(
      {.address = piece->address, .length = piece->length, .write = spec.write, .pin = true, .long_term = long_term},
      call.owner);
  if (spec.hold == SimTime::zero()) return;
  engine_.at(engine_.now() + spec.hold,
             [this, piece = *piece] { machine_.memory().unpin(piece.address, piece.length); });
}

void Injector::fork(const ForkInjection& spec) {
  machine_.memory().fork();
  if (spec.child_lives == SimTime::zero()) return;
  engine_.at(engine_.now() + spec.child_lives, [this] { machine_.memory().child_exits(); });
}

void Injector::unmap(const UnmapInjection& spec, Call& call) {
  const auto piece = choose(call, spec.pages);
  if (piece) machine_.memory().free_pages(piece->address, piece->length);
}

void Injector::add_pmem(const KernelSpec& kernel) {
  std::uint64_t first = 0;
  for (const PmemSpec& pmem : kernel.pmem) {
    const std::uint64_t pages = pmem.capacity.value / kPageSize;
    const std::uint64_t call_pages = std::min(pmem.gup_pages, pages);
    every("direct I/O on " + pmem.name, pmem.gup_every, 0, [this, first, pages, call_pages](Call& call) {
      const std::uint64_t at = call.random() % (pages - call_pages + 1);
      engine_.sleep_for(machine_.kernel()->pmem_gup(first + at, call_pages));
    });
    first += pages;
  }
}

}  // namespace farfault
