// parse_json on any bytes: what it accepts is within the limits, and comes back the same from its own and its canonical
// text.
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>

#include "core/json.hpp"

using namespace spreaders;

namespace {

constexpr JsonLimits kLimits{.bytes_max = 8 * 1024, .depth_max = 16, .keys_max = 64};

size_t depth_of(const Json& json) {
  size_t deepest = 0;
  if (json.is_object() && json.size() > kLimits.keys_max) std::abort();
  if (json.is_structured()) {
    for (const auto& item : json) deepest = std::max(deepest, depth_of(item));
  }
  return json.is_structured() ? deepest + 1 : 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_json(text, kLimits);
  if (!parsed) {
    if (parsed.error().message.empty()) std::abort();
    return 0;
  }
  if (size > kLimits.bytes_max || depth_of(*parsed) > kLimits.depth_max) std::abort();
  const auto again = parse_json(to_text(*parsed));
  if (!again || *again != *parsed) std::abort();
  const std::string canonical = canonical_json(*parsed);
  // RFC 8785 writes doubles below 1e21 without an exponent; those beyond 64 bits are refused on the way back.
  const auto sorted = parse_json(canonical);
  if (sorted && canonical_json(*sorted) != canonical) std::abort();
  at_pointer(*parsed, text.substr(0, 64));
  return 0;
}
