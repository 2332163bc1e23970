#include "sim/sweep/slurm/json.h"

#include <optional>
#include <vector>

#include "sim/sweep/files.h"

namespace farfault::sweep::slurm {

using Json = nlohmann::json;

Json text_json(const std::string& text) {
  Json json = text;
  try {
    static_cast<void>(json.dump());
    return json;
  } catch (const Json::exception&) {
    return Json(std::vector<std::uint8_t>(text.begin(), text.end()));
  }
}

std::string text_of(const Json& json) {
  if (!json.is_array()) return json.get<std::string>();
  const auto bytes = json.get<std::vector<std::uint8_t>>();
  return {bytes.begin(), bytes.end()};
}

const Json::array_t& items_of(const Json& json) { return json.get_ref<const Json::array_t&>(); }

std::uint64_t number_of(const Json& json) {
  // A text is what get<>() refuses.
  if (!json.is_number_unsigned()) static_cast<void>(Json("no number").get<std::uint64_t>());
  return json.get<std::uint64_t>();
}

Json parse_json_file(std::string_view text, const std::filesystem::path& path, const std::string& remedy) {
  Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded()) throw file_error(path, "is cut off, or no JSON", remedy);
  return json;
}

Json read_json(const std::filesystem::path& path, const std::string& remedy) {
  const std::optional<std::string> text = read_file(path);
  if (!text) throw file_error(path, "is missing", remedy);
  return parse_json_file(*text, path, remedy);
}

}  // namespace farfault::sweep::slurm
