#include <algorithm>
#include <cmath>
#include <string>

#include "analysis/calibration/calibration.h"
#include "analysis/calibration/parts.h"
#include "sim/core/error.h"

namespace farfault::analysis::calibration {
namespace {

std::vector<double> errors_of(const std::vector<Part>& parts) {
  std::vector<double> out;
  for (const Part& part : parts) {
    for (const Point& point : part.points) out.push_back(std::abs(point.error()));
  }
  return out;
}

double median_of(std::vector<double> values) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

double worst_of(const std::vector<double>& values) {
  return values.empty() ? 0 : *std::max_element(values.begin(), values.end());
}

class Calibrator {
 public:
  Calibrator(const std::vector<MeasuredFile>& files, const Base& base, const Options& options)
      : files_(files), task_{base, options, out_.warnings} {}

  Calibration run() {
    for (const MeasuredFile& file : files_) {
      for (const std::string& remark : file.remarks) out_.warnings.push_back(file.file + ": " + remark);
    }
    copies();
    groups();
    remote();
    memory();
    if (out_.parts.empty())
      too_few({}, "the measurements allow no fit", "see docs/calibrate.md for what each kind tells");
    for (const auto& [path, bound] : task_.options.at_least) {
      if (!fits(path)) {
        throw Error(ExitCode::kUsage, "a lower bound for " + path + ", which these measurements do not fit");
      }
    }
    return std::move(out_);
  }

 private:
  bool fits(const std::string& path) const {
    for (const Part& part : out_.parts) {
      for (const Parameter& p : part.parameters) {
        if (p.path == path && p.standing != Parameter::Standing::kKept) return true;
      }
    }
    return false;
  }

  Measurements all(Kind kind, Direction direction = Direction::kNone) const {
    Measurements out;
    for (const MeasuredFile& file : files_) {
      for (const Measurement& m : file.measurements) {
        if (m.kind == kind && (direction == Direction::kNone || m.direction == direction)) out.push_back(&m);
      }
    }
    return out;
  }

  /// Pinned and pageable copies are not one curve: where there are both, pinned ones.
  Measurements of_one_memory(Measurements copies, const std::string& what) {
    const auto is = [](HostMemory memory) { return [memory](const Measurement* m) { return m->memory == memory; }; };
    const auto pageable = std::count_if(copies.begin(), copies.end(), is(HostMemory::kPageable));
    if (pageable == 0 || pageable == static_cast<std::ptrdiff_t>(copies.size())) return copies;
    std::erase_if(copies, is(HostMemory::kPageable));
    out_.warnings.push_back(what + ": " + std::to_string(pageable) +
                            " copies of pageable memory are not used, since there are copies of pinned memory");
    return copies;
  }

  void copies() {
    for (const Direction direction : {Direction::kToDevice, Direction::kToHost}) {
      const std::string towards = direction == Direction::kToDevice ? "to the device" : "to the host";
      const std::string link = "links." + task_.base.link;
      const std::string end = '.' + std::string(direction_name(direction));
      CopyModel& pieces = direction == Direction::kToDevice ? to_device_ : to_host_;
      pieces = copy_model_of(task_.base, link + ".dma" + end);
      if (const Measurements m = all(Kind::kMigrationPiece, direction); !m.empty()) {
        add(fit_copies(m, "pieces of migrations " + towards, link + ".dma" + end, task_, pieces));
        note_rate(pieces);
      }
      CopyModel copies = copy_model_of(task_.base, link + ".memcpy" + end);
      const std::string what = "copies " + towards;
      const Measurements explicit_copies = of_one_memory(all(Kind::kCopy, direction), what);
      if (!explicit_copies.empty()) {
        add(fit_copies(explicit_copies, what, link + ".memcpy" + end, task_, copies));
        note_rate(copies);
      }
      const Measurements both = of_one_memory(all(Kind::kCopyBoth, direction), what + " both ways");
      if (!both.empty()) add(fit_duplex(both, copies, direction, task_));
    }
  }

  void note_rate(const CopyModel& model) { fastest_ = std::max(fastest_, 1 / model.seconds_per_byte); }

  void groups() {
    const Measurements measured = all(Kind::kFaultGroup);
    const Measurements kernels = all(Kind::kFaultKernel);
    if (measured.empty() && kernels.empty()) return;
    if (all(Kind::kMigrationPiece, Direction::kToDevice).empty()) {
      out_.warnings.emplace_back(
          "groups of faults: no migration_piece to the device was measured, so the platform's own "
          "copies are taken off");
    }
    Part part;
    if (!measured.empty()) {
      part = fit_groups(measured, to_device_, task_);
      add(part);
    }
    if (!kernels.empty()) add(fit_between(kernels, to_device_, part, task_));
  }

  void remote() {
    const Measurements rates = all(Kind::kRemoteRead);
    const Measurements latencies = all(Kind::kRemoteLatency);
    if (!rates.empty() || !latencies.empty()) add(fit_remote(rates, latencies, task_));
    link_rate();
  }

  /// Copies faster than the platform's link would be held back by it.
  void link_rate() {
    if (!(fastest_ > 0)) return;
    const std::string link = "links." + task_.base.link;
    Part part;
    part.name = "rate of the link";
    Parameter parameter;
    if (task_.base.raw_rate) {
      const double payload = task_.base.value(link + ".max_payload");
      const double most =
          *task_.base.raw_rate * payload / std::max(payload + task_.base.value(link + ".packet_overhead"), 1.0);
      const double share = written(link + ".control_share");
      if (fastest_ <= most * (1 - share)) return;
      if (fastest_ > most) {
        out_.warnings.emplace_back(
            "copies are faster than packets of the platform's max_payload allow; base the "
            "platform on one with the right generation, lanes and max_payload");
      }
      parameter.path = link + ".control_share";
      parameter.unit = Unit::kShare;
      // Down to three digits, so that the copies pass.
      parameter.value = std::max(std::floor((1 - fastest_ / most) * 1000) / 1000, 0.0);
      part.notes.emplace_back(
          "the copies are faster than the platform's link with its control_share, which is made "
          "small enough for them");
      drop(parameter.path);
    } else {
      if (fastest_ <= task_.base.value(link + ".bandwidth")) return;
      parameter.path = link + ".bandwidth";
      parameter.unit = Unit::kRate;
      parameter.value = rounded(fastest_ * 1.0005);
      part.notes.emplace_back("the copies are faster than the platform's link, which is made as fast as they are");
    }
    parameter.points = 1;
    part.model = "no less than the fastest copies";
    part.parameters = {parameter};
    add(part);
  }

  double written(const std::string& path) const {
    for (const Part& part : out_.parts) {
      for (const Parameter& p : part.parameters) {
        if (p.path == path) return p.value;
      }
    }
    return task_.base.value(path);
  }

  void drop(const std::string& path) {
    for (Part& part : out_.parts) std::erase_if(part.parameters, [&](const Parameter& p) { return p.path == path; });
  }

  void memory() {
    std::optional<double> bandwidth;
    if (const Measurements m = all(Kind::kMemoryBandwidth); !m.empty()) {
      add(fit_memory_bandwidth(m, task_));
      bandwidth = out_.parts.back().parameters.front().value;
    }
    if (const Measurements m = all(Kind::kMemoryLatency); !m.empty()) add(fit_memory_latency(m, task_));
    const Measurements launches = all(Kind::kLaunchLatency);
    const Measurements kernels = all(Kind::kResidentKernel);
    if (!launches.empty() || !kernels.empty()) add(fit_kernels(launches, kernels, bandwidth, task_));
  }

  void add(Part part) { out_.parts.push_back(std::move(part)); }

  const std::vector<MeasuredFile>& files_;
  Calibration out_;
  Task task_;
  CopyModel to_device_;
  CopyModel to_host_;
  double fastest_ = 0;
};

}  // namespace

double Base::value(const std::string& path) const {
  const auto found = values.find(path);
  return found == values.end() ? 0 : found->second;
}

double Part::median_error() const { return median_of(errors_of({*this})); }
double Part::worst_error() const { return worst_of(errors_of({*this})); }
double Calibration::median_error() const { return median_of(errors_of(parts)); }
double Calibration::worst_error() const { return worst_of(errors_of(parts)); }
std::size_t Calibration::points() const { return errors_of(parts).size(); }

Calibration calibrate(const std::vector<MeasuredFile>& files, const Base& base, const Options& options) {
  return Calibrator(files, base, options).run();
}

}  // namespace farfault::analysis::calibration
