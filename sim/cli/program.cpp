#include "sim/cli/program.h"

#include <signal.h>  // NOLINT(modernize-deprecated-headers): SIGPIPE is POSIX's

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <functional>
#include <new>
#include <sstream>

#include "sim/cli/commands.h"
#include "sim/cli/terminal.h"
#include "sim/cli/things.h"
#include "sim/cli/version.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

const std::vector<std::string> kFormats = {"table", "json", "csv", "md"};
const std::vector<std::string> kColors = {"auto", "always", "never"};
const std::vector<std::string> kShells = {"bash", "zsh", "fish"};

constexpr const char* kAbout = "Simulates the memory hierarchy of CPUs and devices with private memory.";
constexpr const char* kExitCodes =
    "Exit codes: 0 ok, 1 the run failed, 2 usage, 3 invalid config or trace, 130 interrupted.\n";

/// Two examples first, then what CLI11 makes of the rest. The examples are the App's footer.
class HelpFormatter final : public CLI::Formatter {
 public:
  HelpFormatter() {
    label("SUBCOMMAND", "COMMAND");
    label("Positionals", "Arguments");
  }
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override {
    std::ostringstream out;
    out << "Examples:\n" << app->get_footer() << '\n' << app->get_description() << "\n\n";
    out << make_usage(app, std::move(name)) << make_positionals(app) << make_groups(app, mode);
    out << make_subcommands(app, mode);
    if (app->get_parent() == nullptr) out << "\n`farfault COMMAND --help` says more of each.\n" << kExitCodes;
    return out.str();
  }
  std::string make_option_opts(const CLI::Option* option) const override {
    return option->get_option_text().empty() ? "" : ' ' + option->get_option_text();
  }
};

std::vector<std::string> split_at_bars(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, '|');) out.push_back(part);
  return out;
}

CLI::Validator one_of(const std::vector<std::string>& choices) {
  return {[choices](std::string& value) -> std::string {
            if (std::find(choices.begin(), choices.end(), value) != choices.end()) return {};
            return '"' + value + "\" is none of them; " + name_hint(value, choices);
          },
          ""};
}

/// CLI11 takes "-1" for 2^64 - 1, and "1e3" for 1.
const CLI::Validator kWholeNumber{[](std::string& value) -> std::string {
                                    std::uint64_t number = 0;
                                    const char* const end = value.data() + value.size();
                                    const auto [stop, error] = std::from_chars(value.data(), end, number);
                                    if (error == std::errc() && stop == end) return {};
                                    return '"' + value + "\" is no whole number of 0 to 2^64 - 1";
                                  },
                                  ""};

const CLI::Validator kNotZero{[](std::string& value) -> std::string {
                                return value.find_first_not_of('0') == std::string::npos ? "0 leaves nothing" : "";
                              },
                              ""};

std::string joined_with_bars(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "|") + part;
  return out;
}

/// Everything that the command line may set.
struct Options {
  CommonOptions common;
  RunOptions run;
  ValidateOptions validate;
  RecordOptions record;
  ListOptions list;
  DescribeOptions describe;
  CompletionOptions completion;
};

/// The grammar, bound to an Options.
class Grammar {
 public:
  Grammar();

  CLI::App& app() { return app_; }
  const Options& options() const { return options_; }
  /// What `record` records.
  void set_recorded_command(std::vector<std::string> words) { options_.record.command = std::move(words); }
  /// The subcommand that was given; empty if none.
  std::string command() const;
  CommandTree tree() const { return tree_of(app_); }

 private:
  CLI::App* add(const std::string& name, const std::string& about, const std::string& examples);
  void add_common(CLI::App* command);
  CLI::Option* choice(CLI::App* command, const std::string& name, const std::vector<std::string>& choices,
                      const std::function<void(const std::string&)>& set, const std::string& about);
  void format(CLI::App* command, const std::function<void(Format)>& set, const std::string& about);
  void sets(CLI::App* command, std::vector<std::string>& values);
  void add_run();
  void add_validate();
  void add_record();
  void add_list();
  void add_describe();
  void add_completion();
  static CommandTree tree_of(const CLI::App& app);
  static CommandTree::Option option_of(const CLI::Option& option);

  CLI::App app_{kAbout, "farfault"};
  Options options_;
};

Grammar::Grammar() {
  app_.formatter(std::make_shared<HelpFormatter>());
  app_.footer(
      "  farfault run quickstart                              runs a scenario that comes with farfault\n"
      "  farfault run my.json --set driver.batch_size=512     runs your own, with a value changed\n");
  app_.set_help_flag("-h,--help", "prints this and exits");
  app_.set_version_flag("--version", "farfault " + std::string(version_text()), "prints the version and exits");
  app_.require_subcommand(0, 1);
  app_.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  add_run();
  add_validate();
  add_record();
  add_list();
  add_describe();
  add_completion();
  add_common(add("version", "prints version, commit and compiler",
                 "  farfault version         all of it\n"
                 "  farfault --version       only the version\n"));
}

std::string Grammar::command() const {
  const std::vector<CLI::App*> given = app_.get_subcommands();
  return given.empty() ? "" : given.front()->get_name();
}

CLI::App* Grammar::add(const std::string& name, const std::string& about, const std::string& examples) {
  CLI::App* const command = app_.add_subcommand(name, about);
  command->group("Commands");
  command->footer(examples);
  command->set_help_flag("-h,--help", "prints this and exits");
  return command;
}

CLI::Option* Grammar::choice(CLI::App* command, const std::string& name, const std::vector<std::string>& choices,
                             const std::function<void(const std::string&)>& set, const std::string& about) {
  return command->add_option_function<std::string>(name, set, about)
      ->check(one_of(choices))
      ->option_text(joined_with_bars(choices));
}

void Grammar::add_common(CLI::App* command) {
  const auto set_color = [this](const std::string& text) {
    options_.common.color = text == "always"  ? ColorMode::kAlways
                            : text == "never" ? ColorMode::kNever
                                              : ColorMode::kAuto;
  };
  choice(command, "--color", kColors, set_color, "colors; auto: on a terminal, unless NO_COLOR is set");
  CLI::Option* const quiet = command->add_flag_callback(
      "-q,--quiet", [this] { options_.common.verbosity = Verbosity::kQuiet; }, "only errors on stderr");
  command
      ->add_flag_callback(
          "-v,--verbose", [this] { options_.common.verbosity = Verbosity::kVerbose; }, "says more on stderr")
      ->excludes(quiet);
}

void Grammar::format(CLI::App* command, const std::function<void(Format)>& set, const std::string& about) {
  const auto set_format = [set](const std::string& text) {
    set(text == "json"  ? Format::kJson
        : text == "csv" ? Format::kCsv
        : text == "md"  ? Format::kMarkdown
                        : Format::kTable);
  };
  choice(command, "--format", kFormats, set_format, about);
}

void Grammar::sets(CLI::App* command, std::vector<std::string>& values) {
  command->add_option("--set", values, "a value over the file's; may be given again")
      ->option_text("PATH=VALUE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
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
  sets(command, o.sets);
  command->add_option("--seed", o.seed, "seed of the one random generator, over the file's")
      ->check(kWholeNumber)
      ->option_text("N");
  command
      ->add_option("-o,--output", o.output, "folder for the results (default: a new results/NAME); - for stdout alone")
      ->option_text("DIR");
  command->add_flag("--force", o.force, "replaces the folder, if farfault made it");
  command->add_flag("--check", o.check, "checks the books of all memories during the run, not only at its end");
  format(command, [&o](Format f) { o.format = f; }, "what is printed: a summary, or every figure");
  add_common(command);
}

void Grammar::add_validate() {
  CLI::App* const command =
      add("validate", "checks a scenario and runs nothing",
          "  farfault validate my.json                  all that is wrong with it, at once\n"
          "  farfault validate my.json --format json    the scenario with every default filled in\n");
  ValidateOptions& o = options_.validate;
  command->add_option("SCENARIO", o.scenario, "a file, a name of `farfault list scenarios`, or - for stdin")
      ->required()
      ->option_text(" ");
  sets(command, o.sets);
  format(command, [&o](Format f) { o.format = f; }, "json is the resolved scenario");
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
      ->check(kWholeNumber)
      ->check(kNotZero)
      ->option_text("N");
  command->add_option("--skip", o.skip, "leaves out the first ones")->check(kWholeNumber)->option_text("N");
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

CommandTree::Option Grammar::option_of(const CLI::Option& option) {
  CommandTree::Option out;
  for (const std::string& name : option.get_snames()) out.names.push_back('-' + name);
  for (const std::string& name : option.get_lnames()) out.names.push_back("--" + name);
  const std::string& text = option.get_option_text();
  if (text.find('|') != std::string::npos) out.choices = split_at_bars(text);
  if (option.get_positional()) {
    out.placeholder = option.get_single_name();
  } else if (option.get_items_expected_max() > 0) {
    out.placeholder = text;
  }
  out.description = option.get_description();
  return out;
}

CommandTree Grammar::tree_of(const CLI::App& app) {
  CommandTree out;
  out.name = app.get_name();
  out.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? out.positionals : out.options).push_back(option_of(*option));
  }
  for (const CLI::App* command : app.get_subcommands({})) out.commands.push_back(tree_of(*command));
  return out;
}

/// What to say of arguments that nothing expects.
std::string unexpected(const std::string& argument, const std::string& command, const CommandTree& tree) {
  const CommandTree* at = &tree;
  for (const CommandTree& sub : tree.commands) {
    if (sub.name == command) at = &sub;
  }
  const std::string shown = '"' + printable(argument) + '"';
  std::vector<std::string> known;
  if (argument.starts_with('-') && argument.size() > 1) {
    for (const CommandTree::Option& option : at->options) {
      known.insert(known.end(), option.names.begin(), option.names.end());
    }
    return "unknown option " + shown + "; " + name_hint(argument.substr(0, argument.find('=')), known);
  }
  if (!command.empty()) return "unexpected argument " + shown;
  for (const CommandTree& sub : tree.commands) known.push_back(sub.name);
  return "unknown command " + shown + "; " + name_hint(argument, known);
}

/// Help and version go to stdout; anything else is a usage error.
ExitCode report(const CLI::ParseError& error, Grammar& grammar) {
  const std::string command = grammar.command();
  if (error.get_exit_code() == static_cast<int>(CLI::ExitCodes::Success)) {
    std::ostringstream out;
    std::ostringstream unused;
    grammar.app().exit(error, out, unused);
    print(out.str());
    return ExitCode::kOk;
  }
  std::string problem = printable(error.what(), 1000);
  if (const auto* extras = dynamic_cast<const CLI::ExtrasError*>(&error); extras != nullptr) {
    const std::vector<std::string> rest = grammar.app().remaining(true);
    if (!rest.empty()) problem = unexpected(rest.front(), command, grammar.tree());
  }
  print_error(problem);
  say("see: farfault " + (command.empty() ? "" : command + ' ') + "--help");
  return ExitCode::kUsage;
}

ConfigPaths find_configs() {
  std::error_code failed;
  const std::filesystem::path executable = std::filesystem::read_symlink("/proc/self/exe", failed);
  const std::optional<std::filesystem::path> root = find_config_root(failed ? "" : executable);
  if (root && std::filesystem::is_directory(*root / "platforms", failed)) return {*root};
  const std::string place = root ? root->string() : "configs";
  throw InputError(Diagnostic{.file = printable(place, 400),
                              .problem = "this is not the folder of farfault's platforms, designs and policies",
                              .remedy = "set FARFAULT_CONFIGS to the folder configs of the checkout"});
}

ExitCode dispatch(Grammar& grammar, int argc, char** argv) {
  const Options& options = grammar.options();
  const std::string command = grammar.command();
  set_verbosity(options.common.verbosity);
  if (command.empty()) {
    print_error("no command given");
    say(grammar.app().help());
    return ExitCode::kUsage;
  }
  if (command == "version") return version();
  if (command == "completion") return completion(options.completion, grammar.tree());
  if (command == "record") {
    if (!options.record.command.empty()) return record(options.record, options.common);
    print_error("no program given; it stands behind --, as in: farfault record -- ls -l");
    say("see: farfault record --help");
    return ExitCode::kUsage;
  }
  const Context context{{argv, argv + argc}, options.common, make_catalogue(), find_configs()};
  if (command == "run") return run(options.run, context);
  if (command == "validate") return validate(options.validate, context);
  if (command == "list") return list(options.list, context);
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
