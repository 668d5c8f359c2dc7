#include "mcp-server/jsonrpc/message.hpp"

#include <nlohmann/json.hpp>

namespace spreaders::jsonrpc {

namespace {

std::optional<Id> read_id(const Json& id) {
  if (id.is_number_integer()) {
    // An unsigned number over the signed range would come back as another number.
    if (id.is_number_unsigned() && id.get<uint64_t>() > static_cast<uint64_t>(INT64_MAX)) return std::nullopt;
    return Id{id.get<int64_t>()};
  }
  if (id.is_string() && id.get_ref<const std::string&>().size() <= kIdBytes_max) return Id{id.get<std::string>()};
  return std::nullopt;
}

Refused refuse(std::optional<Id> id, std::string why) {
  return {std::move(id),
          {.code = kInvalidRequest, .message = "Invalid Request: " + std::move(why), .http_status = 400}};
}

}  // namespace

std::string to_text(const Id& id) { return spreaders::to_text(to_json(id)); }

Json to_json(const Id& id) {
  if (const auto* number = std::get_if<int64_t>(&id.value)) return *number;
  return std::get<std::string>(id.value);
}

std::variant<Message, Refused> parse(Json json) {
  if (!json.is_object()) return refuse(std::nullopt, "a message is a JSON object");
  Message message;
  auto id = json.find("id");
  if (id != json.end()) message.id = read_id(*id);
  auto version = json.find("jsonrpc");
  if (version == json.end() || *version != "2.0") return refuse(message.id, "\"jsonrpc\" must be \"2.0\"");
  if (id != json.end() && !message.id) {
    return refuse(std::nullopt,
                  "\"id\" must be an integer or a string of at most " + std::to_string(kIdBytes_max) + " bytes");
  }
  auto method = json.find("method");
  if (method == json.end()) {
    bool result = json.contains("result");
    if (result == json.contains("error")) return refuse(message.id, "\"method\" is missing");
    if (!message.id) return refuse(std::nullopt, "a response needs an \"id\"");
    message.kind = Kind::kResponse;
    if (result) {
      message.result = std::move(json["result"]);
    } else {
      message.error = std::move(json["error"]);
    }
    return message;
  }
  if (!method->is_string() || method->get_ref<const std::string&>().empty() ||
      method->get_ref<const std::string&>().size() > kMethodBytes_max) {
    return refuse(message.id, "\"method\" must be a string of 1 to " + std::to_string(kMethodBytes_max) + " bytes");
  }
  message.kind = message.id ? Kind::kRequest : Kind::kNotification;
  message.method = method->get<std::string>();
  message.params = Json::object();
  if (auto params = json.find("params"); params != json.end()) {
    if (!params->is_object()) return refuse(message.id, "\"params\" must be an object");
    message.params = std::move(*params);
  }
  return message;
}

std::string result_text(const Id& id, std::string_view result) {
  std::string id_text = to_text(id);
  std::string text;
  text.reserve(result.size() + id_text.size() + 36);
  text.append(R"({"jsonrpc":"2.0","id":)").append(id_text).append(R"(,"result":)").append(result).append("}");
  return text;
}

std::string error_text(const std::optional<Id>& id, const RpcError& error) {
  Json body{{"code", error.code}, {"message", error.message}};
  if (!error.data.is_null()) body["data"] = error.data;
  return spreaders::to_text(
      Json{{"jsonrpc", "2.0"}, {"id", id ? to_json(*id) : Json(nullptr)}, {"error", std::move(body)}});
}

Json notification(std::string_view method, Json params) {
  return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

Json request(const Id& id, std::string_view method, Json params) {
  return {{"jsonrpc", "2.0"}, {"id", to_json(id)}, {"method", method}, {"params", std::move(params)}};
}

}  // namespace spreaders::jsonrpc
