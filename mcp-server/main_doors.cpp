// The doors beside MCP, on the same server.
#include "doors/ingest/ingest_routes.hpp"
#include "doors/journeys/journey_routes.hpp"
#include "doors/pages/approval_routes.hpp"
#include "doors/pages/home_routes.hpp"
#include "doors/people/people_routes.hpp"
#include "doors/tracking/tracking_routes.hpp"
#include "doors/webhooks/bounce_routes.hpp"
#include "doors/webhooks/hook_routes.hpp"
#include "mcp-server/main_app.hpp"
#include "mcp-server/main_parts.hpp"

namespace spreaders::app {

services::EventWriter& App::event_writer() {
  if (event_writer_) return *event_writer_;
  event_writer_ =
      std::make_unique<services::EventWriter>(*storage_, *clock_, services::RecordSetup{tracking_, journal_});
  return *event_writer_;
}

std::string approval_notice(App& app, const Secret& key, const services::Approval& approval, const std::string& code) {
  std::string notice = "\nApproval " + approval.id + " is asked for:\n" + approval.subject.summary + "\nCode: " + code +
                       "   (type it where you approve; tell it to no program)\n";
  // The page opens on this machine only, whatever address readers use.
  std::string host = app.config().http.address == "::1" ? "[::1]" : "127.0.0.1";
  if (app.http() != nullptr)
    notice += "Page: " +
              doors::approval_page_url("http://" + host + ":" + std::to_string(app.http()->port()), key, approval.id) +
              "\n";
  return notice;
}

void add_door_routes(App& app, HttpServer& http, const services::Tracking& tracking) {
  OriginPolicy policy = origin_policy(app.config().http);
  auto parser = [](std::string_view message) -> Result<doors::ParsedBounce> {
    auto bounce = TRY(email::parse_bounce(message));
    doors::ParsedBounce parsed;
    for (auto& one : parsed_bounce_of(bounce, ""))
      parsed.recipients.push_back({one.vendor_ref, one.fact.kind, one.fact.status, one.fact.text});
    return parsed;
  };
  doors::add_routes(http, doors::tracking_routes(app.storage(), app.clock(), app.journal(), tracking), policy);
  doors::add_routes(http, doors::ingest_routes(app.storage(), app.clock(), system_ids(), app.event_writer()), policy);
  doors::add_routes(http, doors::people_routes(app.storage(), app.tools()), policy);
  doors::add_routes(http, doors::bounce_routes(app.storage(), app.clock(), app.journal(), parser), policy);
  auto wake = [&app] { app.wake_engine(); };
  doors::add_routes(http, doors::journey_routes(app.storage(), app.clock(), system_ids(), wake), policy);
  doors::add_routes(http, doors::hook_routes(app.storage(), app.clock(), system_ids(), wake), policy);
  doors::add_routes(http, doors::approval_routes(app.tools(), tracking.key, app.owner("page")), policy);
  doors::add_routes(http,
                    doors::home_routes({.version = SPREADERS_VERSION,
                                        .mcp_url = "/mcp",
                                        .mailbox_url = app.in_sandbox() ? app.world()->http_base() + "/" : ""}),
                    policy);
}

}  // namespace spreaders::app
