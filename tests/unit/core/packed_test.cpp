#include "sim/core/packed.h"

#include <doctest/doctest.h>

#include "sim/core/error.h"

namespace farfault {
namespace packed_test {

enum class Color : std::uint8_t { kRed, kBlue };

constexpr const char* kDamaged = "it was damaged";

TEST_CASE("core: what was packed comes back in its order") {
  PackedWriter out;
  out.add(std::int64_t{-7});
  out.add(Color::kBlue);
  out.add(std::string_view("a\0b", 3));
  out.add(0.1);
  out.add(std::optional<std::uint32_t>());
  out.add(std::optional<std::uint32_t>(9));
  out.add(std::vector<std::string>{"", "x"});
  PackedReader in(out.bytes(), kDamaged);
  CHECK(in.number<std::int64_t>() == -7);
  CHECK(in.number<Color>() == Color::kBlue);
  CHECK(in.text() == std::string("a\0b", 3));
  CHECK(in.number<double>() == 0.1);
  CHECK_FALSE(in.optional_number());
  CHECK(in.optional_number() == 9U);
  CHECK_FALSE(in.at_end());
  CHECK(in.texts() == std::vector<std::string>{"", "x"});
  CHECK(in.at_end());
}

TEST_CASE("core: packed bytes that end early, or tell of more than there is, are an error") {
  PackedWriter out;
  out.add(std::string_view("text"));
  const std::string bytes = out.take();
  CHECK(out.bytes().empty());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    PackedReader in(std::string_view(bytes).substr(0, size), kDamaged);
    CHECK_THROWS_WITH_AS(in.text(), kDamaged, RunError);
  }
  const std::string many(8, '\xff');  // so many texts, and none follows
  PackedReader in(many, kDamaged);
  CHECK_THROWS_AS(in.texts(), RunError);
}

}  // namespace packed_test
}  // namespace farfault
