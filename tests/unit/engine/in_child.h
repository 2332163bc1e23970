/// Runs the body of a test in a forked child: one that crashes or hangs is one failed test.
#pragma once

#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <iostream>
#include <string>

namespace farfault::engine::testing {

/// What a child has to say: the failed checks, and the text that the body returned.
struct ChildReport {
  std::string failures;
  std::string output;
};

/// The failures of the checks in this process, if it is a child.
inline std::string& child_failures() {
  static std::string text;
  return text;
}

inline void child_failed(const char* file, int line, const std::string& text) {
  child_failures() += std::string(file) + ':' + std::to_string(line) + ": " + text + '\n';
}

/// CHECK for the body of a child: doctest's own would be counted in the child and lost.
#define CHILD_CHECK(condition)                                                                                      \
  do {                                                                                                              \
    if (!(condition)) ::farfault::engine::testing::child_failed(__FILE__, __LINE__, "CHILD_CHECK(" #condition ")"); \
  } while (false)

#define CHILD_CHECK_EQ(left, right)                                                                     \
  do {                                                                                                  \
    const auto& child_left = (left);                                                                    \
    const auto& child_right = (right);                                                                  \
    if (!(child_left == child_right)) {                                                                 \
      ::farfault::engine::testing::child_failed(__FILE__, __LINE__,                                     \
                                                std::string(#left " == " #right ": ") +                 \
                                                    ::doctest::toString(child_left).c_str() +           \
                                                    " == " + ::doctest::toString(child_right).c_str()); \
    }                                                                                                   \
  } while (false)

/// Runs `body` in a child and returns its report. A child that throws, dies or hangs for 2 minutes is a failure.
inline ChildReport report_of_child(const std::function<std::string()>& body) {
  std::cout.flush();
  std::fflush(nullptr);  // or the child writes what is buffered once more
  int ends[2];
  if (pipe(ends) != 0) return {std::string("pipe: ") + std::strerror(errno), ""};
  const pid_t child = fork();
  if (child < 0) return {std::string("fork: ") + std::strerror(errno), ""};

  if (child == 0) {
    close(ends[0]);
    alarm(120);
    std::string output;
    try {
      output = body();
    } catch (const std::exception& error) {
      child_failures() += std::string("exception: ") + error.what() + '\n';
    } catch (...) {
      child_failures() += "exception of unknown type\n";
    }
    const std::string text = child_failures() + '\0' + output;
    for (std::size_t sent = 0; sent < text.size();) {
      const ssize_t n = write(ends[1], text.data() + sent, text.size() - sent);
      if (n <= 0) _exit(2);
      sent += static_cast<std::size_t>(n);
    }
    _exit(0);  // no destructors of the parent's objects, no exit handlers
  }

  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n = 0; (n = read(ends[0], buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);

  const std::size_t end = text.find('\0');
  ChildReport report{text.substr(0, end), end == std::string::npos ? "" : text.substr(end + 1)};
  if (WIFSIGNALED(status)) report.failures += "the child died of signal " + std::to_string(WTERMSIG(status)) + '\n';
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
    report.failures += "the child exited with " + std::to_string(WEXITSTATUS(status)) + '\n';
  }
  return report;
}

/// Runs `body` in a child; its failures are failures of the calling test.
inline void in_child(const std::function<void()>& body) {
  const ChildReport report = report_of_child([&body] {
    body();
    return std::string();
  });
  CHECK_MESSAGE(report.failures.empty(), report.failures);
}

/// As in_child(), and returns the text that `body` returned.
inline std::string output_of_child(const std::function<std::string()>& body) {
  const ChildReport report = report_of_child(body);
  CHECK_MESSAGE(report.failures.empty(), report.failures);
  return report.output;
}

}  // namespace farfault::engine::testing
