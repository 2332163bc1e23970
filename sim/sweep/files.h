/// Files of a sweep's folder, which other machines write to as well and which may hold anything.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/error.h"

namespace farfault::sweep {

/// Bounds on what a file of the folder may cost.
inline constexpr std::size_t kMostFileBytes = std::size_t{256} << 20U;

/// A descriptor that is closed at the end; -1 is none.
class FileDescriptor {
 public:
  explicit FileDescriptor(int number) : number_(number) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&&) = delete;
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }
  /// Closes what it has, and has this.
  void reset(int number);

 private:
  int number_;
};

/// A path as messages show it.
std::string shown(const std::filesystem::path& path);
/// "FILE: PROBLEM; REMEDY".
RunError file_error(const std::filesystem::path& path, std::string problem, std::string remedy);

/// Opens a plain file for reading; no link, no pipe. Not open if there is none.
FileDescriptor open_plain(const std::filesystem::path& path);
/// The whole file; nothing if there is none. Throws RunError if it cannot be read or is too large.
std::optional<std::string> read_file(const std::filesystem::path& path);
/// The last bytes of a file, at most; empty if there is none.
std::string tail_of(const std::filesystem::path& path, std::size_t bytes);

/// Writes all of it. Throws RunError that names the file.
void write_all(const FileDescriptor& file, std::string_view bytes, const std::filesystem::path& path);
/// To the disk. Some file systems cannot; that is not the user's problem.
void flush(const FileDescriptor& file, const std::filesystem::path& path);
/// Names in a folder survive as well.
void flush_folder(const std::filesystem::path& folder);

void write_file(const std::filesystem::path& path, std::string_view text);
/// The old text or the new one, whatever happens meanwhile. One writer at a time.
void replace_file(const std::filesystem::path& path, std::string_view text);
/// Makes the folder if there is none. Throws RunError if something else has the name: a link would lead elsewhere.
void make_folder(const std::filesystem::path& path);

}  // namespace farfault::sweep
