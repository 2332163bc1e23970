/// Misses of caches by the published definitions of their policies, in code that shares nothing with farfault's and
/// takes the simplest way: every look-up is a search.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <list>
#include <map>
#include <utility>
#include <vector>

namespace farfault::testing::reference {

/// A stack of pages, most recent first: a reference that shares no code with the policies.
inline std::uint64_t lru_misses(const std::vector<std::uint32_t>& stream, std::size_t capacity) {
  std::list<std::uint32_t> stack;
  std::uint64_t misses = 0;
  for (const std::uint32_t page : stream) {
    const auto it = std::find(stack.begin(), stack.end(), page);
    if (it == stack.end() || static_cast<std::size_t>(std::distance(stack.begin(), it)) >= capacity) ++misses;
    if (it != stack.end()) stack.erase(it);
    stack.push_front(page);
  }
  return misses;
}

inline std::uint64_t fifo_misses(const std::vector<std::uint32_t>& stream, std::size_t capacity) {
  std::deque<std::uint32_t> queue;
  std::uint64_t misses = 0;
  for (const std::uint32_t page : stream) {
    if (std::find(queue.begin(), queue.end(), page) != queue.end()) continue;
    ++misses;
    queue.push_back(page);
    if (queue.size() > capacity) queue.pop_front();
  }
  return misses;
}

/// One reference bit, a new page behind the hand.
inline std::uint64_t clock_misses(const std::vector<std::uint32_t>& stream, std::size_t capacity) {
  std::vector<std::pair<std::uint32_t, bool>> frames;
  std::size_t hand = 0;
  std::uint64_t misses = 0;
  for (const std::uint32_t page : stream) {
    const auto it = std::find_if(frames.begin(), frames.end(), [page](const auto& f) { return f.first == page; });
    if (it != frames.end()) {
      it->second = true;
      continue;
    }
    ++misses;
    if (frames.size() < capacity) {
      frames.emplace_back(page, false);
      continue;
    }
    for (; frames[hand].second; hand = (hand + 1) % capacity) frames[hand].second = false;
    frames[hand] = {page, false};
    hand = (hand + 1) % capacity;
  }
  return misses;
}

/// As the paper's pseudocode has it: the newest at the head, the hand from the tail on towards it.
inline std::uint64_t sieve_misses(const std::vector<std::uint32_t>& stream, std::size_t capacity) {
  struct Object {
    std::uint32_t page;
    bool visited;
  };
  std::list<Object> queue;  // head first
  auto hand = queue.end();
  std::uint64_t misses = 0;
  for (const std::uint32_t page : stream) {
    const auto it = std::find_if(queue.begin(), queue.end(), [page](const Object& o) { return o.page == page; });
    if (it != queue.end()) {
      it->visited = true;
      continue;
    }
    ++misses;
    if (queue.size() == capacity) {
      auto object = hand == queue.end() ? std::prev(queue.end()) : hand;
      while (object->visited) {
        object->visited = false;
        object = object == queue.begin() ? std::prev(queue.end()) : std::prev(object);
      }
      hand = object == queue.begin() ? queue.end() : std::prev(object);
      queue.erase(object);
    }
    queue.push_front({page, false});
  }
  return misses;
}

inline std::uint64_t lfu_misses(const std::vector<std::uint32_t>& stream, std::size_t capacity, bool ageing) {
  struct Object {
    std::uint64_t count;
    std::uint64_t rank;
    std::uint64_t last;
  };
  std::map<std::uint32_t, Object> cache;
  std::uint64_t age = 0;
  std::uint64_t now = 0;
  std::uint64_t misses = 0;
  for (const std::uint32_t page : stream) {
    ++now;
    const auto it = cache.find(page);
    if (it != cache.end()) {
      ++it->second.count;
      it->second.rank = age + it->second.count;
      it->second.last = now;
      continue;
    }
    ++misses;
    if (cache.size() == capacity) {
      const auto least = std::min_element(cache.begin(), cache.end(), [](const auto& a, const auto& b) {
        return std::pair(a.second.rank, a.second.last) < std::pair(b.second.rank, b.second.last);
      });
      if (ageing) age = least->second.rank;
      cache.erase(least);
    }
    cache[page] = {1, age + 1, now};
  }
  return misses;
}

inline bool take(std::list<std::uint32_t>& from, std::uint32_t page) {
  const auto it = std::find(from.begin(), from.end(), page);
  if (it == from.end()) return false;
  from.erase(it);
  return true;
}

/// The paper's pseudocode; lists have their heads first.
inline std::uint64_t two_q_misses(const std::vector<std::uint32_t>& stream, std::size_t capacity) {
  const std::size_t kin = capacity / 4;
  const std::size_t kout = capacity / 2;
  std::list<std::uint32_t> am;
  std::list<std::uint32_t> a1in;
  std::list<std::uint32_t> a1out;
  std::uint64_t misses = 0;
  for (const std::uint32_t page : stream) {
    if (take(am, page)) {
      am.push_front(page);
      continue;
    }
    if (std::find(a1in.begin(), a1in.end(), page) != a1in.end()) continue;
    ++misses;
    const bool known = std::find(a1out.begin(), a1out.end(), page) != a1out.end();
    if (a1in.size() + am.size() == capacity) {
      if (a1in.size() > kin || am.empty()) {
        a1out.push_front(a1in.back());
        a1in.pop_back();
        if (a1out.size() > kout) a1out.pop_back();
      } else {
        am.pop_back();
      }
    }
    (void)take(a1out, page);
    (known ? am : a1in).push_front(page);
  }
  return misses;
}

inline std::uint64_t s3_fifo_misses(const std::vector<std::uint32_t>& stream, std::size_t capacity) {
  const std::size_t target = std::max<std::size_t>(1, capacity / 10);
  std::list<std::uint32_t> small;
  std::list<std::uint32_t> main;
  std::list<std::uint32_t> ghost;
  std::map<std::uint32_t, int> hits;  // of what is there
  const auto evict_small = [&] {
    while (!small.empty()) {
      const std::uint32_t page = small.back();
      small.pop_back();
      if (hits[page] > 1) {
        hits[page] = 0;
        main.push_front(page);
        continue;
      }
      hits.erase(page);
      ghost.push_front(page);
      return true;
    }
    return false;
  };
  const auto evict_main = [&] {
    while (!main.empty()) {
      const std::uint32_t page = main.back();
      main.pop_back();
      if (hits[page] > 0) {
        --hits[page];
        main.push_front(page);
        continue;
      }
      hits.erase(page);
      return true;
    }
    return false;
  };
  std::uint64_t misses = 0;
  for (const std::uint32_t page : stream) {
    if (const auto it = hits.find(page); it != hits.end()) {
      it->second = std::min(it->second + 1, 3);
      continue;
    }
    ++misses;
    const bool known = take(ghost, page);
    if (small.size() + main.size() == capacity) {
      if (!(small.size() >= target && evict_small()) && !evict_main()) (void)evict_small();
      while (ghost.size() > capacity - target) ghost.pop_back();
    }
    hits[page] = 0;
    (known ? main : small).push_front(page);
  }
  return misses;
}

/// Figure 4 of the paper; lists have their most recent first.
inline std::uint64_t arc_misses(const std::vector<std::uint32_t>& stream, std::size_t c) {
  std::list<std::uint32_t> t1;
  std::list<std::uint32_t> t2;
  std::list<std::uint32_t> b1;
  std::list<std::uint32_t> b2;
  double p = 0;
  std::uint64_t misses = 0;
  const auto replace = [&](bool in_b2) {
    const auto size = static_cast<double>(t1.size());
    std::list<std::uint32_t>& from = !t1.empty() && ((in_b2 && size == p) || size > p) ? t1 : t2;
    (&from == &t1 ? b1 : b2).push_front(from.back());
    from.pop_back();
  };
  for (const std::uint32_t page : stream) {
    if (take(t1, page) || take(t2, page)) {
      t2.push_front(page);
      continue;
    }
    ++misses;
    const auto n1 = static_cast<double>(b1.size());
    const auto n2 = static_cast<double>(b2.size());
    const bool in_b1 = std::find(b1.begin(), b1.end(), page) != b1.end();
    const bool in_b2 = std::find(b2.begin(), b2.end(), page) != b2.end();
    if (in_b1 || in_b2) {
      p = in_b1 ? std::min(static_cast<double>(c), p + std::max(n2 / n1, 1.0))
                : std::max(0.0, p - std::max(n1 / n2, 1.0));
      replace(in_b2);
      (void)take(in_b1 ? b1 : b2, page);
      t2.push_front(page);
      continue;
    }
    if (t1.size() + b1.size() == c) {
      if (t1.size() < c) {
        b1.pop_back();
        replace(false);
      } else {
        t1.pop_back();
      }
    } else if (t1.size() + t2.size() + b1.size() + b2.size() >= c) {
      if (t1.size() + t2.size() + b1.size() + b2.size() == 2 * c) b2.pop_back();
      replace(false);
    }
    t1.push_front(page);
  }
  return misses;
}

/// Belady's MIN: the page that is wanted again last, or never, leaves.
/// With `bypass`, what is accessed need not be kept.
inline std::uint64_t least_misses(const std::vector<std::uint32_t>& stream, std::size_t capacity, bool bypass = false) {
  std::map<std::uint32_t, std::size_t> next;  // of what is there
  std::uint64_t misses = 0;
  for (std::size_t i = 0; i < stream.size(); ++i) {
    const auto again = static_cast<std::size_t>(
        std::find(stream.begin() + static_cast<std::ptrdiff_t>(i) + 1, stream.end(), stream[i]) - stream.begin());
    if (!next.contains(stream[i])) {
      ++misses;
      if (next.size() == capacity) {
        const auto last = std::max_element(next.begin(), next.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
        if (bypass && again >= last->second) continue;
        next.erase(last);
      }
    }
    next[stream[i]] = again;
  }
  return misses;
}

}  // namespace farfault::testing::reference
