// Any bytes are either read as a trace or refused with an InputError; see reader_promises.h. Seeds:
// tests/fuzz/corpus/nsys.
#include "tests/fuzz/reader_promises.h"
#include "traces/readers/nsys.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  farfault::fuzz::check_reader<farfault::traces::NsysReader>(data, size);
  return 0;
}
