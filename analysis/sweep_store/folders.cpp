#include "analysis/sweep_store/folders.h"

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

#include "analysis/result_file.h"
#include "sim/core/content_hash.h"
#include "sim/core/error.h"
#include "sim/core/text.h"

namespace farfault::analysis {
namespace sweep_folders {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Pointer = Json::json_pointer;

constexpr const char* kConfigFile = "config.resolved.json";
constexpr std::size_t kMostConfigBytes = std::size_t{32} << 20U;
constexpr int kMostConfigDepth = 64;
/// Pointers that differ before those that change together are merged.
constexpr std::size_t kMostDifferences = 20'000;
/// Differences times folders: 4 bytes each.
constexpr std::size_t kMostCells = 50'000'000;
/// Of one value; those that are longer are told apart by their beginnings and lengths.
constexpr std::size_t kMostText = 4096;

[[noreturn]] void reject(const fs::path& file, const std::string& problem, const std::string& remedy) {
  throw InputError(Diagnostic{.file = printable(file.string(), 400), .problem = problem, .remedy = remedy});
}

/// Without what says nothing of how the run went: sources and descriptions; a value stands for itself.
Json bare(Json node) {
  if (node.is_object()) {
    const auto value = node.find("value");
    if (value != node.end() && node.size() <= 2 && (node.size() == 1 || node.contains("source"))) {
      Json inner = std::move(*value);
      return bare(std::move(inner));
    }
    Json out = Json::object();
    for (auto& [key, member] : node.items()) {
      if (key != "source" && key != "description") out[key] = bare(std::move(member));
    }
    return out;
  }
  if (node.is_array()) {
    for (Json& item : node) item = bare(std::move(item));
  }
  return node;
}

Json read_config(const fs::path& folder) {
  const fs::path file = folder / kConfigFile;
  std::ifstream in(file, std::ios::binary);
  if (!in) reject(file, "cannot be read", "give folders that `farfault run -o` wrote");
  std::error_code error;
  if (fs::file_size(file, error) > kMostConfigBytes || error) reject(file, "is larger than any config", "run it again");
  std::ostringstream text;
  text << in.rdbuf();
  const auto see = [&file](int depth, Json::parse_event_t, Json&) {
    if (depth > kMostConfigDepth) reject(file, "is nested deeper than any config", "run it again");
    return true;
  };
  Json root;
  try {
    root = Json::parse(text.str(), see);
  } catch (const Json::exception&) {
    reject(file, "is no JSON, or was cut off", "run it again");
  }
  if (!root.is_object()) reject(file, "is no config", "give folders that `farfault run -o` wrote");
  root.erase("name");
  return bare(std::move(root));
}

/// The pointers at which two configs differ.
void differences(const Json& a, const Json& b, const std::string& at, std::set<std::string>& out) {
  if (a == b) return;
  const auto escaped = [](const std::string& key) {
    std::string text;
    for (const char c : key) text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    return text;
  };
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) {
      const auto other = b.find(key);
      const std::string here = at + '/' + escaped(key);
      if (other == b.end()) {
        out.insert(here);
      } else {
        differences(value, *other, here, out);
      }
    }
    for (const auto& [key, value] : b.items()) {
      if (!a.contains(key)) out.insert(at + '/' + escaped(key));
    }
  } else if (a.is_array() && b.is_array() && a.size() == b.size()) {
    for (std::size_t i = 0; i < a.size(); ++i) differences(a[i], b[i], at + '/' + std::to_string(i), out);
  } else {
    out.insert(at);
  }
}

bool is_within(const std::string& pointer, const std::string& above) {
  return pointer.size() > above.size() && pointer.compare(0, above.size(), above) == 0 && pointer[above.size()] == '/';
}

/// Without those that lie in another one: that one is taken as a whole.
std::vector<std::string> outermost(const std::set<std::string>& pointers) {
  std::vector<std::string> out;
  for (const std::string& pointer : pointers) {
    std::string above = pointer;
    bool inner = false;
    while (!inner && !above.empty()) {
      above.resize(above.rfind('/'));
      inner = !above.empty() && pointers.count(above) != 0;
    }
    if (!inner) out.push_back(pointer);
  }
  return out;
}

/// The values of all folders at one pointer: texts, each once, in the order in which they come.
struct Difference {
  std::string pointer;
  std::vector<std::string> values;
  std::vector<std::uint32_t> of_folder;
  std::unordered_map<std::string, std::uint32_t> known;

  void add(const Json& config) {
    std::string text;  // stays empty where the config has nothing there
    const Pointer place(pointer);
    if (config.contains(place)) {
      text = config.at(place).dump(-1, ' ', false, Json::error_handler_t::replace);
      if (text.size() > kMostText) {
        const std::string length = std::to_string(text.size());
        text = Json(printable(text, 200) + " (" + length + " characters, hash " + text_hash(text) + ")").dump();
      }
    }
    if (text.empty()) {
      of_folder.push_back(kNoAxisValue);
      return;
    }
    const auto [it, is_new] = known.try_emplace(text, static_cast<std::uint32_t>(values.size()));
    if (is_new) values.push_back(text);
    of_folder.push_back(it->second);
  }
};

bool ends_in(const std::string& pointer, std::string_view key) {
  return pointer.size() > key.size() && pointer.compare(pointer.size() - key.size(), key.size(), key) == 0 &&
         pointer[pointer.size() - key.size() - 1] == '/';
}

/// Whether equal values of `cause` always come with equal values of `effect`.
bool follows(const Difference& effect, const Difference& cause) {
  std::unordered_map<std::uint32_t, std::uint32_t> told;
  for (std::size_t i = 0; i < cause.of_folder.size(); ++i) {
    const auto [it, is_new] = told.try_emplace(cause.of_folder[i], effect.of_folder[i]);
    if (!is_new && it->second != effect.of_folder[i]) return false;
  }
  return true;
}

/// Drops what a kind or a name beside or above it decides, and names that decide nothing.
void drop_followers(std::vector<Difference>& all) {
  std::vector<bool> dropped(all.size(), false);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const bool is_name = ends_in(all[i].pointer, "name");
    if (!is_name && !ends_in(all[i].pointer, "kind")) continue;
    const std::string above = all[i].pointer.substr(0, all[i].pointer.rfind('/'));
    bool decides = false;
    for (std::size_t j = 0; j < all.size(); ++j) {
      if (j == i || !is_within(all[j].pointer, above) || !follows(all[j], all[i])) continue;
      // Two that decide each other: the one that is nearer to the root stays.
      const bool mutual =
          follows(all[i], all[j]) && (ends_in(all[j].pointer, "name") || ends_in(all[j].pointer, "kind"));
      if (mutual && dropped[i]) continue;
      decides = true;
      dropped[j] = true;
    }
    if (is_name && !decides) dropped[i] = true;
  }
  std::vector<Difference> kept;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (!dropped[i]) kept.push_back(std::move(all[i]));
  }
  all = std::move(kept);
}

/// Of those that always change together, the one with the shortest pointer.
void merge_equal(std::vector<Difference>& all) {
  // Values are counted in the order of their first folders, so what changes together has the same numbers; a value that
  // is missing has a number of its own.
  const auto pattern = [](const Difference& difference) {
    std::map<std::uint32_t, std::uint32_t> numbers;
    std::vector<std::uint32_t> out;
    for (const std::uint32_t value : difference.of_folder) {
      out.push_back(numbers.try_emplace(value, static_cast<std::uint32_t>(numbers.size())).first->second);
    }
    return out;
  };
  std::map<std::vector<std::uint32_t>, std::size_t> groups;
  std::vector<Difference> kept;
  for (Difference& difference : all) {
    const auto [it, is_new] = groups.try_emplace(pattern(difference), kept.size());
    if (is_new) {
      kept.push_back(std::move(difference));
      continue;
    }
    const std::string& other = kept[it->second].pointer;
    if (std::pair(difference.pointer.size(), difference.pointer) < std::pair(other.size(), other)) {
      kept[it->second] = std::move(difference);
    }
  }
  std::sort(kept.begin(), kept.end(), [](const Difference& a, const Difference& b) { return a.pointer < b.pointer; });
  all = std::move(kept);
}

std::vector<Difference> find_differences(const std::vector<fs::path>& folders) {
  const Json first = read_config(folders.front());
  std::set<std::string> pointers;
  for (std::size_t i = 1; i < folders.size(); ++i) {
    differences(first, read_config(folders[i]), "", pointers);
    if (pointers.size() > kMostDifferences || pointers.size() * folders.size() > kMostCells) {
      reject(folders[i], "differs from the others in more places than a sweep has",
             "compare a few of them: farfault compare");
    }
  }
  std::vector<Difference> out;
  for (std::string& pointer : outermost(pointers)) out.push_back({std::move(pointer), {}, {}, {}});
  // Read again rather than kept: a config in memory is a quarter of a megabyte.
  for (const fs::path& folder : folders) {
    const Json config = read_config(folder);
    for (Difference& difference : out) difference.add(config);
  }
  return out;
}

std::string title_of(const std::string& pointer) {
  std::string out = pointer.substr(1);
  std::replace(out.begin(), out.end(), '/', '.');
  return out;
}

void add_figures(Sweep& sweep, std::size_t point, const Figures& figures, std::map<std::string, SweepFigure>& by_name) {
  for (const auto& [name, statistic] : figures) {
    const auto [it, is_new] = by_name.try_emplace(name);
    SweepFigure& figure = it->second;
    if (is_new) {
      figure = {name, statistic.unit, statistic.description, {}};
      figure.values.assign(sweep.points.size(), std::numeric_limits<double>::quiet_NaN());
      if (by_name.size() > kMostSweepFigures || by_name.size() * sweep.points.size() > kMostSweepValues) {
        reject(sweep.points[point].key, "brings more figures than are read at once", "give fewer folders");
      }
    }
    if (figure.unit != statistic.unit) {
      reject(sweep.points[point].key, "has " + printable(name) + " in another unit than the others",
             "run all of them with one farfault");
    }
    figure.values[point] = statistic.value;
  }
}

}  // namespace
}  // namespace sweep_folders

Sweep sweep_of_folders(const std::vector<std::filesystem::path>& folders) {
  using namespace sweep_folders;
  const fs::path first = folders.empty() ? fs::path("sweep") : folders.front();
  if (folders.size() < 2) reject(first, "one result is no sweep", "give at least two folders");
  if (folders.size() > kMostSweepPoints) reject(first, "there are too many folders", "give fewer");
  std::vector<Difference> axes = find_differences(folders);
  drop_followers(axes);
  merge_equal(axes);
  if (axes.empty()) {
    reject(first, "and the others have the same parameters: there is nothing to sweep over", "give runs that differ");
  }
  if (axes.size() > kMostSweepAxes) {
    reject(first,
           "and the others differ in " + std::to_string(axes.size()) + " parameters, a sweep has at most " +
               std::to_string(kMostSweepAxes),
           "compare a few of them: farfault compare");
  }
  Sweep sweep;
  sweep.name = std::to_string(folders.size()) + " result folders";
  for (const Difference& axis : axes) sweep.axes.push_back({axis.pointer, title_of(axis.pointer), axis.values});
  sweep.points.resize(folders.size());
  std::map<std::string, SweepFigure> figures;
  for (std::size_t i = 0; i < folders.size(); ++i) {
    const ResultFile result = read_result(folders[i]);
    SweepPoint& point = sweep.points[i];
    point.key = folders[i].string();
    point.config_hash = result.config_hash;
    point.version = result.version;
    for (const Difference& axis : axes) point.axes.push_back(axis.of_folder[i]);
    add_figures(sweep, i, all_figures(result), figures);
  }
  for (auto& [name, figure] : figures) sweep.figures.push_back(std::move(figure));
  return sweep;
}

}  // namespace farfault::analysis
