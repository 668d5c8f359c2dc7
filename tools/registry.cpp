#include "tools/registry.hpp"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/log.hpp"

namespace spreaders::tools {

namespace {

constexpr int64_t kAtOnceRetry_ms = 1'000;  // nobody knows when a running call ends
constexpr int kCallsPerMinuteMax = 10'000'000;

std::string principal_key(const Principal& principal) { return "p/" + principal.workspace + "/" + principal.id; }
std::string service_key(const Principal& principal, const Service& service) {
  return "s/" + principal.workspace + "/" + std::string(service.name.value);
}

std::string tool_key(const Principal& principal, std::string_view tool) {
  return "t/" + principal.workspace + "/" + principal.id + "/" + std::string(tool);
}

// A bucket holds what may come in a minute.
BucketRate rate_of(int calls_per_minute) {
  return {static_cast<double>(calls_per_minute), static_cast<double>(calls_per_minute)};
}

// Whose limit it is: a service's, or without one the caller's own.
std::string whose(const Service* service) {
  return service == nullptr ? "a caller" : "all callers of " + std::string(service->name.value) + " together";
}

Refusal too_many_at_once(LimitKind limit, const Service* service, int most) {
  return {limit, Error{Code::kRateLimited,
                       "too many calls at once: " + whose(service) + " may have " + std::to_string(most) +
                           " running; try again when one of them has ended",
                       "", kAtOnceRetry_ms}};
}

}  // namespace

Result<std::map<std::string, int, std::less<>>> parse_limits(std::string_view text, ServiceList services,
                                                             const std::function<bool(std::string_view)>& is_tool) {
  std::map<std::string, int, std::less<>> limits;
  Issues issues;
  while (!text.empty()) {
    auto entry = trim(text.substr(0, text.find(',')));
    text.remove_prefix(
        std::min(text.size(), text.find(',') == std::string_view::npos ? text.size() : text.find(',') + 1));
    if (entry.empty()) continue;
    auto equals = entry.find('=');
    auto name = trim(entry.substr(0, equals));
    auto figure = equals == std::string_view::npos ? std::string_view() : trim(entry.substr(equals + 1));
    int value = -1;
    auto [end, failed] = std::from_chars(figure.data(), figure.data() + figure.size(), value);
    bool number = failed == std::errc() && end == figure.data() + figure.size() && !figure.empty();
    bool known = is_tool(name) || std::any_of(services.begin(), services.end(),
                                              [&](const Service* each) { return each->name.value == name; });
    std::string shown(first_code_points(entry, 60));
    if (!known) issues.push_back({"/limits/services", "'" + shown + "' names no service and no tool"});
    else if (!number || value < 0 || value > kCallsPerMinuteMax)
      issues.push_back(
          {"/limits/services", "'" + shown + "' is not name=calls, with calls from 0 (no limit) to 10000000"});
    else limits[std::string(name)] = value;
  }
  if (!issues.empty()) return issues_error("The configuration", std::move(issues));
  return limits;
}

bool InFlight::enter(const std::string& key, int most) {
  Shard& shard = shards_[shard_of(key)];
  std::lock_guard lock(shard.mutex);
  int& count = shard.counts[key];
  if (most > 0 && count >= most) return false;
  ++count;
  return true;
}

void InFlight::leave(const std::string& key) {
  Shard& shard = shards_[shard_of(key)];
  std::lock_guard lock(shard.mutex);
  auto found = shard.counts.find(key);
  CHECK(found != shard.counts.end() && found->second > 0, "who leaves has entered");
  if (--found->second == 0) shard.counts.erase(found);
}

int InFlight::count(const std::string& key) const {
  const Shard& shard = shards_[shard_of(key)];
  std::lock_guard lock(shard.mutex);
  auto found = shard.counts.find(key);
  return found == shard.counts.end() ? 0 : found->second;
}

ServiceRegistry::ServiceRegistry(std::vector<const Service*> services, Buckets& buckets, LimitOptions options)
    : services_(std::move(services)), buckets_(buckets), options_(std::move(options)) {
  for (const auto* service : services_) {
    bool added = by_name_.emplace(service->name.value, service).second;
    CHECK(added, "two services share a name");
  }
}

const Service* ServiceRegistry::find(std::string_view name) const {
  auto found = by_name_.find(name);
  return found == by_name_.end() ? nullptr : found->second;
}

ServiceLimits ServiceRegistry::limits_of(const Service& service) const {
  ServiceLimits limits = service.limits;
  auto other = options_.calls_per_minute_of.find(service.name.value);
  if (other != options_.calls_per_minute_of.end()) limits.calls_per_minute = other->second;
  return limits;
}

std::optional<Refusal> ServiceRegistry::take(const std::string& key, int calls_per_minute, LimitKind limit,
                                             const std::string& whose) {
  if (calls_per_minute <= 0) return {};
  auto taken = buckets_.take(key, rate_of(calls_per_minute), 1);
  if (!taken.ok()) {
    // Buckets on another machine may be away. A limit protects the service; it must not be what stops it.
    log_warn("a rate limit could not be looked up", {{"error", taken.error().message}});
    return {};
  }
  if (taken->taken) return {};
  int64_t seconds = std::max<int64_t>((taken->retry_after_ms + 999) / 1000, 1);
  return Refusal{limit, Error{Code::kRateLimited,
                              "too many calls: " + whose + " may make " + std::to_string(calls_per_minute) +
                                  " a minute; try again in " + std::to_string(seconds) + " s",
                              "", std::max<int64_t>(taken->retry_after_ms, 1)}};
}

std::variant<Slots, Refusal> ServiceRegistry::admit(const Principal& principal, const Service& service,
                                                    std::string_view tool) {
  ServiceLimits own = options_.principal;
  ServiceLimits shared = limits_of(service);
  std::string own_key = principal_key(principal);
  std::string shared_key = service_key(principal, service);
  Slots slots;
  if (!in_flight_.enter(own_key, own.at_once))
    return too_many_at_once(LimitKind::kPrincipalAtOnce, nullptr, own.at_once);
  slots.principal = Slot(in_flight_, own_key);
  if (!in_flight_.enter(shared_key, shared.at_once))
    return too_many_at_once(LimitKind::kServiceAtOnce, &service, shared.at_once);
  slots.service = Slot(in_flight_, shared_key);
  if (auto refused = take(own_key, own.calls_per_minute, LimitKind::kPrincipalRate, whose(nullptr)))
    return std::move(*refused);
  if (auto of_tool = options_.calls_per_minute_of.find(tool); of_tool != options_.calls_per_minute_of.end())
    if (auto refused =
            take(tool_key(principal, tool), of_tool->second, LimitKind::kToolRate, "a caller of " + std::string(tool)))
      return std::move(*refused);
  if (auto refused = take(shared_key, shared.calls_per_minute, LimitKind::kServiceRate, whose(&service)))
    return std::move(*refused);
  return slots;
}

Allowance ServiceRegistry::look(const std::string& key, const ServiceLimits& limits) {
  Allowance allowance{limits, 0, in_flight_.count(key)};
  if (limits.calls_per_minute <= 0) return allowance;
  auto left = buckets_.take(key, rate_of(limits.calls_per_minute), 0);
  allowance.calls_left = left.ok() ? static_cast<int64_t>(left->left) : limits.calls_per_minute;
  return allowance;
}

Allowance ServiceRegistry::allowance(const Principal& principal) {
  return look(principal_key(principal), options_.principal);
}

Allowance ServiceRegistry::allowance(const Principal& principal, const Service& service) {
  return look(service_key(principal, service), limits_of(service));
}

}  // namespace spreaders::tools
