#include "core/log.hpp"

#include <atomic>
#include <nlohmann/json.hpp>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "core/json.hpp"
#include "core/time.hpp"

namespace spreaders {

namespace {
std::atomic<LogLevel> current_level{LogLevel::kInfo};

// spdlog serialises writers and swallows a closed stderr; its own pattern would not escape JSON, so lines come ready.
spdlog::logger& sink() {
  static const auto logger = [] {
    auto made = std::make_shared<spdlog::logger>("spreaders", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
  return *logger;
}
}  // namespace

void set_log_level(LogLevel level) { current_level = level; }
LogLevel log_level() { return current_level; }

void log(LogLevel level, std::string_view message, LogFields fields) {
  if (level < current_level.load(std::memory_order_relaxed) || level == LogLevel::kOff) return;
  constexpr std::string_view names[] = {"trace", "debug", "info", "warn", "error", "off"};
  Json line = {
      {"at", to_text(system_clock().now())}, {"level", names[static_cast<size_t>(level)]}, {"message", message}};
  for (const auto& field : fields) {
    std::visit([&](const auto& value) { line[std::string(field.name)] = value; }, field.value.value);
  }
  sink().log(spdlog::level::info, "{}", to_text(line));
}

}  // namespace spreaders
