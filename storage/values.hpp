// Values for SQL parameters that several services make alike.
#pragma once

#include <string>

#include "storage/storage.hpp"

namespace spreaders::storage {

// An empty text is stored as NULL.
inline Value or_null(const std::string& text) { return text.empty() ? Value() : Value(text); }

}  // namespace spreaders::storage
