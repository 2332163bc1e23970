#include "sim/cli/trace/trace_grammar.h"

#include <charconv>
#include <string_view>

#include "sim/cli/grammar.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "traces/formats.h"

namespace farfault::cli {
namespace {

using traces::CacheOptions;
using traces::Interval;

constexpr std::uint64_t kMostPoints = 10'000;
const std::vector<std::string> kOutputFormats = {"fft", "text", "csv"};
const std::vector<std::string> kReplacements = {"lru", "fifo"};

/// Decimal, or hexadecimal after 0x. Nothing if there is anything else.
std::optional<std::uint64_t> number_of(std::string_view text) {
  const bool hex = text.starts_with("0x") || text.starts_with("0X");
  if (hex) text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (error != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "1000..2000", "1000..", "..2000".
Parsed<Interval> parse_interval(std::string_view text) {
  const std::string quoted = in_quotes(text);
  const std::size_t dots = text.find("..");
  Interval out;
  bool good = dots != std::string_view::npos;
  if (good && dots != 0) {
    const std::optional<std::uint64_t> from = number_of(text.substr(0, dots));
    good = from.has_value();
    out.from = from.value_or(0);
  }
  if (good && dots + 2 != text.size()) {
    const std::optional<std::uint64_t> to = number_of(text.substr(dots + 2));
    good = to.has_value();
    out.to = to.value_or(0);
  }
  if (!good) return {std::nullopt, quoted + " is no interval; write FROM..TO, FROM.. or ..TO, in whole numbers"};
  if (out.to <= out.from) return {std::nullopt, quoted + " is empty: what is at its end is not in it"};
  return {out, ""};
}

/// "0.01", "1 %".
Parsed<double> parse_rate(std::string_view text) {
  constexpr double kSmallest = 1e-6;
  Parsed<double> out = parse_percent(text);
  double number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error == std::errc() && stop == text.data() + text.size()) out = {number, ""};
  if (out && *out.value >= kSmallest && *out.value <= 1) return out;
  return {std::nullopt, in_quotes(text) + " is no rate; write 0.000001 to 1, or \"1 %\""};
}

class TraceGrammar {
 public:
  TraceGrammar(CLI::App& app, TraceOptions& options, CommonOptions& common)
      : trace_(*add_command(app, "trace", "converts, measures, makes and cuts traces",
                            "  farfault trace convert app.lackey.zst -o app.fft    into farfault's own format\n"
                            "  farfault trace info app.fft                         what is in a trace\n")),
        options_(options),
        common_(common) {
    trace_.require_subcommand(1);
    add_convert();
    add_info();
    add_curve();
    add_head();
    add_generate();
    add_cut();
    add_filter_cache();
    add_verify();
  }

 private:
  CLI::App* add(const std::string& name, const std::string& about, const std::string& examples) {
    return add_command(trace_, name, about, examples);
  }

  static void add_input(CLI::App* command, TraceInput& in) {
    command->add_option("TRACE", in.path, "the file, plain or compressed, or - for stdin")
        ->required()
        ->option_text(" ");
    std::vector<std::string> names;
    for (const traces::FormatInfo& info : traces::formats()) names.emplace_back(info.name);
    choice(
        command, "--from", names, [&in](const std::string& text) { in.format = text; },
        "its format; found by the content otherwise");
  }
  static void add_salvage(CLI::App* command, TraceInput& in) {
    command->add_flag("--salvage", in.salvage, "reads a damaged file up to its damage, where the format can tell");
  }

  static void add_output(CLI::App* command, TraceOutput& out) {
    command->add_option("-o,--output", out.path, "the new file, or - for stdout")->required()->option_text("FILE");
    const auto set_format = [&out](const std::string& text) {
      out.format = text == "text"  ? TraceOutput::Format::kText
                   : text == "csv" ? TraceOutput::Format::kCsv
                                   : TraceOutput::Format::kFft;
    };
    choice(command, "--to", kOutputFormats, set_format,
           "fft, the default; text as `trace head` prints it; csv of the accesses alone");
    command->add_flag("--force", out.force, "replaces a file that is there");
  }

  void add_convert();
  void add_info();
  void add_curve();
  void add_head();
  void add_generate();
  void add_cut();
  void add_filter_cache();
  void add_verify();

  CLI::App& trace_;
  TraceOptions& options_;
  CommonOptions& common_;
};

void TraceGrammar::add_convert() {
  CLI::App* const command = add("convert", "writes a trace of any format as .fft, text or CSV",
                                "  farfault trace convert app.lackey.zst -o app.fft          any format into .fft\n"
                                "  zcat app.gz | farfault trace convert - -o - --to text     through a pipe\n");
  TraceConvertOptions& o = options_.convert;
  add_input(command, o.in);
  add_salvage(command, o.in);
  add_output(command, o.out);
  command->add_flag("--page-runs", o.page_runs,
                    "merges accesses to the same pages: far fewer, but their number and order within runs are lost");
  add_common_options(command, common_);
}

void TraceGrammar::add_info() {
  CLI::App* const command = add("info", "measures a trace: accesses, footprint, mappings, reuse, events",
                                "  farfault trace info app.fft                   for people\n"
                                "  farfault trace info app.fft --format json     for programs\n");
  TraceInfoOptions& o = options_.info;
  add_input(command, o.in);
  add_salvage(command, o.in);
  format(command, [&o](Format f) { o.format = f; }, "how it is printed");
  command->add_flag("--no-reuse", o.no_reuse, "leaves out the reuse of pages, which takes most of the time");
  add_common_options(command, common_);
}

void TraceGrammar::add_curve() {
  CLI::App* const command = add("curve", "how often an LRU memory of 4 KiB pages faults, by its size",
                                "  farfault trace curve app.fft                            exactly\n"
                                "  farfault trace curve app.fft --sample 0.01 --points 50  from one page in 100\n");
  TraceCurveOptions& o = options_.curve;
  add_input(command, o.in);
  add_salvage(command, o.in);
  format(command, [&o](Format f) { o.format = f; }, "how it is printed");
  command->add_option("--points", o.points, "sizes, evenly up to the footprint (20)")
      ->check(whole_number())
      ->check(CLI::Range(std::uint64_t{1}, kMostPoints))
      ->option_text("N");
  parsed(command, "--sample", "RATE", o.curve.rate, parse_rate, "share of the pages that is looked at (1, all)");
  command->add_option("--seed", o.curve.seed, "which pages (1)")->check(whole_number())->option_text("N");
  add_common_options(command, common_);
}

void TraceGrammar::add_head() {
  CLI::App* const command =
      add("head", "prints the first accesses, and what happens between them",
          "  farfault trace head app.fft -n 20              the first 20 accesses\n"
          "  farfault trace head app.fft --skip 1000000     10 of them, from access 1000000 on\n");
  TraceHeadOptions& o = options_.head;
  add_input(command, o.in);
  add_salvage(command, o.in);
  command->add_option("-n,--count", o.count, "how many accesses (10)")->check(whole_number())->option_text("N");
  CLI::Option* const skip =
      command->add_option("--skip", o.skip, "accesses to leave out before")->check(whole_number())->option_text("N");
  command->add_option("--time", o.time, "begins at this time, in the trace's unit")
      ->check(whole_number())
      ->option_text("T")
      ->excludes(skip);
  add_common_options(command, common_);
}

void TraceGrammar::add_generate() {
  CLI::App* const command = add("generate", "writes what a generator makes",
                                "  farfault trace generate zipf --set 'footprint=64 MiB' --seed 7 -o zipf.fft\n"
                                "  farfault trace generate sequential -o - | farfault trace info -\n");
  TraceGenerateOptions& o = options_.generate;
  command->add_option("GENERATOR", o.generator, "a name of `farfault list generators`")->required()->option_text(" ");
  sets(command, o.sets, "PARAM=VALUE", "a parameter (farfault describe GENERATOR); may be given again");
  command->add_option("--seed", o.seed, "seed of its random numbers (1)")->check(whole_number())->option_text("N");
  add_output(command, o.out);
  add_common_options(command, common_);
}

void TraceGrammar::add_cut() {
  CLI::App* const command =
      add("cut", "keeps a part of a trace",
          "  farfault trace cut app.fft -o part.fft --accesses 1000000..2000000\n"
          "  farfault trace cut app.fft -o gpu.fft --agent 'gpu*' --addresses 0x7f0000000000..\n");
  TraceCutOptions& o = options_.cut;
  add_input(command, o.in);
  add_salvage(command, o.in);
  add_output(command, o.out);
  parsed(command, "--accesses", "A..B", o.cut.accesses, parse_interval, "accesses of these numbers, from 0, up to B");
  parsed(command, "--time", "A..B", o.cut.time, parse_interval, "from time A up to time B, in the trace's unit");
  parsed(command, "--addresses", "FROM..TO", o.cut.addresses, parse_interval, "accesses that overlap these addresses");
  command->add_option("--agent", o.cut.agents, "agents with such a name; * stands for anything, ? for a character")
      ->option_text("PATTERN");
  add_common_options(command, common_);
}

void TraceGrammar::add_filter_cache() {
  CLI::App* const command =
      add("filter-cache", "keeps what misses a cache: line fills and write-backs",
          "  farfault trace filter-cache app.fft -o misses.fft --size '1 MiB' --ways 16\n"
          "  farfault trace filter-cache gpu.fft -o l2.fft --size '40 MiB' --ways 16 --line '128 B' --shared\n");
  TraceFilterCacheOptions& o = options_.filter_cache;
  CacheOptions& cache = o.cache;
  add_input(command, o.in);
  add_salvage(command, o.in);
  add_output(command, o.out);
  parsed(command, "--size", "BYTES", cache.size, parse_bytes, "of the cache (32 KiB)");
  command->add_option("--ways", cache.ways, "lines of a set (8)")->check(whole_number())->option_text("N");
  parsed(command, "--line", "BYTES", cache.line, parse_bytes, "of a line (64 B)");
  const auto set_replacement = [&cache](const std::string& text) {
    cache.replacement = text == "fifo" ? CacheOptions::Replacement::kFifo : CacheOptions::Replacement::kLru;
  };
  choice(command, "--policy", kReplacements, set_replacement, "which line of a set leaves (lru)");
  CLI::Option* const back = command->add_flag_callback(
      "--write-back", [&cache] { cache.write_back = true; },
      "writes stay in the cache until the line leaves (default)");
  command->add_flag_callback(
             "--write-through", [&cache] { cache.write_back = false; }, "every write goes on to memory")
      ->excludes(back);
  command->add_flag_callback(
      "--no-write-allocate", [&cache] { cache.write_allocate = false; }, "writes that miss fill no line");
  command->add_flag("--shared", cache.shared, "one cache for all agents, instead of one for each");
  add_common_options(command, common_);
}

void TraceGrammar::add_verify() {
  CLI::App* const command = add("verify", "reads all of a trace and checks what can be checked",
                                "  farfault trace verify app.fft             checksums, contents, index\n"
                                "  farfault trace verify app.lackey.zst      whether every line can be read\n");
  add_input(command, options_.verify.in);
  add_common_options(command, common_);
}

}  // namespace

void add_trace(CLI::App& app, TraceOptions& options, CommonOptions& common) { TraceGrammar(app, options, common); }

}  // namespace farfault::cli
