/// The command line as data, for the completion scripts.
#pragma once

#include <string>
#include <vector>

namespace farfault::cli {

struct CommandTree {
  struct Option {
    std::vector<std::string> names;    ///< "-o", "--output"; none for a positional
    std::string placeholder;           ///< "DIR"; empty for a flag
    std::vector<std::string> choices;  ///< the legal values, where they are few
    std::string description;
  };
  std::string name;
  std::string description;
  std::vector<Option> options;
  std::vector<Option> positionals;
  std::vector<CommandTree> commands;
};

}  // namespace farfault::cli
