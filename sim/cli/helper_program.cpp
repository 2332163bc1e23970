#include "sim/cli/helper_program.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "sim/cli/interrupt.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMessages = "messages";

/// The exit status as waitpid() has it.
int spawn_and_wait(std::string program, std::vector<std::string> arguments, const fs::path& folder) {
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  const std::string messages = folder / kMessages;
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, messages.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  ::posix_spawn_file_actions_addchdir_np(&actions, folder.c_str());
  std::vector<char*> words = {program.data()};
  for (std::string& argument : arguments) words.push_back(argument.data());
  words.push_back(nullptr);
  pid_t child = 0;
  const int error = ::posix_spawn(&child, program.c_str(), &actions, nullptr, words.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) throw RunError("cannot start " + printable(program, 400) + ": " + system_message(error));
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

}  // namespace

TemporaryFolder::TemporaryFolder(const std::string& what) {
  std::error_code failed;
  std::string name = (fs::temp_directory_path(failed) / ("farfault-" + what + ".XXXXXX")).string();
  if (failed || ::mkdtemp(name.data()) == nullptr) {
    throw RunError("cannot make a temporary folder for " + what + "; set TMPDIR to one that can be written to");
  }
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_helper_file(const fs::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) throw RunError("cannot write a temporary file in " + printable(path.parent_path().string(), 400));
}

std::string read_helper_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

HelperRun run_helper(const std::string& program, const std::vector<std::string>& arguments,
                     const TemporaryFolder& folder) {
  // A signal ends the program; the folder goes in any case.
  const InterruptGuard guard{fs::path()};
  const int status = spawn_and_wait(program, arguments, folder.path());
  if (InterruptGuard::flag()) throw Interrupted();
  return {WIFEXITED(status) && WEXITSTATUS(status) == 0, read_helper_file(folder.path() / kMessages)};
}

}  // namespace farfault::cli
