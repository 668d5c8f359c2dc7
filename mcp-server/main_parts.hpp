// The lists and small adapters that main_app.cpp joins: which tools there are, which doors, who is let in.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/config.hpp"
#include "core/tool.hpp"
#include "integrations/email/bounce.hpp"
#include "mcp-server/main_catalogue.hpp"
#include "mcp-server/protocol/server.hpp"
#include "mcp-server/transport/http/mcp_endpoint.hpp"
#include "mcp-server/transport/http/server.hpp"
#include "services/approvals/approvals.hpp"
#include "services/tracking/tracking.hpp"
#include "storage/storage.hpp"
#include "tools/registry.hpp"

namespace spreaders::app {

class App;
class EmailSender;
class Offer;

void bind_more_parts(Parts& parts, const Config& config, EmailSender& sender);

// kInvalidArgument when the configuration limits a service that does not exist.
Result<tools::LimitOptions> limit_options(const LimitsConfig& limits);
mcp::McpServerOptions mcp_options(App& app, const Secret& signing_key, Offer& offer);
// Whether nobody but this machine can connect.
bool listens_on_loopback(const HttpConfig& http);
// The same, and no public address says that a proxy in front lets others in.
bool serves_this_machine_only(const HttpConfig& http);
// Only on this machine, and without an authorization server, a call needs neither an access token nor an API key.
bool needs_token(const Config& config);
// Names under which the doors may be called (DNS rebinding).
OriginPolicy origin_policy(const HttpConfig& http);
// kNotConfigured while nobody who connects from elsewhere could call anything.
Result<void> require_some_key(App& app);
mcp::McpEndpointOptions endpoint_options(App& app);
// What the server's terminal shows when an approval is asked for.
std::string approval_notice(App& app, const Secret& key, const services::Approval& approval, const std::string& code);
std::unique_ptr<mcp::ApprovalGate> make_approval_gate(App& app, bool terminal);
void add_door_routes(App& app, HttpServer& http, const services::Tracking& tracking);

// One recipient's part of a bounce, by the message it is about.
struct BounceOf {
  std::string vendor_ref;  // our name of the message; empty when nobody can tell
  services::BounceFact fact;
};
std::vector<BounceOf> parsed_bounce_of(const email::Bounce& bounce, const std::string& came_to);
// How many were about messages of ours.
Result<int> record_bounce(storage::Storage& storage, const std::string& workspace, const std::vector<BounceOf>& bounces,
                          Instant at, const audience::Journal& journal);

}  // namespace spreaders::app
