#include "mcp-server/client/skills.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kFiles_max = 500;
constexpr size_t kFrontMatterLines_max = 200;

Error not_as_listed(const std::string& what) {
  return {Code::kPermissionDenied, "A skill's file is not the one that was listed: " + what + "."};
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Skill> read_entry(const Json& entry) {
  if (!entry.is_object()) return std::nullopt;
  Skill skill{.uri = text_of(entry, "uri"), .frontmatter = entry.value("frontmatter", Json::object()), .files = {}};
  const auto files = entry.find("resources");
  if (skill.uri.empty() || !skill.frontmatter.is_object() || files == entry.end() || !files->is_array() ||
      files->size() > kFiles_max) {
    return std::nullopt;
  }
  for (const auto& file : *files) {
    const auto size = file.is_object() ? file.find("size") : file.end();
    if (!file.is_object() || size == file.end() || !size->is_number_unsigned()) return std::nullopt;
    skill.files.push_back({text_of(file, "uri"), text_of(file, "digest"), size->get<size_t>()});
  }
  return skill;
}

std::string unquoted(std::string_view text) {
  text = trim(text);
  const bool quoted = text.size() >= 2 && (text.front() == '"' || text.front() == '\'') && text.back() == text.front();
  return std::string(quoted ? text.substr(1, text.size() - 2) : text);
}

}  // namespace

Result<std::vector<Skill>> list_skills(McpClient& client, const CallOptions& options) {
  std::vector<Skill> skills;
  for (const auto& entry : TRY(client.list("skills/list", "skills", options))) {
    if (auto skill = read_entry(entry)) skills.push_back(std::move(*skill));
  }
  return skills;
}

Result<std::string> read_skill_file(McpClient& client, const Skill& skill, const std::string& uri,
                                    const CallOptions& options) {
  const auto file =
      std::find_if(skill.files.begin(), skill.files.end(), [&](const SkillFile& each) { return each.uri == uri; });
  if (file == skill.files.end()) return not_found("The skill lists no such file.");
  Json result = TRY(client.read_resource(uri, options));
  const auto contents = result.find("contents");
  if (contents == result.end() || !contents->is_array() || contents->size() != 1 || !(*contents)[0].is_object()) {
    return not_as_listed("it has no single content");
  }
  const Json& content = (*contents)[0];
  std::string text = text_of(content, "text");
  if (content.contains("blob")) text = TRY(base64_decode(text_of(content, "blob")));
  if (text.size() != file->size) return not_as_listed("its size differs");
  if ("sha256:" + hex(sha256(text)) != file->digest) return not_as_listed("its digest differs");
  return text;
}

Result<std::string> load_skill(McpClient& client, const Skill& skill, const CallOptions& options) {
  std::string text = TRY(read_skill_file(client, skill, skill.uri, options));
  auto found = plain_front_matter(text);
  if (!found.ok()) return not_as_listed("its front matter cannot be compared");
  if (found->size() != skill.frontmatter.size()) return not_as_listed("its front matter differs");
  for (const auto& [name, value] : skill.frontmatter.items()) {
    const auto line = found->find(name);
    const std::string listed = value.is_string() ? value.get<std::string>() : to_text(value);
    if (line == found->end() || line->second != listed)
      return not_as_listed("its front matter differs in " + quoted_words(name));
  }
  return text;
}

Result<std::map<std::string, std::string>> plain_front_matter(std::string_view document) {
  std::map<std::string, std::string> found;
  const Error richer{Code::kUnsupported, "The front matter is more than plain lines of name and text."};
  if (!document.starts_with("---\n")) return found;
  document.remove_prefix(4);
  for (size_t lines = 0; lines < kFrontMatterLines_max; ++lines) {
    const size_t end = document.find('\n');
    if (end == std::string_view::npos) return richer;  // never closed
    std::string_view line = document.substr(0, end);
    document.remove_prefix(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line == "---") return found;
    if (trim(line).empty() || line.front() == '#') continue;
    const size_t colon = line.find(": ");
    constexpr std::string_view kStructure = "[{|>&*!%@`";
    const bool plain = colon != std::string_view::npos && colon > 0 && line.front() != ' ' && line.front() != '-';
    if (!plain) return richer;
    const std::string_view value = trim(line.substr(colon + 2));
    if (value.empty() || kStructure.find(value.front()) != std::string_view::npos) return richer;
    if (!found.emplace(line.substr(0, colon), unquoted(value)).second) return richer;
  }
  return richer;
}

}  // namespace spreaders::mcp
