#include "sim/sweep/slurm/spool.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "sim/core/packed.h"
#include "sim/core/text.h"

namespace farfault::sweep::slurm {
namespace {

namespace fs = std::filesystem;

/// Before each record: its length and its hash.
constexpr std::size_t kHeaderBytes = sizeof(std::uint32_t) + sizeof(std::uint64_t);
/// Of a record; outcomes have some tens of KiB.
constexpr std::size_t kMostRecordBytes = std::size_t{64} << 20U;
/// Starts of one task.
constexpr int kMostStarts = 10'000;
constexpr std::string_view kSuffix = ".spool";

std::string record_of(const Outcome& outcome) {
  const std::string payload = encode(outcome);
  PackedWriter header;
  header.add(static_cast<std::uint32_t>(payload.size()));
  header.add(std::uint64_t{XXH3_64bits(payload.data(), payload.size())});
  return header.take() + payload;
}

/// Exactly these bytes of a file; nothing if it has fewer.
std::optional<std::string> bytes_at(const FileDescriptor& file, std::size_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  for (std::size_t have = 0; have < size;) {
    const ssize_t n = ::pread(file.number(), bytes.data() + have, size - have, static_cast<off_t>(offset + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return std::nullopt;
    have += static_cast<std::size_t>(n);
  }
  return bytes;
}

/// The payload of the record at `offset`; nothing if there is none that is whole.
std::optional<std::string> payload_at(const FileDescriptor& file, std::size_t offset, std::size_t file_size) {
  if (offset + kHeaderBytes > file_size) return std::nullopt;
  const std::optional<std::string> header = bytes_at(file, offset, kHeaderBytes);
  if (!header) return std::nullopt;
  PackedReader numbers(*header, "a record has no header");
  const std::size_t size = numbers.number<std::uint32_t>();
  if (size > kMostRecordBytes || offset + kHeaderBytes + size > file_size) return std::nullopt;
  std::optional<std::string> payload = bytes_at(file, offset + kHeaderBytes, size);
  const auto hash = numbers.number<std::uint64_t>();
  // Of a file on another machine, pages may come out of order.
  if (!payload || XXH3_64bits(payload->data(), payload->size()) != hash) return std::nullopt;
  return payload;
}

Outcome outcome_of(const std::string& payload, const fs::path& path) {
  try {
    return decode(payload);
  } catch (const RunError& error) {
    throw file_error(path, error.what(), "use one version of farfault for the sweep and on the nodes; remove the file");
  }
}

std::vector<std::string> spool_names(const fs::path& folder, const std::string& prefix) {
  std::vector<std::string> names;
  std::error_code failed;
  for (fs::directory_iterator entry(folder, failed), end; !failed && entry != end; entry.increment(failed)) {
    std::string name = entry->path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(kSuffix)) names.push_back(std::move(name));
  }
  if (failed) throw file_error(folder, "cannot be read: " + failed.message(), "check that you may read it");
  return names;
}

std::pair<fs::path, int> make_spool(const fs::path& folder, const std::string& name) {
  for (int start = 0; start < kMostStarts; ++start) {
    fs::path path = folder / (name + '_' + std::to_string(start) + std::string(kSuffix));
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
    if (file >= 0) return {std::move(path), file};
    if (errno != EEXIST) {
      throw file_error(path, "cannot be made: " + system_message(errno),
                       "check that the output folder is on a file system that all nodes share");
    }
  }
  throw file_error(folder / name, "a task was started too often", "remove its spools");
}

}  // namespace

SpoolWriter::SpoolWriter(const fs::path& folder, const std::string& name) : file_(-1) {
  auto [path, number] = make_spool(folder, name);
  path_ = std::move(path);
  file_.reset(number);
  flush_folder(folder);
}

void SpoolWriter::append(const Outcome& outcome) {
  write_all(file_, record_of(outcome), path_);
  flush(file_, path_);
}

void SpoolReader::read(const std::string& prefix, const std::function<void(Outcome outcome)>& take) {
  for (const std::string& name : spool_names(folder_, prefix)) {
    const fs::path path = folder_ / name;
    // Opened each time: that is when a file system of several machines looks at the other one's writes.
    const FileDescriptor file = open_plain(path);
    struct stat status{};
    if (!file.is_open() || ::fstat(file.number(), &status) != 0) continue;
    const auto file_size = static_cast<std::size_t>(status.st_size);
    std::size_t& offset = offsets_[name];
    while (const std::optional<std::string> payload = payload_at(file, offset, file_size)) {
      Outcome outcome = outcome_of(*payload, path);
      offset += kHeaderBytes + payload->size();
      take(std::move(outcome));
    }
  }
}

void SpoolReader::remove(const std::string& prefix) {
  for (const std::string& name : spool_names(folder_, prefix)) {
    std::error_code ignored;
    fs::remove(folder_ / name, ignored);
    offsets_.erase(name);
  }
}

}  // namespace farfault::sweep::slurm
