/// The stacks of actors, and what the address sanitizer knows of them.
///
/// SimGrid's raw contexts switch stacks without telling the sanitizer. It bears that as long as functions return: each
/// clears what it poisoned between its variables, on whatever stack. But where an exception passes frames, it clears
/// only what it takes for the current stack; marks are left in others, and the next function there is blamed for them.
/// So actors tell it when they come and go. Contexts that are threads would need none of this; switching between them
/// took half of the time of the tests.
#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define FARFAULT_ADDRESS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FARFAULT_ADDRESS_SANITIZED 1
#endif
#endif
#ifdef FARFAULT_ADDRESS_SANITIZED
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace farfault::engine {

/// Of each actor, in KiB. Frames are several times as large under sanitizers.
#ifdef FARFAULT_SANITIZED
inline constexpr std::size_t kActorStackKibibytes = 1024;
#else
inline constexpr std::size_t kActorStackKibibytes = 256;
#endif

#ifdef FARFAULT_ADDRESS_SANITIZED

/// Of one actor: what lies below its first function.
class ActorStack {
 public:
  /// Call it from that function.
  void begin() { frame_ = static_cast<char*>(__builtin_frame_address(0)); }
  const void* bottom() const { return frame_ - kBytes; }
  static std::size_t bytes() { return kBytes + kFrameBytes; }

  /// For an actor that will end by an exception of SimGrid's, before it can say that it is back.
  void wipe() const {
    if (frame_ != nullptr) __asan_unpoison_memory_region(bottom(), kBytes);
  }

 private:
  static constexpr std::size_t kAbove = std::size_t{16} << 10U;  ///< SimGrid's own frames, and what is rounded
  static constexpr std::size_t kFrameBytes = 1024;               ///< of the first function
  static constexpr std::size_t kBytes = (kActorStackKibibytes << 10U) - kAbove;

  char* frame_ = nullptr;
};

/// Tells the sanitizer which stack is the current one. Its protocol has a call on each side of a switch; the far side
/// is SimGrid's, so a switch stays open until the next: meanwhile it takes the right one of the two stacks.
class CurrentStack {
 public:
  CurrentStack() = default;
  CurrentStack(const CurrentStack&) = delete;
  CurrentStack& operator=(const CurrentStack&) = delete;
  ~CurrentStack() {
    if (open_) __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
  }

  void enter(const ActorStack& stack) {
    if (open_) __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr);
    __sanitizer_start_switch_fiber(nullptr, stack.bottom(), ActorStack::bytes());
    open_ = true;
  }
  void leave() {
    const void* bottom = nullptr;
    std::size_t bytes = 0;
    __sanitizer_finish_switch_fiber(nullptr, &bottom, &bytes);
    __sanitizer_start_switch_fiber(nullptr, bottom, bytes);
  }

 private:
  bool open_ = false;
};

#else

class ActorStack {
 public:
  void begin() {}
  void wipe() const {}
};

class CurrentStack {
 public:
  void enter(const ActorStack& /*stack*/) {}
  void leave() {}
};

#endif

}  // namespace farfault::engine
