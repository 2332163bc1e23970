/// Runs programs that a test writes, as the generator "program" of a scenario.
#pragma once

#include <cstdint>
#include <string>

#include "tests/unit/replay/run_scenario.h"
#include "traces/generators/program.h"

namespace farfault::testing {

/// `start` makes the traces::Program; `more` are further members of the scenario and of its workload, each with a
/// leading comma.
template <class Start>
Figures run_program_on(const std::string& platform, Start start, const std::string& more = "",
                       const std::string& workload = "") {
  return run_scenario(R"({"platform": )" + platform + R"(, "workload": {"generator": {"kind": "program"})" + workload +
                          "}" + more + "}",
                      {}, [start](Catalogue& catalogue) {
                        traces::GeneratorInfo info;
                        info.name = "program";
                        info.make = [start](const Parameters&, std::uint64_t) {
                          return traces::make_program_source("program", 1, start);
                        };
                        catalogue.generators.add(info);
                      });
}

}  // namespace farfault::testing
