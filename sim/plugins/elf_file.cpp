#include "sim/plugins/elf_file.h"

#include <elf.h>

#include <bit>
#include <cstring>

namespace farfault {
namespace {

constexpr const char* kNone = "is no shared object";
constexpr const char* kTruncated = "is truncated";

/// A struct of the file; nothing if it does not lie within what was read.
template <class T>
std::optional<T> read_at(std::span<const std::byte> head, std::uint64_t at) {
  if (at > head.size() || head.size() - at < sizeof(T)) return std::nullopt;
  T out;
  std::memcpy(&out, head.data() + at, sizeof(T));
  return out;
}

bool lies_within(std::uint64_t begin, std::uint64_t length, std::uint64_t size) {
  return begin <= size && length <= size - begin;
}

/// Of the processor that this program runs on.
std::uint16_t own_machine() {
#if defined(__x86_64__)
  return EM_X86_64;
#elif defined(__aarch64__)
  return EM_AARCH64;
#else
  return EM_NONE;
#endif
}

}  // namespace

std::optional<std::string> shared_object_problem(std::span<const std::byte> head, std::uint64_t size) {
  if (size == 0) return "is empty";
  if (head.size() < SELFMAG || std::memcmp(head.data(), ELFMAG, SELFMAG) != 0) return kNone;
  const std::optional<Elf64_Ehdr> file = read_at<Elf64_Ehdr>(head, 0);
  if (!file) return kTruncated;
  const unsigned char order = std::endian::native == std::endian::little ? ELFDATA2LSB : ELFDATA2MSB;
  const bool fits = file->e_ident[EI_CLASS] == ELFCLASS64 && file->e_ident[EI_DATA] == order &&
                    (own_machine() == EM_NONE || file->e_machine == own_machine());
  if (!fits) return "is for another kind of processor";
  if (file->e_type != ET_DYN || file->e_phentsize != sizeof(Elf64_Phdr)) return kNone;
  const std::uint64_t segments = std::uint64_t{file->e_phnum} * sizeof(Elf64_Phdr);
  if (!lies_within(file->e_phoff, segments, size)) return kTruncated;
  // Linkers write them behind the head.
  if (!lies_within(file->e_phoff, segments, head.size())) return kNone;
  for (std::uint64_t i = 0; i < file->e_phnum; ++i) {
    const auto segment = read_at<Elf64_Phdr>(head, file->e_phoff + i * sizeof(Elf64_Phdr));
    if (!segment || !lies_within(segment->p_offset, segment->p_filesz, size)) return kTruncated;
  }
  // Sections are not needed, but they stand last: what is cut off within them is no file that anybody made.
  if (!lies_within(file->e_shoff, std::uint64_t{file->e_shnum} * sizeof(Elf64_Shdr), size)) return kTruncated;
  return std::nullopt;
}

}  // namespace farfault
