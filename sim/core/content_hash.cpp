#include "sim/core/content_hash.h"

#include <xxhash.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <new>
#include <vector>

#include "sim/core/error.h"

namespace farfault {
namespace {

std::string hash_text(std::uint64_t hash) {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%016llx", static_cast<unsigned long long>(hash));
  return text.data();
}

}  // namespace

std::string text_hash(std::string_view text) { return hash_text(XXH3_64bits(text.data(), text.size())); }

std::string file_hash(const std::filesystem::path& path) {
  const auto failed = [&path] {
    return InputError(Diagnostic{.file = path.string(), .problem = "cannot be read", .remedy = "check the path"});
  };
  std::ifstream file(path, std::ios::binary);
  if (!file) throw failed();
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state(XXH3_createState(), &XXH3_freeState);
  if (state == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state.get());
  std::vector<char> buffer(1U << 20U);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    XXH3_64bits_update(state.get(), buffer.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad() || !file.eof()) throw failed();
  return hash_text(XXH3_64bits_digest(state.get()));
}

}  // namespace farfault
