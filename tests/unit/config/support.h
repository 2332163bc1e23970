/// What the tests of sim/config share.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "sim/config/load.h"

namespace farfault::config_test {

/// Policies, designs and generators of the shipped names, with parameters of every kind, that cannot be made: config
/// only describes them. The tests do not change when the shipped ones do.
Catalogue catalogue();

/// configs/ of the sources; ctest runs the tests in the folder of the sources.
ConfigPaths paths();

/// A small scenario that is right, with `more` as further members: ", \"seed\": 7".
std::string scenario(const std::string& more = "");

/// REQUIRES: the text is right.
RunSpec load(const std::string& text, const std::vector<std::string>& sets = {});

/// What loading reports; empty if nothing. The file's name is "t.json".
std::vector<Diagnostic> problems(const std::string& text, const std::vector<std::string>& sets = {});

/// "line pointer" of each, in order: what tests compare.
std::vector<std::string> places(const std::vector<Diagnostic>& diagnostics);

/// The whole text of all of them, for CAPTURE.
std::string texts(const std::vector<Diagnostic>& diagnostics);

}  // namespace farfault::config_test
