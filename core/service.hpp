// A service: the tools of one family, with what can be said about all of them. Declared once, beside the family's list.
//
//   const Service kEmailService{
//       .name = "email", .title = "Email", .version = "1.0.0",
//       .description = "Templates, lists, segments and mail campaigns.",
//       .limits = {.calls_per_minute = 1200, .at_once = 16}, .health = &mail_health};
//
// The family of a tool's name is its service. Leaving anything out does not compile.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "core/tool.hpp"

namespace spreaders {

struct ServiceName {
  std::string_view value;
  consteval ServiceName(const char* text) : value(text) {  // NOLINT: implicit on purpose
    if (value.empty() || value.size() > 32) throw "a service is named by the family of its tools";
    for (char c : value) {
      if (c < 'a' || c > 'z') throw "a service is named by the family of its tools, lower-case letters only";
    }
  }
};

// Of all callers of one workspace together. 0 = none.
struct ServiceLimits {
  int calls_per_minute;
  int at_once;
};

enum class HealthStatus : uint8_t { kOk, kUnknown, kDegraded, kDown };
SPR_ENUM(HealthStatus, {HealthStatus::kOk, "ok"}, {HealthStatus::kUnknown, "unknown"},
         {HealthStatus::kDegraded, "degraded"}, {HealthStatus::kDown, "down"});

struct Health {
  HealthStatus status = HealthStatus::kUnknown;
  std::string reason;  // what was looked at and found; for people and models, no secret
};

struct Service {
  ServiceName name;
  Text<80> title;
  Text<20> version;  // of its tools' arguments and results, semantic
  Text<400> description;
  ServiceLimits limits;
  // Looks at what the service needs, for the caller's workspace: cheap, reads only, in the caller's transaction.
  Health (*health)(ToolContext& context);
};

using ServiceList = std::span<const Service* const>;

// "campaign" of "campaign.create"
constexpr std::string_view family_of(std::string_view tool) { return tool.substr(0, tool.find('.')); }

}  // namespace spreaders
