#include "sim/config/config_files.h"

#include <utility>

#include "sim/config/json_reader.h"

namespace farfault::config {

const std::vector<std::string>& ConfigFiles::names(const std::string& folder) {
  const std::scoped_lock lock(mutex_);
  const auto [it, fresh] = names_.try_emplace(folder);
  if (fresh) it->second = config_names(folder, paths_);
  return it->second;
}

std::optional<Node> ConfigFiles::read(const Source& source, Diagnostics& diagnostics) {
  const Place place(source.file, source.layer, source.mounted_at);
  std::shared_ptr<const Node> document;
  {
    const std::scoped_lock lock(mutex_);
    if (const auto it = documents_.find(place); it != documents_.end()) document = it->second;
  }
  if (document != nullptr) return *document;
  Diagnostics found;
  const std::optional<std::string> text = read_text(source.file, found);
  std::optional<Node> node;
  if (text) node = parse_json(*text, std::make_shared<const Source>(source), found);
  for (const Diagnostic& diagnostic : found.kept()) diagnostics.add(diagnostic);
  if (node && found.empty()) {
    const std::scoped_lock lock(mutex_);
    documents_.try_emplace(place, std::make_shared<const Node>(*node));
  }
  return node;
}

}  // namespace farfault::config
