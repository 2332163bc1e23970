#include "sim/cli/file_name.h"

#include <cstddef>

namespace farfault::cli {
namespace {

constexpr std::size_t kLongest = 80;

}  // namespace

std::string file_name(const std::string& name) {
  std::string out;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = byte >= 0x80 || (byte > 0x20 && byte != 0x7F && c != '/' && c != '\\');
    out += plain ? c : '_';
  }
  // Not "..", nor hidden, nor to be mistaken for an option.
  while (!out.empty() && (out.front() == '.' || out.front() == '-')) out.erase(0, 1);
  if (out.size() > kLongest) {
    out.resize(kLongest);
    // Not within a character.
    while (!out.empty() && (static_cast<unsigned char>(out.back()) & 0xC0U) == 0x80) out.pop_back();
    if (!out.empty() && static_cast<unsigned char>(out.back()) >= 0xC0) out.pop_back();
  }
  return out.empty() ? "unnamed" : out;
}

bool is_file(const std::filesystem::path& path) {
  std::error_code failed;
  return std::filesystem::is_regular_file(path, failed) && !failed;
}

std::filesystem::path own_path() {
  std::error_code failed;
  std::filesystem::path path = std::filesystem::read_symlink("/proc/self/exe", failed);
  return failed ? std::filesystem::path() : path;
}

}  // namespace farfault::cli
