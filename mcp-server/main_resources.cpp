#include "mcp-server/main_resources.hpp"

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/embedded.hpp"
#include "core/log.hpp"
#include "core/wait.hpp"
#include "mcp-server/main_app.hpp"
#include "mcp-server/main_catalogue.hpp"
#include "planners/llm/prompt.hpp"
#include "planners/rules/channels.hpp"
#include "services/campaigns/changes.hpp"

namespace spreaders::app {

using mcp::ToolRows;
using mcp::Watched;
using storage::Scope;
using storage::Tx;

namespace {

// --- what there is -------------------------------------------------------------------------------------------------

constexpr std::string_view kCatalogueUri = "spreaders://catalogue";
constexpr ToolRows kCampaigns{.tool = "campaign.list",
                              .array = "campaigns",
                              .id = "campaign_id",
                              .title = "name",
                              .modified = "updated_at",
                              .before = "before",
                              .limit = "limit"};
constexpr ToolRows kPlans{.tool = "approvals.list",
                          .array = "approvals",
                          .id = "of_id",
                          .title = "summary",
                          .only = "of",
                          .only_value = "plan",
                          .limit = "limit"};
constexpr ToolRows kTemplates{.tool = "templates.list",
                              .array = "templates",
                              .id = "template_id",
                              .title = "name",
                              .modified = "updated_at",
                              .before = "before",
                              .limit = "limit"};
constexpr ToolRows kAudiences{.tool = "audience.listAudiences", .array = "audiences", .id = "name"};

}  // namespace

std::vector<mcp::ResourceSpec> resource_table() {
  return {
      {.uri = "spreaders://campaigns",
       .name = "campaigns",
       .title = "Campaigns",
       .description = "The newest campaigns with their states.",
       .parts = {{.tool = "campaign.list"}}},
      {.uri = "spreaders://campaigns/{campaign_id}",
       .name = "campaign",
       .title = "Campaign",
       .description = "A campaign: its settings, where its run is, its figures so far, who did what.",
       .parts = {{.tool = "campaign.getStatus", .argument = "campaign_id"},
                 {.tool = "campaign.getHistory", .argument = "campaign_id", .array = "entries", .member = "history"}},
       .rows = kCampaigns},
      {.uri = "spreaders://plans/{plan_id}",
       .name = "plan",
       .title = "Plan",
       .description = "A plan in its newest revision, and the approvals asked for and given.",
       .parts = {{.tool = "campaign.plan", .argument = "plan_id"},
                 {.tool = "approvals.list", .argument = "of_id", .array = "approvals", .member = "approvals"}},
       .rows = kPlans},
      {.uri = "spreaders://reports/{campaign_id}",
       .name = "report",
       .title = "Report",
       .description = "What a campaign has brought: measured figures, by day and link, and what people did afterwards.",
       .parts = {{.tool = "analytics.getOverview", .argument = "campaign_id"},
                 {.tool = "analytics.getEngagement", .argument = "campaign_id", .member = "engagement"},
                 {.tool = "analytics.getConversions", .argument = "campaign_id", .member = "conversions"}},
       .rows = kCampaigns},
      {.uri = "spreaders://templates/{template_id}",
       .name = "template",
       .title = "Template",
       .description = "A message template in its latest version: subject, HTML, text, the personal data it uses.",
       .parts = {{.tool = "templates.get", .argument = "template_id"}},
       .rows = kTemplates},
      {.uri = "spreaders://approvals",
       .name = "approvals",
       .title = "Approvals",
       .description = "What waits for a person's approval, and what was decided.",
       .parts = {{.tool = "approvals.list"}}},
      {.uri = "spreaders://audiences",
       .name = "audiences",
       .title = "Audiences",
       .description = "Lists and segments with their sizes.",
       .parts = {{.tool = "audience.listAudiences"}}},
  };
}

namespace {

// What changes of a resource are read from, by its name in the table; "" is which resources there are. The others do
// not tell of changes.
using StampOf = Result<std::string> (*)(Tx&, const std::string&, const std::string&);
const std::map<std::string_view, StampOf> kStamps = {
    {"campaigns", &services::campaigns_stamp}, {"campaign", &services::campaign_stamp},
    {"plan", &services::plan_stamp},           {"report", &services::report_stamp},
    {"approvals", &services::approvals_stamp}, {"template", &services::template_stamp},
    {"", &services::existing_stamp},
};

std::vector<mcp::CompletionSource> completion_sources(ToolRunner& tools) {
  return {
      {.argument = "campaign_id", .rows = kCampaigns},
      {.argument = "plan_id", .rows = kPlans},
      {.argument = "template_id", .rows = kTemplates},
      {.argument = "audience", .rows = kAudiences},
      {.argument = "channel", .values = planners::rules::channel_names()},
      {.argument = "language", .values = {"en", "es", "fr", "de", "pt", "ja"}},  // those of the built-in planner
      {.argument = "service", .values = mcp::services_of(tools.list())},
  };
}

// A megaphone, small enough to be sent along.
constexpr std::string_view kIcon =
    "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 48 48'><rect width='48' height='48' rx='11' fill='#1b4dff'/>"
    "<path d='M11 20h7l17-9v26l-17-9h-7z' fill='#fff'/><path d='M17 30h5l3 9h-5z' fill='#fff'/></svg>";

// --- prompts -------------------------------------------------------------------------------------------------------

// The files of prompts/ that are for people. What the person types into their arguments is their own message.
class Prompts final : public mcp::PromptProvider {
 public:
  Prompts() {
    for (const auto& file : embedded_prompts()) {
      auto prompt = planners::llm::parse_prompt(file.text);
      if (prompt.ok() && prompt->for_people) prompts_.emplace(prompt->name, std::move(*prompt));
    }
  }
  [[nodiscard]] bool has(std::string_view name) const { return prompts_.contains(name); }
  Json list() override {
    Json all = Json::array();
    for (const auto& [name, prompt] : prompts_) {
      Json arguments = Json::array();
      for (const auto& argument : prompt.arguments) {
        arguments.push_back(
            {{"name", argument.name}, {"description", argument.description}, {"required", argument.required}});
      }
      all.push_back({{"name", name},
                     {"title", prompt.title},
                     {"description", prompt.description},
                     {"arguments", std::move(arguments)}});
    }
    return all;
  }
  mcp::Answer get(std::string_view name, const Json& arguments, const mcp::CallContext& /*context*/) override {
    auto found = prompts_.find(name);
    if (found == prompts_.end()) {
      return mcp::invalid_params("there is no prompt '" + std::string(first_code_points(name, 60)) + "'");
    }
    std::vector<std::pair<std::string, std::string>> values;
    for (const auto& [key, value] : arguments.items()) {
      if (!value.is_string()) return mcp::invalid_params("params.arguments." + key + " must be text");
      values.emplace_back(key, value.get<std::string>());
    }
    auto text = planners::llm::fill(found->second, values);
    if (!text.ok()) return mcp::invalid_params(text.error().text());
    return Json{{"description", found->second.description},
                {"messages", Json::array({{{"role", "user"}, {"content", {{"type", "text"}, {"text", *text}}}}})}};
  }

 private:
  std::map<std::string, planners::llm::Prompt, std::less<>> prompts_;
};

// --- changes -------------------------------------------------------------------------------------------------------

constexpr int64_t kLook_ms = 300;       // how often the watched things are looked at
constexpr int64_t kWorkShare = 20;      // and at most this part of the time: 1/20
constexpr int64_t kForget_ms = 60'000;  // after the last subscription ended

// What was last seen of the watched things. Tables are looked at rather than messages sent around, because another
// process may do the work.
class Changes {
 public:
  Changes(storage::Storage& storage, const mcp::RunnerResources& resources)
      : storage_(storage), resources_(resources) {}

  // How the thing looks now; nullopt: nobody tells of its changes.
  [[nodiscard]] std::optional<Result<std::string>> stamp(const std::string& workspace, const std::string& uri) const {
    auto place = uri.empty() ? mcp::RunnerResources::Place{} : resources_.find(uri);
    if (!uri.empty() && place.spec == nullptr) return std::nullopt;
    auto found = kStamps.find(uri.empty() ? std::string_view() : place.spec->name);
    if (found == kStamps.end()) return std::nullopt;
    std::string id(place.value);
    return storage_.read(Scope::of(workspace), [&](Tx& tx) { return found->second(tx, workspace, id); });
  }
  void begin(const Watched& watched, const std::string& stamp) {
    std::lock_guard lock(mutex_);
    seen_.try_emplace(watched, Seen{stamp, monotonic_ms()});
  }
  void look(mcp::McpServer& server) {
    auto all = server.watched();
    for (const auto& watched : all) {
      if (watched.workspace.empty()) continue;  // nobody is signed in
      auto now = stamp(watched.workspace, watched.uri);
      if (!now) continue;
      if (!now->ok()) {
        log_warn("changes of a resource cannot be seen", {{"uri", watched.uri}, {"error", now->error().message}});
        continue;
      }
      if (!differs(watched, **now)) continue;
      if (watched.uri.empty()) server.resources_changed(watched.workspace);
      else server.resource_updated(watched.uri, watched.workspace);
    }
    forget();
  }

 private:
  struct Seen {
    std::string stamp;
    int64_t at_ms;
  };
  bool differs(const Watched& watched, const std::string& stamp) {
    std::lock_guard lock(mutex_);
    auto [seen, added] = seen_.try_emplace(watched, Seen{stamp, 0});
    bool other = !added && seen->second.stamp != stamp;
    seen->second = {stamp, monotonic_ms()};
    return other;
  }
  void forget() {
    std::lock_guard lock(mutex_);
    std::erase_if(seen_, [now = monotonic_ms()](const auto& each) { return now - each.second.at_ms > kForget_ms; });
  }

  storage::Storage& storage_;
  const mcp::RunnerResources& resources_;
  std::mutex mutex_;
  std::map<Watched, Seen> seen_;
};

class Resources final : public mcp::RunnerResources {
 public:
  Resources(App& app, mcp::Selection selection)
      : RunnerResources(app.tools(), {.table = resource_table(),
                                      .catalogue_uri = std::string(kCatalogueUri),
                                      .selection = std::move(selection)}),
        changes(app.storage(), *this) {}

  // Whoever has seen the list is told when it is not that list any more.
  std::variant<mcp::ResourcePage, mcp::RpcError> list_page(std::string_view cursor, size_t page_size,
                                                           const mcp::CallContext& context) override {
    const auto& workspace = context.principal.workspace;
    auto stamp = workspace.empty() ? std::nullopt : changes.stamp(workspace, "");
    if (stamp && stamp->ok()) changes.begin({workspace, ""}, **stamp);
    return RunnerResources::list_page(cursor, page_size, context);
  }

  // The stamp is taken before the read that may refuse, so that no change after the answer is missed.
  std::optional<mcp::RpcError> watch(std::string_view uri, const mcp::CallContext& context) override {
    const auto& workspace = context.principal.workspace;
    auto place = find(uri);
    bool tells = place.spec != nullptr && kStamps.contains(place.spec->name);
    std::optional<Result<std::string>> stamp;
    if (tells && !workspace.empty()) stamp = changes.stamp(workspace, std::string(uri));
    if (auto refused = RunnerResources::watch(uri, context)) return refused;
    if (!tells) return mcp::invalid_params("Nobody is told about changes of this resource", {{"resource", uri}});
    if (stamp && stamp->ok()) changes.begin({workspace, std::string(uri)}, **stamp);
    return std::nullopt;
  }

  Changes changes;
};

bool is_template(const Json& templates, std::string_view uri) {
  for (const auto& each : templates) {
    if (each["uriTemplate"] == uri) return true;
  }
  return false;
}

}  // namespace

struct Offer::Impl {
  Impl(App& app, mcp::Selection selection)
      : resources(app, std::move(selection)),
        completion(app.tools(),
                   {.sources = completion_sources(app.tools()),
                    .has_prompt = [this](std::string_view name) { return prompts.has(name); },
                    .has_template = [this](std::string_view uri) { return is_template(resources.templates(), uri); }}),
        website(app.config().http.public_url) {}
  Prompts prompts;
  Resources resources;
  mcp::RunnerCompletion completion;
  std::string website;
};

Offer::Offer(App& app) {
  auto selection = configured_selection(app.config());
  CHECK(selection.ok(), "App::start has read the selection");
  impl_ = std::make_unique<Impl>(app, std::move(*selection));
}

Offer::~Offer() = default;

void Offer::add_to(mcp::McpServerOptions& options) {
  options.prompts = &impl_->prompts;
  options.resources = &impl_->resources;
  options.completion = &impl_->completion;
  options.website_url = impl_->website;
  options.icons = {
      {.src = "data:image/svg+xml;base64," + base64(kIcon), .mime_type = "image/svg+xml", .sizes = {"any"}}};
}

std::jthread Offer::follow(mcp::McpServer& server) {
  return std::jthread([this, &server](const std::stop_token& stop) {
    int64_t pause_ms = kLook_ms;
    while (wait_ms(stop, pause_ms)) {
      int64_t started_ms = monotonic_ms();
      impl_->resources.changes.look(server);
      pause_ms = std::max(kLook_ms, (monotonic_ms() - started_ms) * kWorkShare);
    }
  });
}

}  // namespace spreaders::app
