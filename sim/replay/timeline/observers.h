/// Several who watch, as one.
#pragma once

#include <utility>
#include <vector>

#include "models/observer.h"

namespace farfault {

class Observers final : public Observer {
 public:
  /// Borrows them.
  explicit Observers(std::vector<Observer*> all) : all_(std::move(all)) {}

  void on_worker(std::uint32_t owner, WorkerKind kind, std::string_view name, DeviceId device) override {
    for (Observer* each : all_) each->on_worker(owner, kind, name, device);
  }
  void on_copy(const CopySpan& copy) override {
    for (Observer* each : all_) each->on_copy(copy);
  }
  void on_remote(const Link& link, LinkDirection direction, Bytes bytes, SimTime start, SimTime end) override {
    for (Observer* each : all_) each->on_remote(link, direction, bytes, start, end);
  }
  void on_local(std::size_t processor, Bytes bytes, SimTime start, SimTime end) override {
    for (Observer* each : all_) each->on_local(processor, bytes, start, end);
  }
  void on_fault(const FaultSeen& fault) override {
    for (Observer* each : all_) each->on_fault(fault);
  }
  void on_batch(const BatchSpan& batch) override {
    for (Observer* each : all_) each->on_batch(batch);
  }
  void on_fault_queue(DeviceId device, std::uint64_t waiting, SimTime now) override {
    for (Observer* each : all_) each->on_fault_queue(device, waiting, now);
  }
  void on_replay(DeviceId device, SimTime now) override {
    for (Observer* each : all_) each->on_replay(device, now);
  }
  void on_software(std::uint32_t owner, SimTime start, const StageTimes& stages) override {
    for (Observer* each : all_) each->on_software(owner, start, stages);
  }
  void on_cpu_fault(std::uint32_t owner, BlockNumber block, unsigned page, SimTime start, SimTime end) override {
    for (Observer* each : all_) each->on_cpu_fault(owner, block, page, start, end);
  }
  void on_call(std::uint32_t owner, std::string_view what, SimTime start, SimTime end) override {
    for (Observer* each : all_) each->on_call(owner, what, start, end);
  }
  void on_to_device(DeviceId device, BlockNumber block, const PageMask& pages, Cause cause, std::uint64_t again,
                    SimTime now) override {
    for (Observer* each : all_) each->on_to_device(device, block, pages, cause, again, now);
  }
  void on_from_device(DeviceId device, BlockNumber block, const PageMask& pages, Cause cause, SimTime now) override {
    for (Observer* each : all_) each->on_from_device(device, block, pages, cause, now);
  }
  void on_resident(std::size_t processor, BlockNumber block, const PageMask& added, const PageMask& removed,
                   SimTime now) override {
    for (Observer* each : all_) each->on_resident(processor, block, added, removed, now);
  }
  void on_activity(std::uint32_t owner, Activity activity, SimTime start, SimTime end) override {
    for (Observer* each : all_) each->on_activity(owner, activity, start, end);
  }
  void on_kernel(std::uint32_t owner, std::string_view name, SimTime start, SimTime end) override {
    for (Observer* each : all_) each->on_kernel(owner, name, start, end);
  }
  void on_access(std::size_t processor, VirtualAddress address, std::uint64_t weight, SimTime now) override {
    for (Observer* each : all_) each->on_access(processor, address, weight, now);
  }

 private:
  std::vector<Observer*> all_;
};

}  // namespace farfault
