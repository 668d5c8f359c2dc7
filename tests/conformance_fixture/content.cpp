#include <nlohmann/json.hpp>

#include "fixture.hpp"

namespace fixture {

using spreaders::mcp::InputRequired;
using spreaders::mcp::invalid_params;

namespace {

Json user(Json content) { return {{"role", "user"}, {"content", std::move(content)}}; }

std::string text_of(const Json& arguments, const char* name) {
  return arguments.contains(name) && arguments[name].is_string() ? arguments[name].get<std::string>() : std::string();
}

Json argument(const char* name, const char* description) {
  return {{"name", name}, {"description", description}, {"required", true}};
}

Answer context_prompt(const CallContext& context) {
  if (context.responses != nullptr && context.responses->contains("user_context")) {
    const Json& given = (*context.responses)["user_context"];
    if (given.contains("content") && given["content"].is_object() && given["content"].contains("context")) {
      return Json{
          {"messages", Json::array({user(text_content("Use this context: " + text_of(given["content"], "context")))})}};
    }
  }
  InputRequired asked;
  asked.requests.push_back({.key = "user_context",
                            .method = "elicitation/create",
                            .params = {{"message", "What context should the prompt use?"},
                                       {"requestedSchema", schema({{"context", {{"type", "string"}}}}, {"context"})}}});
  return asked;
}

}  // namespace

Json Prompts::list() {
  return Json::array({Json{{"name", "test_simple_prompt"}, {"description", "A prompt without arguments"}},
                      Json{{"name", "test_prompt_with_arguments"},
                           {"description", "A prompt with two arguments"},
                           {"arguments", Json::array({argument("arg1", "First"), argument("arg2", "Second")})}},
                      Json{{"name", "test_prompt_with_embedded_resource"},
                           {"description", "A prompt with a resource inside"},
                           {"arguments", Json::array({argument("resourceUri", "URI of the resource")})}},
                      Json{{"name", "test_prompt_with_image"}, {"description", "A prompt with an image inside"}},
                      Json{{"name", "test_input_required_result_prompt"},
                           {"description", "A prompt that asks for its context (list version " +
                                               std::to_string(list_version) + ")"}}});
}

Answer Prompts::get(std::string_view name, const Json& arguments, const CallContext& context) {
  Json messages = Json::array();
  if (name == "test_simple_prompt") {
    messages.push_back(user(text_content("This is a simple prompt for testing.")));
  } else if (name == "test_prompt_with_arguments") {
    messages.push_back(user(text_content("Prompt with arguments: arg1='" + text_of(arguments, "arg1") + "', arg2='" +
                                         text_of(arguments, "arg2") + "'")));
  } else if (name == "test_prompt_with_embedded_resource") {
    messages.push_back(user({{"type", "resource"},
                             {"resource",
                              {{"uri", text_of(arguments, "resourceUri")},
                               {"mimeType", "text/plain"},
                               {"text", "Embedded resource content for testing."}}}}));
    messages.push_back(user(text_content("Please process the embedded resource above.")));
  } else if (name == "test_prompt_with_image") {
    messages.push_back(user({{"type", "image"}, {"data", kRedPixelPng}, {"mimeType", "image/png"}}));
    messages.push_back(user(text_content("Please analyze the image above.")));
  } else if (name == "test_input_required_result_prompt") {
    return context_prompt(context);
  } else {
    return invalid_params("Unknown prompt: " + std::string(name));
  }
  return Json{{"messages", std::move(messages)}};
}

Json Resources::list(const spreaders::Principal&) {
  auto entry = [](const char* uri, const char* name, const char* description, const char* type) {
    return Json{{"uri", uri}, {"name", name}, {"description", description}, {"mimeType", type}};
  };
  return Json::array({entry("test://static-text", "static-text", "A static text", "text/plain"),
                      entry("test://static-binary", "static-binary", "A static image", "image/png"),
                      entry("test://watched-resource", "watched-resource", "A text to subscribe to", "text/plain")});
}

Json Resources::templates() {
  return Json::array({Json{{"uriTemplate", "test://template/{id}/data"},
                           {"name", "template-data"},
                           {"description", "Data by id"},
                           {"mimeType", "application/json"}}});
}

Answer Resources::read(std::string_view uri, const CallContext&) {
  auto contents = [&](const char* type, const char* kind, std::string value) {
    return Json{{"contents", Json::array({Json{{"uri", uri}, {"mimeType", type}, {kind, std::move(value)}}})}};
  };
  if (uri == "test://static-text")
    return contents("text/plain", "text", "This is the content of the static text resource.");
  if (uri == "test://static-binary") return contents("image/png", "blob", std::string(kRedPixelPng));
  if (uri == "test://watched-resource") return contents("text/plain", "text", "Watched resource content.");
  constexpr std::string_view kStart = "test://template/";
  constexpr std::string_view kEnd = "/data";
  if (uri.starts_with(kStart) && uri.ends_with(kEnd) && uri.size() > kStart.size() + kEnd.size()) {
    std::string id(uri.substr(kStart.size(), uri.size() - kStart.size() - kEnd.size()));
    Json data{{"id", id}, {"templateTest", true}, {"data", "Data for ID: " + id}};
    return contents("application/json", "text", spreaders::to_text(data));
  }
  return spreaders::mcp::resource_not_found(uri);
}

std::variant<Json, spreaders::mcp::RpcError> Completion::complete(const Json&, std::string_view argument,
                                                                  std::string_view value, const Json&,
                                                                  const CallContext&) {
  if (argument == "arg1" && value == "par") {
    return Json{{"values", {"paris", "park", "party"}}, {"total", 150}, {"hasMore", false}};
  }
  return Json{{"values", Json::array()}, {"total", 0}, {"hasMore", false}};
}

}  // namespace fixture
