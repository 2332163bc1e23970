#include "sim/sweep/plan/expand.h"

#include <algorithm>
#include <optional>
#include <set>

#include "sim/core/quantity.h"
#include "sim/sweep/plan/condition.h"

namespace farfault::sweep {
namespace {

using config::Diagnostics;
using config::Node;

/// Points of the product before conditions; nothing if they are more than kMostPoints.
std::optional<std::size_t> product_size(const SweepConfig& config) {
  if (config.factors.empty()) return 0;
  std::size_t out = 1;
  for (const Factor& factor : config.factors) {
    if (out > kMostPoints / factor.rows.size()) return std::nullopt;
    out *= factor.rows.size();
  }
  return out;
}

/// What a point keeps of a value: its text, and its setting.
std::uint64_t bytes_of(const AxisValue& value) {
  return 2 * sizeof(std::string) + value.text.size() + value.setting.size();
}

/// What all points keep of their axes. REQUIRES: `product` is product_size().
std::uint64_t bytes_of(const SweepConfig& config, const std::vector<std::string>& user_sets, std::size_t product) {
  std::uint64_t out = 0;
  for (const Factor& factor : config.factors) {
    std::uint64_t rows = 0;
    for (const std::vector<std::uint32_t>& row : factor.rows) {
      for (std::size_t i = 0; i < row.size(); ++i) rows += bytes_of(config.axes[factor.axes[i]].values[row[i]]);
    }
    out += rows * (product / factor.rows.size());
  }
  for (const Selection& point : config.points) {
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      if (point[axis] != kNoValue) out += bytes_of(config.axes[axis].values[point[axis]]);
    }
  }
  std::uint64_t common = 0;
  for (const Setting& setting : config.settings) common += sizeof(std::string) + setting.text.size();
  for (const std::string& set : user_sets) common += sizeof(std::string) + set.size();
  return out + common * (product + config.points.size());
}

/// The key that most of the points come from, for messages.
const char* origin_of_points(const Node& root) {
  for (const char* const key : {"axes", "zip"}) {
    if (root.find(key) != nullptr) return key;
  }
  return "points";
}

bool is_bounded(const SweepConfig& config, const std::vector<std::string>& user_sets, const Node& root,
                Diagnostics& diagnostics) {
  const std::optional<std::size_t> product = product_size(config);
  const std::string key = origin_of_points(root);
  const Node& at = *root.find(key);
  if (!product || *product + config.points.size() > kMostPoints) {
    diagnostics.add(at, config::join("", key), "makes more than " + format_count(kMostPoints) + " points",
                    "vary less, or make several sweeps (conditions count afterwards)");
    return false;
  }
  if (bytes_of(config, user_sets, *product) <= kMostPointBytes) return true;
  diagnostics.add(at, config::join("", key),
                  "the values of all points take more than " + format_exact(Bytes(kMostPointBytes)),
                  "put what is long into files, and vary their names");
  return false;
}

/// Tells which points the product has, leaving conditions aside.
class Product {
 public:
  explicit Product(const SweepConfig& config) : config_(config) {
    for (const Factor& factor : config.factors) rows_.emplace_back(factor.rows.begin(), factor.rows.end());
  }

  bool has(const Selection& point) const {
    for (std::size_t axis = 0; axis < point.size(); ++axis) {
      if ((point[axis] != kNoValue) != config_.axes[axis].in_product) return false;
    }
    for (std::size_t i = 0; i < rows_.size(); ++i) {
      std::vector<std::uint32_t> row;
      for (const std::size_t axis : config_.factors[i].axes) row.push_back(point[axis]);
      if (!rows_[i].contains(row)) return false;
    }
    return !rows_.empty();
  }

 private:
  const SweepConfig& config_;
  std::vector<std::set<std::vector<std::uint32_t>>> rows_;  ///< of each factor
};

void add_product(const SweepConfig& config, std::size_t size, std::vector<Selection>& out) {
  Selection point(config.axes.size(), kNoValue);
  for (std::size_t i = 0; i < size; ++i) {
    std::size_t rest = i;
    for (auto factor = config.factors.rbegin(); factor != config.factors.rend(); ++factor) {
      const std::vector<std::uint32_t>& row = factor->rows[rest % factor->rows.size()];
      rest /= factor->rows.size();
      for (std::size_t k = 0; k < row.size(); ++k) point[factor->axes[k]] = row[k];
    }
    if (is_kept(config, point)) out.push_back(point);
  }
}

void add_explicit(const SweepConfig& config, std::vector<Selection>& out) {
  if (config.points.empty()) return;
  const Product product(config);
  std::set<Selection> seen;
  for (const Selection& point : config.points) {
    if (product.has(point) && is_kept(config, point)) continue;
    if (seen.insert(point).second) out.push_back(point);
  }
}

}  // namespace

std::vector<Selection> expand(const SweepConfig& config, const std::vector<std::string>& user_sets, const Node& root,
                              Diagnostics& diagnostics) {
  if (!is_bounded(config, user_sets, root, diagnostics)) return {};
  std::vector<Selection> out;
  add_product(config, *product_size(config), out);
  add_explicit(config, out);
  if (out.empty()) {
    const std::string key = config.only.empty() ? "exclude" : "only";
    diagnostics.add(*root.find(key), config::join("", key), "the conditions leave no point", "loosen them");
  }
  return out;
}

}  // namespace farfault::sweep
