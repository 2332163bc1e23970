// "Running host_to_device_memcpy_ce." and the matrix below it.

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "analysis/calibration/nvbandwidth.h"
#include "analysis/calibration/read.h"
#include "analysis/calibration/scan.h"
#include "sim/core/text.h"

namespace farfault::analysis::calibration {
namespace {

constexpr double kMostCell = 1e9;

class TextReader {
 public:
  TextReader(std::string_view text, const std::string& file) : lines_(text), problems_(file) { out_.file = file; }

  MeasuredFile read() {
    std::string_view line;
    while (lines_.next(line)) take(trimmed(line));
    end_test();
    problems_.throw_if_any();
    if (out_.measurements.empty())
      problems_.add(0, "holds no test that farfault can use",
                    "run nvbandwidth -t host_to_device_memcpy_ce device_to_host_memcpy_ce");
    problems_.throw_if_any();
    return std::move(out_);
  }

 private:
  void take(std::string_view line) {
    if (line.starts_with("Device 0: ") && out_.device.empty()) {
      out_.device = line.substr(10);
    } else if (line.starts_with("Running ")) {
      end_test();
      begin_test(line.substr(8));
    } else if (!test_) {
      return;
    } else if (line.find("aived") != std::string_view::npos) {
      out_.remarks.push_back(test_->name + ": was waived");
      test_.reset();
    } else if (line.find("(GB/s)") != std::string_view::npos || line.find("(ns)") != std::string_view::npos) {
      matrix_ = Matrix::kHeader;
    } else if (matrix_ == Matrix::kHeader && !line.empty()) {
      columns_ = words(line).size();
      matrix_ = Matrix::kRows;
    } else if (matrix_ == Matrix::kRows && !line.empty() && !line.starts_with("SUM")) {
      take_row(words(line));
    } else if (matrix_ == Matrix::kRows && !cells_.empty()) {
      end_test();
    }
  }

  void begin_test(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    test_ = nvbandwidth_test(name);
    if (test_) test_->line = lines_.number();
    if (!test_) out_.remarks.push_back(printable(name) + ": not used");
    matrix_ = Matrix::kNone;
    cells_.clear();
  }

  void take_row(const std::vector<std::string_view>& fields) {
    if (fields.size() != columns_ + 1) {
      problems_.add(lines_.number(), "a row of " + std::to_string(fields.size() - 1) + " values below " +
                                         std::to_string(columns_) + " devices");
      return;
    }
    for (std::size_t i = 1; i < fields.size(); ++i) {
      if (fields[i] == "N/A") continue;
      const std::optional<double> cell = number(fields[i]);
      if (cell && *cell > 0 && *cell < kMostCell) {
        cells_.push_back(*cell);
      } else {
        problems_.add(lines_.number(), in_quotes(fields[i]) + " is no bandwidth above 0");
      }
    }
  }

  void end_test() {
    if (!test_) return;
    if (cells_.empty()) {
      problems_.add(test_->line, test_->name + " has no values",
                    "the output was cut off, or the test failed; run it again");
    }
    add_nvbandwidth_cells(*test_, cells_, out_);
    test_.reset();
  }

  enum class Matrix : std::uint8_t { kNone, kHeader, kRows };

  Lines lines_;
  Problems problems_;
  MeasuredFile out_;
  std::optional<Measurement> test_;
  Matrix matrix_ = Matrix::kNone;
  std::size_t columns_ = 0;
  std::vector<double> cells_;
};

}  // namespace

MeasuredFile parse_nvbandwidth_text(std::string_view text, const std::string& file) {
  return TextReader(text, file).read();
}

}  // namespace farfault::analysis::calibration
