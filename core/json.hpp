// The one JSON type of the project and the only ways to read and write its text.
// Objects keep their order: models read schemas and results from the top down.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace spreaders {

using Json = nlohmann::ordered_json;

struct JsonLimits {
  size_t bytes_max = 4 * 1024 * 1024;
  size_t depth_max = 64;
  size_t keys_max = 1024;  // in one object; ordered objects look keys up one by one
};

// Parses text from outside. Refuses bad UTF-8, duplicate keys, numbers that do not fit, and what exceeds the limits;
// the error names the byte offset.
Result<Json> parse_json(std::string_view text, const JsonLimits& limits = {});

// Compact text on one line. Invalid UTF-8 inside strings becomes U+FFFD, so this cannot fail.
std::string to_text(const Json& value);

// RFC 8785 canonical JSON: sorted keys, shortest numbers. What hashes are made of.
std::string canonical_json(const Json& value);

// "sha256:" and 64 hex digits over the canonical text.
std::string json_hash(const Json& value);

// Follows an RFC 6901 pointer; nullptr where it leads nowhere or is malformed.
const Json* at_pointer(const Json& value, std::string_view pointer);

// One step of a JSON Pointer: "/" + the key with ~ and / escaped.
std::string pointer_step(std::string_view key);

}  // namespace spreaders
