// The parts of McpServer that read a message before any method runs: era, `_meta`, initialize.
#include <nlohmann/json.hpp>

#include "mcp-server/protocol/server.hpp"

namespace spreaders::mcp {

namespace {

const Json* meta_of(const Message& message) {
  auto meta = message.params.find("_meta");
  return meta != message.params.end() && meta->is_object() ? &*meta : nullptr;
}

RpcError bad_meta(std::string_view key, std::string_view what) {
  RpcError error = invalid_params("params._meta[\"" + std::string(key) + "\"] " + std::string(what));
  error.http_status = 400;
  return error;
}

}  // namespace

bool McpServer::is_modern(const Message& message) {
  const Json* meta = meta_of(message);
  return meta != nullptr && (meta->contains(kMetaVersion) || meta->contains(kMetaCapabilities));
}

std::variant<ClientState, RpcError> McpServer::read_modern(const Message& message) {
  const Json* meta = meta_of(message);
  if (meta == nullptr) {
    RpcError error = invalid_params("params._meta is required: " + std::string(kMetaVersion) + " and " +
                                    std::string(kMetaCapabilities));
    error.http_status = 400;
    return error;
  }
  auto version = meta->find(kMetaVersion);
  if (version == meta->end() || !version->is_string())
    return bad_meta(kMetaVersion, "is required and must be a string");
  auto capabilities = meta->find(kMetaCapabilities);
  if (capabilities == meta->end() || !capabilities->is_object()) {
    return bad_meta(kMetaCapabilities, "is required and must be an object");
  }
  ClientState client{.era = Era::kModern, .revision = version->get<std::string>(), .capabilities = *capabilities};
  if (auto info = meta->find(kMetaClientInfo); info != meta->end()) client.info = *info;
  if (auto level = meta->find(kMetaLogLevel); level != meta->end()) {
    if (level->is_string()) client.log_level = severity_of(level->get_ref<const std::string&>());
    if (!client.log_level) return bad_meta(kMetaLogLevel, "must be a log level: debug, info, ... emergency");
  }
  return client;
}

std::variant<ClientState, RpcError> McpServer::negotiate(const Message& message) {
  auto version = message.params.find("protocolVersion");
  if (version == message.params.end() || !version->is_string())
    return invalid_params("params.protocolVersion must be a string");
  ClientState client{.era = Era::kLegacy, .log_level = Severity::kInfo};
  // An unknown revision, or the modern one that has no initialize, is answered with the newest that has.
  std::string asked = version->get<std::string>();
  client.revision = is_legacy_revision(asked) ? asked : std::string(kLegacyNewest);
  auto capabilities = message.params.find("capabilities");
  client.capabilities =
      capabilities != message.params.end() && capabilities->is_object() ? *capabilities : Json::object();
  if (auto info = message.params.find("clientInfo"); info != message.params.end()) client.info = *info;
  return client;
}

}  // namespace spreaders::mcp
