/// What the grammars of all commands are put together from.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/cli/command_tree.h"
#include "sim/cli/options.h"
#include "sim/core/quantity.h"

namespace farfault::cli {

/// Two examples first, then what CLI11 makes of the rest. The examples are the App's footer.
std::shared_ptr<CLI::Formatter> help_formatter();

/// A command of the program, or of a command.
CLI::App* add_command(CLI::App& parent, const std::string& name, const std::string& about, const std::string& examples);
/// --color, -q and -v, for a command's end.
void add_common_options(CLI::App* command, CommonOptions& options);
/// --plugin, for commands that choose or show policies.
void add_plugins(CLI::App* command, CommonOptions& options);

/// An option that takes a list with commas.
void list(CLI::App* command, const std::string& name, std::vector<std::string>& values, const std::string& text,
          const std::string& about);
/// --no-timeline, which sets `timeline` to false.
void no_timeline(CLI::App* command, bool& timeline);

/// An option, or a positional, that takes one of these.
CLI::Option* choice(CLI::App* command, const std::string& name, const std::vector<std::string>& choices,
                    const std::function<void(const std::string&)>& set, const std::string& about);
/// --format.
void format(CLI::App* command, const std::function<void(Format)>& set, const std::string& about);
/// --set, and what it sets: "PATH=VALUE".
void sets(CLI::App* command, std::vector<std::string>& values, const std::string& placeholder,
          const std::string& about);

/// An option whose text is parsed by a function that says what is wrong with it.
template <class T>
CLI::Option* parsed(CLI::App* command, const std::string& name, const std::string& placeholder, T& target,
                    Parsed<T> (*parse)(std::string_view), const std::string& about) {
  const auto set = [&target, parse, name](const std::string& text) {
    Parsed<T> value = parse(text);
    if (!value) throw CLI::ValidationError(name, value.problem);
    target = *value.value;
  };
  return command->add_option_function<std::string>(name, set, about)->option_text(placeholder);
}

/// Refuses what is no whole number of 64 bits. CLI11 takes "-1" for 2^64 - 1, and "1e3" for 1.
CLI::Validator whole_number();

CommandTree tree_of(const CLI::App& app);

}  // namespace farfault::cli
