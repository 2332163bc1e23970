/// How many marks a chart must have, for those who check that it was drawn.
#pragma once

#include "analysis/report/chart.h"

namespace farfault::report {

/// Names the views of a specification that draw one item for each row ("m0", "m1", ...), and returns the number of
/// items by name: `usermeta.marks` of tests/browser/README.md. Views that transform or aggregate have none.
Json count_marks(Json& spec, const Datasets& datasets);

}  // namespace farfault::report
