#include "core/config.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unistd.h>

#include "core/bytes.hpp"

namespace spreaders {

namespace {

constexpr size_t kFileBytesMax = 1024 * 1024;

struct Leaf {
  std::vector<std::string> path;  // http, port
  const Field* field;
};

void collect(const FieldList& list, std::vector<std::string> path, std::vector<Leaf>& leaves) {
  for (const auto& field : list.fields) {
    auto here = path;
    here.emplace_back(field.name);
    if (field.ops->kind == Kind::kObject) collect(field.ops->object(), here, leaves);
    else leaves.push_back({here, &field});
  }
}

const std::vector<Leaf>& leaves() {
  static const std::vector<Leaf> all = [] {
    std::vector<Leaf> made;
    collect(Config::field_list(), {}, made);
    return made;
  }();
  return all;
}

// http.port, http-port, http_port and HTTP_PORT are one name.
std::string flat(std::string_view text) {
  std::string out = lower_ascii(text);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c == '.' || c == '-'; }, '_');
  return out;
}

const Leaf* find_leaf(std::string_view name) {
  std::string wanted = flat(name);
  for (const auto& leaf : leaves()) {
    std::string joined;
    for (const auto& part : leaf.path) joined += (joined.empty() ? "" : "_") + part;
    if (joined == wanted) return &leaf;
  }
  return nullptr;
}

// Text from the environment or a flag as the JSON that the field expects; what does not fit stays text and is refused
// by decode().
Json typed(const Leaf& leaf, const std::string& text) {
  if (leaf.field->ops->kind == Kind::kBoolean) {
    if (text == "true" || text == "1" || text.empty()) return true;
    if (text == "false" || text == "0") return false;
  }
  if (leaf.field->ops->kind == Kind::kInteger) {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && !text.empty()) return value;
  }
  return text;
}

void set(Json& root, const Leaf& leaf, const Json& value) {
  Json* at = &root;
  for (size_t i = 0; i + 1 < leaf.path.size(); ++i) {
    if (!at->contains(leaf.path[i]) || !(*at)[leaf.path[i]].is_object()) (*at)[leaf.path[i]] = Json::object();
    at = &(*at)[leaf.path[i]];
  }
  (*at)[leaf.path.back()] = value;
}

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Code::kNotConfigured, "the file " + path + " cannot be read"};
  std::ostringstream text;
  text << file.rdbuf();
  if (text.str().size() > kFileBytesMax)
    return Error{Code::kNotConfigured, "the file " + path + " is larger than 1 MiB"};
  return text.str();
}

void mask(Json& json, const FieldList& list) {
  for (const auto& field : list.fields) {
    Json& value = json[std::string(field.name)];
    if (field.ops->kind == Kind::kObject) mask(value, field.ops->object());
    else if (field.ops->kind == Kind::kArray && field.ops->item->kind == Kind::kObject) {
      for (auto& each : value) mask(each, field.ops->item->object());
    }
    // A reference (env:NAME) says where a secret is, not what it is.
    else if (field.constraints.secret && value.is_string() && !value.get_ref<const std::string&>().empty() &&
             !value.get_ref<const std::string&>().starts_with("env:") &&
             !value.get_ref<const std::string&>().starts_with("file:"))
      value = "********";
  }
}

// An authorization server is reached over TLS, except one on this machine.
bool is_safe_url(const std::string& url) {
  if (url.starts_with("https://")) return true;
  std::string_view host = std::string_view(url).substr(std::min<size_t>(url.size(), 7));
  host = host.substr(0, host.find_first_of("/?#"));
  size_t port = host.rfind(':');
  if (port != std::string_view::npos && !host.ends_with(']')) host = host.substr(0, port);
  return url.starts_with("http://") && (host == "localhost" || host == "127.0.0.1" || host == "[::1]");
}

void check_auth(const Config& config, Issues& issues) {
  const AuthConfig& auth = config.auth;
  bool others = !auth.jwks_url.empty() || !auth.jwks_file.empty() || !auth.audience.empty() || !auth.scopes.empty() ||
                !auth.workspace_claim.empty() || auth.any_token_type;
  if (auth.issuer.empty()) {
    if (others) issues.push_back({"/auth/issuer", "is needed with the other settings of auth"});
    return;
  }
  if (auth.jwks_url.empty() == auth.jwks_file.empty())
    issues.push_back({"/auth/jwks_url", "give the keys of the issuer either here or in jwks_file"});
  if (config.http.public_url.empty())
    issues.push_back({"/http/public_url", "is needed with auth: tokens have to be for this address"});
  for (const auto& [pointer, url] : {std::pair{"/auth/issuer", auth.issuer},
                                     {"/auth/jwks_url", auth.jwks_url},
                                     {"/http/public_url", config.http.public_url}}) {
    if (!url.empty() && !is_safe_url(url))
      issues.push_back({pointer, "must begin with https:// unless it is on this machine"});
  }
  if (config.http.public_url.find_first_of("?#") != std::string::npos)
    issues.push_back({"/http/public_url", "with auth it has no query and no fragment (RFC 8707)"});
}

void check_mcp(const McpConfig& mcp, Issues& issues) {
  for (size_t i = 0; i < mcp.servers.size(); ++i) {
    const auto& server = mcp.servers[i];
    std::string here = "/mcp/servers/" + std::to_string(i);
    bool plain = std::all_of(server.name.begin(), server.name.end(),
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); });
    if (!plain || server.name.empty() || server.name[0] < 'a')
      issues.push_back({here + "/name", "is lower case letters and digits, a letter first"});
    for (size_t k = 0; k < i; ++k) {
      if (mcp.servers[k].name == server.name) issues.push_back({here + "/name", "is used twice"});
    }
    if (server.url.empty() == server.command.empty()) issues.push_back({here, "needs either url or command"});
    if (!server.url.empty() && !is_safe_url(server.url))
      issues.push_back({here + "/url", "must begin with https:// unless it is on this machine"});
  }
}

}  // namespace

void Config::check(const Config& config, Issues& issues) {
  auto one_of = [&](const char* pointer, const std::string& value, std::initializer_list<std::string_view> names) {
    if (std::find(names.begin(), names.end(), value) != names.end()) return;
    std::string known;
    for (auto name : names) known += (known.empty() ? "" : ", ") + std::string(name);
    issues.push_back({pointer, "'" + value + "' is not one of: " + known});
  };
  one_of("/log_level", config.log_level, {"trace", "debug", "info", "warn", "error", "off"});
  check_auth(config, issues);
  check_mcp(config.mcp, issues);
  one_of("/tools_mode", config.tools_mode, {"full", "compact"});
  one_of("/mail/security", config.mail.security, {"starttls", "tls", "none"});
  one_of("/model/provider", config.model.provider, {"auto", "anthropic", "openai", "none"});
  one_of("/model/api", config.model.api, {"auto", "responses", "chat"});
  if (!config.mail.host.empty() && !is_email(config.mail.from_email))
    issues.push_back({"/mail/from_email", "is needed with a mail server, and must be an email address"});
  for (const auto& [pointer, url] : {std::pair{"/http/public_url", config.http.public_url},
                                     {"/workspace/website", config.workspace.website},
                                     {"/model/base_url", config.model.base_url},
                                     {"/speech/base_url", config.speech.base_url},
                                     {"/mail/lookup_url", config.mail.lookup_url}}) {
    if (!url.empty() && !format_problem(Format::kUri, url).empty())
      issues.push_back({pointer, format_problem(Format::kUri, url)});
  }
  for (const auto& [pointer, reference] : {std::pair{"/mail/password", config.mail.password},
                                           {"/mail/dkim_key", config.mail.dkim_key},
                                           {"/model/api_key", config.model.api_key},
                                           {"/speech/api_key", config.speech.api_key}}) {
    if (!reference.empty() && !reference.starts_with("env:") && !reference.starts_with("file:"))
      issues.push_back({pointer, "a secret is given as env:NAME or file:PATH, never as itself"});
  }
}

std::map<std::string, std::string> process_environment() {
  std::map<std::string, std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    size_t equals = text.find('=');
    if (equals != std::string_view::npos) all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return all;
}

bool is_config_flag(std::string_view name) { return find_leaf(name) != nullptr; }

Result<Config> load_config(const ConfigSources& sources) {
  Issues issues;
  Json root = Json::object();
  auto variable = [&](const std::string& name) {
    auto found = sources.environment.find(name);
    return found == sources.environment.end() ? std::string() : found->second;
  };
  std::string data_dir;
  for (const auto& [name, value] : sources.flags) {
    if (flat(name) == "data_dir") data_dir = value;
  }
  if (data_dir.empty()) data_dir = variable("SPREADERS_DATA_DIR");
  std::string home = variable("HOME");
  std::string path = sources.file.empty() ? variable("SPREADERS_CONFIG") : sources.file;
  std::string beside = (data_dir.empty() ? home + "/.spreaders" : data_dir) + "/config.json";
  if (path.empty() && std::filesystem::exists(beside)) path = beside;
  if (!path.empty()) {
    auto parsed = parse_json(TRY(read_file(path)));
    if (!parsed.ok()) return Error{Code::kInvalidArgument, path + ": " + parsed.error().message};
    root = *parsed;
    if (!root.is_object()) return Error{Code::kInvalidArgument, path + ": must be an object"};
  }
  for (const auto& [name, value] : sources.environment) {
    if (!name.starts_with("SPREADERS_") || name == "SPREADERS_CONFIG") continue;
    const Leaf* leaf = find_leaf(std::string_view(name).substr(10));
    if (leaf == nullptr) issues.push_back({name, "there is no such setting; `spreaders config --schema` lists them"});
    else set(root, *leaf, typed(*leaf, value));
  }
  for (const auto& [name, value] : sources.flags) {
    const Leaf* leaf = find_leaf(name);
    if (leaf == nullptr)
      issues.push_back({"--" + name, "there is no such setting; `spreaders config --schema` lists them"});
    else set(root, *leaf, typed(*leaf, value));
  }
  Config config;
  decode_fields(Config::field_list(), root, &config, "", issues);
  if (!issues.empty())
    return issues_error(path.empty() ? "The configuration" : "The configuration (" + path + ")", std::move(issues));
  if (config.data_dir.empty()) config.data_dir = home.empty() ? "data" : home + "/.spreaders";
  return config;
}

Json show_config(const Config& config) {
  Json json = encode(config);
  mask(json, Config::field_list());
  return json;
}

Result<Secret> resolve_secret(const std::string& reference, const std::map<std::string, std::string>& environment) {
  if (reference.empty()) return Secret();
  if (reference.starts_with("env:")) {
    auto found = environment.find(reference.substr(4));
    if (found == environment.end() || found->second.empty())
      return Error{Code::kNotConfigured, "the variable " + reference.substr(4) + " is not set"};
    return Secret(found->second);
  }
  if (reference.starts_with("file:")) {
    std::string text = TRY(read_file(reference.substr(5)));
    Secret secret(std::string(trim(text)));
    Secret::wipe(text);
    return secret;
  }
  return Error{Code::kNotConfigured, "a secret is given as env:NAME or file:PATH"};
}

}  // namespace spreaders
