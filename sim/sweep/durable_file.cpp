#include "sim/sweep/durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::sweep {
namespace {

[[noreturn]] void cannot(const std::filesystem::path& path, const std::string& what, int error) {
  throw RunError(Diagnostic{.file = printable(path.native(), 4096),
                            .problem = what + ": " + system_message(error),
                            .remedy = "free space there, or choose a folder that you may write to with -o"}
                     .text());
}

/// A descriptor that is closed.
class DurableFd {
 public:
  explicit DurableFd(int fd) : fd_(fd) {}
  ~DurableFd() {
    if (fd_ >= 0) ::close(fd_);
  }
  DurableFd(const DurableFd&) = delete;
  DurableFd& operator=(const DurableFd&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

void write_all(const DurableFd& file, std::string_view contents, const std::filesystem::path& path) {
  while (!contents.empty()) {
    const ssize_t written = ::write(file.get(), contents.data(), contents.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) cannot(path, "cannot be written", errno);
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file.get()) != 0) cannot(path, "cannot be written to disk", errno);
}

}  // namespace

void write_durably(const std::filesystem::path& path, std::string_view contents) {
  std::filesystem::path partial = path;
  partial += ".partial";
  {
    const DurableFd file(::open(partial.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (file.get() < 0) cannot(partial, "cannot be made", errno);
    write_all(file, contents, partial);
  }
  if (std::rename(partial.c_str(), path.c_str()) != 0) cannot(path, "cannot be replaced", errno);
  const std::filesystem::path parent = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const DurableFd folder(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  // Some filesystems cannot flush a folder; then the rename is as safe as they make it.
  if (folder.get() >= 0) static_cast<void>(::fsync(folder.get()));
}

}  // namespace farfault::sweep
