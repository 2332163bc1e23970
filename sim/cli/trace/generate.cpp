#include <utility>

#include "sim/cli/trace/streams.h"
#include "sim/cli/trace/verbs.h"
#include "sim/cli/version.h"
#include "sim/core/text.h"

namespace farfault::cli {
namespace {

/// What a generator makes, and who made it.
class GeneratedTrace final : public traces::Reader {
 public:
  explicit GeneratedTrace(const traces::Source& source) : reader_(source.open()), meta_(reader_->meta()) {
    meta_.recorder = "farfault " + std::string(version_text()) + " trace generate";
    meta_.command = source.description();
  }
  std::string_view format() const override { return reader_->format(); }
  const std::vector<traces::Agent>& agents() const override { return reader_->agents(); }
  const traces::TraceLimits& limits() const override { return reader_->limits(); }
  const traces::TraceMeta& meta() const override { return meta_; }
  bool next(traces::AccessBlock& block) override { return reader_->next(block); }

 private:
  std::unique_ptr<traces::Reader> reader_;
  traces::TraceMeta meta_;
};

}  // namespace

ExitCode trace_generate(const TraceGenerateOptions& options, const Context& context) {
  const traces::GeneratorInfo* const info = context.catalogue.generators.find(options.generator);
  if (info == nullptr) {
    throw Error(ExitCode::kUsage, "no generator is named \"" + printable(options.generator) + "\"; " +
                                      name_hint(options.generator, context.catalogue.generators.names()) +
                                      " (farfault list generators)");
  }
  const Choice choice = load_generator(options.generator, options.sets, context.catalogue);
  const std::unique_ptr<traces::Source> source = info->make(choice.parameters, options.seed);
  TraceFile file(options.out);
  file.write(*watched(std::make_unique<GeneratedTrace>(*source), "writing the trace", context), context);
  return ExitCode::kOk;
}

}  // namespace farfault::cli
