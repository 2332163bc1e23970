#include "sim/cli/grammar.h"

#include <algorithm>
#include <charconv>
#include <sstream>

#include "sim/core/text.h"

namespace farfault::cli {
namespace {

const std::vector<std::string> kFormats = {"table", "json", "csv", "md"};
const std::vector<std::string> kColors = {"auto", "always", "never"};

constexpr const char* kExitCodes =
    "Exit codes: 0 ok, 1 the run failed, 2 usage, 3 invalid config or trace, 4 beyond a threshold, 130 interrupted.\n";

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

std::string joined_with_bars(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : "|") + part;
  return out;
}

CommandTree::Option option_of(const CLI::Option& option) {
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

}  // namespace

std::shared_ptr<CLI::Formatter> help_formatter() { return std::make_shared<HelpFormatter>(); }

CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& about,
                      const std::string& examples) {
  CLI::App* const command = parent.add_subcommand(name, about);
  command->group("Commands");
  command->footer(examples);
  command->set_help_flag("-h,--help", "prints this and exits");
  return command;
}

void add_common_options(CLI::App* command, CommonOptions& options) {
  const auto set_color = [&options](const std::string& text) {
    options.color = text == "always" ? ColorMode::kAlways : text == "never" ? ColorMode::kNever : ColorMode::kAuto;
  };
  choice(command, "--color", kColors, set_color, "colors; auto: on a terminal, unless NO_COLOR is set");
  CLI::Option* const quiet = command->add_flag_callback(
      "-q,--quiet", [&options] { options.verbosity = Verbosity::kQuiet; }, "only errors on stderr");
  command
      ->add_flag_callback(
          "-v,--verbose", [&options] { options.verbosity = Verbosity::kVerbose; }, "says more on stderr")
      ->excludes(quiet);
}

void add_plugins(CLI::App* command, CommonOptions& options) {
  command->add_option("--plugin", options.plugins, "policies of a shared object as well; may be given again")
      ->option_text("FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

void list(CLI::App* command, const std::string& name, std::vector<std::string>& values, const std::string& text,
          const std::string& about) {
  const auto set = [&values](const std::string& given) {
    values.clear();
    std::string_view rest = given;
    while (true) {
      const std::size_t comma = rest.find(',');
      values.emplace_back(rest.substr(0, comma));
      if (comma == std::string_view::npos) return;
      rest.remove_prefix(comma + 1);
    }
  };
  const CLI::Validator no_gaps(
      [](std::string& given) -> std::string {
        const std::string padded = ',' + given + ',';
        return padded.find(",,") == std::string::npos ? "" : in_quotes(given) + " has an empty item";
      },
      "");
  command->add_option_function<std::string>(name, set, about)->check(no_gaps)->option_text(text);
}

void no_timeline(CLI::App* command, bool& timeline) {
  command->add_flag_callback(
      "--no-timeline", [&timeline] { timeline = false; }, "no time series and heat map beside the results");
}

CLI::Option* choice(CLI::App* command, const std::string& name, const std::vector<std::string>& choices,
                    const std::function<void(const std::string&)>& set, const std::string& about) {
  return command->add_option_function<std::string>(name, set, about)
      ->check(one_of(choices))
      ->option_text(joined_with_bars(choices));
}

void format(CLI::App* command, const std::function<void(Format)>& set, const std::string& about) {
  const auto set_format = [set](const std::string& text) {
    set(text == "json"  ? Format::kJson
        : text == "csv" ? Format::kCsv
        : text == "md"  ? Format::kMarkdown
                        : Format::kTable);
  };
  choice(command, "--format", kFormats, set_format, about);
}

void sets(CLI::App* command, std::vector<std::string>& values, const std::string& placeholder,
          const std::string& about) {
  command->add_option("--set", values, about)
      ->option_text(placeholder)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->allow_extra_args(false);
}

CLI::Validator whole_number() {
  return {[](std::string& value) -> std::string {
            std::uint64_t number = 0;
            const char* const end = value.data() + value.size();
            const auto [stop, error] = std::from_chars(value.data(), end, number);
            if (error == std::errc() && stop == end) return {};
            return '"' + value + "\" is no whole number of 0 to 2^64 - 1";
          },
          ""};
}

CommandTree tree_of(const CLI::App& app) {
  CommandTree out;
  out.name = app.get_name();
  out.description = app.get_description();
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? out.positionals : out.options).push_back(option_of(*option));
  }
  for (const CLI::App* command : app.get_subcommands({})) out.commands.push_back(tree_of(*command));
  return out;
}

}  // namespace farfault::cli
