#include "tools/metrics.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace spreaders::tools {

namespace {

std::string seconds(int64_t us) { return to_text(Json(static_cast<double>(us) / 1e6)); }

std::string line(std::string_view name, const std::string& labels, const std::string& value) {
  return std::string(name) + (labels.empty() ? "" : "{" + labels + "}") + " " + value + "\n";
}

}  // namespace

std::string metric_head(std::string_view name, std::string_view type, std::string_view help) {
  return "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) + " " +
         std::string(type) + "\n";
}

CallMetrics::CallMetrics(ServiceList services, ToolList tools)
    : tools_(std::make_unique<PerTool[]>(tools.size())), services_(std::make_unique<PerService[]>(services.size())) {
  for (const auto* tool : tools)
    tool_names_.push_back({std::string(family_of(tool->name.value)), std::string(tool->name.value)});
  for (const auto* service : services) service_names_.emplace_back(service->name.value);
}

void CallMetrics::end(size_t tool, size_t service, const CallOutcome& outcome) {
  size_t code = outcome.error ? static_cast<size_t>(*outcome.error) + 1 : 0;
  tools_[tool].calls[code].fetch_add(1, std::memory_order_relaxed);
  PerService& at = services_[service];
  size_t place = 0;
  while (place < kBounds_us.size() && outcome.us > kBounds_us[place]) ++place;
  at.durations[place].fetch_add(1, std::memory_order_relaxed);
  at.us.fetch_add(outcome.us, std::memory_order_relaxed);
  at.in_flight.fetch_sub(1, std::memory_order_relaxed);
}

void CallMetrics::limited(size_t service, LimitKind limit) {
  services_[service].limited[static_cast<size_t>(limit)].fetch_add(1, std::memory_order_relaxed);
}

std::string CallMetrics::text() const {
  std::string calls =
      metric_head("spreaders_calls_total", "counter", "Tool calls by outcome: ok or the code of the error.");
  for (size_t i = 0; i < tool_names_.size(); ++i) {
    for (size_t code = 0; code < kOutcomes; ++code) {
      int64_t count = tools_[i].calls[code];
      if (count == 0) continue;
      auto outcome = code == 0 ? std::string_view("ok") : code_name(static_cast<Code>(code - 1));
      calls += line("spreaders_calls_total",
                    "service=\"" + tool_names_[i].service + "\",tool=\"" + tool_names_[i].tool + "\",outcome=\"" +
                        std::string(outcome) + "\"",
                    std::to_string(count));
    }
  }
  calls += metric_head("spreaders_calls_of_unknown_tools_total", "counter", "Calls of tools that do not exist.") +
           line("spreaders_calls_of_unknown_tools_total", "", std::to_string(unknown_));
  std::string times =
      metric_head("spreaders_call_duration_seconds", "histogram", "Time of tool calls, refused ones too.");
  std::string running = metric_head("spreaders_calls_in_flight", "gauge", "Tool calls that run now.");
  std::string limited = metric_head("spreaders_rate_limited_calls_total", "counter", "Tool calls refused by a limit.");
  for (size_t i = 0; i < service_names_.size(); ++i) {
    const PerService& at = services_[i];
    std::string label = "service=\"" + service_names_[i] + "\"";
    running += line("spreaders_calls_in_flight", label, std::to_string(at.in_flight));
    for (size_t kind = 0; kind < kLimits; ++kind)
      limited += line("spreaders_rate_limited_calls_total",
                      label + ",limit=\"" + std::string(enum_name(static_cast<LimitKind>(kind))) + "\"",
                      std::to_string(at.limited[kind]));
    int64_t sum = 0;
    for (size_t place = 0; place <= kBounds_us.size(); ++place) {
      sum += at.durations[place];
      std::string bound = place < kBounds_us.size() ? seconds(kBounds_us[place]) : "+Inf";
      times += line("spreaders_call_duration_seconds_bucket", label + ",le=\"" + bound + "\"", std::to_string(sum));
    }
    times += line("spreaders_call_duration_seconds_sum", label, seconds(at.us));
    times += line("spreaders_call_duration_seconds_count", label, std::to_string(sum));
  }
  return calls + times + running + limited;
}

}  // namespace spreaders::tools
