/// What a plug-in says of itself: a shared object with policies, which farfault loads with --plugin.
///
/// A plug-in defines farfault_plugin(). Nothing of C++ crosses before farfault has compared what both were built with;
/// after that, plug-in and farfault share the types of these headers. Everything that a plug-in may use of farfault is
/// in headers: it needs no symbol of the program. docs/add-a-policy.md has an example.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "models/policies/registry.h"

namespace farfault {

/// The number of the interfaces in models/policies and of what they use of sim/core. It rises with every change that
/// what was compiled before does not fit: of a virtual function, of a member of a struct, of what a function promises.
inline constexpr std::uint32_t kPluginAbi = 1;

/// `magic`, `abi` and `built_with` stay where they are in every version, so that a plug-in of another one can be told.
struct Plugin {
  std::array<char, 8> magic;         ///< "farfault", without an end
  std::uint32_t abi;                 ///< kPluginAbi
  std::array<char, 180> built_with;  ///< ends in a zero
  const char* name;                  ///< letters, digits, - and _, at most 32; ends in a zero
  /// Adds the plug-in's policies to those that are there, which it may look up. May throw: then it is not loaded.
  void (*register_policies)(PolicyRegistry& registry);
};
static_assert(std::is_standard_layout_v<Plugin> && std::is_trivially_copyable_v<Plugin>);
static_assert(offsetof(Plugin, abi) == 8 && offsetof(Plugin, built_with) == 12 && offsetof(Plugin, name) == 192);

namespace plugin_detail {

/// Text in a fixed room, while compiling. What does not fit is an error of the compiler.
struct Text {
  std::array<char, 180> text{};
  std::size_t size = 0;

  constexpr Text& add(std::string_view more) {
    for (const char c : more) text.at(size++) = c;
    text.at(size) = '\0';
    return *this;
  }
  constexpr Text& add(std::uint64_t number) {
    if (number >= 10) add(number / 10);
    const char digit = static_cast<char>('0' + number % 10);
    return add(std::string_view(&digit, 1));
  }
};

/// "g++ 12, libstdc++ 12, C++ ABI 1017, strings of C++11 1, sizes 32 ...": what must be alike for objects to cross.
consteval std::array<char, 180> built_with() {
  Text out;
#if defined(__clang__)
  out.add("clang++ ").add(std::uint64_t{__clang_major__});
#elif defined(__GNUC__)
  out.add("g++ ").add(std::uint64_t{__GNUC__});
#else
  out.add("another compiler");
#endif
#if defined(_GLIBCXX_RELEASE)
  out.add(", libstdc++ ").add(std::uint64_t{_GLIBCXX_RELEASE});
#else
  out.add(", another library");
#endif
#if defined(__GXX_ABI_VERSION)
  out.add(", C++ ABI ").add(std::uint64_t{__GXX_ABI_VERSION});
#endif
#if defined(_GLIBCXX_USE_CXX11_ABI)
  out.add(", strings of C++11 ").add(std::uint64_t{_GLIBCXX_USE_CXX11_ABI});
#endif
  out.add(", sizes");
  for (const std::size_t size :
       {sizeof(std::string), sizeof(std::vector<int>), sizeof(std::function<void()>), sizeof(ParameterInfo),
        sizeof(Parameters), sizeof(PolicyInfo<EvictionPolicy>), sizeof(PolicyRegistry), sizeof(PlacementFault),
        sizeof(CountedPages), sizeof(AccessCounting), sizeof(PrefetchRequest), sizeof(FreeReserve), sizeof(Throttle)}) {
    out.add(" ").add(std::uint64_t{size});
  }
  return out.text;
}

}  // namespace plugin_detail

/// What farfault_plugin() returns a pointer to. `name` must live as long as the plug-in does: a literal.
constexpr Plugin make_plugin(const char* name, void (*register_policies)(PolicyRegistry& registry)) {
  return {{'f', 'a', 'r', 'f', 'a', 'u', 'l', 't'}, kPluginAbi, plugin_detail::built_with(), name, register_policies};
}

}  // namespace farfault

/// The one function that a plug-in exports. Called once; what it points to stays, and stays farfault's to read.
extern "C" [[gnu::visibility("default")]] const farfault::Plugin* farfault_plugin();
