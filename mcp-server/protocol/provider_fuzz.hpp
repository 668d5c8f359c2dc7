// What the fuzz targets of this directory share: a small server for two people who may see nothing of each other, and
// checks of what it answers. A check that fails ends the target.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/log.hpp"
#include "core/random.hpp"
#include "mcp-server/protocol/server.hpp"

namespace spreaders::fuzz {

inline void demand(bool fine, const char* what, std::string_view text = {}) {
  if (fine) return;
  std::fprintf(stderr, "NOT SO: %s\n%.*s\n", what, static_cast<int>(std::min<size_t>(text.size(), 4000)), text.data());
  std::abort();
}

struct Quiet {
  Quiet() { set_log_level(LogLevel::kOff); }
};
inline const Quiet kQuiet;

constexpr const char* kPeople[] = {"ana", "bo"};
constexpr size_t kPageSize = 2;
constexpr size_t kNotesEach = 5;
inline const std::string kSigningKey(32, 'k');

inline Principal person(size_t index) {
  return {.id = kPeople[index % 2], .workspace = "wsp_1", .scopes = {"*"}, .door = "http"};
}

// A word that only answers to this person may hold.
inline const std::string& mark_of(std::string_view person_id) {
  static const std::string marks[] = {"mark" + base64url(secure_bytes(18)), "mark" + base64url(secure_bytes(18))};
  return marks[person_id == kPeople[0] ? 0 : 1];
}
// libFuzzer watches comparisons and puts what it sees there into inputs; such an input tells nothing.
inline bool has_mark(std::string_view input) {
  auto holds = [&](const char* one) { return input.find(mark_of(one)) != std::string_view::npos; };
  return holds(kPeople[0]) || holds(kPeople[1]);
}
inline void check_private(std::string_view text, std::string_view reader) {
  const char* other = reader == kPeople[0] ? kPeople[1] : kPeople[0];
  demand(text.find(mark_of(other)) == std::string_view::npos, "somebody else's data is in an answer", text);
}

// One message of the server: JSON-RPC 2.0 of one of the three kinds, errors with a number and words.
inline void check_message(const Json& message) {
  demand(message.is_object() && message.value("jsonrpc", "") == "2.0", "a message is JSON-RPC", to_text(message));
  if (message.contains("method")) {
    demand(message["method"].is_string() && !message.contains("result") && !message.contains("error"), "a request");
    return;
  }
  demand(message.contains("id") && message.contains("result") != message.contains("error"), "one outcome",
         to_text(message));
  if (!message.contains("error")) return demand(message["result"].is_object(), "a result is an object");
  const Json& error = message["error"];
  demand(error.is_object() && error.contains("code") && error["code"].is_number_integer(), "an error has a code");
  demand(error.contains("message") && error["message"].is_string() && !error["message"].empty(), "and words");
}
inline Json check_text(std::string_view text) {
  auto json = parse_json(text, {.bytes_max = size_t{16} * 1024 * 1024});
  demand(json.ok(), "an answer is JSON", text);
  if (!json->is_array()) check_message(*json);
  else
    for (const auto& one : *json) check_message(one);
  return std::move(*json);
}

// greet asks for a name and has a state; fail throws; echo has a parameter that a header repeats.
class Tools final : public mcp::ToolProvider {
 public:
  Json list() override {
    return Json::array({Json{{"name", "greet"}, {"description", "Greets"}, {"inputSchema", {{"type", "object"}}}},
                        Json{{"name", "fail"}, {"description", "Fails"}, {"inputSchema", {{"type", "object"}}}},
                        Json{{"name", "echo"}, {"description", "Echoes"}, {"inputSchema", *header_schema("echo")}}});
  }
  bool has(std::string_view name) override { return name == "greet" || name == "fail" || name == "echo"; }
  const Json* header_schema(std::string_view name) override {
    static const Json schema = Json::parse(
        R"({"type":"object","properties":{"text":{"type":"string","x-mcp-header":"Text"},"inner":{"type":"object","properties":{"count":{"type":"integer","x-mcp-header":"Count"}}}}})");
    return name == "echo" ? &schema : nullptr;
  }
  mcp::Answer call(std::string_view name, const Json& arguments, const mcp::CallContext& context) override {
    if (name == "fail") throw std::runtime_error("a detail for the log");
    if (name == "echo") return mcp::text_result(to_text(arguments) + mark_of(context.principal.id));
    context.progress(1, 2, "half");
    context.log(mcp::Severity::kError, "fuzz", {{"mark", mark_of(context.principal.id)}});
    // The state that comes back is the one that this person got for these arguments.
    std::string mine = context.principal.id + json_hash(arguments);
    demand(context.state.empty() || context.state == mine, "a state of another call was opened", context.state);
    if (context.responses != nullptr && context.state == mine) return mcp::text_result("Hello");
    mcp::InputRequired asked{.requests = {}, .state = mine};
    asked.requests.push_back({.key = "name",
                              .method = "elicitation/create",
                              .params = {{"message", "Who?"}, {"requestedSchema", {{"type", "object"}}}}});
    return asked;
  }
};

class Notes final : public mcp::ResourceProvider {
 public:
  Json list(const Principal& principal) override {
    Json all = Json::array();
    for (size_t i = 0; i < kNotesEach; ++i)
      all.push_back({{"uri", uri_of(principal, i)}, {"name", "note " + mark_of(principal.id)}});
    return all;
  }
  Json templates() override { return Json::array({Json{{"uriTemplate", "note:{person}/{n}"}, {"name", "note"}}}); }
  mcp::Answer read(std::string_view uri, const mcp::CallContext& context) override {
    for (size_t i = 0; i < kNotesEach; ++i) {
      if (uri != uri_of(context.principal, i)) continue;
      return Json{{"contents", {{{"uri", uri}, {"text", mark_of(context.principal.id)}}}}};
    }
    return mcp::resource_not_found(uri);
  }

 private:
  static std::string uri_of(const Principal& principal, size_t i) {
    return "note:" + principal.id + "/" + std::to_string(i);
  }
};

class Prompts final : public mcp::PromptProvider {
 public:
  Json list() override { return Json::array({Json{{"name", "brief"}}, Json{{"name", "plan"}}, Json{{"name", "end"}}}); }
  mcp::Answer get(std::string_view name, const Json& arguments, const mcp::CallContext&) override {
    if (name != "brief") return mcp::invalid_params("Unknown prompt");
    return Json{{"messages", {{{"role", "user"}, {"content", {{"type", "text"}, {"text", to_text(arguments)}}}}}}};
  }
};

class Completion final : public mcp::CompletionProvider {
 public:
  std::variant<Json, mcp::RpcError> complete(const Json& reference, std::string_view argument, std::string_view value,
                                             const Json& known, const mcp::CallContext&) override {
    if (!reference.contains("name")) return mcp::invalid_params("Unknown prompt");
    return Json{{"values", {std::string(argument) + std::string(value), to_text(known)}}};
  }
};

// Everything of one input; the next one begins anew.
struct Server {
  VirtualClock clock{Instant{1'800'000'000 * kSecond_us}};
  Tools tools;
  Notes notes;
  Prompts prompts;
  Completion completion;
  mcp::McpServer mcp{{.name = "fuzz",
                      .version = "1",
                      .tool_provider = &tools,
                      .prompts = &prompts,
                      .resources = &notes,
                      .completion = &completion,
                      .signing_key = kSigningKey,
                      .clock = &clock,
                      .page_size = kPageSize,
                      .listeners_max = 4,
                      .progress_interval_ms = 0}};
};

// Counts what one request is told; checks it.
class Outlet final : public mcp::Outlet {
 public:
  Outlet(std::string reader, bool streams) : reader_(std::move(reader)), streams_(streams) {}
  bool send(std::string_view text) override {
    demand(answers == 0, "something was said after the answer", text);
    check_private(text, reader_);
    check_text(text);
    return streams_;
  }
  void finish(std::string text, int) override {
    demand(answers == 0, "two answers", text);
    ++answers;
    check_private(text, reader_);
    answer = check_text(text);
  }
  [[nodiscard]] bool can_stream() const override { return streams_; }
  size_t answers = 0;
  Json answer = nullptr;

 private:
  std::string reader_;
  bool streams_;
};

}  // namespace spreaders::fuzz
