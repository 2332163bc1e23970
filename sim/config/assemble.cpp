#include "sim/config/assemble.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "sim/core/text.h"

namespace farfault::config {
namespace {

constexpr std::size_t kLongestChain = 8;
constexpr std::array<const char*, 4> kSlots = {"placement", "prefetch", "eviction", "thrashing"};

/// A part of a scenario that may be a name, and where the files of that name lie.
struct Part {
  std::string folder;  ///< "platforms"; the part's mount is /platform
  std::string noun;
  std::string pointer;
};

Part part_of(const std::string& folder) {
  const std::string noun = folder == "policies" ? "policy" : folder.substr(0, folder.size() - 1);
  return {folder, noun, '/' + noun};
}

bool is_file_name(std::string_view name) {
  const auto fine = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.';
  };
  return !name.empty() && name.size() <= 100 && name.front() != '.' && std::all_of(name.begin(), name.end(), fine);
}

/// Whether a name is meant as a file of the user's own: "my-gpu.json", "../platforms/my-gpu.json".
bool is_path(std::string_view name) {
  return name.size() <= 4096 && name.ends_with(".json") && name.find('\0') == std::string_view::npos;
}

/// The file that is meant by a path which stands in a config: relative to that config's folder; elsewhere (--set,
/// stdin) to the working folder.
std::filesystem::path resolved(const Node& name) {
  const std::filesystem::path path(name.text);
  if (path.is_absolute() || name.source == nullptr) return path;
  std::error_code none;
  const std::filesystem::path config(name.source->file);
  return std::filesystem::is_regular_file(config, none) ? config.parent_path() / path : path;
}

/// A source like `source` in which `mounted` stands for what its file has at the pointer of `written`.
SourcePtr remounted(const SourcePtr& source, const std::string& mounted, const std::string& written) {
  if (source == nullptr) return nullptr;
  return std::make_shared<const Source>(Source{source->file, source->layer, mounted, written_pointer(source, written)});
}

/// {"KEY": text} for a text that stands for it; messages still point at the text.
Node wrapped(const Node& text, const std::string& key, const std::string& pointer) {
  Node object = Node::object();
  object.source = text.source;
  object.line = text.line;
  Node member = text;
  member.source = remounted(text.source, join(pointer, key), pointer);
  object.set(key, std::move(member));
  return object;
}

/// "eviction": "lru" becomes "eviction": {"kind": "lru"}, so that layers can merge.
void expand_slots(Node& policy) {
  for (const char* slot : kSlots) {
    Node* const node = policy.find(slot);
    if (node != nullptr && node->is_string()) *node = wrapped(*node, "kind", join("/policy", slot));
  }
}

class Expander {
 public:
  Expander(ConfigFiles& files, Diagnostics& diagnostics) : files_(files), diagnostics_(diagnostics) {}

  /// The part without names: `node` over the files that it is based on.
  std::optional<Node> expanded(const Part& part, Node node, int layer) {
    if (part.folder == "policies") expand_slots(node);
    Node* const base = node.find("base");
    if (base == nullptr) return node;
    const std::string pointer = join(part.pointer, "base");
    if (!base->is_string()) {
      diagnostics_.add(*base, pointer, "is " + kind_text(*base) + ", not the name of a " + part.noun,
                       name_hint("", files_.names(part.folder)));
      return std::nullopt;
    }
    std::optional<Node> below = load(part, *base, pointer, layer - 1);
    if (!below) return std::nullopt;
    node.erase("base");
    return merged(std::move(*below), std::move(node));
  }

 private:
  std::optional<Node> load(const Part& part, const Node& name, const std::string& pointer, int layer) {
    if (is_path(name.text)) {
      const std::filesystem::path path = resolved(name).lexically_normal();
      return load_file(part, name, pointer, layer, path.string(), path.string());
    }
    const std::vector<std::string>& known = files_.names(part.folder);
    if (!is_file_name(name.text) || std::find(known.begin(), known.end(), name.text) == known.end()) {
      const std::string remedy = known.empty() ? "there is none in " +
                                                     printable((files_.paths().configs / part.folder).string(), 400) +
                                                     ": set FARFAULT_CONFIGS to the folder of configs"
                                               : name_hint(name.text, known) + " (farfault list " + part.folder + ')';
      diagnostics_.add(name, pointer, "unknown " + part.noun + " \"" + printable(name.text) + '"', remedy);
      return std::nullopt;
    }
    return load_file(part, name, pointer, layer, name.text,
                     (files_.paths().configs / part.folder / (name.text + ".json")).string());
  }

  /// `id` is the name or path that a chain of bases must not come to twice.
  std::optional<Node> load_file(const Part& part, const Node& name, const std::string& pointer, int layer,
                                const std::string& id, const std::string& path) {
    if (std::find(chain_.begin(), chain_.end(), id) != chain_.end() || chain_.size() >= kLongestChain) {
      diagnostics_.add(name, pointer, "\"" + name.text + "\" is based on itself, or on too many others",
                       "end the chain with a file that has no \"base\"");
      return std::nullopt;
    }
    std::optional<Node> node = read(part, path, layer);
    if (!node) return std::nullopt;
    chain_.push_back(id);
    std::optional<Node> whole = expanded(part, std::move(*node), layer);
    chain_.pop_back();
    return whole;
  }

  std::optional<Node> read(const Part& part, const std::string& path, int layer) {
    std::optional<Node> node = files_.read({path, layer, part.pointer, ""}, diagnostics_);
    if (!node) return std::nullopt;
    if (!node->is_object()) {
      diagnostics_.add(*node, part.pointer, "is " + kind_text(*node) + ", not an object", "write its members in { }");
      return std::nullopt;
    }
    node->erase("$schema");
    if (part.folder != "platforms") node->erase("description");
    if (part.folder == "platforms" && node->find("name") == nullptr) {
      node->set("name", Node::of(std::filesystem::path(path).stem().string()));
    }
    return node;
  }

  ConfigFiles& files_;
  Diagnostics& diagnostics_;
  std::vector<std::string> chain_;
};

/// Gives the part the form {"base": NAME, ...} or {...}.
void normalise(Node& document, const Part& part, const std::string& fallback) {
  const std::string key = part.noun;
  Node* const node = document.find(key);
  if (node == nullptr) {
    Node name = Node::of(fallback);
    name.source = remounted(document.source, join(part.pointer, "base"), part.pointer);
    Node object = Node::object();
    object.source = document.source;
    if (!fallback.empty()) object.set("base", std::move(name));
    document.set(key, std::move(object));
  } else if (node->is_string()) {
    *node = wrapped(*node, "base", part.pointer);
  }
}

/// Whether the override changes what a part is based on, so that it must come before the files are read.
bool is_about_names(const Override& override) {
  const std::vector<std::string>& path = override.path;
  const bool part = path[0] == "platform" || path[0] == "design" || path[0] == "policy";
  return part && (path.size() == 1 || (path.size() == 2 && path[1] == "base"));
}

/// The scenario's `driver` goes over the platform's.
void fold_driver(Node& document) {
  const Node* const driver = document.find("driver");
  Node* const platform = document.find("platform");
  if (driver == nullptr || platform == nullptr || !platform->is_object()) return;
  Node over = *driver;
  set_source(over, remounted(driver->source, "/platform/driver", "/driver"));
  Node* const there = platform->find("driver");
  platform->set("driver", there == nullptr ? std::move(over) : merged(std::move(*there), std::move(over)));
  document.erase("driver");
}

void apply_over_files(Node& document, Override override, Diagnostics& diagnostics) {
  if (override.path[0] != "driver") {
    apply(document, override, diagnostics);
    return;
  }
  if (override.path.size() == 1) {
    document.set("driver", override.value);
    fold_driver(document);
    return;
  }
  set_source(override.value, remounted(override.value.source, "/platform/driver", "/driver"));
  override.path.insert(override.path.begin(), "platform");
  apply(document, override, diagnostics);
}

}  // namespace

Assembled assemble(Node scenario, const std::vector<Override>& overrides, ConfigFiles& files,
                   Diagnostics& diagnostics) {
  Assembled out{std::move(scenario), true};
  Node& document = out.document;
  document.erase("$schema");
  const std::array<std::pair<Part, std::string>, 3> parts = {
      {{part_of("platforms"), "generic-pcie3"}, {part_of("designs"), "separate_radix"}, {part_of("policies"), ""}}};
  for (const Override& override : overrides) {
    if (!is_about_names(override)) continue;
    for (const auto& [part, fallback] : parts) {
      if (part.noun == override.path[0]) normalise(document, part, fallback);
    }
    apply(document, override, diagnostics);
  }
  Expander expander(files, diagnostics);
  for (const auto& [part, fallback] : parts) {
    normalise(document, part, fallback);
    Node* const node = document.find(part.noun);
    if (!node->is_object()) {
      if (part.folder == "platforms") out.has_platform = false;
      continue;  // the reader says so
    }
    std::optional<Node> whole = expander.expanded(part, *node, kScenarioLayer);
    if (part.folder == "platforms") out.has_platform = whole.has_value();
    if (!whole) {  // what stands beside the bad name can still be checked
      whole = std::move(*node);
      whole->erase("base");
    }
    *node = std::move(*whole);
  }
  fold_driver(document);
  for (const Override& override : overrides) {
    if (is_about_names(override)) continue;
    apply_over_files(document, override, diagnostics);
    expand_slots(*document.find("policy"));  // each time: the next override may be for a parameter of the slot
  }
  return out;
}

std::optional<Node> load_named(const std::string& folder, const std::string& name, ConfigFiles& files,
                               Diagnostics& diagnostics) {
  const Part part = part_of(folder);
  Node text = Node::of(name);
  text.source = std::make_shared<const Source>(Source{"", kScenarioLayer, join(part.pointer, "base"), ""});
  Node object = Node::object();
  object.set("base", std::move(text));
  return Expander(files, diagnostics).expanded(part, std::move(object), kScenarioLayer);
}

}  // namespace farfault::config
