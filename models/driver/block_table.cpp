#include "models/driver/block_table.h"

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "sim/core/error.h"

namespace farfault {
namespace {

constexpr std::size_t kMapBytes = BlockTable::kBlocks * sizeof(std::uint32_t);

}  // namespace

BlockTable::BlockTable(std::uint64_t limit) : limit_(limit) {
  void* map = mmap(nullptr, kMapBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (map == MAP_FAILED) {
    throw RunError("cannot reserve 512 MiB of address space for the block table: " + std::string(std::strerror(errno)) +
                   "; raise the limit on virtual memory (ulimit -v)");
  }
  index_ = static_cast<std::uint32_t*>(map);
}

BlockTable::~BlockTable() { munmap(index_, kMapBytes); }

BlockSlot BlockTable::add(BlockNumber block) {
  if (block.value() >= kBlocks) {
    throw InputError(Diagnostic{.problem = "an access is at or above address 2^48, which is outside of user memory",
                                .remedy = "check that the trace holds virtual addresses of a user process"});
  }
  if (size_ >= limit_) {
    throw InputError(
        Diagnostic{.problem = "the workload touches more than " + std::to_string(limit_) + " distinct 2 MiB blocks",
                   .remedy = "raise replay.block_limit (about 1 KiB of memory a block), or check the trace's "
                             "addresses"});
  }
  index_[block.value()] = ++size_;
  return BlockSlot(size_ - 1);
}

}  // namespace farfault
