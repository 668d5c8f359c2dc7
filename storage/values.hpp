// Values of SQL that may be NULL.
#pragma once

#include <optional>
#include <string>

#include "storage/storage.hpp"

namespace spreaders::storage {

// An empty text is stored as NULL.
inline Value or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

inline std::optional<Instant> optional_instant(const Value& value) {
  return value.is_null() ? std::nullopt : std::optional(value.instant());
}

inline std::optional<std::string> optional_text(const Value& value) {
  return value.is_null() ? std::nullopt : std::optional(value.text());
}

}  // namespace spreaders::storage
