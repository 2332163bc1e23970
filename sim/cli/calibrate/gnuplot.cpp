#include "sim/cli/calibrate/gnuplot.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string_view>
#include <system_error>

#include "sim/cli/interrupt.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kScript = "fit.gnuplot";
constexpr const char* kMessages = "messages";

/// An empty folder, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::error_code failed;
    std::string name = (fs::temp_directory_path(failed) / "farfault-plot.XXXXXX").string();
    if (failed || ::mkdtemp(name.data()) == nullptr) throw RunError("cannot make a folder for gnuplot; set TMPDIR");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

void write_file(const fs::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw RunError("cannot write a file for gnuplot in " + printable(path.parent_path().string(), 400));
}

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

/// The exit status as waitpid() has it.
int spawn_and_wait(const std::string& gnuplot, const fs::path& folder) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  const std::string messages = folder / kMessages;
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, messages.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::string program = gnuplot;
  std::string script = kScript;
  const std::array<char*, 3> arguments = {program.data(), script.data(), nullptr};
  pid_t child = 0;
  const int error = ::posix_spawn(&child, gnuplot.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw RunError("cannot start " + printable(gnuplot, 400) + ": " + system_message(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

std::optional<std::string> find_gnuplot() {
  const char* const given = std::getenv("PATH");
  std::string_view rest = given == nullptr ? "" : given;
  while (!rest.empty()) {
    const std::size_t end = rest.find(':');
    const std::string folder(rest.substr(0, end));
    // Only whole paths: what lies where one happens to be is not to be run.
    const std::string program = folder + "/gnuplot";
    if (folder.starts_with('/') && ::access(program.c_str(), X_OK) == 0) return program;
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + 1);
  }
  return std::nullopt;
}

std::string run_gnuplot(const std::string& gnuplot, const std::string& script, const std::string& data_name,
                        const std::string& data, const std::string& picture_name) {
  // A signal ends gnuplot; the folder goes in any case.
  const InterruptGuard guard{fs::path()};
  const TemporaryFolder folder;
  write_file(folder.path() / kScript, script);
  write_file(folder.path() / data_name, data);
  const int status = spawn_and_wait(gnuplot, folder.path());
  if (InterruptGuard::flag()) throw Interrupted();
  std::string picture = read_file(folder.path() / picture_name);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0 || picture.empty()) {
    throw RunError("gnuplot failed: " + printable(read_file(folder.path() / kMessages), 1000));
  }
  return picture;
}

}  // namespace farfault::cli
