/// Quantities as users write and read them: "16 GiB", "25 GB/s", "1.2 us", "50 %".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sim/core/units.h"

namespace farfault {

/// A parsed value, or what is wrong with the text and what to write instead: a whole sentence that quotes the text,
/// "\"16\" is a number without a unit; write \"16 GiB\"".
template <class T>
struct Parsed {
  std::optional<T> value;
  std::string problem;
  explicit operator bool() const { return value.has_value(); }
};

/// Binary prefixes (KiB MiB GiB TiB PiB) are powers of 1024, decimal ones (kB MB GB TB PB) powers of 1000; "B" alone is
/// a byte. The number may have a fraction if the result is a whole number of bytes. White space between number and unit
/// is optional. "0" needs no unit. Numbers are decimal, of the form 16, 1.5 or 2e9, in every function here, and results
/// are exact: nothing passes through a double on the way.
Parsed<Bytes> parse_bytes(std::string_view text);
/// Units ps, ns, us (or the micro sign), ms, s, min, h. Rounded to whole picoseconds; never negative.
Parsed<SimTime> parse_time(std::string_view text);
/// A byte unit per s ("25 GB/s", "11.9 GiB/s"), bits per second ("8 Gbit/s"), or "unlimited". Greater than zero.
Parsed<Bandwidth> parse_bandwidth(std::string_view text);
/// "50 %" is 0.5. A plain number is an error here: callers decide where a ratio may be plain.
Parsed<double> parse_percent(std::string_view text);

/// Texts that parse back to the same value: "16 GiB", "1.5 GiB", "1000001 B". (Negative times and bandwidths that are
/// not above zero have a text too, which the parser rejects.)
std::string format_exact(Bytes bytes);
std::string format_exact(SimTime time);
std::string format_exact(Bandwidth bandwidth);

/// Texts for people, three to four significant digits: "12.4 us", "11.7 GiB", "10.9 GB/s".
std::string format_short(Bytes bytes);
std::string format_short(SimTime time);
std::string format_short(Bandwidth bandwidth);
/// "1234567" as "1,234,567".
std::string format_count(std::uint64_t n);

}  // namespace farfault
