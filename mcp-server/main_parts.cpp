#include "mcp-server/main_parts.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "integrations/email/address.hpp"
#include "mcp-server/main_app.hpp"
#include "planners/marketing_words.hpp"
#include "services/approvals/approvals.hpp"
#include "tools/audience/audience_tools.hpp"
#include "tools/connections/connection_tools.hpp"

namespace spreaders::app {

using storage::Scope;
using storage::Tx;

void bind_more_parts(Parts& parts, const Config& config, EmailSender& sender) {
  static audience::ImportDirectory directory;
  directory.path = config.import_dir;
  parts.add<audience::ImportDirectory>(directory);
  static tools::ConnectionProbe probe;
  probe.probe = [&sender](const std::string& workspace, const std::string& id) { return sender.probe(workspace, id); };
  parts.add<tools::ConnectionProbe>(probe);
}

namespace {

constexpr std::string_view kInstructions =
    "Spreaders plans and runs marketing campaigns. Start with campaign_plan and the user's goal in their own words; "
    "show its `card` and ask its `questions`. "
    "Change the plan with campaign_plan {plan_id, change}. campaign_execute runs it once a person has approved exactly "
    "that plan: you cannot approve. "
    "Figures come from analytics_getOverview and ai_summarizeCampaign; never make them up.";

// The host of the public address, with its port; empty when there is none.
std::string public_host(const HttpConfig& http) {
  size_t scheme = http.public_url.find("://");
  if (scheme == std::string::npos) return {};
  std::string host = http.public_url.substr(scheme + 3);
  return host_name(host.substr(0, host.find_first_of("/?#")));
}

// A person at a client with elicitation types the code that this server shows on its own terminal.
class TerminalGate : public mcp::ApprovalGate {
 public:
  TerminalGate(App& app, bool terminal) : app_(app), terminal_(terminal) {}

  std::optional<mcp::ElicitationSpec> ask(const Error& refused, const ToolCall& call) override {
    if (!terminal_) return std::nullopt;  // nobody could know the code
    for (const auto& issue : refused.issues) {
      if (issue.pointer != "approval_id") continue;
      auto approval = app_.storage().read(Scope::of(call.principal.workspace), [&](Tx& tx) {
        return services::get_approval(tx, call.principal.workspace, issue.message, app_.clock().now());
      });
      if (!approval.ok()) return std::nullopt;
      return mcp::ElicitationSpec{
          "Approve this? Type the code shown on the terminal of the Spreaders server.\n" + approval->subject.summary,
          approval->id};
    }
    return std::nullopt;
  }

  Result<std::string> answer(std::string_view reference, std::string_view code, const Principal& principal) override {
    Principal person = app_.owner("mcp_elicitation");
    person.workspace = principal.workspace;
    auto decided =
        app_.tools().call({.name = "approvals.decide",
                           .arguments = {{"approval_id", reference}, {"decision", "approve"}, {"code", code}},
                           .principal = person});
    if (!decided.ok() && decided.error().code == Code::kPermissionDenied) return invalid(decided.error().message);
    if (!decided.ok()) return decided.error();
    return std::string(reference);
  }

 private:
  App& app_;
  bool terminal_;
};

}  // namespace

mcp::McpServerOptions mcp_options(App& app, const Secret& signing_key, Offer& offer) {
  auto selection = configured_selection(app.config());
  CHECK(selection.ok(), "App::start has read the selection");
  mcp::McpServerOptions options{.name = "spreaders",
                                .version = SPREADERS_VERSION,
                                .title = "Spreaders",
                                .instructions = std::string(kInstructions),
                                .tools = &app.tools(),
                                .approvals = &app.approval_gate(),
                                .selection = *selection,
                                .compact_core = compact_core(),
                                .synonyms = planners::kMarketingSynonyms,
                                .signing_key = hmac_sha256(signing_key.reveal(), "mcp sessions")};
  offer.add_to(options);
  return options;
}

bool listens_on_loopback(const HttpConfig& http) { return http.address.starts_with("127.") || http.address == "::1"; }

bool serves_this_machine_only(const HttpConfig& http) {
  std::string host = public_host(http);
  return listens_on_loopback(http) && (host.empty() || host_allowed(host, {}));
}

OriginPolicy origin_policy(const HttpConfig& http) {
  if (!listens_on_loopback(http)) return {.hosts = {"*"}};
  std::string host = public_host(http);
  return host.empty() ? OriginPolicy{} : OriginPolicy{.hosts = {host}};
}

std::unique_ptr<mcp::ApprovalGate> make_approval_gate(App& app, bool terminal) {
  return std::make_unique<TerminalGate>(app, terminal);
}

std::vector<BounceOf> parsed_bounce_of(const email::Bounce& bounce, const std::string& came_to) {
  std::vector<BounceOf> all;
  std::string reference = bounce.original_message_id.substr(0, bounce.original_message_id.find('@'));
  auto verp = email::parse_verp(bounce.envelope_to.empty() ? came_to : bounce.envelope_to);
  if (verp.ok()) {
    reference.clear();
    for (size_t i = 0; i + 1 < verp->token.size(); i += 2)
      reference += static_cast<char>(std::stoi("0" + verp->token.substr(i, 2), nullptr, 16));
  }
  for (const auto& recipient : bounce.recipients) {
    all.push_back(
        {reference,
         {std::string(email::bounce_class_name(recipient.classification)), recipient.status, recipient.diagnostic}});
  }
  if (all.empty()) all.push_back({reference, {std::string(email::bounce_class_name(bounce.classification)), "", ""}});
  return all;
}

Result<int> record_bounce(storage::Storage& storage, const std::string& workspace, const std::vector<BounceOf>& bounces,
                          Instant at, const audience::Journal& journal) {
  return storage.write(Scope::of(workspace), [&](Tx& tx) -> Result<int> {
    int recorded = 0;
    for (const auto& bounce : bounces) {
      if (bounce.fact.kind == "auto_reply" || bounce.fact.kind == "delivered") continue;
      auto row = TRY(tx.query_one("SELECT id FROM outbox WHERE workspace_id = $1 AND vendor_ref = $2",
                                  {workspace, bounce.vendor_ref}));
      if (!row) continue;
      TRY(services::record_bounce(tx, {workspace, (*row)[0].text()}, bounce.fact, at, journal));
      ++recorded;
    }
    return recorded;
  });
}

}  // namespace spreaders::app
