#include "traces/native/tables.h"

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace farfault::traces::native {
namespace {

constexpr std::size_t kMaxMetaEntries = 4096;
constexpr std::size_t kMaxIndexEntries = std::size_t{1} << 21U;

std::optional<std::uint32_t> number_in(const std::string& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string encode_meta(const TraceMeta& meta, const TraceLimits& limits) {
  std::string entries;
  std::size_t count = 0;
  const auto add = [&](std::string_view key, std::string_view value) {
    if (value.empty() || count == kMaxMetaEntries) return;
    put_text(entries, key);
    put_text(entries, shortened(value, kMaxMetaBytes));
    ++count;
  };
  add("recorder", meta.recorder);
  add("original_format", meta.original_format);
  add("command", meta.command);
  if (meta.exit_status) add("exit_status", std::to_string(*meta.exit_status));
  if (meta.exit_signal) add("exit_signal", std::to_string(*meta.exit_signal));
  add("time_unit", meta.time_unit);
  for (const std::string& what : meta.lossy) add("lossy", what);
  for (const std::string& what : limits.unknown) add("unknown", what);
  std::string out;
  put_integer(out, count);
  return out + entries;
}

bool decode_meta(std::string_view payload, TraceMeta& meta, TraceLimits& limits) {
  meta = {};
  limits = {};
  ListReader list(payload);
  std::size_t count = 0;
  if (!list.integer_up_to(kMaxMetaEntries, count)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    std::string key;
    std::string value;
    if (!list.text(key, kMaxNameBytes) || !list.text(value, kMaxMetaBytes)) return false;
    // Keys that are not known are from a newer version: they are passed over.
    if (key == "recorder") meta.recorder = value;
    if (key == "original_format") meta.original_format = value;
    if (key == "command") meta.command = value;
    if (key == "exit_status") meta.exit_status = number_in(value);
    if (key == "exit_signal") meta.exit_signal = number_in(value);
    if (key == "time_unit") meta.time_unit = value;
    if (key == "lossy") meta.lossy.push_back(value);
    if (key == "unknown") limits.unknown.push_back(value);
  }
  return list.at_end();
}

std::string encode_agents(const std::vector<Agent>& agents, std::size_t first) {
  std::string out;
  put_integer(out, first);
  for (std::size_t i = first; i < agents.size(); ++i) {
    put_integer(out, static_cast<std::uint64_t>(agents[i].kind));
    put_integer(out, agents[i].parent == kNoAgent ? 0 : std::uint64_t{agents[i].parent} + 1);
    put_text(out, shortened(agents[i].name, kMaxNameBytes));
  }
  return out;
}

bool decode_agents(std::string_view payload, std::uint32_t count, std::vector<Agent>& agents) {
  ListReader list(payload);
  std::uint64_t first = 0;
  if (!list.integer(first) || first != agents.size() || count > kMaxAgents - agents.size()) return false;
  for (std::uint32_t i = 0; i < count; ++i) {
    Agent agent;
    std::uint64_t parent = 0;
    if (!list.integer_up_to(static_cast<std::uint64_t>(AgentKind::kCopyEngine), agent.kind)) return false;
    if (!list.integer_up_to(kMaxAgents, parent) || !list.text(agent.name, kMaxNameBytes)) return false;
    if (parent != 0) agent.parent = static_cast<std::uint32_t>(parent - 1);
    agents.push_back(std::move(agent));
  }
  return list.at_end();
}

NativeChunk chunk_of(const ChunkHeader& header, std::uint64_t offset) {
  return {type_text(header.type),
          offset,
          kChunkHeaderBytes + header.stored,
          header.raw,
          header.accesses,
          header.time,
          header.count};
}

std::string encode_index(const Index& index, std::uint64_t offset) {
  std::string out;
  put_integer(out, index.accesses);
  put_integer(out, index.chunks.size());
  NativeChunk last;
  for (const NativeChunk& chunk : index.chunks) {
    put_text(out, chunk.type);
    put_integer(out, chunk.offset - last.offset);
    put_integer(out, chunk.stored);
    put_integer(out, chunk.raw);
    put_integer(out, chunk.accesses - last.accesses);
    put_integer(out, chunk.time - last.time);
    put_integer(out, chunk.count);
    last = chunk;
  }
  out.append(reinterpret_cast<const char*>(&offset), sizeof offset);
  out += kTrailer;
  return out;
}

bool decode_index(std::string_view payload, Index& index) {
  index = {};
  if (payload.size() < kIndexEndBytes || !payload.ends_with(kTrailer)) return false;
  payload.remove_suffix(kIndexEndBytes);
  ListReader list(payload);
  std::size_t count = 0;
  if (!list.integer(index.accesses) || !list.integer_up_to(kMaxIndexEntries, count)) return false;
  NativeChunk chunk;
  for (std::size_t i = 0; i < count; ++i) {
    std::array<std::uint64_t, 3> steps{};
    if (!list.text(chunk.type, 4) || !list.integer(steps[0]) || !list.integer(chunk.stored) ||
        !list.integer(chunk.raw) || !list.integer(steps[1]) || !list.integer(steps[2]) || !list.integer(chunk.count)) {
      return false;
    }
    chunk.offset += steps[0];
    chunk.accesses += steps[1];
    chunk.time += steps[2];
    index.chunks.push_back(chunk);
  }
  return list.at_end();
}

std::uint64_t index_offset(std::string_view last_bytes) {
  if (last_bytes.size() != kIndexEndBytes || !last_bytes.ends_with(kTrailer)) return 0;
  std::uint64_t offset = 0;
  std::memcpy(&offset, last_bytes.data(), sizeof offset);
  return offset;
}

}  // namespace farfault::traces::native
