#include "mcp-server/client/transport.hpp"

#include <nlohmann/json.hpp>

namespace spreaders::mcp {

namespace {

constexpr size_t kBatchMax = 256;

Error no_protocol(const std::string& why) {
  return {Code::kVendorRejected, "The server sent something that is no MCP message: " + why + "."};
}

}  // namespace

Result<std::optional<jsonrpc::Message>> sort_messages(Json json, const jsonrpc::Id& id, const MessageTaker& take,
                                                      const std::function<void(const Json&)>& reply) {
  std::optional<jsonrpc::Message> answer;
  if (json.is_array()) {
    if (json.size() > kBatchMax) return no_protocol("a batch of more than " + std::to_string(kBatchMax));
    for (auto& each : json) {
      if (each.is_array()) return no_protocol("a batch in a batch");
      auto found = TRY(sort_messages(std::move(each), id, take, reply));
      if (found && !answer) answer = std::move(found);
    }
    return answer;
  }
  auto parsed = jsonrpc::parse(std::move(json));
  if (auto* refused = std::get_if<jsonrpc::Refused>(&parsed)) return no_protocol(refused->error.message);
  auto& message = std::get<jsonrpc::Message>(parsed);
  if (message.kind == jsonrpc::Kind::kResponse) {
    if (message.id == id) answer = std::move(message);  // another call's answer, or nobody's: not ours to believe
    return answer;
  }
  const auto back = take ? take(message) : std::nullopt;
  if (back && reply) reply(*back);
  return answer;
}

}  // namespace spreaders::mcp
