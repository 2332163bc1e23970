#include <cstddef>
#include <string_view>

#include "sim/cli/commands.h"
#include "sim/cli/terminal.h"

// What a value is completed with follows from its placeholder: SCENARIO, NAME, GENERATOR, DIR, FILE and TRACE are known
// below, a list of choices is completed with them, anything else is left to the user.

namespace farfault::cli {
namespace {

using Option = CommandTree::Option;

constexpr std::string_view kScenarioNames = "farfault list scenarios --names 2>/dev/null";
constexpr std::string_view kAllNames = "farfault list --names 2>/dev/null";
constexpr std::string_view kGeneratorNames = "farfault list generators --names 2>/dev/null";

bool is_file(const Option& option) { return option.placeholder == "FILE" || option.placeholder == "TRACE"; }

std::string joined(const std::vector<std::string>& parts, const std::string& between) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : between) + part;
  return out;
}

/// With a backslash before each of `special`.
std::string escaped(std::string_view text, std::string_view special) {
  std::string out;
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

/// For single quotes of a POSIX shell.
std::string single_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + '\'';
}

std::string option_names(const CommandTree& command) {
  std::string out;
  for (const Option& option : command.options) out += (out.empty() ? "" : " ") + joined(option.names, " ");
  return out;
}

std::string command_names(const CommandTree& tree) {
  std::string out;
  for (const CommandTree& command : tree.commands) out += (out.empty() ? "" : " ") + command.name;
  return out;
}

/// The head of a shell's case for a command.
std::string case_of(const CommandTree& command, const std::string& indent) {
  return indent + "  " + command.name + ")\n";
}

// bash

std::string bash_words(const std::string& words) {
  return "mapfile -t COMPREPLY < <(compgen -W " + words + " -- \"$cur\")";
}

std::string bash_value(const Option& option) {
  if (!option.choices.empty()) return bash_words(single_quoted(joined(option.choices, " ")));
  if (option.placeholder == "DIR") return "mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")";
  if (is_file(option)) return "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\")";
  if (option.placeholder == "GENERATOR") return bash_words("\"$(" + std::string(kGeneratorNames) + ")\"");
  if (option.placeholder == "NAME") return bash_words("\"$(" + std::string(kAllNames) + ")\"");
  if (option.placeholder == "SCENARIO") {
    return "mapfile -t COMPREPLY < <(compgen -f -W \"$(" + std::string(kScenarioNames) + ")\" -- \"$cur\")";
  }
  return ":";
}

/// What follows a command without commands of its own.
std::string bash_arguments(const CommandTree& command, const std::string& indent) {
  std::string out = indent + "case $prev in\n";
  for (const Option& option : command.options) {
    if (option.placeholder.empty()) continue;
    out += indent + "  " + joined(option.names, "|") + ") " + bash_value(option) + "; return ;;\n";
  }
  out += indent + "esac\n" + indent + "if [[ $cur == -* ]]; then\n" + indent + "  " +
         bash_words(single_quoted(option_names(command))) + '\n';
  if (!command.positionals.empty()) {
    out += indent + "else\n" + indent + "  " + bash_value(command.positionals.front()) + '\n';
  }
  return out + indent + "fi\n";
}

/// What follows the program, or a command with commands of its own, the next of which is the word at `place`.
std::string bash_commands(const CommandTree& tree, std::size_t place, const std::string& indent) {
  const std::string number = std::to_string(place);
  std::string out = indent + "if ((COMP_CWORD == " + number + ")); then\n" + indent + "  " +
                    bash_words(single_quoted(command_names(tree) + ' ' + option_names(tree))) + '\n' + indent +
                    "  return\n" + indent + "fi\n" + indent + "case ${COMP_WORDS[" + number + "]} in\n";
  const std::string deeper = indent + "    ";
  for (const CommandTree& command : tree.commands) {
    out += case_of(command, indent);
    out += command.commands.empty() ? bash_arguments(command, deeper) : bash_commands(command, place + 1, deeper);
    out += deeper + ";;\n";
  }
  return out + indent + "esac\n";
}

std::string bash_script(const CommandTree& tree) {
  return "# bash completion of farfault; in ~/.bashrc:  source <(farfault completion bash)\n"
         "_farfault() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  # bash splits --format=json in three words.\n"
         "  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
         "  COMPREPLY=()\n" +
         bash_commands(tree, 1, "  ") + "}\ncomplete -o filenames -F _farfault farfault\n";
}

// zsh

std::string zsh_action(const Option& option) {
  if (!option.choices.empty()) return '(' + joined(option.choices, " ") + ')';
  if (option.placeholder == "DIR") return "_files -/";
  if (is_file(option)) return "_files";
  if (option.placeholder == "GENERATOR") return "_farfault_generators";
  if (option.placeholder == "NAME") return "_farfault_names";
  if (option.placeholder == "SCENARIO") return "_farfault_scenarios";
  return "";
}

std::string zsh_option(const Option& option) {
  const std::string value =
      option.placeholder.empty() ? "" : ':' + escaped(option.placeholder, ":") + ':' + zsh_action(option);
  const std::string rest = single_quoted('[' + escaped(option.description, "[]:\\") + ']' + value);
  // --set may be given again; the two names of another option exclude each other.
  if (option.names.size() == 1) return "'*" + option.names.front() + "'" + rest;
  return "'(" + joined(option.names, " ") + ")'{" + joined(option.names, ",") + '}' + rest;
}

std::string zsh_arguments(const CommandTree& command, const std::string& indent) {
  std::string out = indent + "_arguments";
  for (const Option& option : command.options) out += " \\\n" + indent + "  " + zsh_option(option);
  for (const Option& option : command.positionals) {
    out += " \\\n" + indent + "  " + single_quoted(":" + escaped(option.placeholder, ":") + ':' + zsh_action(option));
  }
  return out + '\n';
}

/// What follows the program, or a command with commands of its own; words begins with its name.
std::string zsh_commands(const CommandTree& tree, const std::string& indent) {
  std::string out = indent + "commands=(\n";
  for (const CommandTree& command : tree.commands) {
    out += indent + "  " + single_quoted(command.name + ':' + escaped(command.description, ":\\")) + '\n';
  }
  out += indent + ")\n" + indent + "if ((CURRENT == 2)); then\n" + indent +
         "  _describe -t commands command commands\n" + indent + "  return\n" + indent + "fi\n" + indent +
         "shift words\n" + indent + "((CURRENT--))\n" + indent + "case $words[1] in\n";
  const std::string deeper = indent + "    ";
  for (const CommandTree& command : tree.commands) {
    out += case_of(command, indent);
    out += command.commands.empty() ? zsh_arguments(command, deeper) : zsh_commands(command, deeper);
    out += deeper + ";;\n";
  }
  return out + indent + "esac\n";
}

std::string zsh_names(const std::string& function, std::string_view names, const std::string& more) {
  return function + "() { compadd -- ${(f)\"$(" + std::string(names) + ")\"}" + more + " }\n";
}

std::string zsh_script(const CommandTree& tree) {
  return "#compdef farfault\n"
         "# zsh completion of farfault; in ~/.zshrc after compinit:  source <(farfault completion zsh)\n" +
         zsh_names("_farfault_names", kAllNames, "") + zsh_names("_farfault_generators", kGeneratorNames, "") +
         zsh_names("_farfault_scenarios", kScenarioNames, "; _files") +
         "_farfault() {\n"
         "  local -a commands\n" +
         zsh_commands(tree, "  ") + "}\ncompdef _farfault farfault\n";
}

// fish

std::string fish_quoted(std::string_view text) { return '\'' + escaped(text, "'\\") + '\''; }

std::string fish_value(const Option& option) {
  if (!option.choices.empty()) return " -a " + fish_quoted(joined(option.choices, " "));
  if (option.placeholder == "DIR") return " -a '(__fish_complete_directories)'";
  if (is_file(option)) return " -F";
  if (option.placeholder == "GENERATOR") return " -a " + fish_quoted('(' + std::string(kGeneratorNames) + ')');
  if (option.placeholder == "NAME") return " -a " + fish_quoted('(' + std::string(kAllNames) + ')');
  if (option.placeholder == "SCENARIO") return " -F -a " + fish_quoted('(' + std::string(kScenarioNames) + ')');
  return "";
}

std::string fish_arguments(const CommandTree& command, const std::string& head) {
  std::string out;
  for (const Option& option : command.options) {
    out += head;
    for (const std::string& name : option.names) {
      out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
    }
    // -x is -r -f: an argument, and no files. -F takes them back.
    if (!option.placeholder.empty()) out += (is_file(option) ? " -r" : " -x") + fish_value(option);
    out += " -d " + fish_quoted(option.description) + '\n';
  }
  for (const Option& option : command.positionals) out += head + fish_value(option) + '\n';
  return out;
}

/// `given` is the condition that the command was given, `none_chosen` that none of its commands was.
std::string fish_commands(const CommandTree& tree, const std::string& given, const std::string& none_chosen) {
  std::string out;
  for (const CommandTree& command : tree.commands) {
    out += "complete -c farfault -n " + fish_quoted(none_chosen) + " -a " + command.name + " -d " +
           fish_quoted(command.description) + '\n';
  }
  for (const CommandTree& command : tree.commands) {
    const std::string seen = (given.empty() ? "" : given + "; and ") + "__fish_seen_subcommand_from " + command.name;
    out += command.commands.empty()
               ? fish_arguments(command, "complete -c farfault -n " + fish_quoted(seen))
               : fish_commands(command, seen, seen + "; and not __fish_seen_subcommand_from " + command_names(command));
  }
  return out;
}

std::string fish_script(const CommandTree& tree) {
  return "# fish completion of farfault:  farfault completion fish >~/.config/fish/completions/farfault.fish\n"
         "complete -c farfault -f\n" +
         fish_commands(tree, "", "__fish_use_subcommand");
}

}  // namespace

ExitCode completion(const CompletionOptions& options, const CommandTree& tree) {
  print(options.shell == "bash" ? bash_script(tree) : options.shell == "zsh" ? zsh_script(tree) : fish_script(tree));
  return ExitCode::kOk;
}

}  // namespace farfault::cli
