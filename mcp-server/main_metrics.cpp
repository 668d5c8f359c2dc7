// What the operations port tells Prometheus, and the limits that the configuration sets.
#include <algorithm>

#include "mcp-server/main_app.hpp"
#include "mcp-server/main_catalogue.hpp"
#include "mcp-server/main_parts.hpp"
#include "tools/metrics.hpp"

namespace spreaders::app {

namespace {

struct HttpFigure {
  std::string_view name, type, help;
  uint64_t value;
};

}  // namespace

Result<tools::LimitOptions> limit_options(const LimitsConfig& limits) {
  auto specs = all_tools(false);
  auto is_tool = [&](std::string_view name) {
    return std::any_of(specs.begin(), specs.end(), [&](const ToolSpec* spec) { return spec->name.value == name; });
  };
  auto services = all_services();
  auto single = TRY(tools::parse_limits(limits.services, services, is_tool));
  return tools::LimitOptions{.principal = {limits.calls_per_minute, limits.calls_at_once},
                             .calls_per_minute_of = std::move(single)};
}

std::string App::metrics_text() const {
  std::string text = pipeline_->metrics_text();
  if (!http_) return text;
  auto http = http_->stats();
  for (const auto& [name, type, help, value] : {
           HttpFigure{"spreaders_http_requests_total", "counter", "Requests of the main door.", http.requests},
           HttpFigure{"spreaders_http_refused_requests_total", "counter", "Of these, refused before any handler ran.",
                      http.refused},
           HttpFigure{"spreaders_http_slow_readers_cut_total", "counter",
                      "Streams cut since their client did not read.", http.slow_readers_cut},
           HttpFigure{"spreaders_http_connections", "gauge", "Open connections of the main door.", http.connections},
           HttpFigure{"spreaders_http_streams", "gauge", "Open event streams.", http.streams},
           HttpFigure{"spreaders_mcp_sessions", "gauge", "MCP sessions of the older revisions.",
                      endpoint_->session_count()},
       }) {
    text += tools::metric_head(name, type, help) + std::string(name) + " " + std::to_string(value) + "\n";
  }
  constexpr std::string_view kEvents = "spreaders_ingest_events_total";
  text += tools::metric_head(kEvents, "counter", "Events of shops and apps, by what became of them.");
  const auto& counts = event_writer_->counts;  // made with the door
  for (const auto& [outcome, count] :
       {std::pair{"recorded", counts.recorded.load()}, std::pair{"known", counts.known.load()},
        std::pair{"refused", counts.refused.load()}, std::pair{"failed", counts.failed.load()}}) {
    text += std::string(kEvents) + "{outcome=\"" + outcome + "\"} " + std::to_string(count) + "\n";
  }
  return text;
}

}  // namespace spreaders::app
