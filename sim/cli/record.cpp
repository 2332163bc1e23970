#include <cstring>
#include <filesystem>
#include <utility>

#include "sim/cli/commands.h"
#include "sim/cli/file_name.h"
#include "sim/cli/interrupt.h"
#include "sim/cli/terminal.h"
#include "sim/cli/version.h"
#include "sim/core/quantity.h"
#include "sim/core/text.h"
#include "traces/recorder/recorder.h"

namespace farfault::cli {
namespace {

using traces::RecordResult;

std::string output_path(const RecordOptions& options) {
  if (!options.output) return file_name(std::filesystem::path(options.command.front()).filename().string()) + ".fft";
  if (*options.output != "-") return *options.output;
  throw InputError(Diagnostic{.file = "-",
                              .problem = "standard output is the recorded program's",
                              .remedy = "give the trace a file with -o FILE"});
}

/// "SIGSEGV"
std::string signal_name(std::uint32_t number) {
  const char* const name = ::sigabbrev_np(static_cast<int>(number));
  return name == nullptr ? "signal " + std::to_string(number) : "SIG" + std::string(name);
}

/// How the program ended, where that is worth a word, and what is missing.
std::vector<std::string> notes(const RecordResult& result) {
  std::vector<std::string> out;
  if (result.exit_signal) out.push_back("the program was killed by " + signal_name(*result.exit_signal));
  if (result.exit_status.value_or(0) != 0) {
    out.push_back("the program ended with status " + std::to_string(*result.exit_status));
  }
  if (result.end == RecordResult::End::kMaxAccesses) out.emplace_back("the program was ended after these accesses");
  if (result.end == RecordResult::End::kExec) {
    out.emplace_back("the program called exec; what came after was not recorded; record that program itself");
  }
  if (result.has_children) out.emplace_back("processes that the program started were not recorded");
  return out;
}

std::string summary(const RecordResult& result, std::uint64_t bytes, const std::string& path) {
  return "recorded: " + printable(path, 4096) + "  " + format_count(result.accesses) + " accesses, " +
         format_count(result.instructions) + " instructions, " + format_short(Bytes(bytes)) + ", " +
         format_short(SimTime::from_seconds(result.seconds));
}

ExitCode report(const RecordResult& result, std::uint64_t bytes, const std::string& path, Verbosity verbosity) {
  if (result.end == RecordResult::End::kDamaged) print_error(result.damage + "; the trace up to there is kept");
  if (verbosity != Verbosity::kQuiet) {
    for (const std::string& note : notes(result)) say("farfault: " + note);
    say(summary(result, bytes, path));
  }
  if (result.end == RecordResult::End::kStopped) {
    print_error("interrupted; the trace up to here is kept");
    return ExitCode::kInterrupted;
  }
  return result.end == RecordResult::End::kDamaged ? ExitCode::kRunFailed : ExitCode::kOk;
}

}  // namespace

ExitCode record(const RecordOptions& options, const CommonOptions& common) {
  traces::RecordOptions recording;
  recording.command = options.command;
  recording.skip = options.skip;
  recording.max_accesses = options.max_accesses;
  recording.recorder = "farfault " + std::string(version_text()) + " record";
  traces::Recorder recorder(std::move(recording));

  const std::string path = output_path(options);
  traces::NativeWriter writer(traces::create_file(path, options.force));
  const InterruptGuard guard({});
  Progress progress(common.verbosity);
  const RecordResult result = recorder.run(writer, InterruptGuard::flag(),
                                           [&progress](const traces::RecordProgress& at) { progress.update(at); });
  return report(result, writer.bytes(), path, common.verbosity);
}

}  // namespace farfault::cli
