/// What the numbers say, in words: of a run, of a comparison, of several. Never more than they hold.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "analysis/compare.h"
#include "analysis/report/run_folder.h"
#include "analysis/result_file.h"

namespace farfault::report {

/// A sentence in which names of users' are kept apart from the code's own words.
class Words {
 public:
  Words() = default;
  explicit Words(std::string text) { say(std::move(text)); }

  Words& say(std::string text);
  Words& name(std::string_view name);
  /// "A", "A and B", "A, B and C"; of more than five, how many more.
  Words& names(const std::vector<std::string>& names);

  std::string text() const;
  std::string html() const;

 private:
  struct Piece {
    std::string text;
    bool users;
  };
  std::vector<Piece> pieces_;
};

/// Sentences in a paragraph of their own each, the first one the answer.
std::string paragraphs(const std::vector<Words>& sentences);

/// How long the run took, what bound it, faults, thrash, what moved, how near the link was to its peak, and what all of
/// it rests on.
std::vector<Words> run_verdict(const analysis::ResultFile& result);

/// Columns whose times differ by less are not told apart.
inline constexpr double kTie = 0.001;

/// Columns of a comparison by time.
struct Ranking {
  std::vector<std::size_t> fastest;  ///< those within kTie of the least; empty where no column has a time
  std::vector<std::size_t> slowest;
  std::vector<std::size_t> failed;
  std::vector<std::size_t> order;  ///< all that have a time, fastest first
  bool all_tie = false;
};
Ranking rank(const analysis::Comparison& comparison);

/// Who wins on time and by how much, who loses, where the difference comes from, what failed, and what the answer rests
/// on. `sensitivity` may be null.
std::vector<Words> comparison_verdict(const analysis::Comparison& comparison, const SensitivityResults* sensitivity);

/// Of set-ups without a run: the least and the most time and memory, for devices of a size ("80 GiB").
std::vector<Words> set_up_verdict(const analysis::Comparison& comparison, const std::string& memory);

/// Of several scenarios: in how many what wins.
struct ScenarioVerdict {
  std::string scenario;
  const analysis::Comparison* comparison;
};
std::vector<Words> overview_verdict(const std::vector<ScenarioVerdict>& scenarios);

/// Parameters that any column rests on, each once.
std::vector<analysis::RestsOn> all_assumptions(const std::vector<const analysis::ResultFile*>& results);

/// The largest components of a column's difference to the first: "-1.52 ms migration steps, +1.22 ms reachability".
/// Empty where there is none.
std::string largest_parts(const analysis::Comparison& comparison, std::size_t column, std::size_t most);

}  // namespace farfault::report
