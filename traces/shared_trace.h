/// A trace that is decoded once, into memory that processes share, and read by each of them from there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "traces/reader.h"

namespace farfault::traces {

/// Readers give what a reader of the file gives: the same blocks, agents, limits, meta and format, at the same place
/// the same InputError.
///
/// The memory is a file without a name that lives in memory; it belongs to this object and to the processes that
/// inherit it. It takes 16 bytes an access, and for an event 48 and its name. It is read and not mapped: that is
/// cheaper where page tables are dear, as in some virtual machines, and it does not count as memory of each process
/// that reads it.
class SharedTrace final : public Source {
 public:
  /// Will take at most `limit` bytes. `description` is what results name. Throws RunError if the system refuses.
  SharedTrace(std::string description, std::uint64_t limit);
  ~SharedTrace() override;
  SharedTrace(const SharedTrace&) = delete;
  SharedTrace& operator=(const SharedTrace&) = delete;

  /// Decodes what `open` opens, to its end or to an InputError, which is kept. To be called once, in this process or in
  /// one that was forked from it. False if it does not fit. Throws RunError if there is no memory for it; other
  /// exceptions pass.
  bool fill(const std::function<std::unique_ptr<Reader>()>& open);

  /// Whether fill() returned true, in whatever process.
  bool is_filled() const;
  /// Bytes of memory that it takes.
  std::uint64_t bytes() const;

  /// REQUIRES: is_filled(), and this object outlives the reader. Throws the InputError that fill()'s `open` threw.
  std::unique_ptr<Reader> open() const override;
  std::string description() const override { return description_; }

 private:
  std::string description_;
  std::uint64_t limit_;
  int file_;
};

}  // namespace farfault::traces
