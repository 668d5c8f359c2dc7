// The doors beside MCP, on the same server.
#include "doors/ingest/ingest_routes.hpp"
#include "doors/pages/approval_routes.hpp"
#include "doors/pages/home_routes.hpp"
#include "doors/tracking/tracking_routes.hpp"
#include "doors/webhooks/bounce_routes.hpp"
#include "mcp-server/main_app.hpp"
#include "mcp-server/main_parts.hpp"

namespace spreaders::app {

void add_door_routes(App& app, HttpServer& http, const services::Tracking& tracking) {
  auto parser = [](std::string_view message) -> Result<doors::ParsedBounce> {
    auto bounce = TRY(email::parse_bounce(message));
    doors::ParsedBounce parsed;
    for (auto& one : parsed_bounce_of(bounce, "")) parsed.recipients.push_back({one.vendor_ref, one.fact.kind, one.fact.status, one.fact.text});
    return parsed;
  };
  doors::add_routes(http, doors::tracking_routes(app.storage(), app.clock(), system_ids(), tracking));
  doors::add_routes(http, doors::ingest_routes(app.storage(), app.clock(), tracking));
  doors::add_routes(http, doors::bounce_routes(app.storage(), app.clock(), parser));
  doors::add_routes(http, doors::approval_routes(app.tools(), tracking.key, app.owner("page")));
  doors::add_routes(http, doors::home_routes({.version = SPREADERS_VERSION, .mcp_url = "/mcp", .mailbox_url = app.in_sandbox() ? app.world()->http_base() + "/" : ""}));
}

}  // namespace spreaders::app
