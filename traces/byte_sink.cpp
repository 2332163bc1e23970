#include "traces/byte_sink.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <utility>

#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::traces {
namespace {

void write_all(int descriptor, std::string_view bytes, const std::string& name) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(descriptor, bytes.data(), bytes.size());
    if (n >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno == EPIPE) {
      throw ReaderLeft(name + ": its reader has left");
    } else if (errno != EINTR) {
      throw RunError(name + ": cannot be written: " + system_message(errno));
    }
  }
}

class FileSink final : public ByteSink {
 public:
  FileSink(std::string path, bool replace) : path_(std::move(path)) {
    if (path_.empty()) refuse("the path of the file is empty", "give one with -o");
    struct stat info{};
    if (::stat(path_.c_str(), &info) == 0) {
      if (!S_ISREG(info.st_mode)) refuse("exists and is not a regular file", "give the path of a new file");
      if (!replace) refuse("exists already", "give another path, or --force to replace it");
    }
    temporary_ = partial_name(path_);
    descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor_ < 0) refuse("cannot be created: " + system_message(errno), "choose another place with -o");
  }
  ~FileSink() override {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
  }
  FileSink(const FileSink&) = delete;
  FileSink& operator=(const FileSink&) = delete;

  void write(std::string_view bytes) override { write_all(descriptor_, bytes, path_); }
  void close() override {
    const int descriptor = std::exchange(descriptor_, -1);
    if (::close(descriptor) != 0 || std::rename(temporary_.c_str(), path_.c_str()) != 0) {
      const int error = errno;
      ::unlink(temporary_.c_str());
      throw RunError(path_ + ": cannot be written: " + system_message(error));
    }
  }
  const std::string& name() const override { return path_; }

 private:
  [[noreturn]] void refuse(std::string problem, std::string remedy) const {
    throw InputError(Diagnostic{path_, 0, "", std::move(problem), std::move(remedy)});
  }

  std::string path_;
  std::string temporary_;
  int descriptor_ = -1;
};

class StandardOutputSink final : public ByteSink {
 public:
  void write(std::string_view bytes) override { write_all(STDOUT_FILENO, bytes, name_); }
  void close() override {}
  const std::string& name() const override { return name_; }

 private:
  std::string name_ = "standard output";
};

class MemorySink final : public ByteSink {
 public:
  MemorySink(std::string& out, std::string name) : out_(out), name_(std::move(name)) {}
  void write(std::string_view bytes) override { out_ += bytes; }
  void close() override {}
  const std::string& name() const override { return name_; }

 private:
  std::string& out_;
  std::string name_;
};

}  // namespace

std::unique_ptr<ByteSink> create_file(const std::string& path, bool replace) {
  if (path == "-") return std::make_unique<StandardOutputSink>();
  return std::make_unique<FileSink>(path, replace);
}

std::string partial_name(const std::string& path) { return path + ".partial-" + std::to_string(::getpid()); }

std::unique_ptr<ByteSink> write_to_memory(std::string& out, std::string name) {
  return std::make_unique<MemorySink>(out, std::move(name));
}

}  // namespace farfault::traces
