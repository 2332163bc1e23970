/// Generators of whole programs: arrays, what the CPU does to them, kernels on a device, and what waits for what.
///
/// A program is a coroutine. It reads like the original: nested loops that emit accesses, and a pause where enough are
/// there. Nothing is kept but the coroutine's own variables, so a trace of any length takes no memory.
///
///     Program vecadd(Emitter& out, std::uint64_t n) {
///       const std::uint64_t x = out.map("x", Bytes(4 * n));
///       for (std::uint64_t i = 0; i < n; ++i) {      // the CPU fills x
///         out.write(x + 4 * i, 4);
///         if (out.full()) co_yield Pause{};
///       }
///       out.launch("vecadd");                        // from here on: the device's stream
///       for (std::uint64_t i = 0; i < n; i += kWarp) {
///         out.read(x + 4 * i, 4 * kWarp);            // a warp's 32 loads, coalesced
///         if (out.full()) co_yield Pause{};
///       }
///       out.end_kernel();
///       out.synchronize();                           // from here on: the CPU again
///     }
#pragma once

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/core/parameters.h"
#include "sim/core/units.h"
#include "traces/generators/pattern.h"
#include "traces/reader.h"

namespace farfault::traces {

/// Threads of a warp.
inline constexpr std::uint64_t kWarp = 32;

/// What a program yields: "take what is there".
struct Pause {};

/// The coroutine of a program. Move-only.
class Program {
 public:
  // The name is the language's.
  struct promise_type {  // NOLINT(readability-identifier-naming)
    std::exception_ptr error;

    Program get_return_object() { return Program(std::coroutine_handle<promise_type>::from_promise(*this)); }
    static std::suspend_always initial_suspend() noexcept { return {}; }
    static std::suspend_always final_suspend() noexcept { return {}; }
    static std::suspend_always yield_value(Pause) noexcept { return {}; }
    void return_void() noexcept {}
    void unhandled_exception() noexcept { error = std::current_exception(); }
  };

  Program(Program&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Program& operator=(Program&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (handle_) handle_.destroy();
  }

  /// Runs to the next pause. False at the end. Throws what the program throws.
  bool resume() {
    if (handle_.done()) return false;
    handle_.resume();
    if (handle_.promise().error) std::rethrow_exception(std::exchange(handle_.promise().error, nullptr));
    return !handle_.done();
  }

 private:
  explicit Program(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  std::coroutine_handle<promise_type> handle_;
};

/// What a program writes to. Agents are 0, the CPU thread "cpu", and 1 + s, the device's stream s ("gpu" if there is
/// one, else "gpu0", "gpu1", ...); the CPU is current at first.
class Emitter {
 public:
  /// Where arrays begin; after the driver, whose large allocations are aligned to 2 MiB.
  static constexpr Bytes kAlignment = kBlockSize;

  explicit Emitter(unsigned streams);

  // ---- memory -------------------------------------------------------------------------------------------------------

  /// Maps private memory behind all earlier arrays, at a multiple of `alignment`, and returns its address. Throws
  /// InputError where the address space ends. REQUIRES: size > 0; alignment is a power of two of at least 4 KiB.
  std::uint64_t map(std::string name, Bytes size, Bytes alignment = kAlignment);
  void unmap(std::uint64_t address, Bytes size);

  // ---- accesses of the current agent --------------------------------------------------------------------------------

  void read(std::uint64_t address, std::uint64_t size) { add(address, size, Op::kRead); }
  void write(std::uint64_t address, std::uint64_t size) { add(address, size, Op::kWrite); }
  void read_modify_write(std::uint64_t address, std::uint64_t size) { add(address, size, Op::kReadModifyWrite); }
  void atomic(std::uint64_t address, std::uint64_t size) { add(address, size, Op::kAtomic); }
  void access(std::uint64_t address, std::uint64_t size, Op op) { add(address, size, op); }
  /// Work before the agent's next access.
  void compute(std::uint64_t instructions) { pending_[current_] += instructions; }
  /// Whether it is time to pause. Programs look at least once in 4096 accesses.
  bool full() const { return block_->accesses.size() >= kBlockAccesses || block_->events.size() >= kBlockAccesses; }

  // ---- who, and in which order --------------------------------------------------------------------------------------

  /// The CPU thread is current from here on.
  void host() { current_ = 0; }
  /// A stream is current from here on. REQUIRES: stream < streams.
  void stream(unsigned stream) { current_ = static_cast<std::uint16_t>(stream + 1); }
  /// The CPU launches a kernel on a stream, which becomes current: it starts when the CPU has done all before, and the
  /// stream's earlier kernels have ended. `resident_blocks`: how many of the blocks that thread_block() tells of the
  /// device holds at once; 0 where it tells of none.
  void launch(std::string name, unsigned stream = 0, std::uint64_t resident_blocks = 0);
  /// What the current stream does from here on is of this block of its kernel's grid, and needs what the block did at
  /// the stages before. Blocks do not wait for each other.
  void thread_block(std::uint64_t block, std::uint64_t stage);
  /// The current stream's kernel has ended; more launches may follow without the CPU's waiting.
  void end_kernel() { event(EventKind::kKernelEnd); }
  /// The CPU is current, and waits for a stream.
  void synchronize(unsigned stream = 0);
  /// What the current agent does next needs all that it did before. Said twice at one place it is said once.
  void dependency();
  void marker(std::string name) { event(EventKind::kMarker).name = std::move(name); }
  /// Any event of the current agent at this place; the caller fills in the rest.
  Event& event(EventKind kind);

 private:
  friend class ProgramReader;

  void add(std::uint64_t address, std::uint64_t size, Op op) {
    std::uint64_t& pending = pending_[current_];
    if (pending > Access::kMaxGap) [[unlikely]]
      spill(pending);
    block_->accesses.push_back(
        Access::make(address, static_cast<std::uint32_t>(size), op, static_cast<std::uint16_t>(pending), current_));
    pending = 0;
  }
  void spill(std::uint64_t& pending);
  void finish();

  AccessBlock* block_ = nullptr;
  std::uint16_t current_ = 0;
  std::vector<std::uint64_t> pending_;  ///< by agent: instructions since its last access
  std::vector<Agent> agents_;
  std::uint64_t next_address_ = kGeneratorBase;
};

/// A Source whose readers run fresh programs. `description` names it in results.
std::unique_ptr<Source> make_program_source(std::string description, unsigned streams,
                                            std::function<Program(Emitter&)> start);

/// The order in which a device works through a grid: so many blocks are resident at a time, and advance in lockstep, a
/// step of each in turn; when all of them are done the next ones come. (Hardware replaces blocks one by one, as
/// GridBlocks tells the replay to; blocks of many steps that begin together still stay together.)
///
/// Lockstep is also how dependencies are told: a stream of accesses has no threads, so where a step needs what earlier
/// ones of the same threads brought (a store its operands, a look-up its index, what follows a barrier all before it),
/// the resident blocks wait together, once a step. New blocks start when those before have ended.
///
///     GridWalk walk(blocks, resident, steps);
///     while (walk.next()) {
///       walk.wait(out, walk.step() == 2);  // step 2 stores what steps 0 and 1 load
///       ... walk.block(), walk.step() ...
///     }
class GridWalk {
 public:
  /// REQUIRES: resident > 0.
  GridWalk(std::uint64_t blocks, std::uint64_t resident, std::uint64_t steps)
      : blocks_(blocks), resident_(resident), steps_(steps) {}

  bool next() {
    if (!started_) {
      started_ = true;
      return blocks_ != 0 && steps_ != 0;
    }
    ++block_;
    if (block_ < blocks_ && block_ < first_ + resident_) return true;
    block_ = first_;
    if (++step_ < steps_) return true;
    step_ = 0;
    if (blocks_ - first_ <= resident_) return false;
    first_ += resident_;
    block_ = first_;
    return true;
  }
  std::uint64_t block() const { return block_; }
  std::uint64_t step() const { return step_; }
  /// Whether this turn is the first of its step, behind those of other steps or of blocks that have ended.
  bool new_step() const { return block_ == first_ && (step_ != 0 || first_ != 0); }
  /// Before a turn's accesses: a dependency where its step begins and needs earlier ones, or where its blocks take the
  /// places of earlier ones.
  void wait(Emitter& out, bool step_needs_earlier) const {
    if (new_step() && (step_needs_earlier || step_ == 0)) out.dependency();
  }

 private:
  std::uint64_t blocks_;
  std::uint64_t resident_;
  std::uint64_t steps_;
  std::uint64_t first_ = 0;
  std::uint64_t block_ = 0;
  std::uint64_t step_ = 0;
  bool started_ = false;
};

/// The turns of a grid's warps, one block after the other, each through its stages: a stage is a step that needs
/// earlier ones, of the whole block, and those behind it that do not. In a stage a warp takes all its steps before the
/// next warp does, since it issues instructions that do not need each other one behind the other. The replay holds as
/// many blocks as are resident (Emitter::launch), and lets each go on when what it waits for is there. For kernels of
/// few stages, since what a waiting block would do next is kept; where blocks last for long: GridWalk.
///
///     for (GridBlocks turns(blocks, warps, steps, {2}); turns.next();) {
///       turns.tell(out);
///       ... // the accesses of turns.warp() of turns.block() at turns.step()
///     }
class GridBlocks {
 public:
  /// `warps` of a block; `waiting`: the steps that need earlier ones. REQUIRES: warps and steps > 0; what waits rises,
  /// above 0 and below `steps`.
  GridBlocks(std::uint64_t blocks, std::uint64_t warps, std::uint64_t steps, std::vector<std::uint64_t> waiting)
      : blocks_(blocks), warps_(warps), ends_(std::move(waiting)) {
    ends_.push_back(steps);
  }

  bool next() {
    if (!std::exchange(started_, true)) return blocks_ != 0;
    if (++step_ < ends_[stage_]) return true;
    if (++warp_ < warps_) {
      step_ = first_step();
      return true;
    }
    warp_ = 0;
    if (++stage_ < ends_.size()) return true;
    stage_ = 0;
    step_ = 0;
    return ++block_ < blocks_;
  }
  std::uint64_t block() const { return block_; }
  std::uint64_t warp() const { return warp_; }
  std::uint64_t step() const { return step_; }
  /// Before a turn's accesses: whose they are.
  void tell(Emitter& out) const {
    if (warp_ == 0 && step_ == first_step()) out.thread_block(block_, stage_);
  }

 private:
  std::uint64_t first_step() const { return stage_ == 0 ? 0 : ends_[stage_ - 1]; }

  std::uint64_t blocks_;
  std::uint64_t warps_;
  std::vector<std::uint64_t> ends_;  ///< of the stages: a step each
  std::size_t stage_ = 0;
  std::uint64_t block_ = 0;
  std::uint64_t warp_ = 0;
  std::uint64_t step_ = 0;
  bool started_ = false;
};

/// A whole-number parameter of a program.
ParameterInfo count_parameter(std::string name, std::uint64_t fallback, std::string description, std::string source,
                              std::uint64_t minimum, std::uint64_t maximum);
/// "resident_blocks", as GridWalk takes it.
ParameterInfo resident_blocks_parameter(std::uint64_t fallback, std::string source);
/// The value of a whole-number parameter, checked against its description. Throws InputError.
std::uint64_t count_of(const Parameters& parameters, const std::string& generator, const ParameterInfo& info);

}  // namespace farfault::traces
