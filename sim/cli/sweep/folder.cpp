#include "sim/cli/sweep/folder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <utility>

#include "sim/config/json_reader.h"
#include "sim/core/error.h"
#include "sim/core/text.h"
#include "sim/sweep/files.h"
#include "sim/sweep/plan_json.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "lock";

[[noreturn]] void refuse_folder(const fs::path& path, std::string problem, std::string remedy) {
  throw InputError(
      Diagnostic{.file = printable(path.native(), 4096), .problem = std::move(problem), .remedy = std::move(remedy)});
}

struct flock whole_file(short type) {
  struct flock lock{};
  lock.l_type = type;
  lock.l_whence = SEEK_SET;
  return lock;
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

/// Only what a sweep writes may lie there before its first file.
bool is_sweep_or_empty(const fs::path& folder) {
  if (is_there(folder / kPlanFile)) return true;
  std::error_code failed;
  for (fs::directory_iterator it(folder, failed), end; !failed && it != end; it.increment(failed)) {
    const std::string name = it->path().filename().string();
    if (name != kLockFile && !name.starts_with("sweep.")) return false;
  }
  return !failed;
}

void make_folder(const fs::path& path) {
  std::error_code failed;
  if (fs::is_symlink(fs::symlink_status(path, failed))) {
    refuse_folder(path, "is a symbolic link", "choose another folder with -o");
  }
  fs::create_directories(path, failed);
  if (failed) refuse_folder(path, "cannot be made: " + failed.message(), "choose another folder with -o");
  if (!is_sweep_or_empty(path)) {
    refuse_folder(path, "is not empty, and holds no sweep", "choose another folder with -o");
  }
}

std::vector<analysis::SweepAxis> store_axes(const sweep::Plan& plan) {
  std::vector<analysis::SweepAxis> out;
  out.reserve(plan.axes.size());
  for (const sweep::Axis& axis : plan.axes) out.push_back({axis.path, axis.title, {}});
  return out;
}

/// Made beside its place, so that in its place there is a store or nothing.
void make_store(const fs::path& path, const sweep::Plan& plan) {
  fs::path partial = path;
  partial += ".partial";
  std::error_code ignored;
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(fs::path(partial.native() + suffix), ignored);
  // Closed, it is one file.
  analysis::SweepStore::create(partial, store_axes(plan), {{"name", plan.name}, {"description", plan.description}});
  std::error_code failed;
  fs::rename(partial, path, failed);
  if (failed) throw RunError(printable(path.native(), 4096) + ": cannot be made: " + failed.message());
}

std::string axes_text(const std::vector<std::string>& paths) {
  std::string out;
  for (const std::string& path : paths) out += (out.empty() ? "" : ", ") + printable(path);
  return out.empty() ? "none" : out;
}

void check_axes(const analysis::SweepStore& store, const sweep::Plan& plan, const fs::path& folder) {
  const std::vector<std::string> stored = store.axes();
  std::vector<std::string> planned;
  planned.reserve(plan.axes.size());
  for (const sweep::Axis& axis : plan.axes) planned.push_back(axis.path);
  if (stored == planned) return;
  refuse_folder(folder, "holds a sweep over other axes: " + axes_text(stored) + ", and not " + axes_text(planned),
                "choose another folder with -o");
}

}  // namespace

/// A record lock: it ends with the process however that ends, and children do not inherit it.
class SweepFolder::Lock {
 public:
  explicit Lock(const fs::path& folder)
      : fd_(::open((folder / kLockFile).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666)) {
    if (fd_ < 0) {
      refuse_folder(folder, "cannot be written to: " + system_message(errno), "choose another folder with -o");
    }
    struct flock lock = whole_file(F_WRLCK);
    if (::fcntl(fd_, F_SETLK, &lock) == 0) return;
    const int error = errno;
    ::close(fd_);
    if (error == EAGAIN || error == EACCES) {
      const int holder = who_holds(folder);
      refuse_folder(folder, "another farfault sweeps there" + (holder > 0 ? ", process " + std::to_string(holder) : ""),
                    "wait for it, or end it");
    }
    refuse_folder(folder, "cannot be locked: " + system_message(error), "use a filesystem with locks");
  }
  ~Lock() { ::close(fd_); }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;

 private:
  int fd_;
};

SweepFolder::SweepFolder(fs::path path, std::unique_ptr<Lock> lock) : path_(std::move(path)), lock_(std::move(lock)) {}
SweepFolder::SweepFolder(SweepFolder&&) noexcept = default;
SweepFolder& SweepFolder::operator=(SweepFolder&&) noexcept = default;
SweepFolder::~SweepFolder() = default;

void SweepFolder::open_store() {
  const fs::path file = path_ / analysis::kSweepFile;
  if (!is_there(file)) make_store(file, plan_);
  store_ = std::make_unique<analysis::SweepStore>(analysis::SweepStore::open(file));
  check_axes(*store_, plan_, path_);
}

void SweepFolder::take_plan(const sweep::Plan& plan) {
  std::vector<std::string> keys;
  keys.reserve(plan.points.size());
  for (const sweep::Point& point : plan.points) keys.push_back(point.key);
  store_->arrange(keys);
  sweep::replace_file(path_ / kPlanFile, sweep::plan_json(plan));
}

SweepFolder SweepFolder::begin(const fs::path& path, const sweep::Plan& plan) {
  make_folder(path);
  SweepFolder out(path, std::make_unique<Lock>(path));
  out.plan_ = plan;
  out.open_store();
  out.take_plan(plan);
  return out;
}

SweepFolder SweepFolder::resume(const fs::path& path) {
  sweep::Plan plan = read_plan(path);  // before the lock, which would make a file where there is no sweep
  SweepFolder out(path, std::make_unique<Lock>(path));
  out.plan_ = std::move(plan);
  out.open_store();
  return out;
}

sweep::Plan read_plan(const fs::path& folder) {
  const fs::path file = folder / kPlanFile;
  if (!is_there(file)) refuse_folder(folder, "is no folder of a sweep: it has no sweep.json", "name the -o of a sweep");
  config::Diagnostics diagnostics;
  const std::optional<std::string> text = config::read_text(file.string(), diagnostics);
  diagnostics.throw_if_any();
  return sweep::read_plan_json(*text, file.string());
}

int who_holds(const fs::path& folder) {
  const int fd = ::open((folder / kLockFile).c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return 0;
  struct flock lock = whole_file(F_WRLCK);
  const bool held = ::fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
  ::close(fd);
  return held ? static_cast<int>(lock.l_pid) : 0;
}

}  // namespace farfault::cli
