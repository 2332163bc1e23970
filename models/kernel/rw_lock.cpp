#include "models/kernel/rw_lock.h"

namespace farfault {

void RwLock::lock_shared() {
  ++reads_;
  const SimTime start = engine_.now();
  while (readers_wait()) released_.wait();
  waited_ += engine_.now() - start;
  ++readers_;
}

void RwLock::lock() {
  ++writes_;
  ++waiting_writers_;
  const SimTime start = engine_.now();
  while (writer_ || readers_ != 0) released_.wait();
  waited_ += engine_.now() - start;
  --waiting_writers_;
  writer_ = true;
}

void RwLock::unlock_shared() {
  if (--readers_ == 0) released_.notify_all();
}

void RwLock::unlock() {
  writer_ = false;
  released_.notify_all();
}

}  // namespace farfault
