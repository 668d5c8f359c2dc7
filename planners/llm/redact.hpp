// Takes pasted secrets out of a user's text before a model, a log or a table sees it.
//
//   auto clean = redact_secrets(text);
//   if (!clean.found.empty()) tell the user what kind was seen, that it has to be revoked, and where to connect instead
//
// Three ways to find one: known prefixes and shapes, "password: ..." and the like, and long tokens of high entropy.
// Card numbers need an issuer's prefix, the issuer's length and a right check digit (ISO/IEC 7812-1, Luhn).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace spreaders::planners::llm {

constexpr std::string_view kRedacted = "[redacted secret]";

struct FoundSecret {
  std::string kind;  // for people: "Anthropic API key", "card number", "private key", ...
  size_t start = 0;  // bytes [start, end) of the original text
  size_t end = 0;
};

struct Redacted {
  std::string text;
  std::vector<FoundSecret> found;  // in order, not overlapping
};

Redacted redact_secrets(std::string_view text);

}  // namespace spreaders::planners::llm
