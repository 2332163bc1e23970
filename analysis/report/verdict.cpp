#include "analysis/report/verdict.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "analysis/number.h"
#include "analysis/report/charts/causes.h"
#include "analysis/report/escape.h"
#include "analysis/report/facts.h"
#include "sim/core/text.h"

namespace farfault::report {
namespace {

using analysis::as_double;
using analysis::Comparison;
using analysis::ratio_text;

// A share of refaults from which on "thrashed" is no exaggeration, and of a link's peak from which on it is near.
constexpr double kThrash = 0.1;
constexpr double kNearPeak = 0.7;
// A lead that is smaller may well be the assumptions'.
constexpr double kSmallLead = 0.05;

struct Largest {
  std::string category;
  double share = 0;  ///< of all time of the lanes
  double idle = 0;
};

Largest largest_time(const LanesTime& lanes) {
  Largest out;
  double sum = 0;
  for (const auto& [category, time] : lanes.time) sum += time;
  if (sum <= 0) return out;
  for (const auto& [category, time] : lanes.time) {
    if (category == "idle") {
      out.idle = time / sum;
    } else if (time / sum > out.share) {
      out.share = time / sum;
      out.category = category;
    }
  }
  return out;
}

std::string doing(const std::string& category) {
  static const std::map<std::string, std::string> kWords = {{"compute", "computed"},
                                                            {"local", "waited for their own memory"},
                                                            {"remote", "waited for memory over a link"},
                                                            {"stall", "waited for page faults"},
                                                            {"kernel", "were in the kernel"},
                                                            {"wait", "waited for others"}};
  return kWords.at(category);
}

void add_bound(std::vector<Words>& out, const Figures& figures) {
  const Largest device = largest_time(lanes_time(figures, "device", ""));
  const Largest host = largest_time(lanes_time(figures, "host", ""));
  Words words;
  if (device.share > 0) {
    words.say("The devices' streams " + doing(device.category) + " for " + percent_text(device.share) + " of the time");
    if (device.idle > 0.3) words.say(" and were idle for " + percent_text(device.idle));
  }
  if (host.share > 0) {
    words.say(device.share > 0 ? "; the host's threads " : "The host's threads ");
    words.say(doing(host.category) + " for " + percent_text(host.share));
    if (device.share <= 0) words.say(" of the time");
  }
  if (device.share > 0 || host.share > 0) out.push_back(words.say("."));
}

void add_faults(std::vector<Words>& out, const Figures& figures) {
  const double raised = figure(figures, "faults.device.raised");
  const double batches = figure(figures, "faults.device.batches");
  const double host = figure(figures, "faults.cpu.migrate");
  if (raised <= 0 && host <= 0) {
    out.emplace_back("No page faulted on a device, and the host found none of its pages there.");
    return;
  }
  Words words;
  if (raised > 0) {
    words.say("Devices raised " + counted(raised, "fault", "faults"));
    if (batches > 0) words.say(" in " + counted(batches, "batch", "batches"));
  }
  if (host > 0) {
    words.say(raised > 0 ? "; the host" : "The host");
    words.say(" faulted " + (host == 1 ? std::string("once") : count_text(host) + " times") +
              " on pages in device memory");
  }
  const double software = figure(figures, "driver.time.total");
  const double copies = sum_of_times(figures, "dma.", ".busy");
  if (software > 0) {
    words.say(". Software of driver and kernel took " + time_text(software));
    words.say(copies > 0 ? ", copies " + time_text(copies) : "");
  }
  out.push_back(words.say("."));
}

void add_thrash(std::vector<Words>& out, const Figures& figures) {
  const double evicted = figure(figures, "pages.to_host.eviction");
  const double again = figure(figures, "faults.device.refaults");
  const double demand = figure(figures, "pages.to_device.demand");
  if (evicted <= 0) return;
  Words words(counted(evicted, "page was", "pages were") + " evicted");
  if (again > 0 && demand > 0) {
    const double share = again / demand;
    words.say(share >= kThrash ? ", and device memory thrashed: " : "; ");
    words.say(count_text(again) + " of " + counted(demand, "page", "pages") + " that came on demand (" +
              percent_text(share) + ") had been evicted before");
  } else {
    words.say("; none came again on demand");
  }
  const double peak = figure(figures, "memory.device.peak");
  const double capacity = figure(figures, "memory.device.capacity");
  if (capacity > 0) words.say(". Device memory held at most " + bytes_text(peak) + " of " + bytes_text(capacity));
  out.push_back(words.say("."));
}

void add_moved(std::vector<Words>& out, const Figures& figures) {
  double to_device = 0;
  double to_host = 0;
  const LinkDirection* busiest = nullptr;
  const std::vector<LinkDirection> links = link_directions(figures);
  const auto share_of = [&figures](const LinkDirection& link) {
    return figure(figures, "utilisation.link." + link.link + '.' + link.direction);
  };
  for (const LinkDirection& link : links) {
    (link.direction == "to_device" ? to_device : to_host) +=
        figure(figures, "bytes.link." + link.link + '.' + link.direction);
    if (busiest == nullptr || share_of(link) > share_of(*busiest)) busiest = &link;
  }
  if (busiest == nullptr) {
    out.emplace_back("Nothing moved over a link.");
    return;
  }
  const double footprint = figure(figures, "footprint.bytes");
  Words words(bytes_text(to_device) + " moved to devices");
  if (footprint > 0) words.say(" (" + ratio_text(to_device / footprint) + " the footprint)");
  words.say(" and " + bytes_text(to_host) + " to the host.");
  if (busiest->average) {
    const double share = share_of(*busiest);
    words.say(" The busiest link, ").name(busiest->link);
    words.say(' ' + direction_of(busiest->direction) + ", carried " + rate_text(*busiest->average) + " on average");
    if (share > 0) {
      words.say(", " + percent_text(share) + " of its peak" + (share >= kNearPeak ? ": near its limit" : ""));
    }
    words.say(".");
  }
  out.push_back(words);
}

const analysis::Row* total_of(const Comparison& comparison) { return analysis::find_row(comparison, "time.total"); }

std::string column_time(const Comparison& comparison, std::size_t column) {
  return time_text(as_double(*total_of(comparison)->cells[column].value));
}

double time_of_column(const Comparison& comparison, std::size_t column) {
  return as_double(*total_of(comparison)->cells[column].value);
}

std::vector<std::string> names_of(const Comparison& comparison, const std::vector<std::size_t>& columns) {
  std::vector<std::string> out;
  out.reserve(columns.size());
  for (const std::size_t column : columns) out.push_back(comparison.columns[column].name);
  return out;
}

bool has_first(const std::vector<std::size_t>& columns) { return !columns.empty() && columns.front() == 0; }

void add_winner(std::vector<Words>& out, const Comparison& comparison, const Ranking& ranking) {
  const std::size_t best = ranking.fastest.front();
  Words words("Fastest: ");
  words.names(names_of(comparison, ranking.fastest));
  words.say(ranking.fastest.size() == 1 ? ", " : " (equal within 0.1 %), ");
  words.say(column_time(comparison, best));
  const auto& ratio = total_of(comparison)->cells[best].ratio;
  if (!has_first(ranking.fastest) && ratio) {
    words.say(", " + ratio_text(*ratio) + " the time of ").name(comparison.columns.front().name);
  }
  // Who comes next, where it is not the last as well.
  const std::size_t after = ranking.fastest.size();
  if (ranking.order.size() > after + ranking.slowest.size()) {
    const std::size_t next = ranking.order[after];
    const double lead = time_of_column(comparison, next) / time_of_column(comparison, best) - 1;
    words.say("; next: ").name(comparison.columns[next].name).say(", " + percent_text(lead) + " slower");
  }
  out.push_back(words.say("."));

  // Of two, the first sentence tells all.
  if (ranking.order.size() == 2) return;
  const std::size_t worst = ranking.slowest.front();
  Words slow("Slowest: ");
  slow.names(names_of(comparison, ranking.slowest));
  slow.say(ranking.slowest.size() == 1 ? ", " : " (equal within 0.1 %), ");
  slow.say(column_time(comparison, worst) + ", " +
           ratio_text(time_of_column(comparison, worst) / time_of_column(comparison, best)) +
           " the time of the fastest.");
  out.push_back(slow);
}

void add_source(std::vector<Words>& out, const Comparison& comparison, std::size_t column) {
  const std::string parts = largest_parts(comparison, column, 3);
  if (parts.empty()) return;
  Words words("Where it comes from, ");
  words.name(comparison.columns[column].name).say(" against ").name(comparison.columns.front().name);
  out.push_back(words.say(": " + parts + "."));
}

void add_set_up(std::vector<Words>& out, const Comparison& comparison) {
  const analysis::Row* const row = analysis::find_row(comparison, "metadata.setup_time");
  if (row == nullptr) return;
  std::vector<std::pair<double, std::size_t>> times;
  for (std::size_t i = 0; i < row->cells.size(); ++i) {
    if (row->cells[i].value) times.emplace_back(as_double(*row->cells[i].value), i);
  }
  if (times.size() < 2) return;
  std::stable_sort(times.begin(), times.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto& [least, least_column] = times.front();
  const auto& [most, most_column] = times.back();
  if (most <= 0 || most <= least * (1 + kTie)) return;
  Words words("Before the run, adding the memory takes between " +
              (least > 0 ? time_text(least) : std::string("nothing")) + " (");
  words.name(comparison.columns[least_column].name).say(") and " + time_text(most) + " (");
  out.push_back(words.name(comparison.columns[most_column].name).say("); it is no part of these times."));
}

void add_sensitivity(std::vector<Words>& out, const SensitivityResults& sensitivity) {
  const std::string factor = count_text(sensitivity.factor);
  Words words;
  if (sensitivity.order_changes.empty()) {
    words.say("Of " + counted(static_cast<double>(sensitivity.parameters.size()), "assumption", "assumptions") +
              " tried, none, divided or multiplied by " + factor + ", turns the order of two columns around.");
  } else {
    words.say("This order rests on assumptions: ");
    constexpr std::size_t kMostTold = 3;
    for (std::size_t i = 0; i < std::min(sensitivity.order_changes.size(), kMostTold); ++i) {
      const auto& change = sensitivity.order_changes[i];
      words.say(i == 0 ? "with " : "; with ").name(change.parameter);
      words.say(change.change.starts_with("/") ? " divided by " + factor + ", " : " multiplied by " + factor + ", ");
      words.name(change.was_lower).say(" is no longer below ").name(change.was_higher);
    }
    const std::size_t more = sensitivity.order_changes.size() - std::min(sensitivity.order_changes.size(), kMostTold);
    if (more > 0) words.say(", and " + counted(static_cast<double>(more), "more such change", "more such changes"));
    words.say(".");
  }
  if (!sensitivity.parameters.empty() && sensitivity.parameters.front().influence > 0) {
    words.say(" The most influential, ").name(sensitivity.parameters.front().name);
    words.say(", changes a ratio by up to " + percent_text(sensitivity.parameters.front().influence) + ".");
  }
  out.push_back(words);
}

void add_rests_on(std::vector<Words>& out, const Comparison& comparison, const Ranking& ranking,
                  const SensitivityResults* sensitivity) {
  std::vector<const analysis::ResultFile*> results;
  for (const analysis::Column& column : comparison.columns) {
    if (column.result) results.push_back(&*column.result);
  }
  const std::size_t count = all_assumptions(results).size();
  if (count == 0) {
    out.emplace_back("None of it rests on assumptions.");
    return;
  }
  Words words("All times rest on " + counted(static_cast<double>(count), "assumption", "assumptions") +
              ", values that nobody measured.");
  const std::size_t after = ranking.fastest.size();
  if (!ranking.all_tie && after > 0 && ranking.order.size() > after) {
    const std::size_t next = ranking.order[after];
    const double lead = time_of_column(comparison, next) / time_of_column(comparison, ranking.fastest.front()) - 1;
    if (lead < kSmallLead) {
      words.say(" The lead of ").name(comparison.columns[ranking.fastest.front()].name);
      words.say(" over ").name(comparison.columns[next].name).say(", " + percent_text(lead) + ", rests on them.");
    }
  }
  if (sensitivity == nullptr && !ranking.all_tie && !ranking.order.empty()) {
    words.say(
        " Whether one of them can turn the order around was not tried (farfault compare --sensitivity time.total).");
  }
  out.push_back(words);
  if (sensitivity != nullptr) add_sensitivity(out, *sensitivity);
}

}  // namespace

Words& Words::say(std::string text) {
  if (!text.empty()) pieces_.push_back({std::move(text), false});
  return *this;
}

Words& Words::name(std::string_view name) {
  pieces_.push_back({std::string(name), true});
  return *this;
}

Words& Words::names(const std::vector<std::string>& names) {
  constexpr std::size_t kMostNames = 5;
  const std::size_t told = names.size() > kMostNames ? kMostNames - 1 : names.size();
  for (std::size_t i = 0; i < told; ++i) {
    if (i > 0) say(i + 1 == names.size() ? " and " : ", ");
    name(names[i]);
  }
  if (told < names.size()) say(" and " + std::to_string(names.size() - told) + " more");
  return *this;
}

std::string Words::text() const {
  std::string out;
  for (const Piece& piece : pieces_) out += piece.users ? printable(piece.text, 60) : piece.text;
  return out;
}

std::string Words::html() const {
  std::string out;
  for (const Piece& piece : pieces_) out += piece.users ? user_text(piece.text, 60) : escaped(piece.text);
  return out;
}

std::string paragraphs(const std::vector<Words>& sentences) {
  std::string out;
  for (const Words& words : sentences) out += "<p>" + words.html() + "</p>\n";
  return out;
}

std::vector<Words> run_verdict(const analysis::ResultFile& result) {
  const Figures& figures = result.statistics;
  std::vector<Words> out;
  Words first;
  first.name(result.name)
      .say(" took " + time_text(figure(figures, "time.total")) + " of simulated time for " +
           counted(figure(figures, "accesses.total"), "access", "accesses") + " to " +
           bytes_text(figure(figures, "footprint.bytes")) + " of memory.");
  out.push_back(first);
  add_bound(out, figures);
  add_faults(out, figures);
  add_moved(out, figures);
  add_thrash(out, figures);
  if (result.assumptions.empty()) {
    out.emplace_back("None of it rests on assumptions.");
  } else {
    out.emplace_back("All of it rests on " +
                     counted(static_cast<double>(result.assumptions.size()), "assumption", "assumptions") +
                     ", values that nobody measured.");
  }
  return out;
}

Ranking rank(const Comparison& comparison) {
  Ranking out;
  const analysis::Row* const row = total_of(comparison);
  for (std::size_t i = 0; i < comparison.columns.size(); ++i) {
    if (!comparison.columns[i].result) {
      out.failed.push_back(i);
    } else if (row != nullptr && row->cells[i].value) {
      out.order.push_back(i);
    }
  }
  if (out.order.empty()) return out;
  std::stable_sort(out.order.begin(), out.order.end(), [&comparison](std::size_t a, std::size_t b) {
    return time_of_column(comparison, a) < time_of_column(comparison, b);
  });
  const double least = time_of_column(comparison, out.order.front());
  const double most = time_of_column(comparison, out.order.back());
  for (const std::size_t column : out.order) {
    const double time = time_of_column(comparison, column);
    if (time <= least * (1 + kTie)) out.fastest.push_back(column);
    if (time >= most / (1 + kTie)) out.slowest.push_back(column);
  }
  std::sort(out.fastest.begin(), out.fastest.end());
  std::sort(out.slowest.begin(), out.slowest.end());
  out.all_tie = out.fastest.size() == out.order.size();
  return out;
}

std::vector<Words> comparison_verdict(const Comparison& comparison, const SensitivityResults* sensitivity) {
  // Of another figure it says nothing about the order in time.
  if (sensitivity != nullptr && sensitivity->figure != "time.total") sensitivity = nullptr;
  const Ranking ranking = rank(comparison);
  std::vector<Words> out;
  if (ranking.order.size() > 1 && ranking.all_tie) {
    Words words("No difference in time beyond 0.1 %: all " + std::to_string(ranking.order.size()) + " columns take ");
    out.push_back(words.say(column_time(comparison, ranking.order.front()) + "."));
  } else if (ranking.order.size() > 1) {
    add_winner(out, comparison, ranking);
    const std::size_t told = has_first(ranking.fastest) ? ranking.slowest.front() : ranking.fastest.front();
    if (total_of(comparison)->cells.front().value) add_source(out, comparison, told);
  } else if (ranking.order.size() == 1) {
    const std::size_t only = ranking.order.front();
    Words words("Only ");
    words.name(comparison.columns[only].name)
        .say(" has a time: " + column_time(comparison, only) + "; there is nothing to compare it with.");
    out.push_back(words);
  } else if (ranking.failed.size() < comparison.columns.size()) {
    out.emplace_back("These are set-ups without a run: there is no time to compare.");
  } else {
    out.emplace_back("Every column failed.");
  }
  add_set_up(out, comparison);
  for (const std::size_t column : ranking.failed) {
    Words words;
    words.name(comparison.columns[column].name).say(" failed: ");
    out.push_back(words.say(printable(comparison.columns[column].failure, 300)).say("."));
  }
  if (ranking.failed.size() < comparison.columns.size()) add_rests_on(out, comparison, ranking, sensitivity);
  return out;
}

std::vector<Words> set_up_verdict(const Comparison& comparison, const std::string& memory) {
  std::vector<Words> out;
  struct Cost {
    const char* figure;
    const char* what;
    Unit unit;
  };
  for (const Cost& cost : {Cost{"metadata.setup_time", "Adding it takes", Unit::kTime},
                           Cost{"metadata.struct_page_bytes", "Struct pages take", Unit::kBytes},
                           Cost{"metadata.linear_map_bytes", "Linear maps take", Unit::kBytes}}) {
    const analysis::Row* const row = analysis::find_row(comparison, cost.figure);
    if (row == nullptr) continue;
    std::vector<std::pair<double, std::size_t>> values;
    for (std::size_t i = 0; i < row->cells.size(); ++i) {
      if (row->cells[i].value) values.emplace_back(as_double(*row->cells[i].value), i);
    }
    if (values.empty()) continue;
    std::stable_sort(values.begin(), values.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    const auto text = [&cost](double value) {
      return value <= 0 ? std::string("nothing") : analysis::short_text(cost.unit, value);
    };
    const auto [least, least_column] = values.front();
    const auto [most, most_column] = values.back();
    if (most <= 0) continue;
    Words words;
    std::string what = cost.what;
    if (out.empty()) {
      words.say("With ").name(memory).say(" in each device, ");
      what.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(what.front())));
    }
    words.say(what);
    if (most <= least * (1 + kTie)) {
      words.say(' ' + text(most) + " in every column.");
    } else {
      words.say(' ' + text(least) + " with ").name(comparison.columns[least_column].name);
      words.say(" and " + text(most) + " with ").name(comparison.columns[most_column].name).say(".");
    }
    out.push_back(words);
  }
  for (const analysis::Column& column : comparison.columns) {
    if (!column.result) out.push_back(Words().name(column.name).say(": " + printable(column.failure, 300) + "."));
  }
  if (out.empty()) out.emplace_back("No design here makes anything for device memory.");
  return out;
}

std::vector<Words> overview_verdict(const std::vector<ScenarioVerdict>& scenarios) {
  std::size_t ties = 0;
  std::size_t failed = 0;
  std::size_t timed = 0;
  const ScenarioVerdict* largest = nullptr;
  double largest_spread = 0;
  std::vector<std::string> tied;
  std::vector<const analysis::ResultFile*> results;
  for (const ScenarioVerdict& scenario : scenarios) {
    const Ranking ranking = rank(*scenario.comparison);
    failed += ranking.failed.size();
    for (const analysis::Column& column : scenario.comparison->columns) {
      if (column.result) results.push_back(&*column.result);
    }
    if (ranking.order.size() < 2) continue;
    ++timed;
    if (ranking.all_tie) {
      ++ties;
      tied.push_back(scenario.scenario);
      continue;
    }
    const double spread = time_of_column(*scenario.comparison, ranking.slowest.front()) /
                          time_of_column(*scenario.comparison, ranking.fastest.front());
    if (spread > largest_spread) {
      largest_spread = spread;
      largest = &scenario;
    }
  }
  std::vector<Words> out;
  const auto count = [](std::size_t n) { return static_cast<double>(n); };
  Words first(counted(count(scenarios.size()), "scenario", "scenarios") + " compared");
  if (timed > 0) {
    first.say(": the columns differ in time by more than 0.1 % in " + std::to_string(timed - ties) + " of " +
              std::to_string(timed));
  }
  out.push_back(first.say("."));
  if (largest != nullptr) {
    const Ranking ranking = rank(*largest->comparison);
    Words words("The widest spread is in ");
    words.name(largest->scenario).say(": ").name(largest->comparison->columns[ranking.slowest.front()].name);
    words.say(" takes " + ratio_text(largest_spread) + " the time of ");
    out.push_back(words.name(largest->comparison->columns[ranking.fastest.front()].name).say("."));
  }
  if (!tied.empty()) out.push_back(Words("No difference beyond 0.1 % in ").names(tied).say("."));
  if (failed > 0)
    out.emplace_back(counted(count(failed), "column", "columns") + " failed; the scenarios below say why.");
  const std::size_t assumptions = all_assumptions(results).size();
  if (assumptions > 0) {
    out.emplace_back("All times rest on " + counted(count(assumptions), "assumption", "assumptions") +
                     ", values that nobody measured.");
  }
  return out;
}

std::vector<analysis::RestsOn> all_assumptions(const std::vector<const analysis::ResultFile*>& results) {
  std::vector<analysis::RestsOn> out;
  std::set<std::string> seen;
  for (const analysis::ResultFile* result : results) {
    for (const analysis::RestsOn& assumption : result->assumptions) {
      if (seen.insert(assumption.parameter).second) out.push_back(assumption);
    }
  }
  return out;
}

std::string largest_parts(const Comparison& comparison, std::size_t column, std::size_t most) {
  std::vector<std::pair<double, std::string>> parts;
  for (const analysis::Component& component : comparison.components) {
    const auto& difference = component.cells[column].difference;
    if (component.when != analysis::When::kDuring || !difference || analysis::is_zero(*difference)) continue;
    parts.emplace_back(std::abs(as_double(*difference)),
                       analysis::signed_text(Unit::kTime, *difference) + ' ' + component.name);
  }
  std::stable_sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
  std::string out;
  for (std::size_t i = 0; i < std::min(parts.size(), most); ++i) {
    // What is less than a twentieth of the largest explains nothing.
    if (parts[i].first < parts.front().first * 0.05) break;
    out += (i == 0 ? "" : ", ") + parts[i].second;
  }
  return out;
}

}  // namespace farfault::report
