#include <algorithm>
#include <nlohmann/json.hpp>

#include "sim/cli/commands.h"
#include "sim/cli/table.h"
#include "sim/cli/terminal.h"
#include "sim/cli/things.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

using Json = nlohmann::ordered_json;

/// All things of that name; only those of the kind where it is given as KIND/NAME. Throws Error (usage) if there is
/// none.
std::vector<Thing> find(const std::string& given, const Context& context) {
  std::vector<Thing> out;
  std::vector<std::string> known;
  for (const std::string_view kind : kinds()) {
    for (Thing& thing : things_of(kind, context)) {
      const std::string full = thing.kind + '/' + thing.name;
      for (const std::string& name : {thing.name, full}) {
        if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
      }
      if (given == thing.name || given == full) out.push_back(std::move(thing));
    }
  }
  if (out.empty()) {
    const std::vector<std::string> near = nearest_names(given, known);
    const std::string hint = near.empty() ? "farfault list prints every name" : name_hint(given, known);
    throw Error(ExitCode::kUsage, "nothing is named \"" + printable(given) + "\"; " + hint);
  }
  return out;
}

std::string clean(const std::string& text) { return printable(text, std::string::npos); }

/// Values of a file have neither unit nor range.
bool is_of_file(const Thing& thing) {
  return std::all_of(thing.parameters.begin(), thing.parameters.end(),
                     [](const ThingParameter& p) { return p.unit.empty(); });
}

bool is_known(const ThingParameter& p) {
  return p.rests_on == SourceKind::kMeasured || p.rests_on == SourceKind::kDerived;
}

bool is_given(const ThingParameter& p) {
  return p.rests_on == SourceKind::kVendor || p.rests_on == SourceKind::kDriverDefault ||
         p.rests_on == SourceKind::kChoice;
}

const char* mark_of(const ThingParameter& p) {
  if (p.assumption()) return "*";
  if (is_known(p)) return "+";
  return is_given(p) ? "=" : "";
}

/// "" where there is no source to judge.
std::string_view rests_on(const ThingParameter& p) { return p.source.empty() ? "" : source_kind_name(p.rests_on); }

/// A column for each part, and one for marks.
Table parameter_table(const Thing& thing, bool marks) {
  const bool of_file = is_of_file(thing);
  Table table;
  if (marks) table.header.emplace_back(" ");
  table.header.emplace_back("parameter");
  if (!of_file) table.header.emplace_back("unit");
  table.header.emplace_back(of_file ? "value" : "default");
  if (!of_file) table.header.emplace_back("range");
  table.header.emplace_back("description");
  table.header.emplace_back("source");
  for (const ThingParameter& p : thing.parameters) {
    std::vector<std::string> row;
    if (marks) row.emplace_back(mark_of(p));
    row.push_back(p.name);
    if (!of_file) row.push_back(p.unit);
    row.push_back(p.value);
    if (!of_file) row.push_back(p.range);
    row.push_back(p.description);
    row.push_back(p.source);
    table.rows.push_back(std::move(row));
  }
  return table;
}

/// The same with each source on a line below its parameter: for people, whose lines are short.
Table with_sources_below(const Table& table) {
  Table out{{table.header.begin(), table.header.end() - 1}, {}};
  for (const std::vector<std::string>& row : table.rows) {
    out.rows.emplace_back(row.begin(), row.end() - 1);
    if (row.back().empty()) continue;
    std::vector<std::string> below(out.header.size());
    below.back() = (row.back().starts_with("assumption") ? "" : "source: ") + row.back();
    out.rows.push_back(std::move(below));
  }
  return out;
}

template <class Condition>
std::size_t count(const Thing& thing, Condition condition) {
  return static_cast<std::size_t>(std::count_if(thing.parameters.begin(), thing.parameters.end(), condition));
}

std::size_t assumed(const Thing& thing) {
  return count(thing, [](const ThingParameter& p) { return p.assumption(); });
}

/// What the values rest on: the marks explained, with how many there are of each.
std::string summary_of(const Thing& thing, Format format) {
  std::string out;
  const auto line = [&](const std::string& mark, std::size_t number, const std::string& text) {
    if (number == 0) return;
    out += format == Format::kMarkdown ? "\n`" + mark + '`' : mark;
    out += ' ' + std::to_string(number) + " of " + std::to_string(thing.parameters.size()) + ' ' + text + '\n';
  };
  line("+", count(thing, is_known), "are measured or derived");
  line("=", count(thing, is_given), "are from data sheets, specifications or drivers, or are choices");
  line("*", assumed(thing), "are assumptions: nobody measured them");
  return out;
}

std::string text_of(const Thing& thing, Format format, ColorMode color) {
  const std::string title = clean(thing.kind + '/' + thing.name);
  std::string out;
  if (format == Format::kMarkdown) {
    out = "## " + title + "\n\n";
  } else {
    out = (use_color(Stream::kStdout, color) ? "\x1B[1m" + title + "\x1B[0m" : title) + '\n';
  }
  const std::string end = format == Format::kMarkdown ? "\n\n" : "\n";
  if (!thing.summary.empty()) out += clean(thing.summary) + end;
  if (!thing.version.empty()) out += "version " + thing.version + end;
  if (!thing.source.empty()) out += "source  " + clean(thing.source) + end;
  if (!thing.plugin.empty()) out += "plug-in " + clean(thing.plugin) + end;
  if (thing.parameters.empty()) return out + (thing.kind == "formats" ? "" : "no parameters\n");
  if (format != Format::kMarkdown) out += '\n';
  const std::string summary = summary_of(thing, format);
  const Table table = parameter_table(thing, !summary.empty());
  out += formatted(format == Format::kTable ? with_sources_below(table) : table, format, color);
  if (!summary.empty()) out += (format == Format::kMarkdown ? "" : "\n") + summary;
  return out;
}

std::string json_of(const Thing& thing) {
  Json out;
  out["kind"] = thing.kind;
  out["name"] = thing.name;
  if (!thing.version.empty()) out["version"] = thing.version;
  out["summary"] = thing.summary;
  out["source"] = thing.source;
  if (!thing.plugin.empty()) out["plugin"] = thing.plugin;
  out["measured_or_derived"] = count(thing, is_known);
  out["assumptions"] = assumed(thing);
  out["parameters"] = Json::array();
  for (const ThingParameter& p : thing.parameters) {
    Json row;
    row["name"] = p.name;
    if (!p.unit.empty()) row["unit"] = p.unit;
    row[p.unit.empty() ? "value" : "default"] = p.value;
    if (!p.range.empty()) row["range"] = p.range;
    row["description"] = p.description;
    row["source"] = p.source;
    row["rests_on"] = rests_on(p);
    row["assumption"] = p.assumption();
    out["parameters"].push_back(std::move(row));
  }
  return out.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string csv_of(const std::vector<Thing>& things) {
  Table table{
      {"kind", "name", "parameter", "unit", "value", "range", "description", "source", "assumption", "rests_on"}, {}};
  for (const Thing& thing : things) {
    for (const ThingParameter& p : thing.parameters) {
      table.rows.push_back({thing.kind, thing.name, p.name, p.unit, p.value, p.range, p.description, p.source,
                            p.assumption() ? "yes" : "no", std::string(rests_on(p))});
    }
  }
  return csv_text(table);
}

}  // namespace

ExitCode describe(const DescribeOptions& options, const Context& context) {
  std::vector<Thing> things;
  for (const Thing& thing : find(options.name, context)) things.push_back(describe_thing(thing, context));
  std::string out;
  if (options.format == Format::kCsv) {
    out = csv_of(things);
  } else if (options.format == Format::kJson) {
    for (const Thing& thing : things) out += (out.empty() ? "[" : ",\n") + json_of(thing);
    out += "]\n";
  } else {
    for (const Thing& thing : things)
      out += (out.empty() ? "" : "\n") + text_of(thing, options.format, context.common.color);
  }
  print(out);
  return ExitCode::kOk;
}

}  // namespace farfault::cli
