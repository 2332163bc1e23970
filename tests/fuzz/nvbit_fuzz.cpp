// Any bytes are either read as a trace or refused with an InputError; see reader_promises.h. Seeds:
// tests/fuzz/corpus/nvbit.
#include "tests/fuzz/reader_promises.h"
#include "traces/readers/nvbit.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  farfault::fuzz::check_reader<farfault::traces::NvbitReader>(data, size);
  return 0;
}
