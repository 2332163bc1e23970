#include "sim/sweep/plan/check_points.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <map>
#include <thread>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "sim/core/content_hash.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "sim/replay/results.h"
#include "sim/replay/setup_figures.h"

namespace farfault::sweep {
namespace {

using config::Diagnostics;
using config::join;

constexpr const char* kSetFile = "--set";  ///< that messages about overrides name

/// Points that are loaded between two looks at the clock and at what was found.
constexpr std::size_t kBlock = 512;

/// "policy.eviction.kind" as messages have it: "/policy/eviction/kind".
std::string pointer_of(std::string_view path) {
  std::string out;
  while (true) {
    const std::size_t dot = path.find('.');
    out = join(out, path.substr(0, dot));
    if (dot == std::string_view::npos) return out;
    path.remove_prefix(dot + 1);
  }
}

bool is_within(const std::string& pointer, const std::string& whole) {
  return pointer.starts_with(whole) && (pointer.size() == whole.size() || pointer[whole.size()] == '/');
}

/// Tells where in the sweep's config stands what a point's loading found.
class Places {
 public:
  explicit Places(const CheckedSweep& sweep) : sweep_(sweep) {
    for (const SweptAxis& axis : sweep.config.axes) axis_pointers_.push_back(pointer_of(axis.axis.path));
    for (const Setting& setting : sweep.config.settings) setting_pointers_.push_back(pointer_of(setting.path));
    for (const std::string& set : sweep.user_sets) {
      user_pointers_.push_back(pointer_of(std::string_view(set).substr(0, set.find('='))));
    }
  }

  Diagnostic placed(Diagnostic found, const Selection& selection) const {
    if (found.file == kSetFile) {
      if (const Place* const place = place_of(found.pointer, selection)) {
        return {sweep_.file, place->line, place->pointer, about(found), std::move(found.remedy)};
      }
    } else if (sweep_.inline_base && found.file == sweep_.file) {
      // Lines are those of the base's own text, which nobody sees.
      found.line = 0;
      found.pointer = "/base" + found.pointer;
    }
    return found;
  }

 private:
  /// Of the value that was set at the pointer or nearest above it; null if that is the user's.
  const Place* place_of(const std::string& pointer, const Selection& selection) const {
    const Place* best = nullptr;
    std::size_t length = 0;
    const auto offer = [&](const std::string& set_at, const Place* place) {
      if (!is_within(pointer, set_at) || set_at.size() < length) return;
      best = place;
      length = set_at.size();
    };
    for (std::size_t i = 0; i < setting_pointers_.size(); ++i) {
      offer(setting_pointers_[i], &sweep_.config.settings[i].place);
    }
    for (std::size_t i = 0; i < axis_pointers_.size(); ++i) {
      if (selection[i] != kNoValue) offer(axis_pointers_[i], &sweep_.config.axes[i].values[selection[i]].place);
    }
    for (const std::string& user_pointer : user_pointers_) offer(user_pointer, nullptr);
    return best;
  }

  /// The problem; with the parameter's own pointer, which the place does not show.
  static std::string about(const Diagnostic& found) { return found.pointer + ": " + found.problem; }

  const CheckedSweep& sweep_;
  std::vector<std::string> axis_pointers_;
  std::vector<std::string> setting_pointers_;
  std::vector<std::string> user_pointers_;
};

/// What was found in points: each problem once, with how many points have it.
class Faults {
 public:
  void add(const std::vector<Diagnostic>& diagnostics, std::size_t position) {
    for (const Diagnostic& d : diagnostics) {
      const auto [it, fresh] = by_text_.try_emplace({d.file, d.line, d.pointer, d.problem, d.remedy}, found_.size());
      if (fresh) found_.push_back({d, position, 0});
      ++found_[it->second].points;
    }
  }

  bool empty() const { return found_.empty(); }
  /// More would not be shown.
  bool full() const { return found_.size() > Diagnostics::kMost; }

  void throw_all(const Plan& plan, std::size_t loaded) const {
    Diagnostics out;
    for (const Fault& fault : found_) {
      Diagnostic d = fault.diagnostic;
      if (plan.points.size() > 1) d.problem += where(fault, plan, loaded);
      out.add(std::move(d));
    }
    out.throw_if_any();
  }

 private:
  struct Fault {
    Diagnostic diagnostic;
    std::size_t first = 0;
    std::size_t points = 0;
  };

  static std::string where(const Fault& fault, const Plan& plan, std::size_t loaded) {
    if (fault.points == plan.points.size()) return " (in all " + format_count(fault.points) + " points)";
    const std::string first = point_text(plan.axes, plan.points[fault.first]);
    if (fault.points == 1 && loaded == plan.points.size()) return " (in the point " + first + ')';
    return " (in " + format_count(fault.points) + (fault.points == 1 ? " point" : " points") +
           (loaded == plan.points.size() ? "" : " of the first " + format_count(loaded)) + ", the first: " + first +
           ')';
  }

  std::map<std::tuple<std::string, std::size_t, std::string, std::string, std::string>, std::size_t> by_text_;
  std::vector<Fault> found_;
};

/// Loads points and keeps what the plan needs of them.
class PointLoader {
 public:
  PointLoader(Plan& plan, const CheckedSweep& sweep, const ConfigPaths& paths, const Catalogue& catalogue)
      : plan_(plan),
        catalogue_(catalogue),
        loader_(plan.base.text, plan.base.name, plan.base.folder, paths, catalogue),
        places_(sweep),
        sweep_(sweep) {}

  /// What is wrong with the point, which else is filled in.
  std::vector<Diagnostic> load(std::size_t position) const {
    Point& point = plan_.points[position];
    std::vector<Diagnostic> found;
    try {
      const RunSpec spec = loader_.load(point.sets);
      check_setup(spec, catalogue_);
      point.config_hash = config_hash(spec);
      if (spec.workload.trace)
        point.trace = std::filesystem::absolute(*spec.workload.trace).lexically_normal().string();
    } catch (const InputError& error) {
      for (Diagnostic each : error.diagnostics()) {
        if (each.file.empty()) each.file = plan_.base.name;  // check_setup() knows no file
        found.push_back(places_.placed(std::move(each), sweep_.selections[position]));
      }
    }
    return found;
  }

 private:
  Plan& plan_;
  const Catalogue& catalogue_;
  ScenarioLoader loader_;
  Places places_;
  const CheckedSweep& sweep_;
};

/// Calls work(i) for each i in [begin, end), on so many threads. Throws the first exception that a call threw.
template <class Work>
void for_each_on_threads(std::size_t begin, std::size_t end, unsigned threads, const Work& work) {
  std::atomic<std::size_t> next = begin;
  std::vector<std::exception_ptr> failed(threads);
  const auto loop = [&](unsigned thread) {
    try {
      for (std::size_t i = next++; i < end; i = next++) work(i);
    } catch (...) {
      failed[thread] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> others;
    for (unsigned thread = 1; thread < threads; ++thread) others.emplace_back(loop, thread);
    loop(0);
  }
  for (const std::exception_ptr& exception : failed) {
    if (exception) std::rethrow_exception(exception);
  }
}

unsigned threads_for(const PlanOptions& options, std::size_t points) {
  constexpr std::size_t kPointsWorthAThread = 64;
  const std::size_t most = options.threads != 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
  return static_cast<unsigned>(
      std::clamp<std::size_t>(points / kPointsWorthAThread, 1, std::min<std::size_t>(most, 64)));
}

void load_points(Plan& plan, const CheckedSweep& sweep, const ConfigPaths& paths, const Catalogue& catalogue,
                 const PlanOptions& options) {
  const PointLoader loader(plan, sweep, paths, catalogue);
  const std::size_t count = plan.points.size();
  Faults faults;
  std::size_t done = 0;
  while (done < count && !faults.full()) {
    if (options.interrupted != nullptr && *options.interrupted) throw Interrupted();
    if (options.on_progress) options.on_progress(done, count);
    const std::size_t end = std::min(count, done + kBlock);
    std::vector<std::vector<Diagnostic>> found(end - done);
    for_each_on_threads(done, end, threads_for(options, end - done),
                        [&](std::size_t i) { found[i - done] = loader.load(i); });
    for (std::size_t i = done; i < end; ++i) faults.add(found[i - done], i);  // in order, whatever the threads did
    done = end;
  }
  if (!faults.empty()) faults.throw_all(plan, done);
  if (options.on_progress) options.on_progress(count, count);
}

/// Each file once, however many points replay it.
void hash_traces(Plan& plan) {
  std::map<std::string, std::string> hashes;
  Faults faults;
  for (Point& point : plan.points) {
    if (point.trace.empty()) continue;
    const auto [it, fresh] = hashes.try_emplace(point.trace);
    try {
      if (fresh) it->second = file_hash(point.trace);
    } catch (const InputError& error) {
      faults.add(error.diagnostics(), point.position);
    }
    point.trace_hash = it->second;
  }
  if (!faults.empty()) faults.throw_all(plan, plan.points.size());
}

/// Points are told apart by what they run: two that run the same cannot both be in a store.
void make_keys(Plan& plan, const std::string& file) {
  std::unordered_map<std::string, std::size_t> first;
  Diagnostics diagnostics;
  for (Point& point : plan.points) {
    point.key = text_hash(point.config_hash + ' ' + point.trace_hash);
    const auto [it, fresh] = first.try_emplace(point.key, point.position);
    if (fresh) continue;
    diagnostics.add({file, 0, "",
                     "two points are the same scenario: " + point_text(plan.axes, plan.points[it->second]) + "; and " +
                         point_text(plan.axes, point),
                     "leave one out"});
  }
  diagnostics.throw_if_any();
}

}  // namespace

void check_points(Plan& plan, const CheckedSweep& sweep, const ConfigPaths& paths, const Catalogue& catalogue,
                  const PlanOptions& options) {
  load_points(plan, sweep, paths, catalogue, options);
  hash_traces(plan);
  make_keys(plan, sweep.file);
}

}  // namespace farfault::sweep
