// conformance_client URL
// What the official suite asks of a client, done with mcp-server/client over the product's own HTTP client. The suite
// says in MCP_CONFORMANCE_SCENARIO, _CONTEXT and _PROTOCOL_VERSION what it wants. Its authorization servers send the
// browser back at once, so signing in is one request here.
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "core/config.hpp"
#include "core/time.hpp"
#include "integrations/http/curl_client.hpp"
#include "mcp-server/client/client.hpp"
#include "mcp-server/client/http_transport.hpp"
#include "mcp-server/client/oauth.hpp"
#include "mcp-server/client/skills.hpp"

namespace {

using namespace spreaders;
using mcp::McpClient;

constexpr const char* kRedirect = "http://localhost:53682/callback";
// The suite looks for exactly this one.
constexpr const char* kClientDocument = "https://conformance-test.local/client-metadata.json";

struct Setting {
  std::string url, scenario, revision;
  Json context = Json::object();
  [[nodiscard]] std::string text(const char* name) const { return context.value(name, ""); }
};

// The browser of a person who agrees at once.
std::function<Result<std::string>(const std::string&, std::stop_token)> agreeing_browser(HttpClient& http) {
  return [&http](const std::string& url, std::stop_token stop) -> Result<std::string> {
    auto answer = TRY(http.send({.url = url, .trusted_address = true, .stop = stop}));
    if (answer.status != 302) return Error{Code::kVendorRejected, "The sign-in page did not send us back."};
    return std::string(answer.header("location"));
  };
}

mcp::OAuthOptions oauth_options(const Setting& setting, HttpClient& http) {
  mcp::OAuthOptions options{.server_url = setting.url,
                            .client_name = "Spreaders conformance client",
                            .redirect_uri = kRedirect,
                            .sign_in = agreeing_browser(http),
                            .any_address = true};
  if (setting.scenario == "auth/basic-cimd") options.client_document = kClientDocument;
  const std::string id = setting.text("client_id");
  if (!id.empty()) {
    options.identity = mcp::OAuthIdentity{.issuer = setting.text("issuer"),
                                          .client_id = id,
                                          .client_secret = Secret(setting.text("client_secret")),
                                          .private_key_pem = Secret(setting.text("private_key_pem"))};
  }
  if (setting.scenario.starts_with("auth/client-credentials")) options.grant = mcp::OAuthGrant::kClientCredentials;
  if (setting.scenario == "auth/wif-jwt-bearer") {
    options.grant = mcp::OAuthGrant::kJwtBearer;
    options.assertion = Secret(setting.text("valid_jwt"));
  }
  if (setting.scenario == "auth/enterprise-managed-authorization") {
    options.grant = mcp::OAuthGrant::kEnterprise;
    options.enterprise = {.token_endpoint = setting.text("idp_token_endpoint"),
                          .client_id = setting.text("idp_client_id"),
                          .id_token = Secret(setting.text("idp_id_token"))};
  }
  return options;
}

mcp::ClientOptions client_options(const Setting& setting) {
  mcp::ClientOptions options{.name = "spreaders-conformance-client", .version = "1.0.0"};
  const bool modern = setting.revision == mcp::kModernRevision;
  options.eras = modern ? mcp::ClientOptions::Eras::kBoth : mcp::ClientOptions::Eras::kLegacy;
  if (!modern) options.legacy_revision = setting.revision;
  const bool asks = setting.scenario.starts_with("elicitation") || setting.scenario.starts_with("sep-2322") ||
                    setting.scenario == "request-metadata";
  if (!asks) return options;
  options.on_elicit = [](const Json& params) {
    Json content = Json::object();
    const Json properties = params.value("requestedSchema", Json::object()).value("properties", Json::object());
    if (properties.contains("confirmed")) content["confirmed"] = true;
    return mcp::ElicitAnswer{mcp::ElicitAnswer::Action::kAccept, std::move(content)};
  };
  options.on_sample = [](const Json&) -> Result<Json> {
    return Json{{"role", "assistant"}, {"content", {{"type", "text"}, {"text", "A sample."}}}, {"model", "none"}};
  };
  return options;
}

// Values that fit a schema, for tools about which nothing else is known.
Json plain_arguments(const Json& schema) {
  Json arguments = Json::object();
  const Json properties = schema.value("properties", Json::object());
  for (const auto& [name, property] : properties.items()) {
    const std::string type = property.value("type", "");
    if (type == "number" || type == "integer") arguments[name] = 5;
    else if (type == "string") arguments[name] = "text";
    else if (type == "boolean") arguments[name] = true;
  }
  return arguments;
}

Result<void> call_every_tool(McpClient& client, const Setting&) {
  const auto listing = TRY(client.list_tools());
  for (const auto& tool : listing.tools) {
    TRY(client.call_tool(tool.name, plain_arguments(tool.definition["inputSchema"])));
  }
  return {};
}

Result<void> use_everything(McpClient& client, const Setting& setting) {
  TRY(call_every_tool(client, setting));
  for (const auto& resource : TRY(client.list_resources())) TRY(client.read_resource(resource.value("uri", "")));
  for (const auto& prompt : TRY(client.list_prompts()))
    TRY(client.get_prompt(prompt.value("name", ""), Json::object()));
  return {};
}

Result<void> call_as_told(McpClient& client, const Setting& setting) {
  TRY(client.list_tools());
  for (const auto& call : setting.context.value("toolCalls", Json::array())) {
    TRY(client.call_tool(call.value("name", ""), call.value("arguments", Json::object())));
  }
  return {};
}

Result<void> only_list(McpClient& client, const Setting&) {
  TRY(client.list_tools());
  return {};
}

// Gives one tool's schema to another tool, as it was received.
Result<void> echo_schema(McpClient& client, const Setting&) {
  const auto listing = TRY(client.list_tools());
  for (const auto& tool : listing.tools) {
    if (tool.name == "json_schema_echo") continue;
    TRY(client.call_tool("json_schema_echo", {{"schema", tool.definition["inputSchema"]}}));
  }
  return {};
}

Result<void> only_list_skills(McpClient& client, const Setting&) {
  TRY(mcp::list_skills(client));
  return {};
}

Result<void> load_skills(McpClient& client, const Setting&) {
  for (const auto& skill : TRY(mcp::list_skills(client))) {
    TRY(mcp::load_skill(client, skill));
    for (const auto& file : skill.files) TRY(mcp::read_skill_file(client, skill, file.uri));
  }
  return {};
}

Result<void> run(const Setting& setting) {
  using Task = Result<void> (*)(McpClient&, const Setting&);
  static const std::map<std::string, Task> kTasks = {
      {"http-standard-headers", &use_everything},         {"http-custom-headers", &call_as_told},
      {"json-schema-ref-no-deref", &only_list},           {"json-schema-2020-12-preservation", &echo_schema},
      {"sep-2640-client-no-prefetch", &only_list_skills}, {"sep-2640-client-verify-digest", &load_skills},
      {"sep-2640-client-verify-size", &load_skills},      {"sep-2640-client-verify-frontmatter", &load_skills}};
  CurlClient http;
  mcp::OAuth oauth(http, system_clock(), oauth_options(setting, http));
  McpClient client(
      std::make_unique<mcp::HttpTransport>(
          http, mcp::HttpTransportOptions{.url = setting.url, .trusted_address = true, .authorizer = &oauth}),
      client_options(setting));
  TRY(client.connect());
  const auto task = kTasks.find(setting.scenario);
  return (task == kTasks.end() ? &call_every_tool : task->second)(client, setting);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: conformance_client URL\n");
    return 2;
  }
  auto environment = process_environment();
  Setting setting{.url = argv[argc - 1],
                  .scenario = environment["MCP_CONFORMANCE_SCENARIO"],
                  .revision = environment["MCP_CONFORMANCE_PROTOCOL_VERSION"]};
  if (setting.revision.empty()) setting.revision = mcp::kLegacyNewest;
  if (auto context = parse_json(environment["MCP_CONFORMANCE_CONTEXT"]); context.ok()) setting.context = *context;
  auto done = run(setting);
  if (done.ok()) return 0;
  std::fprintf(stderr, "%s\n", done.error().text().c_str());
  return 1;
}
