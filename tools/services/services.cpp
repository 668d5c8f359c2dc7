#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "tools/health.hpp"
#include "tools/registry.hpp"
#include "tools/services/service_tools.hpp"

namespace spreaders::tools {

namespace {

struct AllowanceView {
  std::optional<int64_t> calls_per_minute, calls_left, at_once;
  int64_t running = 0;
  SPR_FIELDS(AllowanceView, SPR_FIELD(calls_per_minute, "Calls that may come in a minute; no limit if left out"),
             SPR_FIELD(calls_left, "Of these, how many may come now"),
             SPR_FIELD(at_once, "Calls that may run at once; no limit if left out"),
             SPR_FIELD(running, "Calls that run now, this one included where it counts"));
};

AllowanceView view_of(const Allowance& allowance) {
  AllowanceView view;
  if (allowance.limits.calls_per_minute > 0) {
    view.calls_per_minute = allowance.limits.calls_per_minute;
    view.calls_left = allowance.calls_left;
  }
  if (allowance.limits.at_once > 0) view.at_once = allowance.limits.at_once;
  view.running = allowance.running;
  return view;
}

struct ServiceLine {
  std::string name, title, version;
  int64_t tools = 0;
  HealthStatus status = HealthStatus::kUnknown;
  std::string reason;
  SPR_FIELDS(ServiceLine, SPR_FIELD(name, "Name, as in the names of its tools"), SPR_FIELD(title, "Title"),
             SPR_FIELD(version, "Version of its tools"), SPR_FIELD(tools, "How many tools it has"),
             SPR_FIELD(status, "How it is, looked at for this call"),
             SPR_FIELD(reason, "What was looked at and found"));
};

struct NoArgs {
  SPR_NO_FIELDS(NoArgs);
};
struct Services {
  std::vector<ServiceLine> services;
  AllowanceView caller;
  SPR_FIELDS(Services, SPR_FIELD(services, "In the order of the catalogue"),
             SPR_FIELD(caller, "The caller's own limit, over all services"));
};

std::vector<std::string> tools_of(const ToolContext& context, const Service& service) {
  std::vector<std::string> names;
  for (const auto* spec : context.tools.list()) {
    if (family_of(spec->name.value) == service.name.value) names.emplace_back(spec->name.value);
  }
  return names;
}

Result<Services> list(ToolContext& context, const NoArgs&) {
  auto& registry = context.part<ServiceRegistry>();
  Services all;
  for (const auto* service : registry.list()) {
    Health health = service->health(context);
    all.services.push_back(
        {std::string(service->name.value), std::string(service->title.value), std::string(service->version.value),
         static_cast<int64_t>(tools_of(context, *service).size()), health.status, std::move(health.reason)});
  }
  all.caller = view_of(registry.allowance(context.principal));
  return all;
}

struct WhichService {
  std::string service;
  SPR_FIELDS(WhichService,
             SPR_FIELD(service, "Name of the service", .min_size = 1, .max_size = 32, .example = "email"));
};
struct ServiceDetails {
  std::string name, title, version, description;
  std::vector<std::string> tools;
  HealthStatus status = HealthStatus::kUnknown;
  std::string reason;
  AllowanceView limits, caller;
  SPR_FIELDS(ServiceDetails, SPR_FIELD(name, "Name, as in the names of its tools"), SPR_FIELD(title, "Title"),
             SPR_FIELD(version, "Version of its tools"), SPR_FIELD(description, "What it is for"),
             SPR_FIELD(tools, "Names of its tools"), SPR_FIELD(status, "How it is, looked at for this call"),
             SPR_FIELD(reason, "What was looked at and found"),
             SPR_FIELD(limits, "Limits of all callers of this workspace together"),
             SPR_FIELD(caller, "The caller's own limit, over all services"));
};

Result<ServiceDetails> get(ToolContext& context, const WhichService& args) {
  auto& registry = context.part<ServiceRegistry>();
  const auto* service = registry.find(args.service);
  if (service == nullptr) {
    return not_found("there is no service '" + std::string(first_code_points(args.service, 40)) +
                     "'; services_list shows those that exist");
  }
  Health health = service->health(context);
  return ServiceDetails{std::string(service->name.value),
                        std::string(service->title.value),
                        std::string(service->version.value),
                        std::string(service->description.value),
                        tools_of(context, *service),
                        health.status,
                        std::move(health.reason),
                        view_of(registry.allowance(context.principal, *service)),
                        view_of(registry.allowance(context.principal))};
}

// What the registry cannot know about itself from here is whether this call got through; it did.
Health registry_health(ToolContext& context) {
  return readable(context, "workspace", "this answer was given, and the database behind it was read");
}

const ToolSpec kList{
    .name = "services.list",
    .title = "List services",
    .description =
        "The services of this server with version, number of tools and health, each looked at now, and how "
        "many calls the caller may still make this minute. Nothing is sent to anybody to find out.",
    .words =
        "what can this server do; is everything working; system status; health check; is it up; is mail sending "
        "down; status page; outage; which features exist; rate limit; quota; how many calls are left; api usage; "
        "why was i refused; too many requests; systemstatus; état du système; estado del sistema",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"services:read"},
    .body = handler<&list>()};
const ToolSpec kGet{
    .name = "services.get",
    .title = "Show a service",
    .description =
        "One service: what it is for, its tools, version, health with the reason, its limits and how much of "
        "them and of the caller's own is left.",
    .words =
        "details of a service; which tools belong to email; why is a service degraded; what is wrong with mail; "
        "limits of a service; version of a service; is the ai configured; tools of a family; one service",
    .effect = Effect::kRead,
    .repeat = Repeat::kSafe,
    .scopes = {"services:read"},
    .body = handler<&get>()};

}  // namespace

ToolList service_tools() {
  static const ToolSpec* const list_of[] = {&kList, &kGet};
  return list_of;
}

const Service kServicesService{.name = "services",
                               .title = "Services",
                               .version = "1.0.0",
                               .description = "What this server offers, how it is, and what a caller may use of it.",
                               .limits = {.calls_per_minute = 6000, .at_once = 16},
                               .health = &registry_health};

}  // namespace spreaders::tools
