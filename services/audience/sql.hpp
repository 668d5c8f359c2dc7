// Small pieces of SQL text shared by the audience and consent services.
#pragma once

#include <string>

namespace spreaders::audience {

// "$3, $4, $5" for (3, 3).
inline std::string placeholders(size_t first, size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) out += (i == 0 ? "$" : ", $") + std::to_string(first + i);
  return out;
}

}  // namespace spreaders::audience
