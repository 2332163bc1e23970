// Data and script for gnuplot: times against sizes, and rates against sizes, both axes logarithmic.

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <string>
#include <vector>

#include "analysis/calibration/platform_file.h"
#include "sim/core/quantity.h"
#include "sim/core/units.h"

namespace farfault::analysis::calibration {
namespace {

constexpr std::array<const char*, 6> kColors = {"#0b6fa4", "#d55e00", "#009e73", "#7a7a7a", "#cc79a7", "#8a6d00"};

/// gnuplot's quotes: nothing is special in single ones but the quote itself.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("''") : std::string(1, c);
  return out + '\'';
}

std::string plot_number(double value) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.6g", value);
  return text.data();
}

bool has_size(const Point& point) { return point.measured->size != 0; }

bool is_drawn(const Part& part) { return std::count_if(part.points.begin(), part.points.end(), has_size) > 1; }

/// Fits to one size a point are drawn as a line, groups of many kinds as crosses.
bool is_curve(const Part& part) {
  return std::none_of(part.points.begin(), part.points.end(),
                      [](const Point& p) { return p.measured->kind == Kind::kFaultGroup; });
}

/// Points by size, for lines.
std::vector<Point> sorted(const Part& part) {
  std::vector<Point> out;
  std::copy_if(part.points.begin(), part.points.end(), std::back_inserter(out), has_size);
  std::stable_sort(out.begin(), out.end(),
                   [](const Point& a, const Point& b) { return a.measured->size < b.measured->size; });
  return out;
}

/// Powers of four by their names, from 16 B to 16 TiB; gnuplot shows those in range.
std::string ticks() {
  std::string out;
  for (std::uint64_t size = 16; size <= std::uint64_t{1} << 44U; size *= 4) {
    out += (out.empty() ? "set xtics (" : ", ") + quoted(format_exact(Bytes(size))) + ' ' + std::to_string(size);
  }
  return out + ")\n";
}

std::string panel(const Calibration& calibration, bool rates, const std::string& csv) {
  std::string plots;
  for (std::size_t i = 0; i < calibration.parts.size(); ++i) {
    const Part& part = calibration.parts[i];
    if (!is_drawn(part) || is_rate(part.points.front().measured->kind) != rates) continue;
    const std::string color = kColors[i % kColors.size()];
    const std::string mine = "($1==" + std::to_string(i) + "?$";
    plots += (plots.empty() ? "plot " : ", \\\n     ") + quoted(csv) + " skip 1 using 3:" + mine + "4:1/0):" + mine +
             "5:1/0):" + mine + "6:1/0) with yerrorbars pt 7 ps 0.6 lc rgb \"" + color + "\" title " +
             quoted(part.name) + ", \\\n     '' skip 1 using 3:" + mine + "7:1/0) with " +
             (is_curve(part) ? "lines lw 1.5" : "points pt 2 ps 1.2 lw 1.5") + " lc rgb \"" + color +
             "\" title 'fitted'";
  }
  return plots;
}

}  // namespace

std::string plot_csv(const Calibration& calibration) {
  std::string out = "fit,name,size,measured,low,high,fitted\n";
  for (std::size_t i = 0; i < calibration.parts.size(); ++i) {
    if (!is_drawn(calibration.parts[i])) continue;
    for (const Point& point : sorted(calibration.parts[i])) {
      const Measurement& m = *point.measured;
      const double scale = is_rate(m.kind) ? 1e-9 : 1e6;
      out += std::to_string(i) + ',' + calibration.parts[i].name + ',' + std::to_string(m.size) + ',' +
             plot_number(m.value * scale) + ',' + plot_number(m.low.value_or(m.value) * scale) + ',' +
             plot_number(m.high.value_or(m.value) * scale) + ',' + plot_number(point.fitted * scale) + '\n';
    }
  }
  return out;
}

std::string plot_script(const Calibration& calibration, const std::string& title, const std::string& csv,
                        const std::string& svg) {
  const std::string times = panel(calibration, false, csv);
  const std::string rates = panel(calibration, true, csv);
  const bool both = !times.empty() && !rates.empty();
  std::string out = "# Draws " + svg + ": gnuplot THIS_FILE, in its folder.\n";
  out += std::string("set terminal svg size 800,") + (both ? "900" : "500") +
         " font \"Helvetica,14\" background rgb \"white\"\nset output " + quoted(svg) +
         "\nset datafile separator \",\"\nset logscale xy\n" + ticks() +
         "set grid xtics ytics lc rgb \"#dddddd\"\nset border 3\nset tics nomirror\n"
         "set key outside bottom center horizontal maxcols 2\n";
  out += "set xlabel \"size\"\n";
  if (both) out += "set multiplot layout 2,1\n";
  out += "set title " + quoted(title) + " noenhanced\n";
  if (!times.empty()) out += "set ylabel \"time, us\"\n" + times + '\n';
  if (both) out += "unset title\n";
  if (!rates.empty()) out += "set ylabel \"bandwidth, GB/s\"\n" + rates + '\n';
  if (both) out += "unset multiplot\n";
  return out;
}

}  // namespace farfault::analysis::calibration
