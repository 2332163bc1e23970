// Any bytes are either read as a trace or refused with an InputError; see reader_promises.h. Seeds:
// tests/fuzz/corpus/uvm_log.
#include "tests/fuzz/reader_promises.h"
#include "traces/readers/uvm_log.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  farfault::fuzz::check_reader<farfault::traces::UvmLogReader>(data, size);
  return 0;
}
