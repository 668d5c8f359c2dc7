// Structured logging: one JSON object a line on standard error. Values are plain text or numbers; a Secret does not
// compile as a value, and control characters are escaped.
//
//   log_info("campaign started", {{"campaign", id}, {"recipients", n}});
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace spreaders {

class Secret;

enum class LogLevel : uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kOff };

struct LogValue {
  LogValue(const char* text) : value(std::string_view(text)) {}         // NOLINT: implicit on purpose
  LogValue(std::string_view text) : value(text) {}                      // NOLINT
  LogValue(const std::string& text) : value(std::string_view(text)) {}  // NOLINT
  template <class Number>
  requires std::is_arithmetic_v<Number> LogValue(Number number) : value(as_variant(number)) {}  // NOLINT
  LogValue(const Secret&) = delete;
  std::variant<std::string_view, int64_t, double, bool> value;

 private:
  template <class Number>
  static std::variant<std::string_view, int64_t, double, bool> as_variant(Number number) {
    if constexpr (std::is_same_v<Number, bool>) return number;
    else if constexpr (std::is_floating_point_v<Number>) return static_cast<double>(number);
    else return static_cast<int64_t>(number);
  }
};

struct LogField {
  std::string_view name;
  LogValue value;
};
using LogFields = std::initializer_list<LogField>;

void set_log_level(LogLevel level);
LogLevel log_level();
void log(LogLevel level, std::string_view message, LogFields fields);
inline void log_debug(std::string_view message, LogFields fields = {}) { log(LogLevel::kDebug, message, fields); }
inline void log_info(std::string_view message, LogFields fields = {}) { log(LogLevel::kInfo, message, fields); }
inline void log_warn(std::string_view message, LogFields fields = {}) { log(LogLevel::kWarn, message, fields); }
inline void log_error(std::string_view message, LogFields fields = {}) { log(LogLevel::kError, message, fields); }

}  // namespace spreaders
