#include "analysis/report/page.h"

#include <algorithm>
#include <set>
#include <stdexcept>

#include "analysis/report/escape.h"
#include "analysis/report/mark_counts.h"

namespace farfault::report {
namespace {

constexpr const char* kPolicy =
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; "
    "font-src data:";

// What a page without the bundle looks like: readable, no more.
constexpr const char* kPlainStyle =
    "html{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:66rem;margin:0 auto;padding:1.5rem;"
    "overflow-wrap:anywhere}table{border-collapse:collapse;font-size:.88rem}th,td{padding:.3rem .7rem .3rem "
    "0;text-align:left;vertical-align:top;border-bottom:1px solid "
    "#8884}.num{text-align:right;white-space:nowrap}.table,pre{overflow:auto}pre{max-height:34rem;font-size:.85rem}"
    "button,figure{display:none}nav ul{list-style:none;padding:0;columns:2}";

bool is_identifier(const std::string& id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void check(const Page& page) {
  std::set<std::string> ids = {"contents", "main", "print", "report-data", "theme-toggle"};
  const auto take = [&ids](const std::string& id) {
    if (!is_identifier(id)) throw std::logic_error("\"" + id + "\" is no identifier of a page");
    if (!ids.insert(id).second) throw std::logic_error("\"" + id + "\" is twice on a page");
  };
  for (const Section& section : page.sections) {
    take(section.id);
    for (const Chart& chart : section.charts) {
      take("chart-" + chart.id);
      const auto data = page.datasets.find(chart.dataset);
      if (data == page.datasets.end()) throw std::logic_error("chart \"" + chart.id + "\" has no data");
    }
  }
}

Json datasets_json(const Datasets& datasets) {
  Json out = Json::object();
  for (const auto& [name, dataset] : datasets) out[name] = {{"fields", dataset.fields}, {"rows", dataset.rows}};
  return out;
}

Json charts_json(const Page& page) {
  Json out = Json::object();
  for (const Section& section : page.sections) {
    for (const Chart& chart : section.charts) out[chart.id] = finished_spec(chart, page.datasets);
  }
  return out;
}

Json page_json(const Page& page) { return {{"charts", charts_json(page)}, {"datasets", datasets_json(page.datasets)}}; }

std::string figure_html(const Chart& chart, bool drawn) {
  const std::string description = escaped(chart.description);
  if (!drawn) {
    return "<h3>" + escaped(chart.title) + "</h3>\n<p class=\"caption\">" + description + "</p>\n";
  }
  return "<figure class=\"chart\" id=\"chart-" + chart.id + "\">\n<figcaption><h3><bdi>" + escaped(chart.title) +
         "</bdi></h3></figcaption>\n<div class=\"view\" data-chart=\"" + chart.id + "\" role=\"img\" aria-label=\"" +
         escaped_attribute(chart.description) + "\" style=\"min-height:" + std::to_string(chart.height + 60) +
         "px\"></div>\n<p class=\"caption\"><bdi>" + description +
         "</bdi></p>\n<details class=\"data\"><summary>Data of this chart</summary></details>\n</figure>\n";
}

std::string contents_html(const Page& page) {
  std::string out = "<nav id=\"contents\" aria-label=\"Contents\"><ul>\n";
  for (const Section& section : page.sections) {
    out += "<li><a href=\"#" + section.id + "\">" + user_text(section.title, 60) + "</a></li>\n";
  }
  return out + "</ul></nav>\n";
}

/// The end of a style or a script within it would end the element.
std::string inlined(std::string text, const std::string& element) {
  const std::string end = "</" + element;
  for (std::size_t i = 0; i + end.size() <= text.size(); ++i) {
    const bool same =
        std::equal(end.begin(), end.end(), text.begin() + static_cast<std::ptrdiff_t>(i),
                   [](char a, char b) { return a == (b >= 'A' && b <= 'Z' ? static_cast<char>(b - 'A' + 'a') : b); });
    if (same) text.insert(i + 1, "\\");
  }
  return text;
}

/// A comment that opens in a script, and a script within it, would hide its end.
std::string without_openings(std::string js) {
  for (const std::string_view what : {std::string_view("<!--"), std::string_view("<script")}) {
    for (std::size_t at = js.find(what); at != std::string::npos; at = js.find(what, at)) js.replace(at, 1, "\\x3c");
  }
  return js;
}

}  // namespace

Json finished_spec(const Chart& chart, const Datasets& datasets) {
  Json out = {{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"}};
  for (const auto& [key, value] : chart.spec.items()) out[key] = value;
  Json columns = Json::array();
  for (const TableColumn& column : chart.columns) columns.push_back({{"field", column.field}, {"title", column.title}});
  Json marks = count_marks(out, datasets);
  Json& meta = out["usermeta"];
  if (!meta.is_object()) meta = Json::object();
  meta["figure"] = {{"width", chart.width}, {"height", chart.height}};
  meta["embedOptions"] = {{"renderer", chart.canvas ? "canvas" : "svg"}};
  meta["table"] = {{"dataset", chart.dataset}, {"columns", std::move(columns)}};
  if (!marks.empty()) meta["marks"] = std::move(marks);
  return out;
}

std::string figures_json(const Page& page) {
  check(page);
  return page_json(page).dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string html(const Page& page, const Web& web) {
  check(page);
  const bool drawn = web.complete();
  std::string out =
      "<!doctype html>\n<html lang=\"en\" data-theme=\"auto\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"";
  out += escaped_attribute(kPolicy);
  out +=
      "\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"generator\" "
      "content=\"farfault\">\n<title>";
  std::string title = page.title.substr(0, 200);
  out += escaped(title) + "</title>\n<style>\n" + (drawn ? inlined(web.css, "style") : kPlainStyle) +
         "\n</style>\n</head>\n<body>\n";
  out += "<header>\n<h1>" + user_text(page.title, 200) + "</h1>\n<p>" + user_text(page.subtitle, 600) + "</p>\n";
  if (drawn) {
    out +=
        "<button id=\"theme-toggle\" type=\"button\">Theme</button>\n<button id=\"print\" "
        "type=\"button\">Print</button>\n";
  }
  out += "</header>\n" + contents_html(page) + "<main id=\"main\">\n";
  if (!drawn) {
    out +=
        "<p class=\"notice\">This page was written without the scripts that draw its charts: it has all texts and "
        "tables. A farfault that is built with Node has them.</p>\n";
  }
  for (const Section& section : page.sections) {
    out += "<section id=\"" + section.id + "\">\n<h2>" + user_text(section.title) + "</h2>\n" + section.html + '\n';
    for (const Chart& chart : section.charts) out += figure_html(chart, drawn);
    out += "</section>\n";
  }
  out += "</main>\n<footer>\n";
  for (const std::string& fact : page.footer) out += "<p class=\"soft\">" + user_text(fact, 600) + "</p>\n";
  if (drawn && !web.licences.empty()) {
    out += "<details><summary>Licences of the scripts in this page</summary><pre class=\"wrap\">" +
           escaped(web.licences) + "</pre></details>\n";
  }
  out += "</footer>\n";
  if (drawn) {
    out += "<script type=\"application/json\" id=\"report-data\">" + script_json(page_json(page)) +
           "</script>\n<script>\n" + without_openings(inlined(web.js, "script")) + "\n</script>\n";
  }
  return out + "</body>\n</html>\n";
}

}  // namespace farfault::report
