#include "sim/config/load.h"

#include <algorithm>
#include <utility>

#include "sim/config/assemble.h"
#include "sim/config/check.h"
#include "sim/config/config_files.h"
#include "sim/config/diagnostics.h"
#include "sim/config/json_reader.h"
#include "sim/config/overrides.h"
#include "sim/config/sampling.h"
#include "sim/config/scalars.h"
#include "sim/config/spec_reader.h"
#include "sim/config/spec_schema.h"
#include "sim/config/spec_writer.h"
#include "sim/core/text.h"

namespace farfault {
namespace {

using config::Assembled;
using config::ConfigFiles;
using config::Diagnostics;
using config::kind_tables;
using config::KindTables;
using config::Listed;
using config::Node;
using config::Override;
using config::Source;
using config::SpecLister;
using config::SpecReader;
using config::SpecSchema;
using config::SpecWriter;

/// The policies that a scenario gets which names none.
PolicySpec default_policies() {
  PolicySpec policy;
  policy.placement.kind = "migrate_on_fault";
  policy.prefetch.kind = "tree";
  policy.eviction.kind = "lru";
  policy.thrashing.kind = "none";
  return policy;
}

/// Each agent where it belongs, or on the host where there is no device.
AssignRule default_rule(const PlatformSpec& platform) {
  AssignRule rule;
  if (!platform.devices.empty()) rule.to = kAutoProcessor;
  return rule;
}

bool has_rules(const Node& document) {
  const Node* const workload = document.find("workload");
  return workload != nullptr && workload->find("assign") != nullptr;
}

const LoadedPlugin* find_plugin(const Catalogue& catalogue, const std::string& name) {
  const auto it = std::find_if(catalogue.plugins.begin(), catalogue.plugins.end(),
                               [&name](const LoadedPlugin& plugin) { return plugin.name == name; });
  return it == catalogue.plugins.end() ? nullptr : &*it;
}

/// Those that the scenario wants must be loaded, whatever they are for.
void check_plugins(const std::vector<PluginUse>& wanted, const Catalogue& catalogue, const Node& document,
                   Diagnostics& diagnostics) {
  for (const PluginUse& plugin : wanted) {
    if (diagnostics.full() || find_plugin(catalogue, plugin.name) != nullptr) continue;
    const Node& node = *document.find("plugins")->find(plugin.name);
    diagnostics.add(node, config::join("/plugins", plugin.name), "the plug-in is not loaded",
                    "give it with --plugin " + (plugin.file.empty() ? "FILE" : printable(plugin.file)));
  }
}

/// Those that the chosen policies are from.
std::vector<PluginUse> plugins_of(const PolicySpec& policy, const Catalogue& catalogue) {
  std::vector<PluginUse> out;
  for (const LoadedPlugin& plugin : catalogue.plugins) {
    PluginUse use{plugin.name, plugin.file, plugin.abi, plugin.hash, {}};
    for (const std::string& chosen : {"placement " + policy.placement.kind, "prefetch " + policy.prefetch.kind,
                                      "eviction " + policy.eviction.kind, "thrashing " + policy.thrashing.kind}) {
      const auto& has = plugin.policies;
      if (std::find(has.begin(), has.end(), chosen) != has.end()) use.policies.push_back(chosen);
    }
    if (!use.policies.empty()) out.push_back(std::move(use));
  }
  return out;
}

RunSpec read_run(const Assembled& assembled, const Catalogue& catalogue, const KindTables& kinds,
                 Diagnostics& diagnostics) {
  RunSpec spec;
  spec.platform.name = "custom";
  spec.policy = default_policies();
  SpecReader reader(assembled.document, "", diagnostics);
  describe(reader, spec, kinds);
  reader.finish();
  if (!has_rules(assembled.document)) spec.workload.assign = {default_rule(spec.platform)};
  check_run(spec, assembled, diagnostics);
  config::check_sample(spec, catalogue.policies, assembled.document, diagnostics);
  check_plugins(spec.plugins, catalogue, assembled.document, diagnostics);
  spec.plugins = plugins_of(spec.policy, catalogue);
  return spec;
}

/// What a scenario is read with beside its text.
struct Surroundings {
  Surroundings(std::filesystem::path scenario_folder, const ConfigPaths& paths, const Catalogue& all)
      : folder(std::move(scenario_folder)), files(paths), catalogue(all), kinds(kind_tables(all)) {}

  std::filesystem::path folder;  ///< where the scenario's relative paths start
  ConfigFiles files;
  const Catalogue& catalogue;
  KindTables kinds;
};

/// The text's object; nothing, with a diagnostic, if it is none.
std::optional<Node> parse_scenario(std::string_view text, const std::string& name, Diagnostics& diagnostics) {
  const auto source = std::make_shared<const Source>(Source{name, config::kScenarioLayer, "", ""});
  std::optional<Node> scenario = parse_json(text, source, diagnostics);
  if (scenario && !scenario->is_object()) {
    diagnostics.add(*scenario, "", "is " + kind_text(*scenario) + ", not an object", "write the scenario in { }");
    scenario.reset();
  }
  return scenario;
}

/// `diagnostics` may hold what was found before.
RunSpec load_parsed(Node scenario, const std::vector<Override>& overrides, Surroundings& around,
                    Diagnostics& diagnostics) {
  const Assembled assembled = assemble(std::move(scenario), overrides, around.files, diagnostics);
  RunSpec spec = read_run(assembled, around.catalogue, around.kinds, diagnostics);
  resolve_trace(spec.workload, assembled.document, around.folder, around.files.paths(), diagnostics);
  diagnostics.throw_if_any();
  return spec;
}

RunSpec load(std::string_view text, const std::string& name, const std::filesystem::path& folder,
             const std::vector<std::string>& sets, const ConfigPaths& paths, const Catalogue& catalogue) {
  Diagnostics diagnostics;
  const std::vector<Override> overrides = parse_overrides(sets, diagnostics);
  std::optional<Node> scenario = parse_scenario(text, name, diagnostics);
  if (!scenario) diagnostics.throw_if_any();
  Surroundings around(folder, paths, catalogue);
  return load_parsed(std::move(*scenario), overrides, around, diagnostics);
}

std::string as_text(const Node& node) { return to_json(node) + '\n'; }

/// {"base": name, ...}: what a part of a scenario, or a file, may be beside its own members.
void allow_base(Node& schema, const std::string& what) {
  Node base = Node::object();
  base.set("description", Node::of("name of the " + what + " that this one differs from"));
  base.set("type", Node::of("string"));
  schema.find("properties")->set("base", std::move(base));
}

void allow_schema_key(Node& schema) {
  Node text = Node::object();
  text.set("type", Node::of("string"));
  schema.find("properties")->set("$schema", std::move(text));
}

Node root_schema(const std::string& title, Node schema) {
  Node root = Node::object();
  root.set("$schema", Node::of("http://json-schema.org/draft-07/schema#"));
  root.set("title", Node::of(title));
  root = merged(std::move(root), std::move(schema));
  allow_schema_key(root);
  root.set("definitions", config::quantity_definitions());
  return root;
}

Node named_or(Node schema, const std::string& what) {
  allow_base(schema, what);
  Node name = Node::object();
  name.set("description", Node::of("name of a " + what));
  name.set("type", Node::of("string"));
  return any_of(std::move(name), std::move(schema));
}

/// Whether a parameter of that pointer has a part in runs of that detail.
bool has_part(const std::string& pointer, Detail detail) {
  if (pointer.find("/tlb/") != std::string::npos) return detail != Detail::kPages;
  if (pointer.find("/cache/") != std::string::npos) return detail == Detail::kCache;
  return true;
}

std::vector<ParameterRow> rows_of(const SpecLister& lister) {
  std::vector<ParameterRow> out;
  for (const Listed& listed : lister.listed()) {
    std::string path;
    for (const std::string& step : listed.path) path += (path.empty() ? "" : ".") + step;
    out.push_back({path, listed.value, listed.meaning, listed.source});
  }
  return out;
}

}  // namespace

RunSpec load_scenario(const std::string& path_or_dash, const std::vector<std::string>& sets, const ConfigPaths& paths,
                      const Catalogue& catalogue) {
  Diagnostics diagnostics;
  const std::optional<std::string> text = read_text(path_or_dash, diagnostics);
  diagnostics.throw_if_any();
  const bool is_stdin = path_or_dash == "-";
  const std::filesystem::path folder = is_stdin ? "." : std::filesystem::path(path_or_dash).parent_path();
  return load(*text, is_stdin ? "standard input" : path_or_dash, folder, sets, paths, catalogue);
}

RunSpec load_scenario_text(std::string_view text, const std::string& name, const std::filesystem::path& folder,
                           const std::vector<std::string>& sets, const ConfigPaths& paths, const Catalogue& catalogue) {
  return load(text, name, folder, sets, paths, catalogue);
}

struct ScenarioLoader::Parts {
  Parts(Node document, std::filesystem::path folder, const ConfigPaths& paths, const Catalogue& catalogue)
      : scenario(std::move(document)), around(std::move(folder), paths, catalogue) {}

  Node scenario;
  Surroundings around;
};

ScenarioLoader::ScenarioLoader(std::string_view text, const std::string& name, std::filesystem::path folder,
                               const ConfigPaths& paths, const Catalogue& catalogue) {
  Diagnostics diagnostics;
  std::optional<Node> scenario = parse_scenario(text, name, diagnostics);
  diagnostics.throw_if_any();
  parts_ = std::make_unique<Parts>(std::move(*scenario), std::move(folder), paths, catalogue);
}

ScenarioLoader::~ScenarioLoader() = default;

RunSpec ScenarioLoader::load(const std::vector<std::string>& sets) const {
  Diagnostics diagnostics;
  const std::vector<Override> overrides = parse_overrides(sets, diagnostics);
  return load_parsed(parts_->scenario, overrides, parts_->around, diagnostics);
}

PlatformSpec load_platform(const std::string& name, const ConfigPaths& paths) {
  Diagnostics diagnostics;
  ConfigFiles files(paths);
  const std::optional<Node> node = load_named("platforms", name, files, diagnostics);
  if (!node) diagnostics.throw_if_any();
  PlatformSpec spec;
  SpecReader reader(*node, "/platform", diagnostics);
  describe(reader, spec);
  reader.finish();
  Node document = Node::object();
  document.set("platform", *node);
  check_platform(spec, document, "/platform", diagnostics);
  diagnostics.throw_if_any();
  return spec;
}

DesignSpec load_design(const std::string& name, const ConfigPaths& paths, const Catalogue& catalogue) {
  Diagnostics diagnostics;
  ConfigFiles files(paths);
  const std::optional<Node> node = load_named("designs", name, files, diagnostics);
  if (!node) diagnostics.throw_if_any();
  DesignSpec spec;
  SpecReader reader(*node, "/design", diagnostics);
  describe(reader, spec, kind_tables(catalogue));
  reader.finish();
  diagnostics.throw_if_any();
  return spec;
}

Choice load_generator(const std::string& name, const std::vector<std::string>& sets, const Catalogue& catalogue) {
  Diagnostics diagnostics;
  const std::string key = "generator";
  // Messages show a parameter as --set has it, without what it is a parameter of.
  const auto source = std::make_shared<const Source>(Source{"--set", config::kOverrideLayer, '/' + key, ""});
  Node generator = Node::object();
  for (Override& override : parse_overrides(sets, diagnostics)) {
    set_source(override.value, source);
    if (override.path.front() == "kind") {
      diagnostics.add(override.value, '/' + key + "/kind", "is no parameter", "the generator's name says it");
      continue;
    }
    apply(generator, override, diagnostics);
  }
  generator.set("kind", Node::of(name));
  Node document = Node::object();
  document.set(key, std::move(generator));
  SpecReader reader(document, "", diagnostics);
  Choice out;
  reader.choice({key}, out, kind_tables(catalogue).generator);
  diagnostics.throw_if_any();
  return out;
}

std::string resolved_json(const RunSpec& spec) {
  RunSpec copy = spec;  // visitors may write
  // The path as it was given: the file's folder is this machine's.
  if (copy.workload.trace) copy.workload.trace = copy.workload.trace_as_given;
  SpecWriter writer;
  describe(writer, copy, KindTables());
  return as_text(writer.take());
}

std::string scenario_schema(const Catalogue& catalogue) {
  RunSpec spec;
  spec.policy = default_policies();
  SpecSchema visitor;
  describe(visitor, spec, kind_tables(catalogue));
  Node& properties = visitor.properties();
  Node driver = *properties.find("platform")->find("properties")->find("driver");
  for (const char* part : {"platform", "design", "policy"}) {
    Node& schema = *properties.find(part);
    schema = named_or(std::move(schema), part);
  }
  properties.set("driver", std::move(driver));
  return as_text(root_schema("farfault scenario", visitor.take()));
}

std::string platform_schema() {
  PlatformSpec spec;
  SpecSchema visitor;
  describe(visitor, spec);
  Node schema = visitor.take();
  allow_base(schema, "platform");
  return as_text(root_schema("farfault platform", std::move(schema)));
}

std::vector<Assumption> assumptions(const RunSpec& spec) {
  RunSpec copy = spec;
  SpecLister lister;
  describe(lister, copy, KindTables());
  std::vector<Assumption> out;
  for (const Listed& listed : lister.listed()) {
    if (!listed.source.starts_with("assumption")) continue;
    std::string pointer;
    for (const std::string& step : listed.path) pointer = config::join(pointer, step);
    if (has_part(pointer, spec.replay.detail)) out.push_back({pointer, listed.value, listed.source});
  }
  return out;
}

std::vector<ParameterRow> parameter_rows(const PlatformSpec& spec) {
  PlatformSpec copy = spec;
  SpecLister lister;
  describe(lister, copy);
  return rows_of(lister);
}

std::vector<ParameterRow> parameter_rows(const DesignSpec& spec) {
  DesignSpec copy = spec;
  SpecLister lister;
  describe(lister, copy, KindTables());
  return rows_of(lister);
}

}  // namespace farfault
