#include "traces/recorder/process_maps.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "traces/readers/linux_mmap.h"

namespace farfault::traces {
namespace {

std::string folder_of(pid_t process) { return "/proc/" + std::to_string(process); }

/// Takes a hexadecimal number and the character behind it off the text's front.
std::optional<std::uint64_t> take_hex(std::string_view& text, char behind) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc() || end == text.data() + text.size() || *end != behind) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
  return value;
}

/// "7f73b16b3000-7f73b16b7000 r-xp 00001000 fe:00 332383       /usr/lib/ld.so"
std::optional<ProcessMap> parse_map(std::string_view line) {
  const std::optional<std::uint64_t> start = take_hex(line, '-');
  if (!start) return std::nullopt;
  const std::optional<std::uint64_t> end = take_hex(line, ' ');
  if (!end || *end <= *start || line.size() < 5 || line[4] != ' ') return std::nullopt;
  ProcessMap out{*start, *end, 0, line[3] == 's', ""};
  if (line[0] == 'r') out.protection |= 1U;
  if (line[1] == 'w') out.protection |= 2U;
  if (line[2] == 'x') out.protection |= kProtExec;
  // Offset, device and inode, then the name.
  constexpr int kFieldsBefore = 4;
  for (int field = 0; field < kFieldsBefore; ++field) {
    line.remove_prefix(std::min(line.find(' '), line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  }
  out.name = line;
  return out;
}

bool is_file(const ProcessMap& map) { return map.name.starts_with('/'); }

Event event_of(const ProcessMap& map, Backing backing, const std::string& name) {
  Event out;
  out.kind = EventKind::kMmap;
  out.address = map.start;
  out.length = map.end - map.start;
  out.protection = map.protection;
  out.backing = backing;
  out.name = name;
  return out;
}

}  // namespace

std::vector<ProcessMap> parse_maps(std::string_view text) {
  std::vector<ProcessMap> out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    if (std::optional<ProcessMap> map = parse_map(text.substr(0, end))) out.push_back(*std::move(map));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::vector<ProcessMap> read_maps(pid_t process) {
  std::ifstream file(folder_of(process) + "/maps", std::ios::binary);
  return parse_maps(std::string(std::istreambuf_iterator<char>(file), {}));
}

std::string executable_of(pid_t process) {
  std::error_code failed;
  const std::filesystem::path path = std::filesystem::read_symlink(folder_of(process) + "/exe", failed);
  return failed ? "" : path.string();
}

std::vector<Event> file_maps(const std::vector<ProcessMap>& maps, const std::string& own) {
  std::vector<Event> out;
  for (const ProcessMap& map : maps) {
    if (is_file(map)) {
      if (map.name != own)
        out.push_back(event_of(map, backing_of(map.shared ? kMapShared : 0, map.protection, map.name), map.name));
      continue;
    }
    // Executable memory behind a file is the heap's, which valgrind reserves there; its place comes by brk.
    const bool follows = !out.empty() && out.back().address + out.back().length == map.start;
    const bool rest = map.name.empty() && (map.protection & kProtExec) == 0;
    if (follows && rest) out.push_back(event_of(map, Backing::kPrivateAnonymous, out.back().name));
  }
  return out;
}

std::optional<Event> stack_map(const std::vector<ProcessMap>& maps, std::span<const Access> accesses,
                               std::uint64_t stack_bytes) {
  for (const Access& access : accesses) {
    const auto map = std::find_if(maps.begin(), maps.end(), [&](const ProcessMap& candidate) {
      return access.address >= candidate.start && access.address < candidate.end;
    });
    if (map == maps.end() || !map->name.empty()) continue;
    // Not what a file's data go on in.
    if (map != maps.begin() && is_file(*std::prev(map)) && std::prev(map)->end == map->start) continue;
    Event out = event_of(*map, Backing::kStack, "[stack]");
    const std::uint64_t length = std::min(std::max(stack_bytes, out.length), map->end);
    out.address = map->end - length;
    out.length = length;
    return out;
  }
  return std::nullopt;
}

}  // namespace farfault::traces
