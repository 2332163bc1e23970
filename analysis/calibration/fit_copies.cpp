// Copy time by size: a line, or the points themselves where a line misses them.

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "analysis/calibration/parts.h"

namespace farfault::analysis::calibration {
namespace {

constexpr double kLineMayMiss = 0.05;
constexpr std::size_t kSizesOfLine = 3;
/// Where fewer sizes are known, the platform's set-up is taken off, which must not be most of what was measured.
constexpr double kSetupMayTake = 0.1;

/// Of a table: a line between neighbours, and on beyond the ends.
double on_curve(const std::vector<std::pair<std::uint64_t, double>>& curve, std::uint64_t size) {
  if (curve.size() == 1) return curve.front().second;
  auto above = std::lower_bound(curve.begin(), curve.end(), std::pair<std::uint64_t, double>(size, 0));
  if (above != curve.end() && above->first == size) return above->second;
  above = std::clamp(above, curve.begin() + 1, curve.end() - 1);
  const auto below = above - 1;
  const double slope = (above->second - below->second) / static_cast<double>(above->first - below->first);
  return below->second + slope * (static_cast<double>(size) - static_cast<double>(below->first));
}

/// A time for each size, the weighted mean (of relative errors) of those of one size.
std::vector<std::pair<std::uint64_t, double>> curve_of(const Measurements& measured, const Measurement* without) {
  std::map<std::uint64_t, std::pair<double, double>> sums;
  for (const Measurement* m : measured) {
    if (m == without) continue;
    auto& [weights, values] = sums[m->size];
    weights += weight_of(*m);
    values += weight_of(*m) * m->value;
  }
  std::vector<std::pair<std::uint64_t, double>> out;
  for (const auto& [size, sum] : sums) out.emplace_back(size, rounded(sum.second / sum.first));
  return out;
}

bool increases(const std::vector<std::pair<std::uint64_t, double>>& curve) {
  return std::is_sorted(curve.begin(), curve.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
}

std::string percent(double share) {
  const double tenths = std::round(share * 1000) / 10;
  std::string out = std::to_string(tenths);
  return out.substr(0, out.find('.') + 2) + " %";
}

class CopyFit {
 public:
  CopyFit(const Measurements& measured, const std::string& prefix, const Task& task, Part& part, CopyModel& model)
      : measured_(measured), prefix_(prefix), task_(task), part_(part), model_(model) {}

  void run() {
    part_.model = "job_setup + pieces x piece_setup + size / bandwidth";
    if (sizes_of(measured_) < kSizesOfLine) {
      rate_alone();
      add_points();
      return;
    }
    line();
    const double miss = worst_miss();
    const bool table =
        task_.options.curve == Curve::kTable || (task_.options.curve == Curve::kAuto && miss > kLineMayMiss);
    if (table) {
      points_themselves(miss);
    } else {
      part_.notes.push_back("a line: it misses no point by more than " + percent(miss));
      line_for_good();
    }
  }

 private:
  std::string path(const std::string& name) const { return prefix_ + '.' + name; }

  /// Whether some were the first of what was pushed together and some were not, and enough points are left over.
  bool tells_jobs() const {
    const auto count = [this](bool first) {
      return std::count_if(measured_.begin(), measured_.end(),
                           [first](const Measurement* m) { return m->first_in_push == first; });
    };
    return count(true) > 0 && count(false) > 1 && measured_.size() > 3;
  }

  static double jobs_of(const Measurement& m, bool told) { return told ? (m.first_in_push.value_or(true) ? 1 : 0) : 0; }

  double modelled(const Measurement& m) const { return model_.time(jobs_of(m, told_), {m.size}); }

  void line() {
    told_ = tells_jobs();
    const double least_job = task_.at_least(path("job_setup"));
    LinearProblem problem;
    for (const Measurement* m : measured_) {
      problem.add({1, static_cast<double>(m->size), jobs_of(*m, told_)}, m->value, weight_of(*m));
    }
    problem.lower = {task_.at_least(path("piece_setup")), 0, least_job};
    const std::vector<bool> keep = {true, true, told_};
    Fit fit = solve(problem.reduced(keep, {0, 0, 0}));
    Parameter rate = rate_of(fit);
    // A little above the link's rate within its interval is no reason to change the link.
    const double most = link_rate_of(task_.base);
    if (rate.value > most && rate.interval && rate.interval->first <= most) {
      problem.lower[1] = 1 / most;
      fit = solve(problem.reduced(keep, {0, 0, 0}));
      rate = rate_of(fit);
      rate.value = rounded(most) <= most ? rounded(most) : rounded(most * 0.999);
      rate.standing = Parameter::Standing::kFitted;
      part_.notes.emplace_back("the bandwidth is the link's, which is within the interval of a line of its own");
    }
    Parameter piece = parameter_of(fit, 0, path("piece_setup"), Unit::kSeconds, measured_.size());
    Parameter job;
    if (told_) {
      job = parameter_of(fit, 2, path("job_setup"), Unit::kSeconds, measured_.size());
    } else {
      job.path = path("job_setup");
      job.points = measured_.size();
      part_.notes.emplace_back(
          measured_.front()->kind == Kind::kMigrationPiece
              ? "job_setup cannot be told from piece_setup: it takes four points or more that say with first_in_push "
                "which piece was the first of a push; all is put into piece_setup"
              : "job_setup cannot be told from piece_setup by copies of one piece; all is put into piece_setup");
    }
    model_ = {job.value, piece.value, 1 / rate.value, {}};
    part_.parameters = {job, piece, rate};
  }

  /// Bandwidth from seconds a byte; its interval turned over.
  Parameter rate_of(const Fit& fit) const {
    Parameter out = parameter_of(fit, 1, path("bandwidth"), Unit::kRate, measured_.size());
    const double slope = fit.value[1];
    if (!(slope > 0)) {
      too_few(measured_, "times of these copies do not grow with their size, so no bandwidth can be fitted",
              "measure sizes further apart");
    }
    out.value = rounded(1 / slope);
    out.interval.reset();
    if (const std::optional<double> half = fit.half_width[1]; half && *half < slope) {
      out.interval = {1 / (slope + *half), 1 / (slope - *half)};
    }
    return out;
  }

  /// One or two sizes: set-up as the platform has it.
  void rate_alone() {
    const Parameter job = kept(task_.base, path("job_setup"), Unit::kSeconds);
    const Parameter piece = kept(task_.base, path("piece_setup"), Unit::kSeconds);
    const double setup = job.value + piece.value;
    LinearProblem problem;
    for (const Measurement* m : measured_) {
      if (setup > kSetupMayTake * m->value) {
        too_few(measured_,
                part_.name + ": " + std::to_string(sizes_of(measured_)) +
                    " sizes, of short copies, cannot tell set-up from bandwidth",
                "at least 3 sizes are needed");
      }
      problem.add({0, static_cast<double>(m->size)}, m->value - setup, weight_of(*m));
    }
    problem.lower = {0, 0};
    Fit fit = solve(problem.reduced({false, true}, {0, 0}));
    fit.value.insert(fit.value.begin(), 0);
    fit.half_width.insert(fit.half_width.begin(), std::nullopt);
    fit.at_bound.insert(fit.at_bound.begin(), false);
    const Parameter rate = rate_of(fit);
    told_ = true;
    model_ = {job.value, piece.value, 1 / rate.value, {}};
    part_.parameters = {job, piece, rate};
    part_.notes.emplace_back("only the bandwidth: set-up takes copies of 3 sizes or more, small ones among them");
  }

  /// Points of the base would stand before the line.
  void line_for_good() {
    if (task_.base.curves.contains(path("points"))) {
      Parameter none;
      none.path = path("points");
      none.unit = Unit::kPoints;
      none.points = measured_.size();
      part_.parameters.push_back(none);
    }
    add_points();
  }

  double worst_miss() const {
    double out = 0;
    for (const Measurement* m : measured_) out = std::max(out, std::abs(modelled(*m) / m->value - 1));
    return out;
  }

  void add_points() {
    for (const Measurement* m : measured_) part_.points.push_back({m, modelled(*m)});
  }

  void points_themselves(double miss) {
    const bool mixed = told_;
    CopyModel table = model_;
    // A curve is of pieces: what a first piece of a push took more is taken off.
    std::vector<Measurement> pieces;
    for (const Measurement* m : measured_) {
      pieces.push_back(*m);
      if (mixed) pieces.back().value = std::max(m->value - model_.job_setup * jobs_of(*m, true), 0.1 * m->value);
    }
    Measurements all;
    for (const Measurement& m : pieces) all.push_back(&m);
    table.curve = curve_of(all, nullptr);
    if (!increases(table.curve)) {
      task_.warnings.push_back(part_.name +
                               ": a larger copy took less time than a smaller one, so the points cannot be "
                               "a table; a line is used, which misses a point by " +
                               percent(miss));
      line_for_good();
      return;
    }
    part_.notes.push_back((task_.options.curve == Curve::kTable
                               ? "the points themselves, as asked for; a line misses one by "
                               : "the points themselves: a line misses one by ") +
                          percent(miss));
    part_.model = "the measured points, a line between two";
    part_.points_are = "each from its neighbours, left out itself";
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const double more = mixed ? model_.job_setup * jobs_of(pieces[i], true) : 0;
      part_.points.push_back({measured_[i], on_curve(curve_of(all, all[i]), pieces[i].size) + more});
    }
    // The rate beyond the last point: that of the upper half of the sizes, and no less than any point shows.
    const auto& [last_size, last_time] = table.curve.back();
    const auto& [middle_size, middle_time] = table.curve[(table.curve.size() - 1) / 2];
    Parameter& rate = part_.parameters[2];
    double fastest = static_cast<double>(last_size - middle_size) / (last_time - middle_time);
    for (const auto& [size, time] : table.curve) fastest = std::max(fastest, static_cast<double>(size) / time);
    rate.value = rounded(fastest);
    rate.interval.reset();
    table.seconds_per_byte = 1 / rate.value;
    // What a line's set-up was is in the points.
    table.piece_setup = 0;
    part_.parameters[1].value = 0;
    part_.parameters[1].interval.reset();
    part_.parameters[1].standing = Parameter::Standing::kFitted;
    Parameter curve;
    curve.path = path("points");
    curve.unit = Unit::kPoints;
    curve.points = measured_.size();
    curve.curve = table.curve;
    part_.parameters.push_back(curve);
    model_ = table;
  }

  const Measurements& measured_;
  std::string prefix_;
  const Task& task_;
  Part& part_;
  CopyModel& model_;
  bool told_ = false;
};

}  // namespace

double CopyModel::time(double jobs, const std::vector<std::uint64_t>& pieces) const {
  double out = jobs * job_setup;
  for (const std::uint64_t size : pieces) {
    out += curve.empty() ? piece_setup + static_cast<double>(size) * seconds_per_byte : on_curve(curve, size);
  }
  return out;
}

Part fit_copies(const Measurements& measured, const std::string& name, const std::string& prefix, const Task& task,
                CopyModel& model) {
  Part part;
  part.name = name;
  CopyFit(measured, prefix, task, part, model).run();
  return part;
}

double link_rate_of(const Base& base) {
  const std::string link = "links." + base.link;
  if (!base.raw_rate) {
    const double rate = base.value(link + ".bandwidth");
    return rate > 0 ? rate : std::numeric_limits<double>::infinity();
  }
  const double payload = base.value(link + ".max_payload");
  const double packet = std::max(payload + base.value(link + ".packet_overhead"), 1.0);
  return *base.raw_rate * (1 - base.value(link + ".control_share")) * payload / packet;
}

CopyModel copy_model_of(const Base& base, const std::string& prefix) {
  CopyModel out;
  out.job_setup = base.value(prefix + ".job_setup");
  out.piece_setup = base.value(prefix + ".piece_setup");
  double rate = base.value(prefix + ".bandwidth");
  if (!(rate > 0)) rate = std::numeric_limits<double>::infinity();
  rate = std::min(rate, link_rate_of(base));
  if (rate > 0 && std::isfinite(rate)) out.seconds_per_byte = 1 / rate;
  return out;
}

Part fit_duplex(const Measurements& both, const CopyModel& alone, Direction direction, const Task& task) {
  Part part;
  const std::string towards = direction == Direction::kToDevice ? "to the device" : "to the host";
  part.name = "copies " + towards + " while others go the other way";
  part.model = "set-up + size / (bandwidth x share)";
  LinearProblem problem;
  for (const Measurement* m : both) {
    const double setup = alone.time(1, {m->size}) - static_cast<double>(m->size) * alone.seconds_per_byte;
    problem.add({static_cast<double>(m->size) * alone.seconds_per_byte}, m->value - std::min(setup, 0.5 * m->value),
                weight_of(*m));
  }
  problem.lower = {0};
  const Fit fit = solve(problem);
  const std::string path = "links." + task.base.link + ".duplex." + std::string(direction_name(direction));
  Parameter share = parameter_of(fit, 0, path, Unit::kShare, both.size());
  const double slow_down = fit.value[0];
  share.value = slow_down > 1 ? rounded(1 / slow_down) : 1;
  share.interval.reset();
  if (const std::optional<double> half = fit.half_width[0]; half && *half < slow_down) {
    share.interval = {std::min(1 / (slow_down + *half), 1.0), std::min(1 / (slow_down - *half), 1.0)};
  }
  for (const Measurement* m : both) {
    const double moving = static_cast<double>(m->size) * alone.seconds_per_byte;
    part.points.push_back({m, alone.time(1, {m->size}) + moving * (1 / share.value - 1)});
  }
  part.parameters = {share};
  return part;
}

}  // namespace farfault::analysis::calibration
