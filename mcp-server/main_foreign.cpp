#include "mcp-server/main_foreign.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "agent/flow.hpp"
#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "mcp-server/client/arguments.hpp"
#include "mcp-server/client/http_transport.hpp"
#include "mcp-server/client/stdio_transport.hpp"

namespace spreaders::app {

namespace {

constexpr size_t kDescription_max = 300;  // code points
constexpr size_t kSchemaText_max = 200;
constexpr size_t kSchemaBytes_max = 8 * 1024;
constexpr size_t kSchemaDepth_max = 16;
constexpr size_t kToolName_max = 64;
constexpr size_t kResultText_max = 4'000;  // code points of one text
constexpr size_t kResultTexts_max = 20;
constexpr int64_t kConnect_ms = 15'000;
constexpr int64_t kDefinitionsAge_ms = 60'000;

struct ForeignArgs {
  std::string server, tool, definitions;
  Json arguments;
  SPR_FIELDS(ForeignArgs, SPR_FIELD(server, "Its configured name", .max_size = 24),
             SPR_FIELD(tool, "The server's own name of the tool", .max_size = 128),
             SPR_FIELD(definitions, "Hash of the definitions that were accepted", .max_size = 80),
             SPR_FIELD(arguments, "As the tool's schema wants them"));
};
struct ForeignAnswer {
  Json result;
  SPR_FIELDS(ForeignAnswer, SPR_FIELD(result, "What the server answered"));
};

template <bool read_only>
Result<ForeignAnswer> call_foreign(ToolContext& context, const ForeignArgs& args) {
  auto result = TRY(context.part<ForeignTools>().call(args.server, args.tool, args.arguments, read_only, context));
  return ForeignAnswer{std::move(result)};
}

const ToolSpec kRead{.name = "foreign.read",
                     .title = "Look something up on another MCP server",
                     .description = "Calls a tool of another server that changes nothing.",
                     .effect = Effect::kRead,
                     .repeat = Repeat::kSafe,
                     .scopes = {"foreign:read"},
                     .body = handler<&call_foreign<true>>(),
                     .run = Run::kFree,
                     .open_world = true};
const ToolSpec kCall{.name = "foreign.call",
                     .title = "Call a tool of another MCP server",
                     .description = "Calls a tool of another server that may change something there.",
                     .effect = Effect::kWrite,
                     .repeat = Repeat::kNeedsKey,
                     .scopes = {"foreign:call"},
                     .body = handler<&call_foreign<false>>(),
                     .run = Run::kFree,
                     .open_world = true,
                     .always_approve = true};
Health foreign_health(ToolContext&) {
  return {HealthStatus::kUnknown, "whether another server answers shows when one of its tools is called"};
}
const Service kForeign{.name = "foreign",
                       .title = "Other servers",
                       .version = "1.0.0",
                       .description = "Accepted tools of other MCP servers, for the agent.",
                       .limits = {.calls_per_minute = 600, .at_once = 8},
                       .health = &foreign_health};

uint32_t code_point(std::string_view one) {
  if (one.empty()) return 0;
  const auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(one[i])); };
  if (one.size() == 1) return byte(0);
  uint32_t value = byte(0) & (one.size() == 2 ? 0x1FU : one.size() == 3 ? 0x0FU : 0x07U);
  for (size_t i = 1; i < one.size(); ++i) value = value << 6 | (byte(i) & 0x3FU);
  return value;
}

bool is_visible(uint32_t c) {
  const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD;
  const bool format = (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) ||
                      c == 0xFEFF || (c >= 0xFE00 && c <= 0xFE0F) || c == 0x061C || c == 0x180E || c == 0x034F;
  return !control && !format && !(c >= 0xE0000 && c <= 0xE0FFF);
}

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// A schema that a model may see: prose cleaned and cut; names and values as they are, or refused when they hide
// something.
Result<Json> clean_schema(const Json& schema, size_t depth) {
  if (depth > kSchemaDepth_max) return invalid("its schema is nested too deeply");
  if (schema.is_string()) {
    const auto& text = schema.get_ref<const std::string&>();
    if (visible_text(text, kSchemaText_max) != text) return invalid("its schema has hidden or very long values");
    return schema;
  }
  Json clean = schema.is_array() ? Json::array() : Json::object();
  if (schema.is_array()) {
    for (const auto& each : schema) clean.push_back(TRY(clean_schema(each, depth + 1)));
    return clean;
  }
  if (!schema.is_object()) return schema;
  for (const auto& [name, value] : schema.items()) {
    if (visible_text(name, kSchemaText_max) != name) return invalid("its schema has hidden names");
    const bool prose = (name == "description" || name == "title" || name == "$comment") && value.is_string();
    if (prose) clean[name] = visible_text(value.get_ref<const std::string&>(), kSchemaText_max);
    else clean[name] = TRY(clean_schema(value, depth + 1));
  }
  return clean;
}

std::string own_name(const std::string& server, const std::string& tool) {
  std::string name = server + ".";
  for (char c : tool) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += plain ? c : '_';
  }
  return name;
}

Json definition_hash_input(const McpServerConfig& config, const std::vector<mcp::RemoteTool>& tools) {
  std::map<std::string, Json> by_name;
  for (const auto& tool : tools) by_name[tool.name] = tool.definition;
  Json definitions = Json::array();
  for (auto& [name, definition] : by_name) definitions.push_back(std::move(definition));
  return {{"url", config.url}, {"command", config.command}, {"definitions", std::move(definitions)}};
}

bool holds_secret(const Json& value) {
  if (value.is_structured())
    return std::any_of(value.begin(), value.end(), [](const Json& each) { return holds_secret(each); });
  if (!value.is_string()) return false;
  std::vector<std::string> found;
  agent::without_secrets(value.get_ref<const std::string&>(), found);
  return !found.empty();
}

// Texts and structured content, cleaned; the rest is counted. Never more than a model should read.
Json shown_result(const Json& result) {
  Json shown{{"failed", result.value("isError", Json(false)) == true}, {"texts", Json::array()}};
  int64_t left_out = 0;
  const Json content = result.value("content", Json::array());
  for (const auto& part : content) {
    const bool is_text =
        part.is_object() && text_of(part, "type") == "text" && shown["texts"].size() < kResultTexts_max;
    if (is_text) shown["texts"].push_back(agent::clean_lines(text_of(part, "text"), kResultText_max));
    else ++left_out;
  }
  if (result.contains("structuredContent")) shown["data"] = result["structuredContent"];
  if (left_out > 0) shown["left_out"] = left_out;
  return shown;
}

}  // namespace

struct ForeignTools::Server {
  McpServerConfig config;
  std::unique_ptr<mcp::Authorizer> authorizer;
  std::unique_ptr<mcp::McpClient> client;
  std::vector<mcp::RemoteTool> definitions;
  std::string hash;
  std::mutex mutex;  // guards what is read anew: definitions, hash, read_ms
  int64_t read_ms = 0;
};

struct ForeignTools::Tool {
  Server* server;
  std::string remote_name, name, title, description;
  Json schema;
  ToolSpec spec;
};

class ForeignTools::Runner final : public ToolRunner {
 public:
  Runner(ForeignTools& foreign, ToolRunner& own) : foreign_(foreign), own_(own) {
    for (const auto* spec : own_.list()) listed_.push_back(spec);
    for (const auto& tool : foreign_.tools_) {
      if (own_.find(tool.name) == nullptr) listed_.push_back(&tool.spec);
    }
  }
  [[nodiscard]] ToolList list() const override { return listed_; }
  [[nodiscard]] const ToolSpec* find(std::string_view name) const override {
    const ToolSpec* spec = own_.find(name);
    const Tool* tool = spec == nullptr ? foreign_.find(name) : nullptr;
    return tool != nullptr ? &tool->spec : spec;
  }
  Result<Json> call(const ToolCall& call) override {
    const Tool* tool = own_.find(call.name) == nullptr ? foreign_.find(call.name) : nullptr;
    if (tool == nullptr) return own_.call(call);
    const bool read = tool->spec.effect == Effect::kRead;
    // Only who may call at all is told what is wrong with the arguments.
    if (call.principal.may(read ? "foreign:read" : "foreign:call")) {
      auto wrong = mcp::argument_problems(tool->schema, call.arguments);
      if (!wrong.empty()) return issues_error("The arguments", std::move(wrong));
      if (holds_secret(call.arguments)) {
        return Error{Code::kPermissionDenied,
                     "The arguments hold something that looks like a secret. Nothing was sent."};
      }
    }
    ToolCall through = call;
    through.name = read ? kRead.name.value : kCall.name.value;
    through.arguments = {{"server", tool->server->config.name},
                         {"tool", tool->remote_name},
                         {"definitions", tool->server->config.accepted},
                         {"arguments", call.arguments}};
    auto answer = foreign_.pipeline_->call(through);
    if (auto flushed = foreign_.pipeline_->flush_audit(); !flushed.ok()) return flushed.error();
    if (!answer.ok()) return answer.error();
    return std::move((*answer)["result"]);
  }
  Result<void> admit(storage::Tx& tx, const ToolCall& call) override {
    if (own_.find(call.name) == nullptr && foreign_.find(call.name) != nullptr) {
      return Error{Code::kUnsupported, "Tools of other servers do no bulk work."};
    }
    return own_.admit(tx, call);
  }

 private:
  ForeignTools& foreign_;
  ToolRunner& own_;
  std::vector<const ToolSpec*> listed_;
};

std::string visible_text(std::string_view text, size_t code_points_max) {
  std::string kept;
  size_t count = 0;
  while (!text.empty()) {
    const auto one = first_code_points(text, 1);
    const size_t size = std::max<size_t>(one.size(), 1);
    if (is_visible(code_point(text.substr(0, size)))) {
      if (count++ == code_points_max) return kept + "...";
      kept.append(text.substr(0, size));
    } else if (text.front() == '\n' || text.front() == '\t') {
      kept += ' ';
    }
    text.remove_prefix(size);
  }
  return kept;
}

ForeignTools::ForeignTools(McpConfig config, std::map<std::string, std::string> environment, HttpClient& http,
                           storage::Storage& storage, Clock& clock)
    : config_(std::move(config)),
      environment_(std::move(environment)),
      http_(http),
      registry_({&kForeign}, buckets_, {}) {
  parts_.add<ForeignTools>(*this);
  pipeline_ = std::make_unique<tools::Pipeline>(storage, clock, system_ids(), parts_, registry_,
                                                std::vector<const ToolSpec*>{&kRead, &kCall});
  for (const auto& server : config_.servers) servers_.emplace_back().config = server;
}

ForeignTools::~ForeignTools() = default;

Result<void> ForeignTools::open(Server& server, std::stop_token stop) {
  const auto& config = server.config;
  mcp::ClientLimits limits;
  limits.call_timeout_ms = kConnect_ms;
  std::unique_ptr<mcp::ClientTransport> transport;
  if (!config.url.empty()) {
    Secret key = TRY(resolve_secret(config.authorization, environment_));
    server.authorizer = std::make_unique<mcp::FixedToken>(config.url, "Authorization", std::move(key));
    transport = std::make_unique<mcp::HttpTransport>(
        http_,
        mcp::HttpTransportOptions{
            .url = config.url, .trusted_address = true, .authorizer = server.authorizer.get(), .limits = limits});
  } else {
    std::map<std::string, std::string> given;
    auto names = config.environment;
    names.emplace_back("PATH");
    for (const auto& name : names) {
      if (auto found = environment_.find(name); found != environment_.end()) given.insert(*found);
    }
    transport = TRY(mcp::StdioTransport::start({.command = config.command, .environment = given, .limits = limits}));
  }
  server.client = std::make_unique<mcp::McpClient>(
      std::move(transport), mcp::ClientOptions{.name = "spreaders", .version = "1", .limits = limits});
  TRY(server.client->connect(stop));
  return read_definitions(server, stop);
}

// Those that may be used, as they are now, and their hash.
Result<void> ForeignTools::read_definitions(Server& server, std::stop_token stop) {
  auto listing = TRY(server.client->list_tools({.timeout_ms = kConnect_ms, .stop = stop}));
  std::vector<mcp::RemoteTool> wanted;
  for (auto& tool : listing.tools) {
    const auto& allowed = server.config.tools;
    if (std::find(allowed.begin(), allowed.end(), tool.name) != allowed.end()) wanted.push_back(std::move(tool));
  }
  const std::lock_guard lock(server.mutex);
  server.hash = json_hash(definition_hash_input(server.config, wanted));
  server.definitions = std::move(wanted);
  server.read_ms = monotonic_ms();
  return {};
}

// One tool of ours for each accepted definition.
void ForeignTools::offer(Server& server) {
  for (const auto& remote : server.definitions) {
    const auto annotations = remote.definition.find("annotations");
    const bool read = annotations != remote.definition.end() && annotations->is_object() &&
                      annotations->value("readOnlyHint", Json(false)) == true;
    auto schema = clean_schema(remote.definition["inputSchema"], 0);
    const std::string name = own_name(server.config.name, remote.name);
    const bool usable = schema.ok() && to_text(*schema).size() <= kSchemaBytes_max && name.size() <= kToolName_max &&
                        find(name) == nullptr;
    if (!usable) {
      log_warn("a tool of another MCP server is left out", {{"server", server.config.name}});
      continue;
    }
    auto& tool =
        tools_.emplace_back(Tool{&server, remote.name, name, {}, {}, std::move(*schema), read ? kRead : kCall});
    tool.title = visible_text(server.config.name + ": " + remote.name, 80);
    tool.description = visible_text("[Tool of the server '" + server.config.name + "', described in its own words] " +
                                        text_of(remote.definition, "description"),
                                    kDescription_max);
    tool.spec.name.value = tool.name;
    tool.spec.title.value = tool.title;
    tool.spec.description.value = tool.description;
    tool.spec.foreign_schema = &tool.schema;
  }
}

std::vector<ForeignReport> ForeignTools::connect(std::stop_token stop) {
  std::vector<ForeignReport> reports;
  for (auto& server : servers_) {
    auto& report = reports.emplace_back(ForeignReport{server.config.name, "", "", {}});
    auto opened = open(server, stop);
    if (!opened.ok()) {
      report.problem = opened.error().message;
      server.client.reset();
      continue;
    }
    report.hash = server.hash;
    for (const auto& tool : server.definitions) {
      const Json annotations = tool.definition.value("annotations", Json::object());
      const bool read = annotations.is_object() && annotations.value("readOnlyHint", Json(false)) == true;
      report.tools.push_back(wire_name(own_name(server.config.name, tool.name)) +
                             (read ? " (read)" : " (asks for approval)") + ": " +
                             visible_text(text_of(tool.definition, "description"), kDescription_max));
    }
    if (server.hash == server.config.accepted) offer(server);
    else if (server.config.accepted.empty()) report.problem = "its tools are not accepted yet";
    else report.problem = "its tools are not those that were accepted";
  }
  return reports;
}

ToolRunner& ForeignTools::runner(ToolRunner& own) {
  if (!runner_) runner_ = std::make_unique<Runner>(*this, own);
  return *runner_;
}

const ForeignTools::Tool* ForeignTools::find(std::string_view name) const {
  for (const auto& tool : tools_) {
    if (tool.name == name || wire_name(tool.name) == name) return &tool;
  }
  return nullptr;
}

Result<Json> ForeignTools::call(const std::string& server_name, const std::string& tool, const Json& arguments,
                                bool read_only, ToolContext& context) {
  const auto known = std::find_if(tools_.begin(), tools_.end(), [&](const Tool& each) {
    return each.server->config.name == server_name && each.remote_name == tool;
  });
  if (known == tools_.end()) return not_found("there is no such tool of another server");
  if (read_only != (known->spec.effect == Effect::kRead)) return invalid("this tool is not of that kind");
  Server& server = *known->server;
  bool old = false;
  {
    const std::lock_guard lock(server.mutex);
    old = !read_only || monotonic_ms() - server.read_ms > kDefinitionsAge_ms;
  }
  if (old) TRY(read_definitions(server, context.stop));
  {
    const std::lock_guard lock(server.mutex);
    if (server.hash != server.config.accepted) {
      return Error{Code::kPermissionDenied,
                   "The server's tools are no longer those that were accepted; `spreaders doctor` shows them."};
    }
  }
  Json result = TRY(server.client->call_tool(tool, arguments, {.stop = context.stop}));
  return shown_result(result);
}

}  // namespace spreaders::app
