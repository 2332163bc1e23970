/// A reader-writer semaphore in simulated time, as the kernel's rwsem: readers share, and a writer that waits holds
/// later readers back.
#pragma once

#include <cstdint>

#include "sim/core/units.h"
#include "sim/engine/engine.h"

namespace farfault {

class RwLock {
 public:
  explicit RwLock(engine::Engine& engine) : engine_(engine), released_(engine) {}

  /// Each blocks the calling actor until it has the lock. Not recursive.
  void lock_shared();
  void lock();
  void unlock_shared();
  void unlock();
  /// Whether lock_shared() would block now.
  bool readers_wait() const { return writer_ || waiting_writers_ != 0; }

  std::uint64_t reads() const { return reads_; }
  std::uint64_t writes() const { return writes_; }
  /// Time that actors have waited, summed.
  SimTime waited() const { return waited_; }

 private:
  engine::Engine& engine_;
  engine::Signal released_;
  std::uint64_t readers_ = 0;
  bool writer_ = false;
  std::uint64_t waiting_writers_ = 0;
  std::uint64_t reads_ = 0;
  std::uint64_t writes_ = 0;
  SimTime waited_;
};

/// Holds a lock shared while it lives; nothing where there is no lock.
class SharedHold {
 public:
  explicit SharedHold(RwLock* lock) : lock_(lock) {
    if (lock_ != nullptr) lock_->lock_shared();
  }
  ~SharedHold() { release(); }
  SharedHold(const SharedHold&) = delete;
  SharedHold& operator=(const SharedHold&) = delete;
  void release() {
    if (lock_ != nullptr) lock_->unlock_shared();
    lock_ = nullptr;
  }

 private:
  RwLock* lock_;
};

}  // namespace farfault
