#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <optional>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/replay/results.h"

namespace farfault {
namespace {

namespace fs = std::filesystem;

std::string remedy_for(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return "free space there, or choose another folder with -o";
    case EACCES:
    case EPERM:
    case EROFS:
      return "choose a folder that you may write to with -o";
    case ENAMETOOLONG:
      return "choose a shorter name with -o";
    default:
      return "choose another folder with -o";
  }
}

/// Paths may hold anything but a zero byte; messages must not.
std::string shown(const fs::path& path) { return printable(path.native(), 4096); }

[[noreturn]] void refuse(const fs::path& path, std::string problem, std::string remedy) {
  throw InputError(Diagnostic{.file = shown(path), .problem = std::move(problem), .remedy = std::move(remedy)});
}

RunError failure(const fs::path& path, const std::string& what, int error) {
  const Diagnostic text{
      .file = shown(path), .problem = what + ": " + system_message(error), .remedy = remedy_for(error)};
  return RunError(text.text());
}

/// Of the entry itself, if there is one that can be seen: links are not followed.
std::optional<fs::file_type> type_of(const fs::path& path) {
  std::error_code failed;
  const fs::file_type type = fs::symlink_status(path, failed).type();
  if (type == fs::file_type::not_found || type == fs::file_type::none) return std::nullopt;
  return type;
}

/// "out" for "out/". The rest stays: with links in it, "a/../out" need not be "out".
fs::path without_end_slash(const fs::path& path) {
  return path.has_filename() || !path.has_relative_path() ? path : path.parent_path();
}

fs::path parent_of(const fs::path& path) {
  const fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

/// Null if farfault may replace it, else why not.
const char* why_keep(const fs::path& target) {
  const std::optional<fs::file_type> type = type_of(target);
  if (type == fs::file_type::symlink) return "is a symbolic link";
  if (type != fs::file_type::directory) return "exists and is not a folder";
  std::error_code failed;
  if (fs::is_empty(target, failed) && !failed) return nullptr;
  for (const char* name : {"results.json", "compare.json", "figures.json"}) {
    if (type_of(target / name) == fs::file_type::regular) return nullptr;
  }
  return "exists and holds no results.json, compare.json or figures.json, so it is not farfault's to replace";
}

bool is_plain_name(const std::string& name) {
  return !name.empty() && name != "." && name != ".." && name.find('\0') == std::string::npos;
}

/// A name that no other process takes at the same time; not part of any result.
std::string random_suffix() {
  constexpr std::string_view kLetters = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device random;
  std::string out;
  for (int i = 0; i < 6; ++i) out += kLetters[random() % kLetters.size()];
  return out;
}

/// Creates the folder with the user's usual permissions.
bool make_folder(const fs::path& path) { return ::mkdir(path.c_str(), 0777) == 0; }

int open_again(const fs::path& path, int flags) {
  int fd = -1;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC, 0666);
  } while (fd < 0 && errno == EINTR);
  return fd;
}

/// 0, or the error. Some file systems cannot flush; that is not the user's problem.
int flush(int fd) {
  while (::fsync(fd) != 0) {
    if (errno == EINTR) continue;
    return errno == EINVAL || errno == ENOTSUP || errno == EROFS ? 0 : errno;
  }
  return 0;
}

int flush_folder(const fs::path& path) {
  const int fd = open_again(path, O_RDONLY | O_DIRECTORY);
  if (fd < 0) return 0;  // a folder that may be written but not read
  const int error = flush(fd);
  ::close(fd);
  return error;
}

int write_all(int fd, std::string_view contents) {
  while (!contents.empty()) {
    const ssize_t written = ::write(fd, contents.data(), contents.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    contents.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

/// Fails with EEXIST rather than replace anything. 0, or the error.
int rename_new(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  // The file system knows no such rename; without it, two runs that end at the same moment may race for an empty
  // folder.
  if (type_of(to)) return EEXIST;
  return ::rename(from.c_str(), to.c_str()) == 0 ? 0 : errno;
}

}  // namespace

OutputDirectory::OutputDirectory(const fs::path& target, IfExists if_exists)
    : target_(without_end_slash(target)), if_exists_(if_exists) {
  if (target.native().find('\0') != std::string::npos) refuse(target, "is not a path", "choose another folder with -o");
  const fs::path name = target_.filename();
  if (name.empty() || name == "." || name == "..") {
    refuse(target, "is not a folder that farfault could make", "give the name of a new folder with -o");
  }
  if (type_of(target_) && if_exists_ == IfExists::kRefuse) {
    refuse(target_, "exists", "choose another folder with -o, or replace it with --force");
  }
  if (type_of(target_) && if_exists_ == IfExists::kReplace) {
    if (const char* why = why_keep(target_)) refuse(target_, why, "choose another folder with -o");
  }
  try {
    make_parents();
    // Also a name that is too long would else be found only when the results are there.
    struct stat status{};
    if (::lstat(target_.c_str(), &status) != 0 && errno != ENOENT) {
      const int error = errno;
      refuse(target_, "cannot be made: " + system_message(error), remedy_for(error));
    }
    make_temporary();
  } catch (...) {
    for (; !made_parents_.empty(); made_parents_.pop_back()) ::rmdir(made_parents_.back().c_str());
    throw;
  }
}

OutputDirectory::~OutputDirectory() {
  if (committed_) return;
  std::error_code ignored;
  fs::remove_all(temporary_, ignored);
  for (; !made_parents_.empty(); made_parents_.pop_back()) ::rmdir(made_parents_.back().c_str());
}

void OutputDirectory::make_parents() {
  fs::path at;
  for (const fs::path& part : parent_of(target_)) {
    at /= part;
    if (make_folder(at)) {
      made_parents_.push_back(at);
      continue;
    }
    const int error = errno;
    std::error_code failed;
    if (fs::is_directory(at, failed)) continue;  // also where making it is forbidden: "/", a read-only file system
    if (error == EEXIST) refuse(at, "is not a folder, so " + shown(target_) + " cannot be made", remedy_for(error));
    refuse(at, "cannot make the folder: " + system_message(error), remedy_for(error));
  }
}

void OutputDirectory::make_temporary() {
  // Names may be as long as the file system allows; a part of it is enough to recognise.
  const std::string name = target_.filename().string().substr(0, 200);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const fs::path path = parent_of(target_) / ("." + name + ".partial-" + random_suffix());
    if (make_folder(path)) {
      temporary_ = path;
      return;
    }
    if (errno != EEXIST) break;
  }
  const int error = errno;
  refuse(target_, "cannot make a folder there: " + system_message(error), remedy_for(error));
}

void OutputDirectory::make_folders_of(const fs::path& name) {
  fs::path folder = temporary_;
  for (const fs::path& part : name.parent_path()) {
    folder /= part;
    if (make_folder(folder)) {
      made_folders_.push_back(folder);
    } else if (errno != EEXIST) {
      throw failure(target_ / name, "cannot make its folder", errno);
    }
  }
}

void OutputDirectory::write(std::string_view name, std::string_view contents) {
  const fs::path relative(name);
  const bool plain = std::all_of(relative.begin(), relative.end(),
                                 [](const fs::path& part) { return part != "/" && is_plain_name(part.native()); });
  if (relative.empty() || !plain) throw std::logic_error("not a name of a file within: " + std::string(name));
  make_folders_of(relative);
  const fs::path path = temporary_ / name;
  const int fd = open_again(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
  int error = fd < 0 ? errno : write_all(fd, contents);
  if (fd >= 0) {
    if (error == 0) error = flush(fd);
    // Network file systems report a full disk here.
    if (::close(fd) != 0 && error == 0 && errno != EINTR) error = errno;
  }
  if (error != 0) throw failure(target_ / name, "cannot write", error);
}

void OutputDirectory::rename_to_new_name() {
  const fs::path base = target_;
  int error = EEXIST;
  // Other runs may take the name meanwhile.
  for (int attempt = 0; attempt < 100 && error == EEXIST; ++attempt) {
    if (if_exists_ == IfExists::kNumber) target_ = fresh_directory(base);
    error = rename_new(temporary_, target_);
    if (if_exists_ != IfExists::kNumber) break;
  }
  if (error != 0) throw failure(target_, "cannot rename the finished folder to this", error);
}

fs::path OutputDirectory::replace_old() {
  if (const char* why = why_keep(target_))
    throw RunError(shown(target_) + ": " + why + "; choose another folder with -o");
  fs::path old = temporary_;
  if (::renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, target_.c_str(), RENAME_EXCHANGE) != 0) {
    if (errno != EINVAL && errno != ENOSYS) throw failure(target_, "cannot replace the folder", errno);
    // The file system cannot swap; so the old folder steps aside, and comes back if the new one cannot take its place.
    old += ".old";
    if (::rename(target_.c_str(), old.c_str()) != 0) throw failure(target_, "cannot replace the folder", errno);
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
      const int error = errno;
      if (::rename(old.c_str(), target_.c_str()) != 0) {
        throw RunError(shown(target_) + ": cannot replace the folder: " + system_message(error) +
                       "; the old one is now " + shown(old));
      }
      throw failure(target_, "cannot replace the folder", error);
    }
  }
  committed_ = true;
  std::error_code failed;
  fs::remove_all(old, failed);
  return failed ? old : fs::path();
}

fs::path OutputDirectory::commit() {
  if (committed_) throw std::logic_error("committed twice");
  for (auto folder = made_folders_.rbegin(); folder != made_folders_.rend(); ++folder) {
    if (const int error = flush_folder(*folder)) throw failure(target_, "cannot flush a folder in it", error);
  }
  if (const int error = flush_folder(temporary_)) throw failure(target_, "cannot flush the folder", error);
  fs::path left;
  if (if_exists_ == IfExists::kReplace && type_of(target_)) {
    left = replace_old();
  } else {
    rename_to_new_name();
  }
  committed_ = true;
  // The rename is done and cannot be taken back; a failure to flush it would only matter if the machine lost power now.
  flush_folder(parent_of(target_));
  return left;
}

fs::path fresh_directory(const fs::path& base) {
  fs::path plain = without_end_slash(base);
  if (!type_of(plain)) return plain;
  for (std::uint64_t number = 2;; ++number) {
    fs::path numbered = plain;
    numbered += "-" + std::to_string(number);
    if (!type_of(numbered)) return numbered;
  }
}

}  // namespace farfault
