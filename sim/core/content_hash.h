/// XXH3-64 of what results rest on, so that it can be told again: texts, traces, plug-ins.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace farfault {

/// Of a text, 16 hex digits.
std::string text_hash(std::string_view text);
/// Of a file's bytes, 16 hex digits. Throws InputError if it cannot be read.
std::string file_hash(const std::filesystem::path& path);

}  // namespace farfault
