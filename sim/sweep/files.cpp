#include "sim/sweep/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>
#include <utility>

#include "sim/core/text.h"

namespace farfault::sweep {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSpaceRemedy = "check that there is space, and that you may write there";

RunError system_error_of(const fs::path& path, const std::string& what, int error) {
  return file_error(path, what + ": " + system_message(error), kSpaceRemedy);
}

FileDescriptor open_for_writing(const fs::path& path) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (!file.is_open()) throw system_error_of(path, "cannot be written", errno);
  return file;
}

/// Bytes from `offset` to the end.
std::string read_from(const FileDescriptor& file, std::size_t offset, std::size_t size, const fs::path& path) {
  std::string bytes(size, '\0');
  std::size_t have = 0;
  while (have < size) {
    const ssize_t n = ::pread(file.number(), bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error_of(path, "cannot be read", errno);
    if (n == 0) break;
    have += static_cast<std::size_t>(n);
  }
  bytes.resize(have);
  return bytes;
}

std::size_t size_of(const FileDescriptor& file) {
  struct stat status{};
  return ::fstat(file.number(), &status) == 0 && status.st_size > 0 ? static_cast<std::size_t>(status.st_size) : 0;
}

}  // namespace

FileDescriptor::~FileDescriptor() { reset(-1); }

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}

void FileDescriptor::reset(int number) {
  if (number_ >= 0) ::close(number_);
  number_ = number;
}

std::string shown(const fs::path& path) { return printable(path.native(), 4096); }

RunError file_error(const fs::path& path, std::string problem, std::string remedy) {
  return RunError(Diagnostic{.file = shown(path), .problem = std::move(problem), .remedy = std::move(remedy)}.text());
}

FileDescriptor open_plain(const fs::path& path) {
  // A pipe that nobody writes to would be waited for.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file.is_open()) {
    if (errno == ENOENT) return file;
    throw system_error_of(path, "cannot be opened", errno);
  }
  struct stat status{};
  if (::fstat(file.number(), &status) != 0 || !S_ISREG(status.st_mode)) {
    throw file_error(path, "is no plain file", "remove it");
  }
  return file;
}

std::optional<std::string> read_file(const fs::path& path) {
  const FileDescriptor file = open_plain(path);
  if (!file.is_open()) return std::nullopt;
  const std::size_t size = size_of(file);
  if (size > kMostFileBytes) throw file_error(path, "is too large to be farfault's", "remove it");
  return read_from(file, 0, size, path);
}

std::string tail_of(const fs::path& path, std::size_t bytes) {
  const FileDescriptor file = open_plain(path);
  if (!file.is_open()) return "";
  const std::size_t size = size_of(file);
  const std::size_t wanted = std::min(size, bytes);
  return read_from(file, size - wanted, wanted, path);
}

void write_all(const FileDescriptor& file, std::string_view bytes, const fs::path& path) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(file.number(), bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_error_of(path, "cannot be written", errno);
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void flush(const FileDescriptor& file, const fs::path& path) {
  while (::fsync(file.number()) != 0) {
    if (errno == EINTR) continue;
    if (errno == EINVAL || errno == ENOTSUP || errno == EROFS) return;
    throw system_error_of(path, "cannot be written", errno);
  }
}

void flush_folder(const fs::path& folder) {
  const FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.is_open()) flush(file, folder);
}

void write_file(const fs::path& path, std::string_view text) {
  const FileDescriptor file = open_for_writing(path);
  write_all(file, text, path);
}

void replace_file(const fs::path& path, std::string_view text) {
  const fs::path next = path.native() + ".new";
  {
    const FileDescriptor file = open_for_writing(next);
    write_all(file, text, next);
    flush(file, next);
  }
  if (::rename(next.c_str(), path.c_str()) != 0) throw system_error_of(path, "cannot be replaced", errno);
  flush_folder(path.parent_path());
}

void make_folder(const fs::path& path) {
  if (::mkdir(path.c_str(), 0777) == 0) return;
  const int error = errno;
  std::error_code failed;
  const fs::file_type type = fs::symlink_status(path, failed).type();
  if (type == fs::file_type::directory) return;
  if (error == EEXIST) throw file_error(path, "is no folder", "remove it, or choose another output folder");
  throw system_error_of(path, "cannot be made", error);
}

}  // namespace farfault::sweep
