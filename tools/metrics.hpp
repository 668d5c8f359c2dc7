// What is counted about calls, as Prometheus text. Labels take only values that are declared: services, tools, codes
// and limits; never names that a caller sent, so that nobody can make series.
//
//   CallMetrics metrics(registry.list(), tools);
//   metrics.begin(service); ... metrics.end({.tool = index, .service = service, .code = code, .us = 120});
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/service.hpp"
#include "tools/registry.hpp"

namespace spreaders::tools {

struct CallOutcome {
  std::optional<Code> error = {};  // nothing: it worked
  int64_t us = 0;
};

class CallMetrics {
 public:
  // Tools and services are named by their place in these lists from then on.
  CallMetrics(ServiceList services, ToolList tools);

  void begin(size_t service) { services_[service].in_flight.fetch_add(1, std::memory_order_relaxed); }
  void end(size_t tool, size_t service, const CallOutcome& outcome);
  // A call of a tool that does not exist.
  void unknown_tool() { unknown_.fetch_add(1, std::memory_order_relaxed); }
  void limited(size_t service, LimitKind limit);
  [[nodiscard]] std::string text() const;

 private:
  static constexpr size_t kOutcomes = static_cast<size_t>(Code::kInternal) + 2;  // ok, then the codes
  static constexpr size_t kLimits = static_cast<size_t>(LimitKind::kServiceAtOnce) + 1;
  static constexpr std::array<int64_t, 11> kBounds_us = {100,     500,       2'000,     5'000,      20'000,    100'000,
                                                         500'000, 1'000'000, 5'000'000, 20'000'000, 60'000'000};
  using Count = std::atomic<int64_t>;
  // Each on cache lines of its own: threads that call different tools do not wait for each other.
  struct alignas(64) PerTool {
    std::array<Count, kOutcomes> calls{};
  };
  struct alignas(64) PerService {
    std::array<Count, kBounds_us.size() + 1> durations{};  // not cumulative; the last is +Inf
    Count us{0};
    Count in_flight{0};
    std::array<Count, kLimits> limited{};
  };
  struct Names {
    std::string service, tool;
  };
  std::vector<Names> tool_names_;
  std::vector<std::string> service_names_;
  std::unique_ptr<PerTool[]> tools_;
  std::unique_ptr<PerService[]> services_;
  Count unknown_{0};
};

// One family of Prometheus text: "# HELP", "# TYPE". `type` is counter, gauge or histogram.
std::string metric_head(std::string_view name, std::string_view type, std::string_view help);

}  // namespace spreaders::tools
