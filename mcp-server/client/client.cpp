#include "mcp-server/client/client.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/time.hpp"

namespace spreaders::mcp {

namespace {

constexpr size_t kToolNameBytes_max = 128;  // MCP, tool names
constexpr size_t kInstructions_max = 16 * 1024;

Error broken(const std::string& why) { return {Code::kVendorRejected, "The MCP server " + why + "."}; }

Json revision_list(const Json& error) {
  const auto data = error.find("data");
  if (data == error.end() || !data->is_object() || !data->contains("supported")) return Json::array();
  return (*data)["supported"].is_array() ? (*data)["supported"] : Json::array();
}

int64_t error_code(const Json& error) {
  const auto code = error.is_object() ? error.find("code") : error.end();
  return error.is_object() && code != error.end() && code->is_number_integer() ? code->get<int64_t>() : 0;
}

// A refusal that only a server of the modern era gives.
bool is_modern_error(const Json& error) {
  const int64_t code = error_code(error);
  return code == kHeaderMismatch || code == kMissingCapability || code == kUnsupportedVersion;
}

Code code_of_status(int status) {
  if (status == 401) return Code::kUnauthenticated;
  if (status == 403) return Code::kPermissionDenied;
  if (status == 404 || status == 405) return Code::kNotFound;
  if (status == 429) return Code::kRateLimited;
  return status >= 500 ? Code::kUnavailable : Code::kVendorRejected;
}

const char* name_member(std::string_view method) {
  if (method == "tools/call" || method == "prompts/get") return "name";
  if (method == "resources/read") return "uri";
  if (method.starts_with("tasks/")) return "taskId";
  return nullptr;
}

std::string text_member(const Json& object, const char* name) {
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

// One request and its answer on the wire.
struct McpClient::Round {
  std::string method;
  Json params;
  jsonrpc::Id id;
  HeaderList headers;
};

std::string quoted_words(const Json& text) {
  if (!text.is_string()) return "(no message)";
  constexpr size_t kWords_max = 300;  // code points
  std::string clean;
  for (char c : first_code_points(text.get_ref<const std::string&>(), kWords_max)) {
    clean += (c >= '\0' && c < ' ') || c == '\x7f' ? ' ' : c;
  }
  return "\"" + clean + "\"";
}

McpClient::McpClient(std::unique_ptr<ClientTransport> transport, ClientOptions options)
    : transport_(std::move(transport)), options_(std::move(options)) {
  server_.era = options_.eras == ClientOptions::Eras::kLegacy ? Era::kLegacy : Era::kModern;
  server_.revision = modern() ? std::string(kModernRevision) : options_.legacy_revision;
}

McpClient::~McpClient() { close(); }

void McpClient::close() { transport_->close(); }

Json McpClient::capabilities() const {
  Json declared = Json::object();
  if (options_.on_elicit) declared["elicitation"] = {{"form", Json::object()}};
  if (options_.on_sample) declared["sampling"] = Json::object();
  if (modern() && options_.tasks) declared["extensions"] = {{"io.modelcontextprotocol/tasks", Json::object()}};
  return declared;
}

Json McpClient::with_meta(Json params, const jsonrpc::Id& id, bool progress) const {
  if (!params.is_object()) params = Json::object();
  if (!modern() && !progress) return params;
  Json meta = params.contains("_meta") && params["_meta"].is_object() ? params["_meta"] : Json::object();
  if (progress) meta["progressToken"] = jsonrpc::to_json(id);
  if (modern()) {
    meta[std::string(kMetaVersion)] = server_.revision;
    meta[std::string(kMetaClientInfo)] = {{"name", options_.name}, {"version", options_.version}};
    meta[std::string(kMetaCapabilities)] = capabilities();
  }
  params["_meta"] = std::move(meta);
  return params;
}

HeaderList McpClient::headers(const std::string& method, const Json& params) const {
  HeaderList list;
  if (method != "initialize") list.emplace_back("MCP-Protocol-Version", server_.revision);
  if (!modern()) return list;
  list.emplace_back("Mcp-Method", method);
  const char* member = name_member(method);
  const auto name = member == nullptr ? params.end() : params.find(member);
  if (member != nullptr && name != params.end() && name->is_string()) {
    list.emplace_back("Mcp-Name", encode_header_value(name->get_ref<const std::string&>()));
  }
  if (method != "tools/call") return list;
  const std::lock_guard lock(mutex_);
  const auto known = header_params_.find(text_member(params, "name"));
  const auto arguments = params.find("arguments");
  if (known == header_params_.end() || arguments == params.end()) return list;
  for (auto& header : param_headers(known->second, *arguments)) list.push_back(std::move(header));
  return list;
}

Result<Received> McpClient::send(Round& round, const CallOptions& options) {
  round.id = jsonrpc::Id{next_id_++};
  round.headers = headers(round.method, round.params);
  const int64_t timeout_ms = options.timeout_ms > 0 ? options.timeout_ms : options_.limits.call_timeout_ms;
  size_t requests = 0;
  Exchange call{.id = round.id,
                .method = round.method,
                .message = jsonrpc::request(round.id, round.method,
                                            with_meta(round.params, round.id, static_cast<bool>(options.on_progress))),
                .headers = round.headers,
                .deadline_ms = monotonic_ms() + timeout_ms,
                .stop = options.stop,
                .resumable = !modern(),
                .take = [&](const jsonrpc::Message& message) { return take(message, round.id, options, requests); }};
  auto received = transport_->exchange(call);
  // A closed stream tells a modern HTTP server that nobody waits any more; the others have to be told.
  const bool given_up =
      !received.ok() && (received.error().code == Code::kCancelled || (received.error().code == Code::kOutcomeUnknown));
  const bool tell = given_up && round.method != "initialize" && !(modern() && transport_->is_http());
  if (tell) {
    [[maybe_unused]] auto told = transport_->notify(
        jsonrpc::notification("notifications/cancelled",
                              {{"requestId", jsonrpc::to_json(round.id)}, {"reason", "no longer waited for"}}),
        headers("notifications/cancelled", Json::object()));
  }
  return received;
}

Result<Json> McpClient::read_answer(const std::string& method, const Received& received) const {
  if (!received.message) {
    if (received.status >= 200 && received.status < 300) return broken("gave no answer to " + method);
    return Error{code_of_status(received.status),
                 "The MCP server refused " + method + " with HTTP " + std::to_string(received.status) + "."};
  }
  const auto& message = *received.message;
  if (message.error.is_null()) {
    if (!message.result.is_object()) return broken("answered " + method + " with something that is no object");
    return message.result;
  }
  const int64_t code = error_code(message.error);
  Error error{.code = Code::kVendorRejected,
              .message = "The MCP server refused " + method + " (" + std::to_string(code) + "): " +
                         quoted_words(message.error.is_object() ? message.error.value("message", Json()) : Json())};
  if (code == kInvalidParams) error.code = Code::kInvalidArgument;
  else if (code == kMethodNotFound) error.code = Code::kUnsupported;
  else if (received.status >= 400 && received.status != 400) error.code = code_of_status(received.status);
  return error;
}

// The modern era needs no handshake; server/discover tells whether the server knows it, and what it can do.
Result<void> McpClient::connect_modern(const std::stop_token& stop, bool& is_older) {
  for (int tries = 0; tries < 2; ++tries) {
    Round round{.method = "server/discover", .params = Json::object(), .id = {}, .headers = {}};
    const bool probe = options_.eras == ClientOptions::Eras::kBoth;
    auto received = send(round, {.timeout_ms = probe ? options_.limits.probe_timeout_ms : 0, .stop = stop});
    if (!received.ok()) {
      // An old command may not answer what it does not know.
      is_older = !transport_->is_http() && received.error().code == Code::kOutcomeUnknown;
      return received.error();
    }
    const Json error = received->message ? received->message->error : Json(nullptr);
    if (error_code(error) == kUnsupportedVersion) {
      const Json supported = revision_list(error);
      if (std::find(supported.begin(), supported.end(), kModernRevision) != supported.end() && tries == 0) continue;
      is_older = std::any_of(supported.begin(), supported.end(), [](const Json& each) {
        return each.is_string() && is_legacy_revision(each.get_ref<const std::string&>());
      });
      return broken("speaks none of our protocol revisions");
    }
    auto answer = read_answer(round.method, *received);
    if (!answer.ok()) {
      const bool blocked =
          received->status == 401 || received->status == 403 || received->status == 429 || received->status >= 500;
      is_older = !blocked && !is_modern_error(error);
      return answer.error();
    }
    const Json supported = answer->value("supportedVersions", Json::array());
    if (!supported.is_array() || std::find(supported.begin(), supported.end(), kModernRevision) == supported.end()) {
      is_older = true;
      return broken("does not support revision " + std::string(kModernRevision));
    }
    server_.capabilities = answer->value("capabilities", Json::object());
    const Json meta = answer->value("_meta", Json::object());
    server_.info = meta.is_object() ? meta.value(std::string(kMetaServerInfo), Json()) : Json();
    if (server_.info.is_null()) server_.info = answer->value("serverInfo", Json());
    server_.instructions = text_member(*answer, "instructions").substr(0, kInstructions_max);
    return {};
  }
  return broken("does not accept the revision that it asks for");
}

Result<void> McpClient::connect_legacy(const std::stop_token& stop) {
  server_.era = Era::kLegacy;
  server_.revision = options_.legacy_revision;
  Json params{{"protocolVersion", server_.revision},
              {"capabilities", capabilities()},
              {"clientInfo", {{"name", options_.name}, {"version", options_.version}}}};
  Round round{.method = "initialize", .params = std::move(params), .id = {}, .headers = {}};
  auto received = TRY(send(round, {.stop = stop}));
  Json answer = TRY(read_answer(round.method, received));
  const std::string revision = text_member(answer, "protocolVersion");
  // Some servers name the newest revision although they were asked for a session; they are held to what we asked for.
  if (revision != kModernRevision && !is_legacy_revision(revision)) return broken("speaks no known protocol revision");
  if (is_legacy_revision(revision)) server_.revision = revision;
  server_.capabilities = answer.value("capabilities", Json::object());
  server_.info = answer.value("serverInfo", Json());
  server_.instructions = text_member(answer, "instructions").substr(0, kInstructions_max);
  const HeaderList after = headers("notifications/initialized", Json::object());
  TRY(transport_->notify(Json{{"jsonrpc", "2.0"}, {"method", "notifications/initialized"}}, after));
  if (options_.on_elicit || options_.on_sample || options_.on_notification || !transport_->is_http()) {
    auto requests = std::make_shared<size_t>(0);  // shared with the taker, which outlives this call
    transport_->listen(
        [this, requests](const jsonrpc::Message& message) {
          *requests = 0;
          return take(message, jsonrpc::Id{std::string()}, CallOptions{}, *requests);
        },
        after);
  }
  return {};
}

Result<void> McpClient::connect(std::stop_token stop) {
  if (options_.eras == ClientOptions::Eras::kLegacy) return connect_legacy(stop);
  bool is_older = false;
  auto connected = connect_modern(stop, is_older);
  if (connected.ok() || !is_older || options_.eras == ClientOptions::Eras::kModern) return connected;
  return connect_legacy(stop);
}

// One question and its answer, in a new session when the server has forgotten ours (404).
Result<Json> McpClient::ask(const std::string& method, const Json& params, const CallOptions& options) {
  Round round{.method = method, .params = params, .id = {}, .headers = {}};
  const bool in_session = transport_->has_session();
  auto received = TRY(send(round, options));
  if (received.status == 404 && in_session && !modern()) return ask_again_in_new_session(method, params, options);
  return read_answer(method, received);
}

Result<Json> McpClient::ask_again_in_new_session(const std::string& method, const Json& params,
                                                 const CallOptions& options) {
  transport_->forget_session();
  TRY(connect_legacy(options.stop));
  Round round{.method = method, .params = params, .id = {}, .headers = {}};
  auto received = TRY(send(round, options));
  return read_answer(method, received);
}

Result<Json> McpClient::request(const std::string& method, Json params, const CallOptions& options) {
  if (!params.is_object()) params = Json::object();
  Json sent = params;
  for (int rounds = 0; rounds <= options_.limits.rounds_max; ++rounds) {
    Json result = TRY(ask(method, sent, options));
    if (!modern()) return result;
    const std::string type = text_member(result, "resultType");
    if (type == "task" && options_.tasks && method == "tools/call") return run_task(std::move(result), options);
    if (type.empty() || type == "complete") return result;
    const bool may_ask = method == "tools/call" || method == "prompts/get" || method == "resources/read";
    if (type != "input_required" || !may_ask) return broken("answered " + method + " with an unknown kind of result");
    // The questions and the state belong to this call alone: each round starts from its own parameters.
    sent = params;
    if (result.contains("inputRequests")) sent["inputResponses"] = TRY(answer_inputs(result));
    if (result.contains("requestState")) sent["requestState"] = result["requestState"];
    if (!result.contains("inputRequests") && !result.contains("requestState")) {
      return broken("wants an input and does not say which");
    }
  }
  return broken("asked more than " + std::to_string(options_.limits.rounds_max) + " times before it answered");
}

Result<std::vector<Json>> McpClient::list(const std::string& method, const std::string& key,
                                          const CallOptions& options) {
  std::vector<Json> all;
  Json params = Json::object();
  std::set<std::string> seen;
  for (size_t pages = 0; pages < options_.limits.pages_max; ++pages) {
    Json page = TRY(request(method, params, options));
    const auto items = page.find(key);
    if (items == page.end() || !items->is_array()) return broken("answered " + method + " without " + key);
    if (all.size() + items->size() > options_.limits.items_max) {
      return broken("lists more than " + std::to_string(options_.limits.items_max) + " " + key);
    }
    for (auto& item : *items) all.push_back(std::move(item));
    std::string cursor = text_member(page, "nextCursor");
    if (cursor.empty()) return all;
    if (!seen.insert(cursor).second) return broken("gives the same page again and again");
    params = {{"cursor", std::move(cursor)}};
  }
  return broken("lists more than " + std::to_string(options_.limits.pages_max) + " pages of " + key);
}

Result<RemoteTool> McpClient::check_tool(Json definition) {
  const std::string name = text_member(definition, "name");
  const bool named = !name.empty() && name.size() <= kToolNameBytes_max &&
                     std::all_of(name.begin(), name.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (!named) return invalid("its name is no tool name");
  const auto schema = definition.find("inputSchema");
  if (schema == definition.end() || !schema->is_object()) return invalid("it has no input schema");
  if (modern() && transport_->is_http()) {
    auto params = TRY(header_params(*schema));
    const std::lock_guard lock(mutex_);
    header_params_[name] = std::move(params);
  }
  return RemoteTool{name, std::move(definition)};
}

Result<ToolListing> McpClient::list_tools(const CallOptions& options) {
  auto definitions = TRY(list("tools/list", "tools", options));
  {
    const std::lock_guard lock(mutex_);
    header_params_.clear();
    refused_tools_.clear();
  }
  ToolListing listing;
  std::set<std::string> names;
  for (auto& definition : definitions) {
    const std::string name = text_member(definition, "name");
    auto tool =
        definition.is_object() ? check_tool(std::move(definition)) : Result<RemoteTool>(invalid("it is no object"));
    if (tool.ok() && !names.insert(tool->name).second) tool = invalid("its name is used twice");
    if (tool.ok()) {
      listing.tools.push_back(std::move(*tool));
      continue;
    }
    listing.refused.push_back(quoted_words(name) + ": " + tool.error().message);
    const std::lock_guard lock(mutex_);
    if (!names.contains(name)) refused_tools_.insert(name);
  }
  return listing;
}

Result<Json> McpClient::call_tool(const std::string& name, Json arguments, const CallOptions& options) {
  {
    const std::lock_guard lock(mutex_);
    if (refused_tools_.contains(name)) return invalid("The definition of this tool breaks the rules; it is not used.");
  }
  if (!arguments.is_object()) arguments = Json::object();
  return request("tools/call", {{"name", name}, {"arguments", std::move(arguments)}}, options);
}

Result<std::vector<Json>> McpClient::list_prompts(const CallOptions& options) {
  return list("prompts/list", "prompts", options);
}
Result<Json> McpClient::get_prompt(const std::string& name, Json arguments, const CallOptions& options) {
  Json params{{"name", name}};
  if (arguments.is_object()) params["arguments"] = std::move(arguments);
  return request("prompts/get", std::move(params), options);
}
Result<std::vector<Json>> McpClient::list_resources(const CallOptions& options) {
  return list("resources/list", "resources", options);
}
Result<std::vector<Json>> McpClient::list_resource_templates(const CallOptions& options) {
  return list("resources/templates/list", "resourceTemplates", options);
}
Result<Json> McpClient::read_resource(const std::string& uri, const CallOptions& options) {
  return request("resources/read", {{"uri", uri}}, options);
}

}  // namespace spreaders::mcp
