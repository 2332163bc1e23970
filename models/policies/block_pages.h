/// Pages of one block, by the block's place in virtual memory.
#pragma once

#include "sim/core/page_mask.h"
#include "sim/core/units.h"

namespace farfault {

struct BlockPages {
  BlockNumber block;
  PageMask pages;
};

}  // namespace farfault
