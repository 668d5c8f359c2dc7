#include "core/trace.hpp"

#include <algorithm>

#include "core/bytes.hpp"
#include "core/random.hpp"

namespace spreaders {

namespace {

constexpr size_t kTraceIdSize = 32;
constexpr size_t kParentIdSize = 16;
constexpr size_t kTraceparentSize = 55;  // of version 00: version-trace-parent-flags

bool is_lower_hex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_id(std::string_view text, size_t size) {
  return text.size() == size && is_lower_hex(text) && text.find_first_not_of('0') != std::string_view::npos;
}

}  // namespace

bool is_trace_id(std::string_view text) { return is_id(text, kTraceIdSize); }

std::optional<std::string> trace_id_of_traceparent(std::string_view header) {
  if (header.size() < kTraceparentSize || header[2] != '-' || header[35] != '-' || header[52] != '-') return {};
  auto version = header.substr(0, 2);
  auto trace = header.substr(3, kTraceIdSize);
  if (!is_lower_hex(version) || version == "ff" || !is_trace_id(trace) ||
      !is_id(header.substr(36, kParentIdSize), kParentIdSize) || !is_lower_hex(header.substr(53, 2)))
    return {};
  // Later versions may say more, behind another dash.
  if (header.size() > kTraceparentSize && (version == "00" || header[kTraceparentSize] != '-')) return {};
  return std::string(trace);
}

std::string new_trace_id() {
  for (;;) {
    std::string id = hex(secure_bytes(kTraceIdSize / 2));
    if (is_trace_id(id)) return id;
  }
}

std::string trace_id_of_name(std::string_view name) {
  std::string id = hex(sha256(name)).substr(0, kTraceIdSize);
  return is_trace_id(id) ? id : std::string(kTraceIdSize - 1, '0') + "1";
}

}  // namespace spreaders
