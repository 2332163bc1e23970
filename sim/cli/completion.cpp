#include <string_view>

#include "sim/cli/commands.h"
#include "sim/cli/terminal.h"

// What a value is completed with follows from its placeholder: SCENARIO, NAME and DIR are known below, a list of
// choices is completed with them, anything else is left to the user.

namespace farfault::cli {
namespace {

using Option = CommandTree::Option;

constexpr std::string_view kScenarioNames = "farfault list scenarios --names 2>/dev/null";
constexpr std::string_view kAllNames = "farfault list --names 2>/dev/null";

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

// bash

std::string bash_words(const std::string& words) {
  return "mapfile -t COMPREPLY < <(compgen -W " + words + " -- \"$cur\")";
}

std::string bash_value(const Option& option) {
  if (!option.choices.empty()) return bash_words(single_quoted(joined(option.choices, " ")));
  if (option.placeholder == "DIR") return "mapfile -t COMPREPLY < <(compgen -d -- \"$cur\")";
  if (option.placeholder == "NAME") return bash_words("\"$(" + std::string(kAllNames) + ")\"");
  if (option.placeholder == "SCENARIO") {
    return "mapfile -t COMPREPLY < <(compgen -f -W \"$(" + std::string(kScenarioNames) + ")\" -- \"$cur\")";
  }
  return ":";
}

std::string bash_command(const CommandTree& command) {
  std::string out = "    " + command.name + ")\n      case $prev in\n";
  for (const Option& option : command.options) {
    if (option.placeholder.empty()) continue;
    out += "        " + joined(option.names, "|") + ") " + bash_value(option) + "; return ;;\n";
  }
  out +=
      "      esac\n      if [[ $cur == -* ]]; then\n        " + bash_words(single_quoted(option_names(command))) + "\n";
  if (!command.positionals.empty()) out += "      else\n        " + bash_value(command.positionals.front()) + "\n";
  return out + "      fi\n      ;;\n";
}

std::string bash_script(const CommandTree& tree) {
  std::string out =
      "# bash completion of farfault; in ~/.bashrc:  source <(farfault completion bash)\n"
      "_farfault() {\n"
      "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
      "  # bash splits --format=json in three words.\n"
      "  if [[ $cur == = ]]; then cur=; elif [[ $prev == = ]]; then prev=${COMP_WORDS[COMP_CWORD - 2]}; fi\n"
      "  COMPREPLY=()\n"
      "  if ((COMP_CWORD == 1)); then\n"
      "    " +
      bash_words(single_quoted(command_names(tree) + ' ' + option_names(tree))) +
      "\n"
      "    return\n"
      "  fi\n"
      "  case ${COMP_WORDS[1]} in\n";
  for (const CommandTree& command : tree.commands) out += bash_command(command);
  return out + "  esac\n}\ncomplete -o filenames -F _farfault farfault\n";
}

// zsh

std::string zsh_action(const Option& option) {
  if (!option.choices.empty()) return '(' + joined(option.choices, " ") + ')';
  if (option.placeholder == "DIR") return "_files -/";
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

std::string zsh_command(const CommandTree& command) {
  std::string out = "    " + command.name + ")\n      _arguments";
  for (const Option& option : command.options) out += " \\\n        " + zsh_option(option);
  for (const Option& option : command.positionals) {
    out += " \\\n        " + single_quoted(":" + escaped(option.placeholder, ":") + ':' + zsh_action(option));
  }
  return out + "\n      ;;\n";
}

std::string zsh_script(const CommandTree& tree) {
  std::string out =
      "#compdef farfault\n"
      "# zsh completion of farfault; in ~/.zshrc after compinit:  source <(farfault completion zsh)\n"
      "_farfault_names() { compadd -- ${(f)\"$(" +
      std::string(kAllNames) +
      ")\"} }\n"
      "_farfault_scenarios() { compadd -- ${(f)\"$(" +
      std::string(kScenarioNames) +
      ")\"}; _files }\n"
      "_farfault() {\n"
      "  local -a commands=(\n";
  for (const CommandTree& command : tree.commands) {
    out += "    " + single_quoted(command.name + ':' + escaped(command.description, ":\\")) + "\n";
  }
  out +=
      "  )\n"
      "  if ((CURRENT == 2)); then\n"
      "    _describe -t commands command commands\n"
      "    return\n"
      "  fi\n"
      "  shift words\n"
      "  ((CURRENT--))\n"
      "  case $words[1] in\n";
  for (const CommandTree& command : tree.commands) out += zsh_command(command);
  return out + "  esac\n}\ncompdef _farfault farfault\n";
}

// fish

std::string fish_quoted(std::string_view text) { return '\'' + escaped(text, "'\\") + '\''; }

std::string fish_value(const Option& option) {
  if (!option.choices.empty()) return " -a " + fish_quoted(joined(option.choices, " "));
  if (option.placeholder == "DIR") return " -a '(__fish_complete_directories)'";
  if (option.placeholder == "NAME") return " -a " + fish_quoted('(' + std::string(kAllNames) + ')');
  if (option.placeholder == "SCENARIO") return " -F -a " + fish_quoted('(' + std::string(kScenarioNames) + ')');
  return "";
}

std::string fish_script(const CommandTree& tree) {
  std::string out =
      "# fish completion of farfault:  farfault completion fish >~/.config/fish/completions/farfault.fish\n"
      "complete -c farfault -f\n";
  for (const CommandTree& command : tree.commands) {
    out += "complete -c farfault -n __fish_use_subcommand -a " + command.name + " -d " +
           fish_quoted(command.description) + '\n';
  }
  for (const CommandTree& command : tree.commands) {
    const std::string head = "complete -c farfault -n '__fish_seen_subcommand_from " + command.name + "'";
    for (const Option& option : command.options) {
      out += head;
      for (const std::string& name : option.names) {
        out += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!option.placeholder.empty()) out += " -x" + fish_value(option);
      out += " -d " + fish_quoted(option.description) + '\n';
    }
    for (const Option& option : command.positionals) out += head + fish_value(option) + '\n';
  }
  return out;
}

}  // namespace

ExitCode completion(const CompletionOptions& options, const CommandTree& tree) {
  print(options.shell == "bash" ? bash_script(tree) : options.shell == "zsh" ? zsh_script(tree) : fish_script(tree));
  return ExitCode::kOk;
}

}  // namespace farfault::cli
