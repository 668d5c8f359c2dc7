// The services there are, and what each caller and each service may be asked at once and in a minute. The pipeline
// admits every call here; the tools services.* show it.
//
//   ServiceRegistry registry(services, buckets, {});
//   auto admitted = registry.admit(principal, *service, "email.sendCampaign");
//   if (auto* refusal = std::get_if<Refusal>(&admitted)) return refusal->error;
//   ... the call runs while the Slot lives
//
// A principal's limits count all its calls, those of one tool are counted beside them where it has a limit; a service's
// limits count those of all callers of one workspace, so that no workspace can use up what others need. Memory is
// bounded by the Buckets and by the calls that run.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "core/buckets.hpp"
#include "core/service.hpp"

namespace spreaders::tools {

struct LimitOptions {
  // Of one principal, whatever it calls; 0 = none.
  ServiceLimits principal = {.calls_per_minute = 3000, .at_once = 32};
  // Calls a minute of single services, where an operator wants others than the declared ones, and of single tools
  // ("ai.voiceToText"), which each caller has for itself.
  std::map<std::string, int, std::less<>> calls_per_minute_of = {};
};

// "ai=60,ai.voiceToText=5". Names every entry that is none or of no service or tool: kInvalidArgument.
Result<std::map<std::string, int, std::less<>>> parse_limits(std::string_view text, ServiceList services,
                                                             const std::function<bool(std::string_view)>& is_tool);

enum class LimitKind : uint8_t { kPrincipalRate, kPrincipalAtOnce, kToolRate, kServiceRate, kServiceAtOnce };
SPR_ENUM(LimitKind, {LimitKind::kPrincipalRate, "principal_rate"}, {LimitKind::kPrincipalAtOnce, "principal_at_once"},
         {LimitKind::kToolRate, "tool_rate"}, {LimitKind::kServiceRate, "service_rate"},
         {LimitKind::kServiceAtOnce, "service_at_once"});

struct Refusal {
  LimitKind limit;
  Error error;  // kRateLimited, with retry_after_ms
};

// Calls that run now, by key.
class InFlight {
 public:
  // False when `most` run already; 0 = no limit.
  bool enter(const std::string& key, int most);
  void leave(const std::string& key);
  [[nodiscard]] int count(const std::string& key) const;

 private:
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, int> counts;
  };
  [[nodiscard]] static size_t shard_of(const std::string& key) { return std::hash<std::string>()(key) % 16; }
  std::array<Shard, 16> shards_;
};

// What an admitted call holds until it ends.
class Slot {
 public:
  Slot() = default;
  Slot(InFlight& in_flight, std::string key) : in_flight_(&in_flight), key_(std::move(key)) {}
  Slot(Slot&& other) noexcept : in_flight_(std::exchange(other.in_flight_, nullptr)), key_(std::move(other.key_)) {}
  Slot& operator=(Slot&& other) noexcept {
    std::swap(in_flight_, other.in_flight_);
    std::swap(key_, other.key_);
    return *this;
  }
  ~Slot() {
    if (in_flight_ != nullptr) in_flight_->leave(key_);
  }

 private:
  InFlight* in_flight_ = nullptr;
  std::string key_;
};
struct Slots {
  Slot principal, service;
};

// A limit and how much of it is left now. 0 calls a minute or at once: there is no such limit.
struct Allowance {
  ServiceLimits limits = {0, 0};
  int64_t calls_left = 0;
  int running = 0;
};

class ServiceRegistry {
 public:
  // Ends the process when two services share a name: a programmer error.
  ServiceRegistry(std::vector<const Service*> services, Buckets& buckets, LimitOptions options);

  [[nodiscard]] ServiceList list() const { return services_; }
  [[nodiscard]] const Service* find(std::string_view name) const;
  std::variant<Slots, Refusal> admit(const Principal& principal, const Service& service, std::string_view tool);
  [[nodiscard]] Allowance allowance(const Principal& principal);
  [[nodiscard]] Allowance allowance(const Principal& principal, const Service& service);

 private:
  [[nodiscard]] ServiceLimits limits_of(const Service& service) const;
  // `whose`: the callers that share the limit, as a person reads it.
  std::optional<Refusal> take(const std::string& key, int calls_per_minute, LimitKind limit, const std::string& whose);
  [[nodiscard]] Allowance look(const std::string& key, const ServiceLimits& limits);

  std::vector<const Service*> services_;
  std::map<std::string_view, const Service*> by_name_;
  Buckets& buckets_;
  LimitOptions options_;
  InFlight in_flight_;
};

}  // namespace spreaders::tools
