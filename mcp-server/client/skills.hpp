// Skills of a server (extension io.modelcontextprotocol/skills, SEP-2640): instructions in files. Nothing is read
// before a skill is loaded, and a file counts only when its size, its SHA-256 and, for SKILL.md, its front matter are
// those that the list gave.
//
//   auto skills = TRY(list_skills(client));
//   std::string text = TRY(load_skill(client, skills[0]));
//   std::string more = TRY(read_skill_file(client, skills[0], "skill://name/references/FORMS.md"));
//
// Json members are whole values here: include <nlohmann/json.hpp> before this header.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mcp-server/client/client.hpp"

namespace spreaders::mcp {

struct SkillFile {
  std::string uri;
  std::string digest;  // sha256:...
  size_t size = 0;
};
struct Skill {
  std::string uri;  // of its SKILL.md
  Json frontmatter;
  std::vector<SkillFile> files;
};

// Entries that break the rules are left out.
Result<std::vector<Skill>> list_skills(McpClient& client, const CallOptions& options = {});
// kPermissionDenied: the file is not the one that was listed.
Result<std::string> read_skill_file(McpClient& client, const Skill& skill, const std::string& uri,
                                    const CallOptions& options = {});
Result<std::string> load_skill(McpClient& client, const Skill& skill, const CallOptions& options = {});

// Front matter of plain "name: text" lines; kUnsupported for richer YAML, which cannot be compared here.
Result<std::map<std::string, std::string>> plain_front_matter(std::string_view document);

}  // namespace spreaders::mcp
