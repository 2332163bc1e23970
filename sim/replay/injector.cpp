#include "sim/replay/injector.h"

#include <algorithm>
#include <utility>

namespace farfault {

Injector::Injector(engine::Engine& engine, Machine& machine, const InjectSpec& spec, const KernelSpec& kernel,
                   std::uint64_t seed)
    : engine_(engine), machine_(machine), seed_(seed), call_done_(engine) {
  if (machine_.kernel() == nullptr) return;
  every("inject gup", spec.gup.every, [this, s = spec.gup](Call& call) { gup(s, call); });
  every("inject direct_io", spec.direct_io.every, [this, s = spec.direct_io](Call& call) { pin(s, false, call); });
  every("inject rdma", spec.rdma.every, [this, s = spec.rdma](Call& call) { pin(s, true, call); });
  every("inject fork", spec.fork.every, [this, s = spec.fork](Call&) { fork(s); });
  every("inject unmap", spec.unmap.every, [this, s = spec.unmap](Call& call) { unmap(s, call); });
  add_pmem(kernel);
}

void Injector::every(std::string name, SimTime period, std::function<void(Call&)> body) {
  const std::uint64_t kind = ++kinds_;
  if (period <= SimTime::zero()) return;
  engine_.spawn_daemon(std::move(name), [this, kind, period, owner = machine_.new_owner(), body = std::move(body)] {
    SimTime date = period;
    for (std::uint64_t number = 0;; ++number, date = std::max(date + period, engine_.now())) {
      engine_.sleep_until(date);
      if (stopped_) return;
      std::seed_seq seed{seed_, kind, number};
      Call call{owner, std::mt19937_64(seed)};
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
    const PageMask here = residency.populated(slot);
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
  if (piece) machine_.memory().gup({.address = piece->address, .length = piece->length, .write = spec.write}, call.owner);
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
    every("direct I/O on " + pmem.name, pmem.gup_every, [this, first, pages, call_pages](Call& call) {
      const std::uint64_t at = call.random() % (pages - call_pages + 1);
      engine_.sleep_for(machine_.kernel()->pmem_gup(first + at, call_pages));
    });
    first += pages;
  }
}

}  // namespace farfault
