/// A trace that is decoded once, into memory that processes share, and read by each of them from there.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "traces/reader.h"

namespace farfault::traces {

/// Readers give what a reader of the file gives: the same blocks, agents, limits, meta and format, at the same place
/// the same InputError.
///
/// The memory belongs to this object and to all that processes inherit of it. It takes 16 bytes an access, and for an
/// event 64 and its name; pages that a reader or the decoder has passed are not counted as resident in its process.
class SharedTrace final : public Source {
 public:
  /// Reserves address space for `limit` bytes; memory is taken when it is filled. `description` is what results name.
  /// Throws RunError if the system refuses.
  SharedTrace(std::string description, std::size_t limit);
  ~SharedTrace() override;
  SharedTrace(const SharedTrace&) = delete;
  SharedTrace& operator=(const SharedTrace&) = delete;

  /// Decodes what `open` opens, to its end or to an InputError, which is kept. To be called once, in this process or in
  /// one that was forked from it. False if it does not fit. Other exceptions pass.
  bool fill(const std::function<std::unique_ptr<Reader>()>& open);

  /// Whether fill() returned true, in whatever process.
  bool is_filled() const;
  /// Bytes of memory that it takes.
  std::size_t bytes() const;

  /// REQUIRES: is_filled(), and this object outlives the reader. Throws the InputError that fill()'s `open` threw.
  std::unique_ptr<Reader> open() const override;
  std::string description() const override { return description_; }

 private:
  std::string description_;
  std::size_t limit_;
  std::byte* memory_;
};

}  // namespace farfault::traces
