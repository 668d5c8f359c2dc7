#include "integrations/genai/wire.hpp"

#include <charconv>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "core/json.hpp"
#include "core/wait.hpp"

namespace spreaders::genai {
namespace {

bool is_tool_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

void check_tools(const ModelRequest& request, const ModelOptions& options, std::vector<Issue>& issues) {
  if (request.tools.size() > options.abilities.tools_max) {
    issues.push_back({"/tools", "There are " + std::to_string(request.tools.size()) + " tools; the provider takes " +
                                    std::to_string(options.abilities.tools_max) + "."});
  }
  std::set<std::string> names;
  for (size_t i = 0; i < request.tools.size(); ++i) {
    const auto& tool = request.tools[i];
    const std::string place = "/tools/" + std::to_string(i);
    if (!is_tool_name(tool.name)) issues.push_back({place + "/name", "Names have 1 to 64 of A-Z a-z 0-9 _ and -."});
    if (!names.insert(tool.name).second) issues.push_back({place + "/name", "The name is there twice."});
    if (tool.schema == nullptr || !tool.schema->is_object()) {
      issues.push_back({place + "/schema", "The schema must be an object."});
    }
  }
  if (!request.force_tool.empty() && !names.contains(request.force_tool)) {
    issues.push_back({"/force_tool", "No such tool is in the request."});
  }
}

// Every call of an assistant message must be answered before anything else is said, exactly once.
void check_messages(const std::vector<ModelMessage>& messages, std::vector<Issue>& issues) {
  std::set<std::string> open;
  for (size_t i = 0; i < messages.size(); ++i) {
    const auto& message = messages[i];
    const std::string place = "/messages/" + std::to_string(i);
    if (message.role == ModelMessage::Role::kToolResult) {
      if (open.erase(message.call_id) == 0) issues.push_back({place, "The result answers no open call."});
      continue;
    }
    if (!open.empty()) {
      issues.push_back({place, "Calls before this message have no result: " + *open.begin() + "."});
      open.clear();
    }
    if (message.role == ModelMessage::Role::kUser) {
      if (message.text.empty()) issues.push_back({place + "/text", "The user's message is empty."});
      continue;
    }
    if (message.text.empty() && message.calls.empty() && message.opaque.empty()) {
      issues.push_back({place, "The assistant's message is empty."});
    }
    for (const auto& call : message.calls) {
      if (call.id.empty() || !open.insert(call.id).second)
        issues.push_back({place, "A call id is empty or there twice."});
    }
  }
  if (!open.empty()) issues.push_back({"/messages", "The last calls have no result: " + *open.begin() + "."});
  if (messages.empty() || messages.back().role == ModelMessage::Role::kAssistant) {
    issues.push_back({"/messages", "The last message must be the user's or a result."});
  }
}

bool is_direction_or_format(std::string_view three) {  // U+200B..200F, 202A..202E, 2066..2069 in UTF-8
  if (three.size() < 3 || static_cast<unsigned char>(three[0]) != 0xE2) return false;
  const auto b = static_cast<unsigned char>(three[1]);
  const auto c = static_cast<unsigned char>(three[2]);
  return (b == 0x80 && ((c >= 0x8B && c <= 0x8F) || (c >= 0xA8 && c <= 0xAE))) || (b == 0x81 && c >= 0xA6 && c <= 0xA9);
}

bool is_spend_limit(std::string_view code) {
  return code == "insufficient_quota" || code == "billing_error" || code.ends_with("spend_limit_reached");
}

// The machine-readable names an error object carries: details.error_code, code and type.
std::vector<std::string> error_codes(const Json& error) {
  std::vector<std::string> codes;
  const auto details = error.find("details");
  if (details != error.end() && details->is_object()) codes.push_back(text_at(*details, "error_code"));
  codes.push_back(text_at(error, "code"));
  codes.push_back(text_at(error, "type"));
  std::erase(codes, "");
  return codes;
}

Json error_object(std::string_view body) {
  auto parsed = parse_json(body, {.bytes_max = 256 * 1024});
  if (!parsed.ok() || !parsed->is_object()) return Json::object();
  const auto found = parsed->find("error");
  if (found == parsed->end()) return Json::object();
  if (found->is_string()) return Json{{"message", *found}};  // Ollama
  return found->is_object() ? *found : Json::object();
}

struct Meaning {
  Code code;
  std::string_view advice;
};

Meaning meaning(int status, const std::vector<std::string>& codes) {
  const auto has = [&codes](std::string_view name) {
    return std::find(codes.begin(), codes.end(), name) != codes.end();
  };
  if (std::any_of(codes.begin(), codes.end(), is_spend_limit)) {
    return {Code::kVendorRejected, "The spend limit of the model account is reached; raise it at the provider."};
  }
  if (status == 401 || has("authentication_error") || has("invalid_api_key")) {
    return {Code::kReconnectNeeded, "The model provider refused the API key; set a valid one."};
  }
  if (status == 402) return {Code::kVendorRejected, "The model provider asks for payment."};
  if (status == 403 || has("permission_error")) {
    return {Code::kVendorRejected, "The API key may not use this model or feature."};
  }
  if (status == 404 || has("not_found_error") || has("model_not_found")) {
    return {Code::kNotConfigured, "The model provider knows no such model or address; check the settings."};
  }
  if (status == 429 || has("rate_limit_error") || has("rate_limit_exceeded")) {
    return {Code::kRateLimited, "The model provider's rate limit is reached; try again later."};
  }
  if (status == 408 || status == 409 || status >= 500 || has("overloaded_error") || has("api_error") ||
      has("timeout_error") || has("server_error")) {
    return {Code::kUnavailable, "The model provider is not able to answer now; try again later."};
  }
  return {Code::kVendorRejected, "The model provider refused the request."};
}

}  // namespace

std::string text_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

int64_t count_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number_integer() ? std::max<int64_t>(0, found->get<int64_t>()) : 0;
}

ModelAbilities local_server_abilities() {
  return {.strict = false,
          .forced_tool = false,
          .parallel_calls = false,
          .stream_usage = true,
          .length_keywords = false,
          .new_length_name = false,
          .tools_max = 32};
}

Result<void> check_conversation(const ModelRequest& request, const ModelOptions& options) {
  std::vector<Issue> issues;
  if (request.messages.size() > kMessages_max) {
    issues.push_back({"/messages", "There are more than " + std::to_string(kMessages_max) + " messages."});
  }
  if (request.output_tokens_max < 1) issues.push_back({"/output_tokens_max", "At least one token must be allowed."});
  if (request.timeout_ms < 1) issues.push_back({"/timeout_ms", "The timeout must be greater than zero."});
  if (!request.tools.empty() && !options.abilities.tools) {
    issues.push_back({"/tools", "The model server takes no tools."});
  }
  check_tools(request, options, issues);
  check_messages(request.messages, issues);
  if (issues.empty()) return {};
  return Error{.code = Code::kInvalidArgument,
               .message = "The conversation cannot be sent to a model.",
               .issues = std::move(issues)};
}

Json schema_for(const ModelTool& tool, const ModelAbilities& abilities) {
  Json schema = *tool.schema;
  if (abilities.length_keywords) return schema;
  const auto strip = [](auto& self, Json& node) -> void {
    if (node.is_object()) {
      for (const char* key : {"maxLength", "minLength", "maxItems", "minItems", "maxProperties", "minProperties"}) {
        const auto found = node.find(key);
        if (found != node.end() && found->is_number()) node.erase(key);
      }
    }
    if (node.is_structured()) {
      for (auto& child : node) self(self, child);
    }
  };
  strip(strip, schema);
  return schema;
}

Json arguments_object(std::string_view text) {
  auto parsed = parse_json(text);
  return parsed.ok() && parsed->is_object() ? std::move(*parsed) : Json::object();
}

void settle_calls(ModelAnswer& answer) {
  if (!answer.calls.empty() && answer.stop == ModelStop::kEnd) answer.stop = ModelStop::kToolUse;
  if (answer.stop == ModelStop::kToolUse || answer.stop == ModelStop::kPause) return;
  if (!answer.calls.empty()) answer.opaque.clear();  // it holds the same calls, which nobody will answer
  answer.calls.clear();
}

std::string clean_vendor_text(std::string_view text, const Secret& key, size_t code_points_max) {
  std::string clean;
  for (size_t i = 0; i < text.size() && clean.size() < code_points_max * 8;) {
    if (is_direction_or_format(text.substr(i, 3))) {
      i += 3;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[i++]);
    clean += byte < 0x20 || byte == 0x7f ? ' ' : static_cast<char>(byte);
  }
  const std::string& hidden = key.reveal();
  for (size_t at = 0; !hidden.empty() && (at = clean.find(hidden, at)) != std::string::npos;) {
    clean.replace(at, hidden.size(), "[redacted]");
  }
  if (!is_utf8(clean)) return "(unreadable)";
  return std::string(first_code_points(trim(clean), code_points_max));
}

Error vendor_error(int status, const Json& error, const Secret& key) {
  const auto codes = error_codes(error);
  const auto [code, advice] = meaning(status, codes);
  Error result{code, std::string(advice)};
  // Providers repeat parts of a wrong key in their text for 401, so that text is not passed on.
  const std::string words = code == Code::kReconnectNeeded ? "" : clean_vendor_text(text_at(error, "message"), key);
  std::string name;
  for (const auto& one : codes) name += (name.empty() ? "" : "/") + clean_vendor_text(one, key, 60);
  if (status != 0) result.message += " It answered " + std::to_string(status) + (name.empty() ? "" : " " + name);
  else result.message += name.empty() ? "" : " It answered " + name;
  if (!words.empty()) result.message += ": \"" + words + "\"";
  if (result.message.back() != '.') result.message += ".";
  return result;
}

Error vendor_answer_error(int status, std::string_view body, const Secret& key) {
  return vendor_error(status, error_object(body), key);
}

std::optional<Instant> parse_http_date(std::string_view text) {
  // Sun, 06 Nov 1994 08:49:37 GMT (RFC 9110 IMF-fixdate); the two obsolete forms are not accepted.
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const auto number = [text](size_t at, size_t count) {
    int value = -1;
    const auto part = text.substr(at, count);
    const auto [end, failure] = std::from_chars(part.data(), part.data() + count, value);
    return failure == std::errc{} && end == part.data() + count ? value : -1;
  };
  const size_t month = kMonths.find(text.substr(8, 3));
  const Date date{number(12, 4), month == std::string_view::npos ? 0 : static_cast<int>(month / 3) + 1, number(5, 2)};
  const int hour = number(17, 2);
  const int minute = number(20, 2);
  const int second = number(23, 2);
  if (!is_valid(date) || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) {
    return std::nullopt;
  }
  const int64_t days = days_between(Date{1970, 1, 1}, date);
  return Instant{days * kDay_us + hour * kHour_us + minute * kMinute_us + second * kSecond_us};
}

Verdict retry_verdict(const HttpResponse& response, std::string_view body, Instant now) {
  const auto codes = error_codes(error_object(body));
  if (std::any_of(codes.begin(), codes.end(), is_spend_limit)) return {};
  const int status = response.status;
  const auto should = response.header("x-should-retry");
  Verdict verdict;
  verdict.retry =
      should == "true" || (should != "false" && (status == 408 || status == 409 || status == 429 || status >= 500));
  if (!verdict.retry) return verdict;
  const auto number = [](std::string_view text) {
    double value = -1;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
    return failure == std::errc{} && end == text.data() + text.size() && value >= 0 && value < 1e9 ? value : -1;
  };
  if (const double ms = number(response.header("retry-after-ms")); ms >= 0) {
    verdict.wait_ms = static_cast<int64_t>(ms);
  } else if (const double seconds = number(response.header("retry-after")); seconds >= 0) {
    verdict.wait_ms = static_cast<int64_t>(seconds * 1000);
  } else if (const auto date = parse_http_date(response.header("retry-after"))) {
    verdict.wait_ms = std::max<int64_t>(0, (*date - now) / 1000);
  }
  return verdict;
}

int64_t backoff_ms(int attempt, Rng& rng) {
  const double base_ms = std::min(8000.0, 500.0 * static_cast<double>(1 << std::min(attempt, 10)));
  return static_cast<int64_t>(base_ms * (1.0 - 0.25 * rng.unit()));
}

void wait_for(const RetryPolicy& policy, int64_t ms) {
  if (policy.wait != nullptr && *policy.wait) {
    (*policy.wait)(ms);
    return;
  }
  wait_ms(policy.stop, ms);
}

}  // namespace spreaders::genai
