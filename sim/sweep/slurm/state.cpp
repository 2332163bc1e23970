#include "sim/sweep/slurm/state.h"

#include <random>
#include <set>
#include <string_view>
#include <utility>

#include "sim/sweep/slurm/json.h"

namespace farfault::sweep::slurm {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kFormat = 1;
constexpr std::size_t kRunLetters = 8;
constexpr std::string_view kHexDigits = "0123456789abcdef";
/// Slurm's ids have 26 bits, or 32 with more than one cluster.
constexpr std::uint64_t kMostJob = 0xFFFF'FFFFU;
constexpr std::uint64_t kMostTask = 4'000'000;
constexpr const char* kStateRemedy =
    "end its jobs with scancel (squeue --me shows them), remove the folder it is in, and run the sweep again: what is "
    "stored stays";

Json task_json(const Task& task) {
  Json keys = Json::array();
  for (const std::string& key : task.keys) keys.push_back(text_json(key));
  return {{"index", task.index}, {"attempt", task.attempt}, {"keys", std::move(keys)}};
}

Json submission_json(const Submission& submission) {
  Json tasks = Json::array();
  for (const Task& task : submission.tasks) tasks.push_back(task_json(task));
  return {{"number", submission.number}, {"job", submission.job}, {"tasks", std::move(tasks)}};
}

Task task_of(const Json& json) {
  Task task;
  task.index = number_of(json.at("index"));
  task.attempt = number_of(json.at("attempt"));
  for (const Json& key : items_of(json.at("keys"))) task.keys.push_back(text_of(key));
  return task;
}

Submission submission_of(const Json& json) {
  Submission submission;
  submission.number = number_of(json.at("number"));
  submission.job = number_of(json.at("job"));
  for (const Json& task : items_of(json.at("tasks"))) submission.tasks.push_back(task_of(task));
  return submission;
}

State state_of(const Json& json) {
  State state;
  state.run = json.at("run").get<std::string>();
  state.next = number_of(json.at("next"));
  state.points = number_of(json.at("points"));
  state.lost = number_of(json.at("lost"));
  for (const Json& submission : items_of(json.at("submissions")))
    state.submissions.push_back(submission_of(submission));
  return state;
}

bool is_sound(const State& state) {
  if (state.run.size() != kRunLetters || state.run.find_first_not_of(kHexDigits) != std::string::npos) return false;
  std::set<std::uint64_t> numbers;
  for (const Submission& submission : state.submissions) {
    if (submission.job > kMostJob || submission.number >= state.next) return false;
    if (!numbers.insert(submission.number).second) return false;
    std::set<std::uint64_t> indices;
    for (const Task& task : submission.tasks) {
      if (task.index > kMostTask || !indices.insert(task.index).second) return false;
    }
  }
  return true;
}

}  // namespace

std::string State::job_name(const Submission& submission) const {
  return "farfault-" + run + '-' + std::to_string(submission.number);
}

State new_state() {
  State state;
  std::random_device random;
  for (std::size_t i = 0; i < kRunLetters; ++i) state.run += kHexDigits[random() % kHexDigits.size()];
  return state;
}

std::optional<State> load_state(const Layout& layout) {
  const std::filesystem::path path = layout.state();
  const std::optional<std::string> text = read_file(path);
  if (!text) return std::nullopt;
  const Json json = parse_json_file(*text, path, kStateRemedy);
  try {
    if (number_of(json.at("format")) == kFormat) {
      State state = state_of(json);
      if (is_sound(state)) return state;
    }
  } catch (const Json::exception&) {  // NOLINT(bugprone-empty-catch): what is wrong is said below
  }
  throw file_error(path, "is not as this farfault writes it", kStateRemedy);
}

void save_state(const Layout& layout, const State& state) {
  Json submissions = Json::array();
  for (const Submission& submission : state.submissions) submissions.push_back(submission_json(submission));
  const Json json = {{"format", kFormat},      {"run", state.run},   {"next", state.next},
                     {"points", state.points}, {"lost", state.lost}, {"submissions", std::move(submissions)}};
  replace_file(layout.state(), json.dump() + '\n');
}

}  // namespace farfault::sweep::slurm
