#include "sim/sweep/slurm/chunk.h"

#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "sim/core/content_hash.h"
#include "sim/core/error.h"
#include "sim/sweep/plan_json.h"
#include "sim/sweep/slurm/json.h"
#include "sim/sweep/slurm/spool.h"

namespace farfault::sweep::slurm {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr const char* kChunkRemedy = "run the sweep again: what is missing is submitted anew";

Json texts_json(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) json.push_back(text_json(text));
  return json;
}

std::vector<std::string> texts_of(const Json& json) {
  std::vector<std::string> texts;
  for (const Json& text : items_of(json)) texts.push_back(text_of(text));
  return texts;
}

/// What write_plan() wrote.
Plan read_common(const fs::path& path) {
  const std::optional<std::string> text = read_file(path);
  if (!text) throw file_error(path, "is missing", kChunkRemedy);
  try {
    return read_plan_json(*text, path.string());
  } catch (const InputError&) {
    throw file_error(path, "is not as farfault writes it", kChunkRemedy);
  }
}

Json point_json(const Point& point) {
  return {{"position", point.position},
          {"key", text_json(point.key)},
          {"axes", texts_json(point.axes)},
          {"sets", texts_json(point.sets)},
          {"config_hash", text_json(point.config_hash)},
          {"trace", text_json(point.trace)},
          {"trace_hash", text_json(point.trace_hash)}};
}

Point point_of(const Json& json, std::size_t position) {
  Point point;
  point.position = position;
  point.key = text_of(json.at("key"));
  point.axes = texts_of(json.at("axes"));
  point.sets = texts_of(json.at("sets"));
  point.config_hash = text_of(json.at("config_hash"));
  point.trace = text_of(json.at("trace"));
  point.trace_hash = text_of(json.at("trace_hash"));
  return point;
}

bool is_hash(std::string_view text) {
  return text.size() == 16 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

fs::path plan_path(const fs::path& chunks, const std::string& name) { return chunks / ("plan-" + name + ".json"); }

/// A part of a file's name, from the environment.
std::string digits_of(const char* variable) {
  const char* const text = std::getenv(variable);
  if (text == nullptr) return "";
  const std::string_view digits = text;
  return digits.find_first_not_of("0123456789") == std::string_view::npos && digits.size() < 20 ? text : "";
}

}  // namespace

std::string ChunkId::text() const { return std::to_string(submission) + '-' + std::to_string(task); }

std::string write_plan(const Layout& layout, const Plan& plan) {
  const std::string text = plan_json(without_points(plan));
  std::string name = text_hash(text);
  write_file(plan_path(layout.chunks(), name), text);
  return name;
}

void write_chunk(const Layout& layout, const ChunkId& id, const std::string& plan_name, const Plan& plan,
                 const std::vector<std::size_t>& positions) {
  Json points = Json::array();
  for (const std::size_t position : positions) points.push_back(point_json(plan.points.at(position)));
  const Json chunk = {{"plan", plan_name}, {"points", std::move(points)}};
  write_file(layout.chunks() / (id.text() + ".json"), chunk.dump(1) + '\n');
}

Plan read_chunk(const fs::path& chunk_file) {
  const Json chunk = read_json(chunk_file, kChunkRemedy);
  try {
    const auto name = chunk.at("plan").get<std::string>();
    if (!is_hash(name)) throw file_error(chunk_file, "names no plan", kChunkRemedy);
    Plan plan = read_common(plan_path(chunk_file.parent_path(), name));
    for (const Json& point : items_of(chunk.at("points"))) plan.points.push_back(point_of(point, plan.points.size()));
    return plan;
  } catch (const Json::exception&) {
    throw file_error(chunk_file, "is not as farfault writes it", kChunkRemedy);
  }
}

std::string task_name() {
  std::string job = digits_of("SLURM_ARRAY_JOB_ID");
  const std::string task = digits_of("SLURM_ARRAY_TASK_ID");
  if (job.empty() || task.empty()) return "hand_" + std::to_string(::getpid());
  return job + '_' + task;
}

void run_chunk(const fs::path& chunk_file, Executor& runner, const std::string& task,
               const std::atomic<bool>* interrupted) {
  const Plan plan = read_chunk(chunk_file);
  const fs::path spool = chunk_file.parent_path().parent_path() / "spool";
  const std::string prefix = chunk_file.stem().string() + '.';
  std::set<std::string> known;
  SpoolReader(spool).read(prefix, [&known](const Outcome& outcome) { known.insert(outcome.key); });
  std::vector<std::size_t> positions;
  for (const Point& point : plan.points) {
    if (!known.contains(point.key)) positions.push_back(point.position);
  }
  SpoolWriter writer(spool, prefix + task);
  ExecutorEvents events;
  events.done = [&writer](const std::vector<Outcome>& outcomes) {
    for (const Outcome& outcome : outcomes) writer.append(outcome);
  };
  events.interrupted = interrupted;
  runner.run(plan, positions, events);
}

}  // namespace farfault::sweep::slurm
