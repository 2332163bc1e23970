#include "sim/core/quantity.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace farfault {
namespace quantity_test {

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();

std::uint64_t bytes_of(std::string_view text) {
  const Parsed<Bytes> parsed = parse_bytes(text);
  CAPTURE(std::string(text));
  CAPTURE(parsed.problem);
  REQUIRE(parsed);
  CHECK(parsed.problem.empty());
  return parsed.value->count();
}

std::int64_t ps_of(std::string_view text) {
  const Parsed<SimTime> parsed = parse_time(text);
  CAPTURE(std::string(text));
  CAPTURE(parsed.problem);
  REQUIRE(parsed);
  return parsed.value->picoseconds();
}

double rate_of(std::string_view text) {
  const Parsed<Bandwidth> parsed = parse_bandwidth(text);
  CAPTURE(std::string(text));
  CAPTURE(parsed.problem);
  REQUIRE(parsed);
  return parsed.value->bytes_per_second();
}

template <class T>
std::string problem_of(const Parsed<T>& parsed) {
  CHECK_FALSE(parsed.value.has_value());
  CHECK_FALSE(parsed.problem.empty());
  return parsed.problem;
}

bool says(const std::string& text, std::string_view part) {
  const bool found = text.find(part) != std::string::npos;
  if (!found) MESSAGE(text);
  return found;
}

TEST_CASE("quantity: sizes in every unit") {
  CHECK(bytes_of("7 B") == 7);
  CHECK(bytes_of("1 kB") == 1'000);
  CHECK(bytes_of("1 MB") == 1'000'000);
  CHECK(bytes_of("1 GB") == 1'000'000'000);
  CHECK(bytes_of("1 TB") == 1'000'000'000'000);
  CHECK(bytes_of("1 PB") == 1'000'000'000'000'000);
  CHECK(bytes_of("1 KiB") == 1ULL << 10U);
  CHECK(bytes_of("1 MiB") == 1ULL << 20U);
  CHECK(bytes_of("16 GiB") == 16ULL << 30U);
  CHECK(bytes_of("1 TiB") == 1ULL << 40U);
  CHECK(bytes_of("1 PiB") == 1ULL << 50U);
}

TEST_CASE("quantity: white space is optional and zero needs no unit") {
  CHECK(bytes_of("16GiB") == 16ULL << 30U);
  CHECK(bytes_of("  16 \t GiB ") == 16ULL << 30U);
  CHECK(bytes_of("0") == 0);
  CHECK(bytes_of("0.0") == 0);
  CHECK(bytes_of("0 B") == 0);
  CHECK(ps_of("0") == 0);
}

TEST_CASE("quantity: sizes are exact") {
  CHECK(bytes_of("18446744073709551615 B") == kMost);
  CHECK(bytes_of("18446744073709551615.000 B") == kMost);
  CHECK(bytes_of("00018446744073709551615 B") == kMost);
  CHECK(bytes_of("9007199254740993 B") == 9'007'199'254'740'993);  // 2^53 + 1 is no double
  CHECK(bytes_of("1.5 GiB") == 3ULL << 29U);
  CHECK(bytes_of("0.1 kB") == 100);
  CHECK(bytes_of("2e9 B") == 2'000'000'000);
  CHECK(bytes_of("2.5E+3 B") == 2'500);
  CHECK(bytes_of("2500e-3 kB") == 2'500);
  CHECK(bytes_of("0e99999999999999999999 B") == 0);
  // One byte is 2^-50 PiB: fifty decimals.
  CHECK(bytes_of("0.00000000000000088817841970012523233890533447265625 PiB") == 1);
  CHECK(bytes_of("16383.99999999999999911182158029987476766109466552734375 PiB") == kMost);
}

TEST_CASE("quantity: sizes that are no whole bytes are errors") {
  CHECK(says(problem_of(parse_bytes("0.1 B")), "\"0.1 B\" is not a whole number of bytes"));
  CHECK(says(problem_of(parse_bytes("0.1 GiB")), "the nearest below is \"107374182 B\""));
  CHECK(says(problem_of(parse_bytes("1.0001 KiB")), "is not a whole number of bytes"));
  CHECK(says(problem_of(parse_bytes("1e-99999 B")), "is not a whole number of bytes"));
}

TEST_CASE("quantity: sizes beyond the range are errors") {
  for (const char* text : {"18446744073709551616 B", "16384 PiB", "99999999999999999999999999999 B", "1e20 B",
                           "1e99999999999999999999 B", "18446744073709551615.5 B", "20000 PB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_bytes(text));
  }
  CHECK(says(problem_of(parse_bytes("16384 PiB")), "is too large; the largest size is 18446744073709551615 B"));
}

TEST_CASE("quantity: what is no number is an error everywhere") {
  for (const char* text :
       {"",        " ",         "-1",      "-0",         "-1 GiB",    "- 1 s",  "+1 GiB",         "nan",
        "NaN B",   "nan s",     "inf",     "infinity s", "-inf GB/s", "0x10 B", "0X1p3 s",        "0x10",
        "1,000 B", "1,5 GiB",   "1_000 B", "1'000 B",    "1.2.3 B",   ".5 GiB", "5. GiB",         "5.",
        "1e",      "1 e3 B",    "GiB",     "B",          "%",         "1 1 B",  "\xEF\xBC\x91 B", "1e5",
        "16 GiB!", "12 parsec", "1\nB"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_bytes(text));
    CHECK_FALSE(parse_time(text));
    CHECK_FALSE(parse_bandwidth(text));
    CHECK_FALSE(parse_percent(text));
  }
  using namespace std::string_view_literals;
  CHECK_FALSE(parse_bytes("1\0 B"sv));
  CHECK_FALSE(parse_bytes("1 B\0"sv));
}

TEST_CASE("quantity: errors name the problem and a remedy") {
  CHECK(problem_of(parse_bytes("16")) == "\"16\" is a number without a unit; write \"16 GiB\"");
  CHECK(problem_of(parse_time("1.2")) == "\"1.2\" is a number without a unit; write \"1.2 us\"");
  CHECK(problem_of(parse_bandwidth("25")) == "\"25\" is a number without a unit; write \"25 GB/s\"");
  CHECK(problem_of(parse_percent("50")) == "\"50\" is a number without a unit; write \"50 %\"");
  CHECK(problem_of(parse_percent("0")) == "\"0\" is a number without a unit; write \"0 %\"");
  CHECK(problem_of(parse_bytes("")) == "the text is empty; write a size such as \"16 GiB\"");
  CHECK(problem_of(parse_bytes("-1 GiB")) == "\"-1 GiB\" is negative; write a size such as \"16 GiB\"");
  CHECK(problem_of(parse_time("soon")) ==
        "\"soon\" is not a time; write a decimal number and a unit, such as \"1.2 us\"");
  CHECK(says(problem_of(parse_bytes("0x10 B")), "is not a size; write a decimal number"));
}

TEST_CASE("quantity: unknown units list the known ones") {
  CHECK(problem_of(parse_bytes("16 gib")) ==
        "\"16 gib\" has the unknown unit \"gib\"; did you mean \"GiB\"? "
        "(units: B, kB, MB, GB, TB, PB, KiB, MiB, GiB, TiB, PiB)");
  CHECK(problem_of(parse_time("3 weeks")) ==
        "\"3 weeks\" has the unknown unit \"weeks\"; units: ps, ns, us, ms, s, min, h");
  CHECK(says(problem_of(parse_bytes("16 Gb")), "did you mean \"GB\"?"));
  CHECK(says(problem_of(parse_bytes("16 KB")), "did you mean \"kB\"?"));
  CHECK(says(problem_of(parse_bytes("16 G")), "did you mean \"GB\" or \"GiB\"?"));
  CHECK(says(problem_of(parse_time("16 US")), "did you mean \"us\"?"));
  CHECK(says(problem_of(parse_bandwidth("16 Gb/s")), "did you mean \"GB/s\" or \"Gbit/s\"?"));
  CHECK(says(problem_of(parse_bandwidth("16 Gbps")), "did you mean \"GB/s\" or \"Gbit/s\"?"));
  CHECK(says(problem_of(parse_bandwidth("25 GB")), "did you mean \"GB/s\" or \"Gbit/s\"?"));
  CHECK(says(problem_of(parse_bandwidth("25 GiB")), "did you mean \"GiB/s\"?"));
  CHECK(says(problem_of(parse_percent("50 percent")), "units: %"));
}

TEST_CASE("quantity: errors quote hostile text safely") {
  const std::string problem =
      problem_of(parse_bytes("16 \x1B[31m\xE2\x80\xAE"
                             "BiG"));
  CHECK(says(problem, "\\x1B[31m\\u{202E}BiG"));
  CHECK(problem.find('\x1B') == std::string::npos);
  CHECK(problem_of(parse_bytes(std::string(1'000'000, '9'))).size() < 400);
  CHECK(problem_of(parse_time("1 " + std::string(1'000'000, 's'))).size() < 400);
}

TEST_CASE("quantity: times in every unit") {
  CHECK(ps_of("1 ps") == 1);
  CHECK(ps_of("1 ns") == 1'000);
  CHECK(ps_of("1.2 us") == 1'200'000);
  CHECK(ps_of("1.2 \xC2\xB5s") == 1'200'000);  // micro sign
  CHECK(ps_of("1.2\xCE\xBCs") == 1'200'000);   // Greek mu
  CHECK(ps_of("1 ms") == 1'000'000'000);
  CHECK(ps_of("1 s") == 1'000'000'000'000);
  CHECK(ps_of("2 min") == 120'000'000'000'000);
  CHECK(ps_of("1.5 h") == 5'400'000'000'000'000);
}

TEST_CASE("quantity: times are exact and round to whole picoseconds") {
  CHECK(ps_of("9223372036854775807 ps") == std::numeric_limits<std::int64_t>::max());
  CHECK(ps_of("9223372.036854775807 s") == std::numeric_limits<std::int64_t>::max());
  CHECK(ps_of("9223372036854775807.4 ps") == std::numeric_limits<std::int64_t>::max());
  CHECK(ps_of("9007199254740993 ps") == 9'007'199'254'740'993);
  CHECK(ps_of("0.49999999999999999999 ps") == 0);
  CHECK(ps_of("0.5 ps") == 1);
  CHECK(ps_of("1.4996 ns") == 1'500);
  CHECK(ps_of("0.05 ps") == 0);
  CHECK(ps_of("1e-6 s") == 1'000'000);
  for (const char* text : {"9223372036854775808 ps", "9223372036854775807.5 ps", "107 min 3 s", "2563 h", "1e30 ps"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_time(text));
  }
  CHECK(says(problem_of(parse_time("3000 h")), "the longest time is 9223372.036854775807 s (about 106 days)"));
}

TEST_CASE("quantity: bandwidths") {
  CHECK(rate_of("25 GB/s") == 25e9);
  CHECK(rate_of("11.9 GB/s") == 11.9e9);
  CHECK(rate_of("11.9 GiB/s") == 12777527705.6);
  CHECK(rate_of("8 Gbit/s") == 1e9);
  CHECK(rate_of("8 bit/s") == 1);
  CHECK(rate_of("1 bit/s") == 0.125);
  CHECK(rate_of("5 kbit/s") == 625);
  CHECK(rate_of("1 Tbit/s") == 125e9);
  CHECK(rate_of("3.35 TB/s") == 3.35e12);
  CHECK(rate_of("1e300 B/s") == 1e300);
  CHECK(parse_bandwidth(" unlimited ").value == Bandwidth::unlimited());
  CHECK(says(problem_of(parse_bandwidth("0 GB/s")), "write a rate above zero"));
  CHECK(says(problem_of(parse_bandwidth("0")), "write a rate above zero"));
  CHECK(says(problem_of(parse_bandwidth("Unlimited")), "write \"unlimited\""));
  CHECK(says(problem_of(parse_bandwidth("inf")), "write \"unlimited\""));
  CHECK_FALSE(parse_bandwidth("1e309 B/s"));
  CHECK_FALSE(parse_bandwidth("1e300 PB/s"));
  CHECK_FALSE(parse_bandwidth("1e-400 B/s"));
}

TEST_CASE("quantity: percentages") {
  CHECK(parse_percent("50 %").value == 0.5);
  CHECK(parse_percent("50%").value == 0.5);
  CHECK(parse_percent("0 %").value == 0.0);
  CHECK(parse_percent("7 %").value == 0.07);
  CHECK(parse_percent("99.9 %").value == 0.999);
  CHECK(parse_percent("150 %").value == 1.5);
  CHECK_FALSE(parse_percent("1e400 %"));
}

TEST_CASE("quantity: exact texts of sizes") {
  CHECK(format_exact(Bytes(0)) == "0 B");
  CHECK(format_exact(Bytes::gib(16)) == "16 GiB");
  CHECK(format_exact(Bytes::mib(1536)) == "1.5 GiB");
  CHECK(format_exact(Bytes::mib(1280)) == "1.25 GiB");
  CHECK(format_exact(Bytes::gib(2048)) == "2 TiB");
  CHECK(format_exact(Bytes(25'000'000'000)) == "25 GB");
  CHECK(format_exact(Bytes(1'000'000)) == "1 MB");
  CHECK(format_exact(Bytes(1'000'001)) == "1000001 B");
  CHECK(format_exact(Bytes(1'050'000)) == "1.05 MB");
  CHECK(format_exact(Bytes(4096)) == "4 KiB");
  CHECK(format_exact(Bytes(1023)) == "1023 B");
  CHECK(format_exact(Bytes(kMost)) == "18446744073709551615 B");
}

TEST_CASE("quantity: exact texts of times") {
  CHECK(format_exact(SimTime::zero()) == "0 s");
  CHECK(format_exact(SimTime::picoseconds(1)) == "1 ps");
  CHECK(format_exact(SimTime::picoseconds(12'400'000)) == "12.4 us");
  CHECK(format_exact(SimTime::picoseconds(1'234'567)) == "1.234567 us");
  CHECK(format_exact(SimTime::picoseconds(1'000'001)) == "1.000001 us");
  CHECK(format_exact(SimTime::nanoseconds(-1'500)) == "-1.5 us");
  CHECK(format_exact(SimTime::milliseconds(3'600'000)) == "3600 s");
  CHECK(format_exact(SimTime::max()) == "9223372.036854775807 s");
  CHECK(format_exact(SimTime::picoseconds(std::numeric_limits<std::int64_t>::min())) == "-9223372.036854775808 s");
}

TEST_CASE("quantity: exact texts of bandwidths") {
  CHECK(format_exact(Bandwidth::gigabytes_per_second(25)) == "25 GB/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(11.9e9)) == "11.9 GB/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(12777527705.6)) == "12.7775277056 GB/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(999)) == "999 B/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(1'000)) == "1 kB/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(0.125)) == "0.125 B/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(0.001)) == "0.001 B/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(2e18)) == "2000 PB/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(1.5e300)) == "1.5e300 B/s");
  CHECK(format_exact(Bandwidth::bytes_per_second(1e-9)) == "1e-9 B/s");
  CHECK(format_exact(Bandwidth::unlimited()) == "unlimited");
  CHECK(format_exact(Bandwidth()) == "0 B/s");
}

TEST_CASE("quantity: extreme bandwidths parse back to the same double") {
  for (const double rate :
       {std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::min(),
        std::numeric_limits<double>::max(), 1.0 / 3, 1e22, 123456789.123456789, 9007199254740993.0}) {
    const std::string text = format_exact(Bandwidth::bytes_per_second(rate));
    CAPTURE(text);
    CHECK(rate_of(text) == rate);
  }
}

TEST_CASE("quantity: short texts of sizes") {
  CHECK(format_short(Bytes(0)) == "0 B");
  CHECK(format_short(Bytes(1023)) == "1023 B");
  CHECK(format_short(Bytes(12'562'779'340)) == "11.7 GiB");
  CHECK(format_short(Bytes::gib(16)) == "16 GiB");
  CHECK(format_short(Bytes(1'024'000)) == "1000 KiB");
  CHECK(format_short(Bytes((1ULL << 20U) - 1)) == "1 MiB");
  CHECK(format_short(Bytes((1ULL << 20U) - 1024)) == "1023 KiB");
  CHECK(format_short(Bytes(10'239)) == "10 KiB");
  CHECK(format_short(Bytes(kMost)) == "16384 PiB");
}

TEST_CASE("quantity: short texts of times") {
  CHECK(format_short(SimTime::zero()) == "0 s");
  CHECK(format_short(SimTime::picoseconds(999)) == "999 ps");
  CHECK(format_short(SimTime::picoseconds(12'400'000)) == "12.4 us");
  CHECK(format_short(SimTime::picoseconds(12'449'999)) == "12.4 us");
  CHECK(format_short(SimTime::picoseconds(12'450'000)) == "12.5 us");
  CHECK(format_short(SimTime::picoseconds(999'000)) == "999 ns");
  CHECK(format_short(SimTime::picoseconds(999'499)) == "999 ns");
  CHECK(format_short(SimTime::picoseconds(999'950)) == "1 us");
  CHECK(format_short(SimTime::picoseconds(9'999)) == "10 ns");
  CHECK(format_short(SimTime::picoseconds(9'994)) == "9.99 ns");
  CHECK(format_short(SimTime::picoseconds(99'940)) == "99.9 ns");
  CHECK(format_short(SimTime::picoseconds(100'400)) == "100 ns");
  CHECK(format_short(SimTime::picoseconds(99'960)) == "100 ns");
  CHECK(format_short(SimTime::nanoseconds(-1'500)) == "-1.5 us");
  CHECK(format_short(SimTime::milliseconds(90'000)) == "90 s");
  CHECK(format_short(SimTime::milliseconds(3'600'000)) == "60 min");
  CHECK(format_short(SimTime::max()) == "2562 h");
}

TEST_CASE("quantity: short texts of bandwidths") {
  CHECK(format_short(Bandwidth::bytes_per_second(10'912'345'678.9)) == "10.9 GB/s");
  CHECK(format_short(Bandwidth::bytes_per_second(999.95e6)) == "1 GB/s");
  CHECK(format_short(Bandwidth::bytes_per_second(3.35e12)) == "3.35 TB/s");
  CHECK(format_short(Bandwidth::bytes_per_second(0.5)) == "0.5 B/s");
  CHECK(format_short(Bandwidth::bytes_per_second(100)) == "100 B/s");
  CHECK(format_short(Bandwidth()) == "0 B/s");
  CHECK(format_short(Bandwidth::unlimited()) == "unlimited");
}

TEST_CASE("quantity: counts are grouped by thousands") {
  CHECK(format_count(0) == "0");
  CHECK(format_count(999) == "999");
  CHECK(format_count(1'000) == "1,000");
  CHECK(format_count(1'234'567) == "1,234,567");
  CHECK(format_count(kMost) == "18,446,744,073,709,551,615");
}

}  // namespace quantity_test
}  // namespace farfault
