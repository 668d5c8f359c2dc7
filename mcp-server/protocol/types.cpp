#include "mcp-server/protocol/types.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace spreaders::mcp {

namespace {
constexpr std::array<std::string_view, 8> kSeverities = {"debug", "info",     "notice", "warning",
                                                         "error", "critical", "alert",  "emergency"};
}

bool is_revision(std::string_view revision) { return std::ranges::find(kRevisions, revision) != kRevisions.end(); }
bool is_legacy_revision(std::string_view revision) { return revision != kModernRevision && is_revision(revision); }

std::optional<Severity> severity_of(std::string_view name) {
  auto found = std::ranges::find(kSeverities, name);
  if (found == kSeverities.end()) return std::nullopt;
  return static_cast<Severity>(found - kSeverities.begin());
}
std::string_view severity_name(Severity severity) { return kSeverities[static_cast<size_t>(severity)]; }

bool ClientState::has(std::string_view capability) const {
  return capabilities.is_object() && capabilities.contains(capability) && capabilities[capability].is_object();
}

bool ClientState::can_fill_forms() const {
  if (!has("elicitation")) return false;
  // An empty object means form mode, from before modes had names.
  const auto& modes = capabilities["elicitation"];
  return modes.contains("form") || !modes.contains("url");
}

RpcError bad_cursor() { return invalid_params("Invalid cursor: start again without one"); }

Json text_result(std::string text, bool is_error) {
  Json result{{"content", Json::array({{{"type", "text"}, {"text", std::move(text)}}})}};
  if (is_error) result["isError"] = true;
  return result;
}

}  // namespace spreaders::mcp
