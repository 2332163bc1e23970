#include "sim/plugins/load_plugin.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "sim/core/content_hash.h"
#include "sim/core/text.h"
#include "sim/plugins/elf_file.h"
#include "sim/plugins/policy_guard.h"

namespace farfault {
namespace {

constexpr std::size_t kLongestPath = 400;
constexpr std::size_t kLongestPluginName = 32;  // of a name in a config, where plug-ins are listed by name
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kLongestVersion = 80;
constexpr const char* kHowTo = "docs/add-a-policy.md shows what a plug-in is";
constexpr const char* kBuildAgain = "build it with the headers and the compiler of this farfault";

std::string shown(const std::string& path) { return printable(path, kLongestPath); }

InputError fault(const std::string& path, std::string problem, std::string remedy) {
  return InputError(Diagnostic{.file = shown(path), .problem = std::move(problem), .remedy = std::move(remedy)});
}

/// Closes what turned out to be no plug-in of this farfault.
struct CloseLibrary {
  void operator()(void* library) const {
    if (!keep) ::dlclose(library);
  }
  bool keep = false;
};
using Library = std::unique_ptr<void, CloseLibrary>;

/// As the system's loader wants it: with a slash, or it would search its folders.
std::string loadable_path(const std::string& path) { return path.find('/') == std::string::npos ? "./" + path : path; }

void check_file(const std::string& path) {
  if (path.empty()) throw fault("--plugin", "names no file", "give the path of a shared object");
  if (path.find('$') != std::string::npos) {
    throw fault(path, "has a $ in its path, which the system's loader would replace", "rename the file or its folder");
  }
  const std::string file = loadable_path(path);
  struct ::stat status{};
  if (::stat(file.c_str(), &status) != 0) {
    const bool plain = errno == ENOENT && path.find('/') == std::string::npos;
    throw fault(path, "cannot be loaded: " + system_message(errno),
                plain ? "a path without a slash is of this folder; libraries are not searched for" : "check the path");
  }
  if (S_ISDIR(status.st_mode)) throw fault(path, "is a folder", "give the shared object in it");
  if (!S_ISREG(status.st_mode)) throw fault(path, "is no regular file", "give a shared object");
  std::vector<char> head(std::size_t{1} << 16U);
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw fault(path, "cannot be read: " + system_message(errno), "check its permissions");
  in.read(head.data(), static_cast<std::streamsize>(head.size()));
  head.resize(static_cast<std::size_t>(in.gcount()));
  const auto problem =
      shared_object_problem(std::as_bytes(std::span(head)), static_cast<std::uint64_t>(status.st_size));
  if (problem) throw fault(path, *problem, std::string("build it again; ") + kHowTo);
}

std::string demangled(const std::string& symbol) {
  int failed = 0;
  const std::unique_ptr<char, decltype(&std::free)> text(abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &failed),
                                                         &std::free);
  return failed == 0 && text != nullptr ? std::string(text.get()) : symbol;
}

/// What the system's loader said, without the path.
InputError load_fault(const std::string& path) {
  const char* const said = ::dlerror();
  std::string text = said == nullptr ? "the system does not say why" : said;
  if (const std::string before = loadable_path(path) + ": "; text.starts_with(before)) text.erase(0, before.size());
  constexpr std::string_view kUndefined = "undefined symbol: ";
  if (const std::size_t at = text.find(kUndefined); at != std::string::npos) {
    const std::string symbol = text.substr(at + kUndefined.size());
    return fault(path, "cannot be loaded: it lacks the symbol " + printable(demangled(symbol), kLongestPath),
                 "link what it needs: farfault has headers for plug-ins, and no symbols (-Wl,-z,defs tells of what is "
                 "missing when the plug-in is built)");
  }
  return fault(path, "cannot be loaded: " + printable(text, kLongestPath),
               "check the libraries that it is linked with");
}

/// A static object of the library that throws ends the process: the system's loader lets nothing through.
Library open_library(const std::string& path) {
  Library library(::dlopen(loadable_path(path).c_str(), RTLD_NOW | RTLD_LOCAL));
  if (library == nullptr) throw load_fault(path);
  return library;
}

InputError threw_fault(const std::string& path, const char* function, const std::exception& error) {
  return fault(path, std::string(function) + " threw: " + printable(error.what(), kLongestPath), "mend the plug-in");
}
InputError threw_fault(const std::string& path, const char* function) {
  return fault(path, std::string(function) + " threw what is no std::exception", "mend the plug-in");
}

const Plugin& find_plugin(void* library, const std::string& path) {
  constexpr const char* kFunction = "farfault_plugin()";
  using Function = const Plugin* (*)();
  const auto function = reinterpret_cast<Function>(::dlsym(library, "farfault_plugin"));  // as POSIX has it
  if (function == nullptr) {
    throw fault(path, std::string("is no plug-in: it exports no ") + kFunction, kHowTo);
  }
  const Plugin* plugin = nullptr;
  try {
    plugin = function();
  } catch (const std::exception& error) {
    throw threw_fault(path, kFunction, error);
  } catch (...) {
    throw threw_fault(path, kFunction);
  }
  if (plugin == nullptr) throw fault(path, std::string("is no plug-in: its ") + kFunction + " returns null", kHowTo);
  return *plugin;
}

bool is_plain(std::string_view name, std::size_t longest) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  return !name.empty() && name.size() <= longest && std::all_of(name.begin(), name.end(), plain);
}

std::string name_rule(std::size_t longest) {
  return "use 1 to " + std::to_string(longest) + " letters, digits, - and _";
}

/// A bound on what is read of a name that may have no end.
bool ends(const char* text, std::size_t longest) { return ::strnlen(text, longest + 1) <= longest; }

/// The slots that have a policy of that name: "eviction".
std::string slots_with(const std::string& name, const PolicyRegistry& policies) {
  std::string out;
  const auto add = [&out](const char* slot, bool has) {
    if (has) out += (out.empty() ? "" : " and ") + std::string(slot);
  };
  add("placement", policies.placement.find(name) != nullptr);
  add("prefetch", policies.prefetch.find(name) != nullptr);
  add("eviction", policies.eviction.find(name) != nullptr);
  add("thrashing", policies.thrashing.find(name) != nullptr);
  return out;
}

InputError taken_fault(const std::string& path, const std::string& name, std::span<const LoadedPlugin> earlier,
                       const PolicyRegistry& policies) {
  const std::string slots = slots_with(name, policies);
  if (slots.empty()) {
    return fault(path, "registers the policy " + in_quotes(name) + " twice", "register each once, under its own name");
  }
  for (const LoadedPlugin& other : earlier) {
    const bool has = std::any_of(other.policies.begin(), other.policies.end(),
                                 [&name](const std::string& policy) { return policy.ends_with(' ' + name); });
    if (has) {
      return fault(path,
                   "registers the policy " + in_quotes(name) + ", which plug-in " + shown(other.path) + " has already",
                   "give one of the two another name");
    }
  }
  return fault(path, "registers the policy " + in_quotes(name) + ", which farfault has already (" + slots + ')',
               "what is shipped cannot be replaced: give yours another name");
}

void register_into(PolicyRegistry& registered, const Plugin& plugin, const std::string& path,
                   std::span<const LoadedPlugin> earlier, const PolicyRegistry& policies) {
  constexpr const char* kFunction = "its register_policies";
  try {
    plugin.register_policies(registered);
  } catch (const TakenName& taken) {
    throw taken_fault(path, taken.name(), earlier, policies);
  } catch (const std::exception& error) {
    throw threw_fault(path, kFunction, error);
  } catch (...) {
    throw threw_fault(path, kFunction);
  }
}

/// Whether config would accept the default.
bool is_legal_default(const ParameterInfo& info) {
  return std::visit(
      [&info](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        const auto within = [&info](double number) { return number >= info.minimum && number <= info.maximum; };
        if constexpr (std::is_same_v<T, bool>) {
          return true;
        } else if constexpr (std::is_same_v<T, std::string>) {
          const auto& choices = info.choices;
          return choices.empty() || std::find(choices.begin(), choices.end(), value) != choices.end();
        } else if constexpr (std::is_same_v<T, Bytes>) {
          if (info.sizes.empty()) return within(static_cast<double>(value.count()));
          return std::find(info.sizes.begin(), info.sizes.end(), value) != info.sizes.end();
        } else if constexpr (std::is_same_v<T, SimTime>) {
          return within(static_cast<double>(value.picoseconds()));
        } else if constexpr (std::is_same_v<T, Bandwidth>) {
          return value.is_unlimited() || within(value.bytes_per_second());
        } else {
          return within(static_cast<double>(value));
        }
      },
      info.fallback);
}

/// What stands against a policy, as problem and remedy.
template <class Interface>
std::vector<std::pair<std::string, std::string>> faults_of(const PolicyInfo<Interface>& info) {
  std::vector<std::pair<std::string, std::string>> out;
  if (!is_plain(info.name, kLongestName)) out.emplace_back("has a name that no config takes", name_rule(kLongestName));
  if (!info.make) out.emplace_back("has no factory", "give it a `make`");
  const bool plain_version = printable(info.version, kLongestVersion) == info.version;
  if (info.version.empty() || !plain_version) {
    out.emplace_back("has no version that results could name",
                     "give one such as \"" + printable(info.name, 32) + "/1\"");
  }
  std::set<std::string> seen;
  for (const ParameterInfo& parameter : info.parameters) {
    const std::string name = in_quotes(parameter.name);
    if (!is_plain(parameter.name, kLongestName) || parameter.name == "kind") {
      out.emplace_back("has a parameter " + name + ", which no config could name",
                       name_rule(kLongestName) + ", but not \"kind\"");
    } else if (!seen.insert(parameter.name).second) {
      out.emplace_back("has the parameter " + name + " twice", "rename one");
    } else if (!is_legal_default(parameter)) {
      out.emplace_back("has a parameter " + name + " with a default that may not be",
                       "mend its fallback, or the values that it may have");
    }
  }
  return out;
}

/// A copy whose texts may be shown as they are.
template <class Interface>
PolicyInfo<Interface> with_printable_texts(PolicyInfo<Interface> info) {
  const auto clean = [](std::string& text) { text = printable(text, std::string::npos); };
  clean(info.summary);
  clean(info.source);
  for (ParameterInfo& parameter : info.parameters) {
    clean(parameter.description);
    clean(parameter.source);
  }
  return info;
}

/// One slot of adopt_policies(): first what is wrong, then, if nothing is, the policies.
template <class Interface>
class SlotAdoption {
 public:
  SlotAdoption(const char* slot, const Registry<PolicyInfo<Interface>>& registered, Registry<PolicyInfo<Interface>>& to)
      : slot_(slot), to_(to) {
    for (const auto& [name, info] : registered) {
      if (to.find(name) == nullptr) fresh_.push_back(with_printable_texts(info));
    }
  }

  void check(const std::string& path, std::vector<Diagnostic>& faults) const {
    for (const PolicyInfo<Interface>& info : fresh_) {
      for (auto& [problem, remedy] : faults_of(info)) {
        faults.push_back({.file = shown(path),
                          .problem = slot_ + " policy " + in_quotes(info.name) + ' ' + problem,
                          .remedy = std::move(remedy)});
      }
    }
  }
  void add(LoadedPlugin& plugin) {
    for (PolicyInfo<Interface>& info : fresh_) {
      plugin.policies.push_back(slot_ + ' ' + info.name);
      const PolicyOrigin origin{plugin.path, slot_, info.name};
      to_.add(guarded(std::move(info), origin));
    }
  }
  bool empty() const { return fresh_.empty(); }

 private:
  std::string slot_;
  Registry<PolicyInfo<Interface>>& to_;
  std::vector<PolicyInfo<Interface>> fresh_;
};

}  // namespace

std::optional<Diagnostic> plugin_misfit(const Plugin& plugin) {
  if (std::string_view(plugin.magic.data(), plugin.magic.size()) != "farfault") {
    return Diagnostic{.problem = "is no plug-in: what its farfault_plugin() returns does not begin as one",
                      .remedy = kHowTo};
  }
  if (plugin.abi != kPluginAbi) {
    return Diagnostic{.problem = "is for plug-in ABI " + std::to_string(plugin.abi) + ", and this farfault has " +
                                 std::to_string(kPluginAbi),
                      .remedy = kBuildAgain};
  }
  const auto text_of = [](const std::array<char, 180>& text) {
    return std::string(text.data(), ::strnlen(text.data(), text.size()));
  };
  const std::string own = text_of(plugin_detail::built_with());
  const std::string its = text_of(plugin.built_with);
  if (its != own) {
    return Diagnostic{
        .problem = "was built with \"" + printable(its, own.size() + 80) + "\", and this farfault with \"" + own + '"',
        .remedy = kBuildAgain};
  }
  if (plugin.name == nullptr || !ends(plugin.name, kLongestPluginName) || !is_plain(plugin.name, kLongestPluginName)) {
    return Diagnostic{.problem = "has a name that no config takes", .remedy = name_rule(kLongestPluginName)};
  }
  if (plugin.register_policies == nullptr) {
    return Diagnostic{.problem = "has no register_policies", .remedy = kHowTo};
  }
  return std::nullopt;
}

void adopt_policies(const PolicyRegistry& registered, LoadedPlugin& plugin, PolicyRegistry& policies) {
  SlotAdoption placement("placement", registered.placement, policies.placement);
  SlotAdoption prefetch("prefetch", registered.prefetch, policies.prefetch);
  SlotAdoption eviction("eviction", registered.eviction, policies.eviction);
  SlotAdoption thrashing("thrashing", registered.thrashing, policies.thrashing);
  std::vector<Diagnostic> faults;
  placement.check(plugin.path, faults);
  prefetch.check(plugin.path, faults);
  eviction.check(plugin.path, faults);
  thrashing.check(plugin.path, faults);
  if (!faults.empty()) throw InputError(std::move(faults));
  if (placement.empty() && prefetch.empty() && eviction.empty() && thrashing.empty()) {
    throw fault(plugin.path, "registers no policy", kHowTo);
  }
  placement.add(plugin);
  prefetch.add(plugin);
  eviction.add(plugin);
  thrashing.add(plugin);
}

LoadedPlugin load_plugin(const std::string& path, std::span<const LoadedPlugin> earlier, PolicyRegistry& policies) {
  check_file(path);
  LoadedPlugin out;
  out.path = path;
  out.file = printable(std::filesystem::path(path).filename().string(), kLongestPath);
  out.hash = file_hash(loadable_path(path));
  Library library = open_library(path);
  const Plugin& plugin = find_plugin(library.get(), path);
  if (std::optional<Diagnostic> misfit = plugin_misfit(plugin)) {
    misfit->file = shown(path);
    throw InputError(std::move(*misfit));
  }
  out.name = plugin.name;
  out.abi = plugin.abi;
  for (const LoadedPlugin& other : earlier) {
    if (other.name != out.name) continue;
    throw fault(path, "is the plug-in " + in_quotes(out.name) + ", which " + shown(other.path) + " is already",
                "give each plug-in once, under a name of its own");
  }
  // From here on its code may be referred to from anywhere, and stays.
  library.get_deleter().keep = true;
  // It sees what is there, and may build on it, but what it does to it is not taken over.
  PolicyRegistry registered = policies;
  register_into(registered, plugin, path, earlier, policies);
  adopt_policies(registered, out, policies);
  return out;
}

}  // namespace farfault
