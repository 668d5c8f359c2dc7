#include <nlohmann/json.hpp>

#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

std::string patch(std::string_view op, const std::string& path, const Json& value) {
  Json operation = {{"op", op}, {"path", path}};
  if (!value.is_null()) operation["value"] = value;
  return to_text(Json::array({operation}));
}

void Reader::issue(std::string_view member, std::string message, std::string code, std::string fix) {
  issues_.push_back({pointer_ + pointer_step(member), std::move(message), std::move(code), std::move(fix)});
}

void Reader::missing(const char* member, std::string code, const Json& value) {
  issue(member, "is required", std::move(code),
        value.is_null() ? "" : patch("add", pointer_ + pointer_step(member), value));
}

const Json* Reader::get(const char* member, bool required) {
  known_.insert(member);
  auto found = json_.find(member);
  if (found != json_.end() && !found->is_null()) return &*found;
  if (required) missing(member, "missing_member");
  return nullptr;
}
std::string Reader::text(const char* member, bool required) {
  const Json* value = get(member, required);
  if (value == nullptr) return "";
  if (!value->is_string() || value->get_ref<const std::string&>().empty()) {
    issue(member, "must be text that is not empty");
    return "";
  }
  std::string text = value->get<std::string>();
  if (first_code_points(text, kTextMax).size() < text.size())
    issue(member, "has more than " + std::to_string(kTextMax) + " characters");
  return text;
}
int64_t Reader::whole(const char* member, int64_t fallback, int64_t min, int64_t max) {
  const Json* value = get(member);
  if (value == nullptr) return fallback;
  if (value->is_number_integer() && value->get<int64_t>() >= min && value->get<int64_t>() <= max)
    return value->get<int64_t>();
  issue(member, "must be a whole number from " + std::to_string(min) + " to " + std::to_string(max));
  return fallback;
}
bool Reader::yes_or_no(const char* member, bool fallback) {
  const Json* value = get(member);
  if (value == nullptr) return fallback;
  if (value->is_boolean()) return value->get<bool>();
  issue(member, "must be true or false");
  return fallback;
}
std::shared_ptr<const Json> Reader::object(const char* member, bool required) {
  const Json* value = get(member, required);
  if (value != nullptr && !value->is_object()) issue(member, "must be an object");
  return std::make_shared<const Json>(value != nullptr && value->is_object() ? *value : Json::object());
}
int64_t Reader::duration_us(const char* member, bool required) {
  std::string written = text(member, required);
  if (written.empty()) return 0;
  auto parsed = parse_duration(written);
  if (parsed.ok()) return *parsed;
  issue(member, parsed.error().message);
  return 0;
}
void Reader::refuse_unknown() {
  for (auto it = json_.begin(); it != json_.end(); ++it) {
    if (!known_.contains(it.key()))
      issue(it.key(), "is not known here", "unknown_member", patch("remove", pointer_ + pointer_step(it.key())));
  }
}

}  // namespace spreaders::workflows
