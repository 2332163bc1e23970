/// JSON of files that another farfault wrote, or nobody knows who.
#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace farfault::sweep::slurm {

/// A text as JSON: as it is, or as an array of its bytes where it is no UTF-8 (paths may be anything).
nlohmann::json text_json(const std::string& text);
/// Throws nlohmann::json::exception for anything but what text_json() gives.
std::string text_of(const nlohmann::json& json);

/// Of an array; a loop over a text or an object would have one turn or many. Throws nlohmann::json::exception.
const nlohmann::json::array_t& items_of(const nlohmann::json& json);

/// Of an integer that is not negative; what get<>() would bend is an error. Throws nlohmann::json::exception.
std::uint64_t number_of(const nlohmann::json& json);

/// The document in a file. Throws RunError if there is none, or it is no JSON.
nlohmann::json read_json(const std::filesystem::path& path, const std::string& remedy);
/// The same of a text that was read from the file.
nlohmann::json parse_json_file(std::string_view text, const std::filesystem::path& path, const std::string& remedy);

}  // namespace farfault::sweep::slurm
