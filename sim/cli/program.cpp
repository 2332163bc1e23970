#include "sim/cli/program.h"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGPIPE is POSIX's

#include <CLI/CLI.hpp>
#include <algorithm>
#include <new>
#include <sstream>

#include "sim/cli/calibrate/calibrate_grammar.h"
#include "sim/cli/commands.h"
#include "sim/cli/compare/compare_grammar.h"
#include "sim/cli/file_name.h"
#include "sim/cli/grammar.h"
#include "sim/cli/report/report_grammar.h"
#include "sim/cli/sweep/sweep_grammar.h"
#include "sim/cli/terminal.h"
#include "sim/cli/things.h"
#include "sim/cli/trace/trace_grammar.h"
#include "sim/cli/trace/verbs.h"
#include "sim/cli/validate/validate_grammar.h"
#include "sim/cli/version.h"
#include "sim/core/text.h"
#include "sim/plugins/load_plugin.h"

namespace farfault::cli {
namespace {

const std::vector<std::string> kShells = {"bash", "zsh", "fish"};

constexpr const char* kAbout = "Simulates the memory hierarchy of CPUs and devices with private memory.";

/// After whole_number().
CLI::Validator not_zero() {
  return {[](std::string& value) -> std::string {
            return value.find_first_not_of('0') == std::string::npos ? "0 leaves nothing" : "";
          },
          ""};
}

/// Everything that the command line may set.
struct Options {
  CommonOptions common;
  RunOptions run;
  CompareOptions compare;
  CalibrateOptions calibrate;
  ValidateOptions validate;
  SweepOptions sweep;
  ReportOptions report;
  RecordOptions record;
  ListOptions list;
  DescribeOptions describe;
  CompletionOptions completion;
  TraceOptions trace;
};

/// The grammar, bound to an Options.
class Grammar {
 public:
  Grammar();

  CLI::App& app() { return app_; }
  const Options& options() const { return options_; }
  /// What `record` records.
  void set_recorded_command(std::vector<std::string> words) { options_.record.command = std::move(words); }
  /// The subcommands that were given, each within the one before: {"trace", "cut"}.
  std::vector<std::string> commands() const;
  CommandTree tree() const { return tree_of(app_); }

 private:
  CLI::App* add(const std::string& name, const std::string& about, const std::string& examples) {
    return add_command(app_, name, about, examples);
  }
  void add_common(CLI::App* command) { add_common_options(command, options_.common); }
  void add_run();
  void add_record();
  void add_list();
  void add_describe();
  void add_completion();

  CLI::App app_{kAbout, "farfault"};
  Options options_;
};

Grammar::Grammar() {
  app_.formatter(help_formatter());
  app_.footer(
      "  farfault run quickstart                              runs a scenario that comes with farfault\n"
      "  farfault run my.json --set driver.batch_size=512     runs your own, with a value changed\n");
  app_.set_help_flag("-h,--help", "prints this and exits");
  app_.set_version_flag("--version", "farfault " + std::string(version_text()), "prints the version and exits");
  app_.require_subcommand(0, 1);
  app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_run();
  add_compare(app_, options_.compare, options_.common);
  add_calibrate(app_, options_.calibrate, options_.common);
  add_validate(app_, options_.validate, options_.common);
  add_sweep(app_, options_.sweep, options_.common);
  add_report(app_, options_.report, options_.common);
  add_record();
  add_list();
  add_describe();
  add_completion();
  add_trace(app_, options_.trace, options_.common);
  add_common(add("version", "prints version, commit and compiler",
                 "  farfault version         all of it\n"
                 "  farfault --version       only the version\n"));
}

std::vector<std::string> Grammar::commands() const {
  std::vector<std::string> out;
  for (const CLI::App* at = &app_; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    out.push_back(at->get_name());
  }
  return out;
}

void add_perfetto(CLI::App* command, RunOptions& o) {
  command
      ->add_option("--perfetto", o.perfetto,
                   "also writes who does what when, for the Perfetto viewer; compressed if FILE ends in .gz")
      ->option_text("FILE");
  parsed(command, "--perfetto-from", "TIME", o.perfetto_options.from, parse_time, "only from this date on: 1ms");
  parsed(command, "--perfetto-until", "TIME", o.perfetto_options.until, parse_time, "only up to this date");
  command
      ->add_option("--perfetto-every", o.perfetto_options.every, "only one in N batches, accesses, calls (default: 1)")
      ->check(whole_number())
      ->check(not_zero())
      ->option_text("N");
  command->add_option("--perfetto-events", o.perfetto_options.max_events, "events at most (default: 1000000)")
      ->check(whole_number())
      ->check(not_zero())
      ->option_text("N");
}

void Grammar::add_run() {
  CLI::App* const command =
      add("run", "runs one scenario and writes its results",
          "  farfault run quickstart -o out                                       results in the folder out\n"
          "  farfault run my.json --set policy.eviction.kind=fifo --format csv    with a value changed, as CSV\n");
  RunOptions& o = options_.run;
  command->add_option("SCENARIO", o.scenario, "a file, a name of `farfault list scenarios`, or - for stdin")
      ->required()
      ->option_text(" ");
  sets(command, o.sets, "PATH=VALUE", "a value over the file's; may be given again");
  command->add_option("--seed", o.seed, "seed of the one random generator, over the file's")
      ->check(whole_number())
      ->option_text("N");
  command
      ->add_option("-o,--output", o.output, "folder for the results (default: a new results/NAME); - for stdout alone")
      ->option_text("DIR");
  command->add_flag("--force", o.force, "replaces the folder, if farfault made it");
  no_timeline(command, o.timeline);
  add_perfetto(command, o);
  command->add_flag("--check", o.check, "checks the books of all memories during the run, not only at its end");
  command->add_flag("--with-optimal", o.with_optimal,
                    "also runs policies that know the trace, and says how near to them the run is");
  command
      ->add_option("--sample-seeds", o.sample_seeds,
                   "with replay.sample: replays so many samples, and says how far their estimates lie apart")
      ->check(whole_number())
      ->option_text("K");
  format(command, [&o](Format f) { o.format = f; }, "what is printed: a summary, or every figure");
  add_plugins(command, options_.common);
  add_common(command);
}

void Grammar::add_record() {
  CLI::App* const command = add("record", "records the memory accesses of a program, which runs under valgrind",
                                "  farfault record -- ./solver --size 100       into solver.fft, until it ends\n"
                                "  farfault record -o mid.fft --skip 5000000 --max-accesses 1000000 -- ./solver\n");
  RecordOptions& o = options_.record;
  // For the help alone: what stands behind -- never comes here.
  command
      ->add_option_function<std::string>(
          "CMD", [](const std::string&) {}, "behind --: the program and its arguments")
      ->option_text("...")
      ->check(CLI::Validator([](std::string&) { return "the program stands behind --: record -- CMD ARGS"; }, ""));
  command->add_option("-o,--output", o.output, "the trace (default: NAME.fft here)")->option_text("FILE");
  command->add_option("--max-accesses", o.max_accesses, "ends the program after so many")
      ->check(whole_number())
      ->check(not_zero())
      ->option_text("N");
  command->add_option("--skip", o.skip, "leaves out the first ones")->check(whole_number())->option_text("N");
  command->add_flag("--force", o.force, "replaces an existing trace");
  add_common(command);
}

void Grammar::add_list() {
  CLI::App* const command = add("list", "lists what scenarios may choose by name",
                                "  farfault list                  everything\n"
                                "  farfault list eviction         the policies of one slot\n");
  ListOptions& o = options_.list;
  std::vector<std::string> names;
  for (const std::string_view kind : kinds()) names.emplace_back(kind);
  choice(command, "KIND", names, [&o](const std::string& text) { o.kind = text; }, "only these");
  command->add_flag("--names", o.names, "only the names, one a line");
  format(command, [&o](Format f) { o.format = f; }, "how it is printed");
  add_plugins(command, options_.common);
  add_common(command);
}

void Grammar::add_describe() {
  CLI::App* const command =
      add("describe", "tells all of a policy, design, platform, generator or scenario",
          "  farfault describe lru              its parameters, with units, ranges, defaults and sources\n"
          "  farfault describe platforms/ideal  the platform of this name; assumptions are marked\n");
  DescribeOptions& o = options_.describe;
  command->add_option("NAME", o.name, "a name of `farfault list`, or KIND/NAME")->required()->option_text(" ");
  format(command, [&o](Format f) { o.format = f; }, "how it is printed");
  add_plugins(command, options_.common);
  add_common(command);
}

void Grammar::add_completion() {
  CLI::App* const command = add("completion", "prints a completion script for a shell",
                                "  source <(farfault completion bash)      in ~/.bashrc\n"
                                "  farfault completion fish >~/.config/fish/completions/farfault.fish\n");
  CompletionOptions& o = options_.completion;
  choice(command, "SHELL", kShells, [&o](const std::string& text) { o.shell = text; }, "which shell")->required();
  add_common(command);
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

const CommandTree& command_at(const CommandTree& tree, const std::vector<std::string>& commands) {
  const CommandTree* at = &tree;
  for (const std::string& name : commands) {
    at = &*std::find_if(at->commands.begin(), at->commands.end(),
                        [&name](const CommandTree& sub) { return sub.name == name; });
  }
  return *at;
}

/// What to say of an argument that the command does not expect.
std::string unexpected(const std::string& argument, const CommandTree& command) {
  const std::string shown = in_quotes(argument);
  std::vector<std::string> known;
  if (argument.starts_with('-') && argument.size() > 1) {
    for (const CommandTree::Option& option : command.options) {
      known.insert(known.end(), option.names.begin(), option.names.end());
    }
    return "unknown option " + shown + "; " + name_hint(argument.substr(0, argument.find('=')), known);
  }
  if (command.commands.empty()) return "unexpected argument " + shown;
  for (const CommandTree& sub : command.commands) known.push_back(sub.name);
  return "unknown command " + shown + "; " + name_hint(argument, known);
}

/// Help and version go to stdout; anything else is a usage error.
ExitCode report(const CLI::ParseError& error, Grammar& grammar) {
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::ostringstream out;
    std::ostringstream unused;
    grammar.app().exit(error, out, unused);
    print(out.str());
    return ExitCode::kOk;
  }
  const std::vector<std::string> commands = grammar.commands();
  const CommandTree tree = grammar.tree();
  const CommandTree& command = command_at(tree, commands);
  const std::vector<std::string> rest = grammar.app().remaining(true);
  if (!rest.empty()) {
    print_error(unexpected(rest.front(), command));
  } else {
    print_error(command.commands.empty() ? printable(error.what(), 1000) : "no command given");
  }
  say("see: farfault " + joined(commands) + (commands.empty() ? "--help" : " --help"));
  return ExitCode::kUsage;
}

ConfigPaths find_configs() {
  std::error_code failed;
  const std::optional<std::filesystem::path> root = find_config_root(own_path());
  if (root && std::filesystem::is_directory(*root / "platforms", failed)) return {*root};
  const std::string place = root ? root->string() : "configs";
  throw InputError(Diagnostic{.file = printable(place, 400),
                              .problem = "this is not the folder of farfault's platforms, designs and policies",
                              .remedy = "set FARFAULT_CONFIGS to the folder configs of the checkout"});
}

Catalogue make_catalogue_with(const std::vector<std::string>& plugins) {
  Catalogue out = make_catalogue();
  for (const std::string& path : plugins) {
    out.plugins.push_back(load_plugin(path, out.plugins, out.policies));
    const LoadedPlugin& plugin = out.plugins.back();
    info("plug-in \"" + plugin.name + "\" of " + printable(path, 400) + ", hash " + plugin.hash);
  }
  return out;
}

ExitCode dispatch(Grammar& grammar, int argc, char** argv) {
  const Options& options = grammar.options();
  set_verbosity(options.common.verbosity);
  const std::vector<std::string> commands = grammar.commands();
  if (commands.empty()) {
    print_error("no command given");
    say(grammar.app().help());
    return ExitCode::kUsage;
  }
  const std::string& command = commands.front();
  if (command == "version") return version();
  if (command == "completion") return completion(options.completion, grammar.tree());
  if (command == "report") return make_report(options.report, options.common);
  if (command == "record") {
    if (!options.record.command.empty()) return record(options.record, options.common);
    print_error("no program given; it stands behind --, as in: farfault record -- ls -l");
    say("see: farfault record --help");
    return ExitCode::kUsage;
  }
  const Context context{
      {argv, argv + argc}, options.common, make_catalogue_with(options.common.plugins), find_configs()};
  if (command == "run") return run(options.run, context);
  if (command == "compare") return compare(options.compare, context);
  if (command == "calibrate") return calibrate(options.calibrate, context);
  if (command == "sweep") return sweep(commands.back(), options.sweep, context);
  if (command == "validate") return validate(options.validate, context);
  if (command == "list") return list(options.list, context);
  if (command == "trace") return trace(commands.back(), options.trace, context);
  return describe(options.describe, context);
}

/// How many arguments are farfault's own: what stands behind -- on a command line that records is another program's,
/// and CLI11 would make something of it.
int count_own_arguments(int argc, char** argv) {
  if (argc < 2 || std::string_view(argv[1]) != "record") return argc;
  return static_cast<int>(std::find(argv + 2, argv + argc, std::string_view("--")) - argv);
}

ExitCode run_reporting(int argc, char** argv) {
  Grammar grammar;
  const int own = count_own_arguments(argc, argv);
  if (own < argc) grammar.set_recorded_command({argv + own + 1, argv + argc});
  try {
    grammar.app().parse(own, argv);
  } catch (const CLI::ParseError& error) {
    return report(error, grammar);
  }
  return dispatch(grammar, argc, argv);
}

}  // namespace

int run_program(int argc, char** argv) {
  ExitCode code = ExitCode::kRunFailed;
  try {
    // A reader of our output who leaves is seen by the write; it must not kill a run whose results go to files.
    ::signal(SIGPIPE, SIG_IGN);
    prepare_streams();
    code = run_reporting(argc, argv);
  } catch (const Error& error) {
    print_error(error.what());
    code = error.code();
  } catch (const std::bad_alloc&) {
    print_error("out of memory");
  } catch (const std::exception& error) {
    print_error(std::string("internal error: ") + error.what() + "; please report it");
  }
  return static_cast<int>(code);
}

}  // namespace farfault::cli
