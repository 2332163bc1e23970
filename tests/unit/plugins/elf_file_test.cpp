#include "sim/plugins/elf_file.h"

#include <doctest/doctest.h>
#include <elf.h>

#include <cstring>
#include <fstream>
#include <string>
#include <vector>

namespace farfault {
namespace elf_file_test {

/// Of this very program: of the right kind in all but one thing, unless it is position-independent.
Elf64_Ehdr own_header() {
  std::ifstream in("/proc/self/exe", std::ios::binary);
  Elf64_Ehdr file{};
  in.read(reinterpret_cast<char*>(&file), sizeof(file));  // bytes into an object that is nothing but bytes
  REQUIRE(in);
  return file;
}

/// Two segments behind the head, and sections at the end: 1000 bytes.
std::vector<std::byte> small_object() {
  Elf64_Ehdr file = own_header();
  file.e_type = ET_DYN;
  file.e_phoff = sizeof(Elf64_Ehdr);
  file.e_phnum = 2;
  file.e_shoff = 1000 - 2 * sizeof(Elf64_Shdr);
  file.e_shnum = 2;
  std::vector<std::byte> out(1000);
  std::memcpy(out.data(), &file, sizeof(file));
  for (std::size_t i = 0; i < 2; ++i) {
    Elf64_Phdr segment{};
    segment.p_type = PT_LOAD;
    segment.p_offset = i * 300;
    segment.p_filesz = 300;
    std::memcpy(out.data() + sizeof(file) + i * sizeof(segment), &segment, sizeof(segment));
  }
  return out;
}

std::string problem(const std::vector<std::byte>& bytes) {
  return shared_object_problem(bytes, bytes.size()).value_or("none");
}

template <class T>
std::vector<std::byte> with(std::size_t at, T value) {
  std::vector<std::byte> out = small_object();
  std::memcpy(out.data() + at, &value, sizeof(value));
  return out;
}

TEST_CASE("plugins: a whole shared object may be loaded") { CHECK(problem(small_object()) == "none"); }

TEST_CASE("plugins: a shared object cut anywhere is truncated") {
  const std::vector<std::byte> whole = small_object();
  for (std::size_t size = SELFMAG; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(problem({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}) == "is truncated");
  }
  for (std::size_t size = 1; size < SELFMAG; ++size) {
    CHECK(problem({whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)}) == "is no shared object");
  }
  CHECK(problem({}) == "is empty");
}

TEST_CASE("plugins: what is no shared object for this processor is told") {
  CHECK(problem(with(0, 'X')) == "is no shared object");
  CHECK(problem(with(offsetof(Elf64_Ehdr, e_type), Elf64_Half{ET_EXEC})) == "is no shared object");
  CHECK(problem(with(offsetof(Elf64_Ehdr, e_phentsize), Elf64_Half{32})) == "is no shared object");
  CHECK(problem(with(EI_CLASS, ELFCLASS32)) == "is for another kind of processor");
  CHECK(problem(with(EI_DATA, ELFDATA2MSB)) == "is for another kind of processor");
  CHECK(problem(with(offsetof(Elf64_Ehdr, e_machine), Elf64_Half{EM_SPARC})) == "is for another kind of processor");
}

TEST_CASE("plugins: numbers of a shared object that overflow are beyond its end") {
  const auto most = ~std::uint64_t{0};
  CHECK(problem(with(offsetof(Elf64_Ehdr, e_phoff), most)) == "is truncated");
  CHECK(problem(with(offsetof(Elf64_Ehdr, e_shoff), most)) == "is truncated");
  CHECK(problem(with(offsetof(Elf64_Ehdr, e_shoff), most - 127)) == "is truncated");
  CHECK(problem(with(sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_offset), most)) == "is truncated");
  CHECK(problem(with(sizeof(Elf64_Ehdr) + offsetof(Elf64_Phdr, p_filesz), most)) == "is truncated");
  // Program headers beyond the part that was read: no linker puts them there.
  const std::vector<std::byte> far = with(offsetof(Elf64_Ehdr, e_phoff), std::uint64_t{800});
  CHECK(shared_object_problem(std::span(far).first(500), far.size()) == "is no shared object");
}

}  // namespace elf_file_test
}  // namespace farfault
