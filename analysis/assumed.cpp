#include "analysis/assumed.h"

#include <algorithm>
#include <map>
#include <set>

#include "analysis/pattern.h"
#include "sim/core/quantity.h"

namespace farfault::analysis {
namespace {

/// Figures, by pattern, that follow from structure alone, and the parameters that it depends on.
struct Structural {
  const char* figure;
  std::vector<const char*> parameters;
};

const std::vector<Structural>& structural_figures() {
  static const std::vector<const char*> kAddresses = {"/kernel/physical_bits", "/kernel/pci_*", "/kernel/direct_map"};
  static const std::vector<Structural> kTable = {
      {"metadata*.tree_entries", {}},
      {"metadata*.address_space", {}},
      {"metadata*.exposed", {}},
      {"metadata*.struct_page_bytes", {"/design/struct_page"}},
      {"metadata*.tree_nodes", kAddresses},
      {"metadata*.tree_bytes", kAddresses},
      {"metadata*.tree_height", kAddresses},
      {"metadata*.linear_map_bytes", kAddresses},
      {"metadata*.linear_map_leaf_bytes", kAddresses},
  };
  return kTable;
}

std::string first_step(const std::string& pointer) {
  const std::size_t end = pointer.find('/', 1);
  return pointer.substr(0, end);
}

}  // namespace

bool rests_on_assumptions(std::string_view figure, const std::vector<RestsOn>& assumptions) {
  for (const Structural& structural : structural_figures()) {
    if (!matches(structural.figure, figure)) continue;
    return std::any_of(assumptions.begin(), assumptions.end(), [&structural](const RestsOn& assumption) {
      return std::any_of(structural.parameters.begin(), structural.parameters.end(),
                         [&](const char* pattern) { return matches(pattern, assumption.parameter); });
    });
  }
  return !assumptions.empty();
}

std::string assumptions_footer(const std::vector<const std::vector<RestsOn>*>& columns,
                               const std::string& how_to_list) {
  std::set<std::string> parameters;
  for (const std::vector<RestsOn>* column : columns) {
    for (const RestsOn& assumption : *column) parameters.insert(assumption.parameter);
  }
  if (parameters.empty()) return {};
  std::map<std::string, std::size_t> by_prefix;
  for (const std::string& parameter : parameters) ++by_prefix[first_step(parameter)];
  std::string where;
  for (const auto& [prefix, count] : by_prefix) {
    where += (where.empty() ? "" : ", ") + format_count(count) + " under " + prefix;
  }
  const bool one = parameters.size() == 1;
  return "* rests on " + format_count(parameters.size()) + (one ? " assumption" : " assumptions") +
         ", values that nobody measured: " + where + ". To list " + (one ? "it: " : "them: ") + how_to_list;
}

}  // namespace farfault::analysis
