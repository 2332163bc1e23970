#include "traces/recorder/recorder.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>

#include "tests/unit/traces/testing.h"
#include "traces/readers/linux_mmap.h"
#include "traces/recorder/find_program.h"
#include "traces/recorder/process_maps.h"

namespace farfault::traces {
namespace recorder_test {

using testing::TemporaryFile;

// Of `ls` under valgrind 3.19, when its first words came; some of valgrind's own maps are left out.
constexpr std::string_view kMaps =
    "00108000-0010c000 r--p 00000000 fe:00 247287                             /usr/bin/ls\n"
    "0010c000-00122000 r-xp 00004000 fe:00 247287                             /usr/bin/ls\n"
    "0012b000-0012d000 rw-p 00022000 fe:00 247287                             /usr/bin/ls\n"
    "0012d000-0012e000 rw-p 00000000 00:00 0 \n"
    "04000000-04001000 r--p 00000000 fe:00 332383                             /usr/lib/ld linux.so.2\n"
    "04033000-04035000 rw-p 00033000 fe:00 332383                             /usr/lib/ld linux.so.2\n"
    "04035000-04036000 rwxp 00000000 00:00 0 \n"
    "58000000-58001000 r--p 00000000 fe:00 335458                             "
    "/usr/libexec/valgrind/lackey-amd64-linux\n"
    "58232000-58c25000 rw-p 00000000 00:00 0 \n"
    "1002001000-10027bc000 rwxp 00000000 00:00 0 \n"
    "1ffeffe000-1fff001000 rw-p 00000000 00:00 0 \n"
    "7f73b16b3000-7f73b16b7000 r--p 00000000 00:00 0                          [vvar]\n"
    "7ffcb5d50000-7ffcb5d71000 rw-p 00000000 00:00 0                          [stack]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n";
constexpr const char* kOwn = "/usr/libexec/valgrind/lackey-amd64-linux";

Event map_event(std::uint64_t start, std::uint64_t end, std::uint8_t protection, Backing backing,
                const std::string& name) {
  Event out;
  out.kind = EventKind::kMmap;
  out.address = start;
  out.length = end - start;
  out.protection = protection;
  out.backing = backing;
  out.name = name;
  return out;
}

TEST_CASE("recorder: the kernel's list of maps is read") {
  const std::vector<ProcessMap> maps = parse_maps(kMaps);
  REQUIRE(maps.size() == 14);
  CHECK(maps[1] == ProcessMap{0x10c000, 0x122000, 5, false, "/usr/bin/ls"});
  CHECK(maps[3] == ProcessMap{0x12d000, 0x12e000, 3, false, ""});
  CHECK(maps[4].name == "/usr/lib/ld linux.so.2");
  CHECK(maps[13] == ProcessMap{0xffffffffff600000, 0xffffffffff601000, 4, false, "[vsyscall]"});
  CHECK(parse_maps("1000-2000 rw-s 00000000 00:01 7 /dev/zero (deleted)") ==
        std::vector<ProcessMap>{{0x1000, 0x2000, 3, true, "/dev/zero (deleted)"}});
}

TEST_CASE("recorder: what is not like the kernel's list of maps is left out") {
  for (const char* line : {"", "\n\n", "1000", "1000-", "1000-2000", "1000-2000 ", "1000-2000 rw", "1000-2000 rw-p",
                           "2000-1000 rw-p 0 0 0 x", "1000-1000 rw-p 0 0 0 x", "x-y rw-p 0 0 0 x",
                           "10000000000000000-20000000000000000 rw-p 0 0 0 x"}) {
    CHECK_MESSAGE(parse_maps(line).empty(), line);
  }
  CHECK(parse_maps("1000-2000 rw-p 0 0") == std::vector<ProcessMap>{{0x1000, 0x2000, 3, false, ""}});
}

TEST_CASE("recorder: the first maps are the program's files and what follows them, and not valgrind's") {
  CHECK(file_maps(parse_maps(kMaps), kOwn) ==
        std::vector<Event>{map_event(0x108000, 0x10c000, 1, Backing::kFile, "/usr/bin/ls"),
                           map_event(0x10c000, 0x122000, 5, Backing::kExecutable, "/usr/bin/ls"),
                           map_event(0x12b000, 0x12d000, 3, Backing::kFile, "/usr/bin/ls"),
                           map_event(0x12d000, 0x12e000, 3, Backing::kPrivateAnonymous, "/usr/bin/ls"),
                           map_event(0x4000000, 0x4001000, 1, Backing::kFile, "/usr/lib/ld linux.so.2"),
                           map_event(0x4033000, 0x4035000, 3, Backing::kFile, "/usr/lib/ld linux.so.2")});
}

TEST_CASE("recorder: what is mapped is told by its name, where the kernel names it") {
  const auto backing = [](const std::string& rights, const std::string& name) {
    const std::vector<Event> events =
        file_maps(parse_maps("1000-3000 " + rights + " 00000000 00:05 7   " + name), kOwn);
    return events.size() == 1 ? std::optional(events[0].backing) : std::nullopt;
  };
  CHECK(backing("rw-p", "/home/me/data") == Backing::kFile);
  CHECK(backing("r-xp", "/usr/lib/libc.so.6") == Backing::kExecutable);
  CHECK(backing("rw-s", "/home/me/data") == Backing::kShared);
  for (const char* rights : {"rw-p", "rw-s", "r-xp"}) {
    CAPTURE(rights);
    CHECK(backing(rights, "/anon_hugepage (deleted)") == Backing::kHugeTlb);
    CHECK(backing(rights, "/dev/hugepages/pool") == Backing::kHugeTlb);
    CHECK(backing(rights, "/dev/dax0.0") == Backing::kDax);
    for (const char* name : {"/dev/dri/renderD128", "/dev/nvidia0", "/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/kfd",
                             "/dev/mem", "/dev/infiniband/uverbs0"}) {
      CAPTURE(name);
      CHECK(backing(rights, name) == Backing::kSpecial);
    }
  }
  CHECK(backing("rw-s", "/dev/shm/segment") == Backing::kShared);
  CHECK(backing("rw-s", "/dev/zero (deleted)") == Backing::kShared);
  CHECK(backing("rw-s", "/devices/data") == Backing::kShared);
  CHECK(backing("rw-s", "/home/dev/dri") == Backing::kShared);
}

TEST_CASE("recorder: the kernel's own maps are special, and what of them is code is executable") {
  constexpr std::uint8_t kReadExec = 5;
  CHECK(backing_of(0, 1, "[vvar]") == Backing::kSpecial);
  CHECK(backing_of(0, 1, "[vvar_vclock]") == Backing::kSpecial);
  CHECK(backing_of(0, kReadExec, "[vdso]") == Backing::kExecutable);
  CHECK(backing_of(0, kReadExec, "[vsyscall]") == Backing::kExecutable);
}

TEST_CASE("recorder: what is mapped is told by the flags of mmap") {
  CHECK(backing_of(kMapAnonymous, 3) == Backing::kPrivateAnonymous);
  CHECK(backing_of(kMapShared | kMapAnonymous, 3) == Backing::kShared);
  CHECK(backing_of(kMapAnonymous | kMapHugeTlb, 3) == Backing::kHugeTlb);
  CHECK(backing_of(kMapShared | kMapAnonymous | kMapHugeTlb, 3) == Backing::kHugeTlb);
  CHECK(backing_of(kMapSharedValidate | kMapSync, 3, "/mnt/pmem/data") == Backing::kDax);
  // MAP_SHARED ignores flags that it does not know.
  CHECK(backing_of(kMapShared | kMapSync, 3) == Backing::kShared);
  CHECK(backing_of(kMapSharedValidate, 3) == Backing::kShared);
}

TEST_CASE("recorder: the stack is where the first accesses are, and as long as it may become") {
  const std::vector<ProcessMap> maps = parse_maps(kMaps);
  const auto stack_of = [&](std::vector<Access> accesses, std::uint64_t bytes) {
    return stack_map(maps, accesses, bytes);
  };
  const Access push = Access::make(0x1fff000708, 8, Op::kWrite);
  CHECK(stack_of({push}, 0x800000) == map_event(0x1ffe801000, 0x1fff001000, 3, Backing::kStack, "[stack]"));
  // Never less than there is, nor more than there could be.
  CHECK(stack_of({push}, 0) == map_event(0x1ffeffe000, 0x1fff001000, 3, Backing::kStack, "[stack]"));
  CHECK(stack_of({push}, ~std::uint64_t{0})->address == 0);
  // Not the rest of a file's data, nor a file, nor nothing.
  const Access data = Access::make(0x12d010, 8, Op::kRead);
  const Access file = Access::make(0x12b010, 8, Op::kRead);
  const Access nowhere = Access::make(0x9000000000, 8, Op::kRead);
  CHECK(stack_of({data, file, nowhere, push}, 0x800000)->address == 0x1ffe801000);
  CHECK_FALSE(stack_of({data, file, nowhere}, 0x800000));
  CHECK_FALSE(stack_of({}, 0x800000));
}

TEST_CASE("recorder: a process's own maps hold its executable") {
  const std::string own = executable_of(::getpid());
  REQUIRE_FALSE(own.empty());
  bool found = false;
  for (const ProcessMap& map : read_maps(::getpid())) found |= map.name == own;
  CHECK(found);
}

TEST_CASE("recorder: programs are found as a shell finds them") {
  const TemporaryFile file("#!/bin/sh\n", "-program");
  const std::filesystem::path path(file.path());
  CHECK_FALSE(find_program(path.string()));
  CHECK(why_not_found(path.string()) == "is not executable");
  ::chmod(path.c_str(), 0755);
  CHECK(find_program(path.string()) == path.string());

  const char* const before = std::getenv("PATH");
  const std::string saved = before == nullptr ? "" : before;
  ::setenv("PATH", ("/nowhere:" + path.parent_path().string() + ":/bin").c_str(), 1);
  CHECK(find_program(path.filename().string()) == path.string());
  CHECK(find_program("sh") == "/bin/sh");
  CHECK_FALSE(find_program("farfault no such program"));
  ::setenv("PATH", saved.c_str(), 1);

  CHECK_FALSE(find_program(""));
  CHECK_FALSE(find_program("/"));
  CHECK(why_not_found("/") == "is a directory");
  CHECK(why_not_found("/nowhere/x") == "No such file or directory");
  CHECK(why_not_found("/dev/null") == "is not a regular file");
  CHECK(why_not_found("x") == "is not in PATH, or is no executable file there");
}

TEST_CASE("recorder: the command is kept as a shell would take it") {
  CHECK(shell_text({"ls", "-l", "/tmp/a_b.c"}) == "ls -l /tmp/a_b.c");
  CHECK(shell_text({"sh", "-c", "echo $HOME"}) == "sh -c 'echo $HOME'");
  CHECK(shell_text({"a b", "", "it's", "\n"}) == R"('a b' '' 'it'\''s' ')"
                                                 "\n'");
  const std::string cut = shell_text({"x", std::string(1 << 20, 'y')});
  CHECK(cut.size() == (64 << 10) + 3);
  CHECK(cut.ends_with("y..."));
}

TEST_CASE("recorder: a program that is not there is told from valgrind that is not there") {
  const char* const before = std::getenv("PATH");
  const std::string saved = before == nullptr ? "" : before;
  const auto problem = [](const char* path, const std::string& program) {
    ::setenv("PATH", path, 1);
    try {
      const Recorder recorder({{program}, 0, std::nullopt, "test"});
    } catch (const RunError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  const TemporaryFile valgrind("#!/bin/sh\n", "-valgrind");
  const std::filesystem::path folder = valgrind.path() + "-bin";
  std::filesystem::create_directory(folder);
  const std::filesystem::path copy = folder / "valgrind";
  std::filesystem::copy_file(valgrind.path(), copy);
  ::chmod(copy.c_str(), 0755);
  const std::string missing = problem("/nowhere", "/bin/sh");
  const std::string nothing = problem(folder.c_str(), "/nowhere/x");
  const std::string both = problem(folder.c_str(), "/bin/sh");
  ::setenv("PATH", saved.c_str(), 1);
  std::filesystem::remove_all(folder);
  CHECK(missing.find("apt-get install valgrind") != std::string::npos);
  CHECK(nothing.starts_with("/nowhere/x: cannot be recorded: No such file or directory"));
  CHECK(both.empty());
}

}  // namespace recorder_test
}  // namespace farfault::traces
