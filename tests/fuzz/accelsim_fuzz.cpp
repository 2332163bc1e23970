// Any bytes are either read as a trace or refused with an InputError; see reader_promises.h. Seeds:
// tests/fuzz/corpus/accelsim. A list and its kernels lie in one input: what comes behind a line of "=" is the kernel,
// whatever it is called.
#include <algorithm>
#include <utility>
#include <vector>

#include "tests/fuzz/reader_promises.h"
#include "traces/readers/accelsim.h"

namespace {

std::string_view g_kernel;

/// AccelSimReader as check_reader() wants it.
class ReaderOfListAndKernel final : public farfault::traces::Reader {
 public:
  explicit ReaderOfListAndKernel(std::unique_ptr<farfault::traces::ByteSource> source)
      : reader_(std::move(source),
                [](const std::string&) { return farfault::traces::open_bytes_in_memory(g_kernel, "fuzz kernel"); }) {}

  static bool recognises(std::string_view head) { return farfault::traces::AccelSimReader::recognises(head); }
  std::string_view format() const override { return reader_.format(); }
  bool next(farfault::traces::AccessBlock& block) override { return reader_.next(block); }
  const std::vector<farfault::traces::Agent>& agents() const override { return reader_.agents(); }
  const farfault::traces::TraceLimits& limits() const override { return reader_.limits(); }
  const farfault::traces::TraceMeta& meta() const override { return reader_.meta(); }

 private:
  farfault::traces::AccelSimReader reader_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::string_view kMark = "\n=\n";
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t mark = bytes.find(kMark);
  g_kernel = mark == std::string_view::npos ? std::string_view() : bytes.substr(mark + kMark.size());
  farfault::fuzz::check_reader<ReaderOfListAndKernel>(data, std::min(mark, size));
  return 0;
}
