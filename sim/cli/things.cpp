#include "sim/cli/things.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>
#include <utility>
#include <variant>

#include "sim/core/quantity.h"
#include "sim/replay/summary.h"
#include "sim/sweep/load_sweep.h"
#include "traces/formats.h"

namespace farfault::cli {
namespace {

constexpr std::array<std::string_view, 11> kKinds = {"placement", "prefetch",   "eviction", "thrashing",
                                                     "designs",   "platforms",  "policies", "scenarios",
                                                     "sweeps",    "generators", "formats"};

bool is_slot(std::string_view kind) {
  return kind == "placement" || kind == "prefetch" || kind == "eviction" || kind == "thrashing";
}

/// The description that a config file gives of itself.
std::string description_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  const nlohmann::json json = nlohmann::json::parse(file, nullptr, false);
  if (!json.is_object()) return "(cannot be read: farfault describe tells why)";
  const auto it = json.find("description");
  return it != json.end() && it->is_string() ? it->get<std::string>() : std::string();
}

/// The plug-in that a policy is from, for people; empty if it is farfault's own.
std::string plugin_of(const std::string& slot, const std::string& policy, const Context& context) {
  for (const LoadedPlugin& plugin : context.catalogue.plugins) {
    const auto& has = plugin.policies;
    if (std::find(has.begin(), has.end(), slot + ' ' + policy) == has.end()) continue;
    return plugin.name + " (" + plugin.file + ", xxh3_64 " + plugin.hash + ')';
  }
  return {};
}

template <class Interface>
void add_policies(std::vector<Thing>& out, std::string_view kind, const Registry<PolicyInfo<Interface>>& registry,
                  const Context& context) {
  const std::string slot(kind);
  for (const auto& [name, info] : registry) {
    out.push_back({slot, name, info.version, info.summary, info.source, {}, plugin_of(slot, name, context)});
  }
}

void add_files(std::vector<Thing>& out, const std::string& kind, const Context& context) {
  for (const std::string& name : config_names(kind, context.paths)) {
    const std::filesystem::path file = std::filesystem::path(kind) / (name + ".json");
    out.push_back({kind, name, "", description_of(context.paths.configs / file), "configs" / file});
  }
}

/// Registered designs; a file of the same name holds its parameters. Files of other names are variants.
void add_designs(std::vector<Thing>& out, const Context& context) {
  for (const auto& [name, info] : context.catalogue.designs) {
    out.push_back({"designs", name, "", info.summary, info.source});
  }
  std::vector<Thing> files;
  add_files(files, "designs", context);
  for (Thing& file : files) {
    if (context.catalogue.designs.find(file.name) == nullptr) out.push_back(std::move(file));
  }
  std::sort(out.begin(), out.end(), [](const Thing& a, const Thing& b) { return a.name < b.name; });
}

std::string unit_of(const ParameterValue& value) {
  constexpr std::array<const char*, std::variant_size_v<ParameterValue>> kNames = {
      "yes or no", "count", "number", "bytes", "time", "bandwidth", "text"};
  static_assert(std::is_same_v<std::variant_alternative_t<3, ParameterValue>, Bytes>);
  return kNames[value.index()];
}

/// A bound, in the unit of the parameter.
std::string bound_text(const ParameterValue& like, double bound) {
  return std::visit(
      [bound](const auto& v) -> std::string {
        using T = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<T, Bytes>) {
          return format_exact(Bytes(static_cast<std::uint64_t>(bound)));
        } else if constexpr (std::is_same_v<T, SimTime>) {
          return format_exact(SimTime::from_picoseconds(bound));
        } else if constexpr (std::is_same_v<T, Bandwidth>) {
          return format_exact(Bandwidth::bytes_per_second(bound));
        } else if constexpr (std::is_same_v<T, std::uint64_t>) {
          return std::to_string(static_cast<std::uint64_t>(bound));
        } else {
          return parameter_text(bound);
        }
      },
      like);
}

std::string range_of(const ParameterInfo& info) {
  std::string out;
  for (const std::string& choice : info.choices) out += (out.empty() ? "" : ", ") + choice;
  for (const Bytes size : info.sizes) out += (out.empty() ? "" : ", ") + format_exact(size);
  const bool text = std::holds_alternative<bool>(info.fallback) || std::holds_alternative<std::string>(info.fallback);
  if (!out.empty() || text) return out;
  const ParameterInfo unlimited;
  const bool from = info.minimum > 0;
  const bool to = info.maximum < unlimited.maximum;
  if (!from && !to) return {};
  if (!to) return "at least " + bound_text(info.fallback, info.minimum);
  return bound_text(info.fallback, info.minimum) + " to " + bound_text(info.fallback, info.maximum);
}

std::vector<ThingParameter> parameters_of(const std::vector<ParameterInfo>& infos) {
  std::vector<ThingParameter> out;
  out.reserve(infos.size());
  for (const ParameterInfo& info : infos) {
    out.push_back({info.name, unit_of(info.fallback), parameter_text(info.fallback), range_of(info), info.description,
                   info.source, source_kind(info.source)});
  }
  return out;
}

std::vector<ThingParameter> parameters_of(const std::vector<ParameterRow>& rows) {
  std::vector<ThingParameter> out;
  for (const ParameterRow& row : rows) {
    if (row.path == "name" || row.path == "description" || row.path == "kind") continue;  // told with the thing itself
    out.push_back({row.path, "", row.value, "", row.meaning, row.source, source_kind(row.source)});
  }
  return out;
}

void add_choice(std::vector<ThingParameter>& out, const std::string& path, const Choice& choice,
                const std::string& meaning) {
  out.push_back({path + ".kind", "", choice.kind, "", meaning, ""});
  for (const auto& [name, value] : choice.parameters.values()) {
    std::string at = path;
    at.append(".").append(name);
    out.push_back({std::move(at), "", parameter_text(value), "", "", ""});
  }
}

void add_policy(std::vector<ThingParameter>& out, const std::string& prefix, const PolicySpec& policy) {
  add_choice(out, prefix + "placement", policy.placement, "what a fault does");
  add_choice(out, prefix + "prefetch", policy.prefetch, "which other pages come");
  add_choice(out, prefix + "eviction", policy.eviction, "which pages leave");
  add_choice(out, prefix + "thrashing", policy.thrashing, "when pages are held still");
}

/// The policies of a file of configs/policies, in a scenario that needs nothing else.
std::vector<ThingParameter> bundle_parameters(const std::string& name, const Context& context) {
  nlohmann::json scenario;
  scenario["policy"] = name;
  scenario["workload"]["generator"]["kind"] = "sequential";
  const RunSpec spec =
      load_scenario_text(scenario.dump(), "policies/" + name, ".", {}, context.paths, context.catalogue);
  std::vector<ThingParameter> out;
  add_policy(out, "", spec.policy);
  return out;
}

std::string capacity_text(const DeviceCapacity& capacity) {
  if (const auto* bytes = std::get_if<Bytes>(&capacity)) return format_exact(*bytes);
  if (const auto* share = std::get_if<FootprintShare>(&capacity)) {
    return parameter_text(share->share * 100) + " % of footprint";
  }
  return "all of the platform's";
}

std::vector<ThingParameter> scenario_parameters(const std::string& name, const Context& context) {
  const std::filesystem::path path = context.paths.configs / "scenarios" / (name + ".json");
  const RunSpec spec = load_scenario(path.string(), {}, context.paths, context.catalogue);
  std::vector<ThingParameter> out;
  out.push_back({"platform", "", spec.platform.name, "", "the machine", ""});
  out.push_back({"design", "", spec.design.kind, "", "the kernel's part", ""});
  add_policy(out, "policy.", spec.policy);
  if (spec.workload.trace) {
    out.push_back({"workload.trace", "", spec.workload.trace_as_given, "", "the trace to replay", ""});
  }
  if (spec.workload.generator) add_choice(out, "workload.generator", *spec.workload.generator, "makes the accesses");
  out.push_back({"memory.device_capacity", "", capacity_text(spec.device_capacity), "",
                 "device memory that the workload may use", ""});
  out.push_back({"seed", "", std::to_string(spec.seed), "", "of the one random generator", ""});
  return out;
}

/// What a sweep varies: an axis with its values as a row.
std::vector<ThingParameter> sweep_parameters(const std::string& name, const Context& context) {
  const std::string file = (context.paths.configs / "sweeps" / (name + ".json")).string();
  const sweep::Plan plan = sweep::load_sweep(file, {}, context.paths, context.catalogue);
  std::vector<ThingParameter> out;
  out.push_back({"points", "", format_count(plan.points.size()), "", "scenarios that are run", ""});
  for (std::size_t i = 0; i < plan.axes.size(); ++i) {
    std::string values;
    for (const std::string& text : sweep::axis_texts(plan, i)) {
      values += (values.empty() ? "" : ", ") + sweep::value_text(text);
    }
    const sweep::Axis& axis = plan.axes[i];
    out.push_back({axis.path, "", std::move(values), "", axis.title == axis.path ? "" : axis.title, ""});
  }
  return out;
}

template <class Interface>
std::vector<ThingParameter> policy_parameters(const Registry<PolicyInfo<Interface>>& registry,
                                              const std::string& name) {
  const PolicyInfo<Interface>* const info = registry.find(name);
  return info == nullptr ? std::vector<ThingParameter>() : parameters_of(info->parameters);
}

std::vector<ThingParameter> slot_parameters(const Thing& thing, const PolicyRegistry& policies) {
  if (thing.kind == "placement") return policy_parameters(policies.placement, thing.name);
  if (thing.kind == "prefetch") return policy_parameters(policies.prefetch, thing.name);
  if (thing.kind == "eviction") return policy_parameters(policies.eviction, thing.name);
  return policy_parameters(policies.thrashing, thing.name);
}

std::vector<ThingParameter> design_parameters(const std::string& name, const Context& context) {
  const std::vector<std::string> files = config_names("designs", context.paths);
  if (std::find(files.begin(), files.end(), name) == files.end()) return parameters_of(parameter_rows(DesignSpec{}));
  return parameters_of(parameter_rows(load_design(name, context.paths, context.catalogue)));
}

}  // namespace

std::span<const std::string_view> kinds() { return kKinds; }

std::vector<Thing> things_of(std::string_view kind, const Context& context) {
  std::vector<Thing> out;
  const PolicyRegistry& policies = context.catalogue.policies;
  if (kind == "placement") add_policies(out, kind, policies.placement, context);
  if (kind == "prefetch") add_policies(out, kind, policies.prefetch, context);
  if (kind == "eviction") add_policies(out, kind, policies.eviction, context);
  if (kind == "thrashing") add_policies(out, kind, policies.thrashing, context);
  if (kind == "designs") add_designs(out, context);
  if (kind == "platforms" || kind == "policies" || kind == "scenarios" || kind == "sweeps") {
    add_files(out, std::string(kind), context);
  }
  if (kind == "generators") {
    for (const auto& [name, info] : context.catalogue.generators) {
      out.push_back({"generators", name, "", info.summary, ""});
    }
  }
  if (kind == "formats") {
    for (const traces::FormatInfo& info : traces::formats()) {
      out.push_back({"formats", std::string(info.name), "", std::string(info.summary), std::string(info.source)});
    }
  }
  return out;
}

Thing describe_thing(const Thing& thing, const Context& context) {
  Thing out = thing;
  if (is_slot(thing.kind)) out.parameters = slot_parameters(thing, context.catalogue.policies);
  if (thing.kind == "designs") out.parameters = design_parameters(thing.name, context);
  if (thing.kind == "platforms")
    out.parameters = parameters_of(parameter_rows(load_platform(thing.name, context.paths)));
  if (thing.kind == "policies") out.parameters = bundle_parameters(thing.name, context);
  if (thing.kind == "scenarios") out.parameters = scenario_parameters(thing.name, context);
  if (thing.kind == "sweeps") out.parameters = sweep_parameters(thing.name, context);
  if (thing.kind == "generators") {
    out.parameters = parameters_of(context.catalogue.generators.find(thing.name)->parameters);
  }
  return out;
}

}  // namespace farfault::cli
