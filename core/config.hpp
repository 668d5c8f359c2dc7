// The configuration: one struct described by fields, read from a JSON file, then the environment, then flags; the later
// wins. Every problem is listed with its place; unknown keys are refused.
//
//   file         {"http":{"port":8080}}            --config FILE, or config.json in the data directory
//   environment  SPREADERS_HTTP_PORT=8080          also ANTHROPIC_API_KEY, OPENAI_API_KEY and their _BASE_URL
//   flags        --http-port 8080 or --http.port=8080
//
// A secret is given as env:NAME or file:PATH, or by the two well-known variables; it is read once, into a Secret.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/fields.hpp"
#include "core/secret.hpp"

namespace spreaders {

struct HttpConfig {
  std::string address = "127.0.0.1";
  int port = 8080;
  std::string public_url;
  SPR_FIELDS(HttpConfig,
             SPR_FIELD(address, "Address to listen on; anything but loopback needs an API key for every call",
                       .max_size = 45, .defaulted = true),
             SPR_FIELD(port, "Port of the door for MCP, links and pages; 0 = any free one", .min = 0, .max = 65535,
                       .defaulted = true),
             SPR_FIELD(public_url,
                       "Address under which readers reach the links in mails; http://127.0.0.1:PORT if left out. "
                       "Unless it is on this machine, every call needs an API key",
                       .max_size = 500, .defaulted = true));
};
// An authorization server that gives access tokens for the MCP doors (docs/guides/authorization.md); API keys work
// beside it.
struct AuthConfig {
  std::string issuer, jwks_url, jwks_file, audience, scopes, scope_claim = "scope", workspace_claim;
  bool any_token_type = false;
  SPR_FIELDS(
      AuthConfig,
      SPR_FIELD(issuer,
                "Issuer of access tokens, exactly as its tokens say (iss). With it every call over HTTP needs a token "
                "or an API key, also on this machine",
                .max_size = 500, .defaulted = true),
      SPR_FIELD(jwks_url, "Where the issuer's public keys are (jwks_uri of its metadata)", .max_size = 2000,
                .defaulted = true),
      SPR_FIELD(jwks_file, "The same keys as a file, instead of jwks_url", .max_size = 4000, .defaulted = true),
      SPR_FIELD(audience,
                "What the aud of a token may say besides our own address (http.public_url + /mcp), for issuers that "
                "know this server by another name",
                .max_size = 500, .defaulted = true),
      SPR_FIELD(scopes,
                "Scopes that clients ask for at first, separated by spaces; those of the tools that read if left out. "
                "More is asked for when a call needs it",
                .max_size = 2000, .defaulted = true),
      SPR_FIELD(scope_claim, "Claim with the scopes: words in a text, or an array", .min_size = 1, .max_size = 200,
                .defaulted = true),
      SPR_FIELD(workspace_claim,
                "Claim that names the workspace; every token belongs to the first workspace if left out",
                .max_size = 200, .defaulted = true),
      SPR_FIELD(any_token_type,
                "Also accept tokens whose typ is JWT or missing, from issuers that do not write at+jwt (RFC 9068)",
                .defaulted = true));
};
struct OperationsConfig {
  int port = 0;
  SPR_FIELDS(OperationsConfig, SPR_FIELD(port, "Loopback port of /health and /metrics; 0 = any free one", .min = 0,
                                         .max = 65535, .defaulted = true));
};
struct LimitsConfig {
  int calls_per_minute = 3000, calls_at_once = 32;
  std::string services;
  SPR_FIELDS(
      LimitsConfig,
      SPR_FIELD(calls_per_minute, "Calls of tools that one account or key may make in a minute; 0 = no limit", .min = 0,
                .max = 10000000, .defaulted = true),
      SPR_FIELD(calls_at_once, "Calls of one account or key that may run at once; 0 = no limit", .min = 0, .max = 10000,
                .defaulted = true),
      SPR_FIELD(services,
                "Calls a minute of single services, where they should differ from what `services.get` shows, and of "
                "single tools: ai=60,email.sendCampaign=5. A service counts all callers of a workspace, a tool "
                "each caller for itself; 0 = no limit",
                .max_size = 2000, .defaulted = true));
};
struct DatabaseConfig {
  std::string url;
  SPR_FIELDS(DatabaseConfig, SPR_FIELD(url, "postgres://... ; the SQLite file in the data directory if left out",
                                       .max_size = 2000, .defaulted = true, .secret = true));
};
struct MailConfig {
  std::string host, security = "starttls", username, password, from_email, from_name, bounce_domain, dkim_domain,
                    dkim_selector, dkim_key, lookup_url;
  int port = 587;
  int connections = 8;
  SPR_FIELDS(
      MailConfig,
      SPR_FIELD(host, "SMTP server that mails go to; the sandbox if left out", .max_size = 253, .defaulted = true),
      SPR_FIELD(port, "Its port", .min = 1, .max = 65535, .defaulted = true),
      SPR_FIELD(security, "starttls, tls or none", .max_size = 10, .defaulted = true),
      SPR_FIELD(username, "Name to sign in with", .max_size = 320, .defaulted = true),
      SPR_FIELD(password, "Its password, as env:NAME or file:PATH", .max_size = 500, .defaulted = true, .secret = true),
      SPR_FIELD(from_email, "Sender's address", .max_size = 254, .defaulted = true),
      SPR_FIELD(from_name, "Sender's name", .max_size = 100, .defaulted = true),
      SPR_FIELD(bounce_domain, "Domain that receives bounces", .max_size = 253, .defaulted = true),
      SPR_FIELD(dkim_domain, "Domain that signs (DKIM d=)", .max_size = 253, .defaulted = true),
      SPR_FIELD(dkim_selector, "Selector of the key (DKIM s=)", .max_size = 63, .defaulted = true),
      SPR_FIELD(dkim_key, "Private key as PEM, as file:PATH or env:NAME", .max_size = 500, .defaulted = true,
                .secret = true),
      SPR_FIELD(lookup_url,
                "Address that says whether a Message-ID has arrived: GET lookup_url?message_id= answers {\"count\":n}",
                .max_size = 2000, .defaulted = true),
      SPR_FIELD(connections, "Connections to it at once", .min = 1, .max = 64, .defaulted = true));
};
struct ModelConfig {
  std::string provider = "auto", model, base_url, api_key, api = "auto", version;
  SPR_FIELDS(ModelConfig,
             SPR_FIELD(provider, "auto, anthropic, openai or none; auto takes the one whose key is set", .max_size = 20,
                       .defaulted = true),
             SPR_FIELD(model, "Name of the model; a good default for the provider if left out", .max_size = 200,
                       .defaulted = true),
             SPR_FIELD(base_url, "Address of the API, for compatible servers", .max_size = 2000, .defaulted = true),
             SPR_FIELD(api_key, "Key, as env:NAME or file:PATH", .max_size = 500, .defaulted = true, .secret = true),
             SPR_FIELD(api, "For openai: responses or chat; auto is responses, and chat for compatible servers",
                       .max_size = 20, .defaulted = true),
             SPR_FIELD(version, "anthropic-version header", .max_size = 20, .defaulted = true));
};
struct SpeechConfig {
  std::string base_url, model = "whisper-1", api_key;
  SPR_FIELDS(SpeechConfig, SPR_FIELD(base_url, "A Whisper-shaped service", .max_size = 2000, .defaulted = true),
             SPR_FIELD(model, "Its model", .max_size = 200, .defaulted = true),
             SPR_FIELD(api_key, "Its key, as env:NAME or file:PATH", .max_size = 500, .defaulted = true,
                       .secret = true));
};
struct SandboxConfig {
  int64_t seed = 1;
  int smtp_port = 0, http_port = 0;
  SPR_FIELDS(SandboxConfig, SPR_FIELD(seed, "Start of the simulated readers' behaviour", .min = 0, .defaulted = true),
             SPR_FIELD(smtp_port, "Port of the sandbox mail server; 0 = any free one", .min = 0, .max = 65535,
                       .defaulted = true),
             SPR_FIELD(http_port, "Port of the sandbox mailbox; 0 = any free one", .min = 0, .max = 65535,
                       .defaulted = true));
};
struct WorkspaceConfig {
  std::string name = "My company", postal_address, website, time_zone = "UTC";
  SPR_FIELDS(WorkspaceConfig,
             SPR_FIELD(name, "Name that readers see", .min_size = 1, .max_size = 200, .defaulted = true),
             SPR_FIELD(postal_address, "Postal address at the end of every marketing mail (the law asks for it)",
                       .max_size = 500, .defaulted = true),
             SPR_FIELD(website, "Where the button of a mail leads", .max_size = 2000, .defaulted = true),
             SPR_FIELD(time_zone, "IANA zone in which dates are read", .format = Format::kTimeZone, .defaulted = true));
};
// Another MCP server whose tools the agent may use (docs/guides/other-mcp-servers.md). Only in the file: flags and
// variables have no place for a list.
struct McpServerConfig {
  std::string name, url, authorization, accepted;
  std::vector<std::string> command, environment, tools;
  SPR_FIELDS(
      McpServerConfig,
      SPR_FIELD(name, "Its tools are called NAME_tool; lower case letters and digits, a letter first", .min_size = 1,
                .max_size = 24),
      SPR_FIELD(url, "Address of its MCP endpoint", .max_size = 2000, .defaulted = true),
      SPR_FIELD(command, "Or the program that is the server, with its arguments", .max_size = 64, .item_max_size = 4000,
                .defaulted = true),
      SPR_FIELD(authorization, "Value of the Authorization header, as env:NAME or file:PATH", .max_size = 500,
                .defaulted = true, .secret = true),
      SPR_FIELD(environment, "Variables that the command gets besides PATH, by name; it gets no others", .max_size = 64,
                .item_max_size = 200, .defaulted = true),
      SPR_FIELD(tools, "Which of its tools may be used, by the server's own names", .min_size = 1, .max_size = 100,
                .item_max_size = 128),
      SPR_FIELD(
          accepted,
          "Hash of the definitions that you have read; `spreaders doctor` shows it. Nothing is used while it differs",
          .max_size = 80, .defaulted = true));
};
struct McpConfig {
  std::vector<McpServerConfig> servers;
  SPR_FIELDS(McpConfig, SPR_FIELD(servers, "Other MCP servers for the agent", .max_size = 16, .defaulted = true));
};
struct Config {
  std::string data_dir, log_level = "warn", import_dir;
  std::string toolsets, tools, exclude, tools_mode = "full";
  bool read_only = false;
  HttpConfig http;
  AuthConfig auth;
  OperationsConfig operations;
  LimitsConfig limits;
  DatabaseConfig database;
  MailConfig mail;
  ModelConfig model;
  SpeechConfig speech;
  SandboxConfig sandbox;
  WorkspaceConfig workspace;
  McpConfig mcp;
  static void check(const Config& config, Issues& issues);
  SPR_FIELDS(Config,
             SPR_FIELD(data_dir,
                       "Directory of the database, the key file and the sandbox's mails; ~/.spreaders if left out",
                       .max_size = 4000, .defaulted = true),
             SPR_FIELD(log_level, "trace, debug, info, warn, error or off", .max_size = 10, .defaulted = true),
             SPR_FIELD(toolsets,
                       "List only the tools of these services, separated by commas: campaign,email. Every tool can "
                       "still be called by its name",
                       .max_size = 1000, .defaulted = true),
             SPR_FIELD(tools, "List these tools, besides those of `toolsets`, separated by commas", .max_size = 20000,
                       .defaulted = true),
             SPR_FIELD(exclude, "Do not list these tools or services, separated by commas", .max_size = 20000,
                       .defaulted = true),
             SPR_FIELD(tools_mode,
                       "full, or compact: at most 24 tools are listed, among them those that find and call all others",
                       .max_size = 10, .defaulted = true),
             SPR_FIELD(import_dir, "Directory that audience.importContacts may read files from; none if left out",
                       .max_size = 4000, .defaulted = true),
             SPR_FIELD(read_only, "Only tools that change nothing", .defaulted = true),
             SPR_FIELD(http, "The door", .defaulted = true), SPR_FIELD(auth, "Who is let in", .defaulted = true),
             SPR_FIELD(operations, "The operations listener", .defaulted = true),
             SPR_FIELD(limits, "How much one caller may ask for", .defaulted = true),
             SPR_FIELD(database, "Where everything is stored", .defaulted = true),
             SPR_FIELD(mail, "The mail server", .defaulted = true),
             SPR_FIELD(model, "The language model", .defaulted = true),
             SPR_FIELD(speech, "Speech to text", .defaulted = true),
             SPR_FIELD(sandbox, "The sandbox", .defaulted = true),
             SPR_FIELD(workspace, "Who you are", .defaulted = true),
             SPR_FIELD(mcp, "Tools from elsewhere", .defaulted = true));
};

struct ConfigSources {
  std::string file;                                // path; empty = config.json in the data directory if it is there
  std::map<std::string, std::string> environment;  // all variables
  std::vector<std::pair<std::string, std::string>> flags;  // "http-port" or "http.port" -> "8080"
};
std::map<std::string, std::string> process_environment();
Result<Config> load_config(const ConfigSources& sources);
// The value as JSON with secrets masked.
Json show_config(const Config& config);
// Is this flag a setting? ("http-port")
bool is_config_flag(std::string_view name);
// Reads what a secret setting refers to: env:NAME, file:PATH. Empty for an empty reference.
Result<Secret> resolve_secret(const std::string& reference, const std::map<std::string, std::string>& environment);

}  // namespace spreaders
