#include <nlohmann/json.hpp>
#include <stop_token>

#include "core/wait.hpp"
#include "fixture.hpp"

namespace fixture {

using spreaders::mcp::RpcError;
using spreaders::mcp::Severity;
using spreaders::mcp::text_result;

Json schema(Json properties, Json required) {
  Json object{{"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) object["required"] = std::move(required);
  return object;
}

Tool make_tool(std::string name, std::string description, Json input_schema,
               std::function<Answer(const Json&, const CallContext&)> run) {
  return {
      {{"name", std::move(name)}, {"description", std::move(description)}, {"inputSchema", std::move(input_schema)}},
      std::move(run)};
}

Json text_content(std::string text) { return {{"type", "text"}, {"text", std::move(text)}}; }

bool pause(const CallContext& context, int64_t ms) { return spreaders::wait_ms(context.stop, ms); }

namespace {

Json image() { return {{"type", "image"}, {"data", kRedPixelPng}, {"mimeType", "image/png"}}; }
Json content(Json list) { return {{"content", std::move(list)}}; }
Json none() { return schema(Json::object()); }
std::string text_of(const Json& arguments, const char* name) {
  return arguments.contains(name) && arguments[name].is_string() ? arguments[name].get<std::string>() : std::string();
}

Json json_schema_2020_12() {
  Json address{{"$anchor", "addressDef"},
               {"type", "object"},
               {"properties", {{"street", {{"type", "string"}}}, {"city", {{"type", "string"}}}}}};
  Json properties{{"name", {{"type", "string"}}},
                  {"address", {{"$ref", "#/$defs/address"}}},
                  {"contactMethod", {{"type", "string"}, {"enum", {"phone", "email"}}}},
                  {"phone", {{"type", "string"}}},
                  {"email", {{"type", "string"}}}};
  Json any_of = Json::array({Json{{"required", Json::array({"phone"})}}, Json{{"required", Json::array({"email"})}}});
  return {
      {"$schema", "https://json-schema.org/draft/2020-12/schema"},
      {"type", "object"},
      {"$defs", {{"address", std::move(address)}}},
      {"properties", std::move(properties)},
      {"allOf", Json::array({Json{{"anyOf", std::move(any_of)}}})},
      {"if", {{"properties", {{"contactMethod", {{"const", "phone"}}}}}, {"required", Json::array({"contactMethod"})}}},
      {"then", {{"required", Json::array({"phone"})}}},
      {"else", {{"required", Json::array({"email"})}}},
      {"additionalProperties", false}};
}

Answer with_logging(const Json&, const CallContext& context) {
  context.log(Severity::kInfo, "fixture", "Tool execution started");
  pause(context, 50);
  context.log(Severity::kInfo, "fixture", "Tool processing data");
  pause(context, 50);
  context.log(Severity::kInfo, "fixture", "Tool execution completed");
  return text_result("Tool with logging executed successfully");
}

Answer with_progress(const Json&, const CallContext& context) {
  context.progress(0, 100, "started");
  pause(context, 50);
  context.progress(50, 100, "half");
  pause(context, 50);
  context.progress(100, 100, "done");
  // The TypeScript clients drop progress that arrives in the same piece as the result.
  pause(context, 20);
  return text_result("Tool with progress executed successfully");
}

Answer with_reconnection(const Json&, const CallContext& context) {
  context.detach(100);
  pause(context, 100);
  return text_result("Reconnection test completed successfully");
}

Answer missing_capability(const Json&, const CallContext& context) {
  if (context.client.has("sampling")) return text_result("The client has sampling");
  return RpcError{.code = spreaders::mcp::kMissingCapability,
                  .message = "This tool needs the sampling capability",
                  .data = {{"requiredCapabilities", {{"sampling", Json::object()}}}},
                  .http_status = 400};
}

// Runs until it is cancelled or `ms` have gone by; tells that it goes on.
Answer wait(const Json& arguments, const CallContext& context) {
  int64_t ms = arguments.contains("ms") && arguments["ms"].is_number_integer() ? arguments["ms"].get<int64_t>() : 1000;
  constexpr int64_t kStep_ms = 20;
  for (int64_t gone_ms = 0; gone_ms < ms; gone_ms += kStep_ms) {
    context.progress(static_cast<double>(gone_ms), static_cast<double>(ms), "waiting");
    if (!pause(context, kStep_ms)) return text_result("cancelled", true);
  }
  return text_result("waited " + std::to_string(ms) + " ms");
}

std::vector<Tool> content_tools() {
  std::vector<Tool> tools;
  auto add = [&](std::string name, std::string description, Json input,
                 std::function<Answer(const Json&, const CallContext&)> run) {
    tools.push_back(make_tool(std::move(name), std::move(description), std::move(input), std::move(run)));
  };
  // The first of the list: header tests call it without arguments.
  add("test_simple_text", "Tests simple text content", none(), [](const Json&, const CallContext&) -> Answer {
    return text_result("This is a simple text response for testing.");
  });
  add("test_image_content", "Tests image content", none(),
      [](const Json&, const CallContext&) -> Answer { return content(Json::array({image()})); });
  add("test_audio_content", "Tests audio content", none(), [](const Json&, const CallContext&) -> Answer {
    return content(Json::array({Json{{"type", "audio"}, {"data", kOneSampleWav}, {"mimeType", "audio/wav"}}}));
  });
  add("test_embedded_resource", "Tests an embedded resource", none(), [](const Json&, const CallContext&) -> Answer {
    return content(Json::array({Json{{"type", "resource"},
                                     {"resource",
                                      {{"uri", "test://embedded-resource"},
                                       {"mimeType", "text/plain"},
                                       {"text", "This is an embedded resource content."}}}}}));
  });
  add("test_multiple_content_types", "Tests mixed content", none(), [](const Json&, const CallContext&) -> Answer {
    return content(Json::array({text_content("Multiple content types test:"), image(),
                                Json{{"type", "resource"},
                                     {"resource",
                                      {{"uri", "test://mixed-content-resource"},
                                       {"mimeType", "application/json"},
                                       {"text", R"({"test":"data","value":123})"}}}}}));
  });
  add("test_tool_with_logging", "Tests log notifications during a call", none(), with_logging);
  add("test_tool_with_progress", "Tests progress notifications during a call", none(), with_progress);
  add("test_error_handling", "Tests an error result", none(), [](const Json&, const CallContext&) -> Answer {
    return text_result("This tool intentionally returns an error for testing", true);
  });
  add("json_schema_2020_12_tool", "Tool with JSON Schema 2020-12 features", json_schema_2020_12(),
      [](const Json& arguments, const CallContext&) -> Answer {
        return text_result("JSON Schema 2020-12 tool called with: " + spreaders::to_text(arguments));
      });
  add("test_reconnection", "Closes the stream of the call and goes on", none(), with_reconnection);
  add("test_missing_capability", "Needs a client with sampling", none(), missing_capability);
  add("test_logging_tool", "Logs when the request asks for it", none(),
      [](const Json&, const CallContext& context) -> Answer {
        context.log(Severity::kInfo, "fixture", "The logging tool ran");
        return text_result("logged");
      });
  add("test_header_param", "Has a parameter that is repeated in a header",
      schema({{"region", {{"type", "string"}, {"description", "Where"}, {"x-mcp-header", "Region"}}}}),
      [](const Json& arguments, const CallContext&) -> Answer {
        return text_result("region: " + text_of(arguments, "region"));
      });
  add("echo", "Gives back its message",
      schema({{"message", {{"type", "string"}, {"description", "Any text"}}}}, {"message"}),
      [](const Json& arguments, const CallContext&) -> Answer { return text_result(text_of(arguments, "message")); });
  add("wait", "Runs for some time, with progress", schema({{"ms", {{"type", "integer"}, {"description", "How long"}}}}),
      wait);
  return tools;
}

}  // namespace

Tools::Tools() {
  for (auto& tool : content_tools()) add(std::move(tool));
  for (auto& tool : input_tools()) add(std::move(tool));
  for (auto& tool : task_tools()) add(std::move(tool));
  auto trigger = [this](bool prompts) {
    return [this, prompts](const Json&, const CallContext&) -> Answer {
      if (prompts) {
        prompts_changed();
      } else {
        ++version_;
        server->tools_changed();
      }
      return text_result("changed");
    };
  };
  add(make_tool("test_trigger_tool_change", "Changes the list of tools", none(), trigger(false)));
  add(make_tool("test_trigger_prompt_change", "Changes the list of prompts", none(), trigger(true)));
}

void Tools::add(Tool tool) {
  index_[tool.descriptor["name"].get<std::string>()] = tools_.size();
  tools_.push_back(std::move(tool));
}

Json Tools::list() {
  Json all = Json::array();
  for (const auto& tool : tools_) all.push_back(tool.descriptor);
  // The change that test_trigger_tool_change makes.
  all.back()["description"] = "Changes the list of prompts (list version " + std::to_string(version_) + ")";
  return all;
}

const Json* Tools::header_schema(std::string_view name) {
  return name == "test_header_param" ? &tools_[index_.at("test_header_param")].descriptor["inputSchema"] : nullptr;
}

Answer Tools::call(std::string_view name, const Json& arguments, const CallContext& context) {
  return tools_[index_.at(std::string(name))].run(arguments, context);
}

}  // namespace fixture
