#include <nlohmann/json.hpp>

#include "fixture.hpp"

namespace fixture {

using spreaders::mcp::InputRequest;
using spreaders::mcp::InputRequired;
using spreaders::mcp::text_result;

namespace {

InputRequest elicit(std::string key, std::string message, Json properties, Json required) {
  return {.key = std::move(key),
          .method = "elicitation/create",
          .params = {{"message", std::move(message)},
                     {"requestedSchema", schema(std::move(properties), std::move(required))}}};
}

InputRequest sample(std::string key, std::string text, int tokens) {
  return {.key = std::move(key),
          .method = "sampling/createMessage",
          .params = {{"messages", Json::array({Json{{"role", "user"}, {"content", text_content(std::move(text))}}})},
                     {"maxTokens", tokens}}};
}

InputRequest roots(std::string key) {
  return {.key = std::move(key), .method = "roots/list", .params = Json::object()};
}

Json string_property() { return {{"type", "string"}}; }

// The answer under `key`, or nullptr.
const Json* answer(const CallContext& context, const char* key) {
  return context.responses != nullptr && context.responses->contains(key) ? &(*context.responses)[key] : nullptr;
}

// The text that a person put into one field of an accepted form.
std::optional<std::string> field(const CallContext& context, const char* key, const char* name) {
  const Json* given = answer(context, key);
  if (given == nullptr || !given->contains("content") || !(*given)["content"].is_object()) return std::nullopt;
  const Json& content = (*given)["content"];
  if (!content.contains(name) || !content[name].is_string()) return std::nullopt;
  return content[name].get<std::string>();
}

std::optional<std::string> sampled(const CallContext& context, const char* key) {
  const Json* given = answer(context, key);
  if (given == nullptr || !given->contains("content")) return std::nullopt;
  const Json* content = &(*given)["content"];
  if (content->is_array() && !content->empty()) content = &content->front();
  if (!content->is_object() || !content->contains("text") || !(*content)["text"].is_string()) return std::nullopt;
  return (*content)["text"].get<std::string>();
}

std::optional<std::string> root_names(const CallContext& context, const char* key) {
  const Json* given = answer(context, key);
  if (given == nullptr || !given->contains("roots") || !(*given)["roots"].is_array()) return std::nullopt;
  std::string names;
  for (const auto& root : (*given)["roots"]) names += (names.empty() ? "" : ", ") + root.value("uri", std::string("?"));
  return names;
}

std::string elicited_text(const char* intro, const Json& given) {
  return std::string(intro) + "action=" + given.value("action", std::string("none")) +
         ", content=" + (given.contains("content") ? spreaders::to_text(given["content"]) : "{}");
}

InputRequired one(InputRequest request, std::string state = {}) {
  InputRequired asked;
  asked.requests.push_back(std::move(request));
  asked.state = std::move(state);
  return asked;
}

Json titled(const char* key, const char* ending) {
  Json list = Json::array();
  const char* words[] = {"First", "Second", "Third"};
  for (int i = 0; i < 3; ++i) {
    list.push_back({{"const", "value" + std::to_string(i + 1)}, {"title", std::string(words[i]) + " " + ending}});
  }
  return {{key, std::move(list)}};
}

Json enum_properties() {
  Json options = Json::array({"option1", "option2", "option3"});
  Json titled_single = titled("oneOf", "Option");
  Json single{{"type", "string"}};
  single.update(titled_single);
  return {{"untitledSingle", {{"type", "string"}, {"enum", options}}},
          {"titledSingle", std::move(single)},
          {"legacyEnum",
           {{"type", "string"},
            {"enum", {"opt1", "opt2", "opt3"}},
            {"enumNames", {"Option One", "Option Two", "Option Three"}}}},
          {"untitledMulti", {{"type", "array"}, {"items", {{"type", "string"}, {"enum", options}}}}},
          {"titledMulti", {{"type", "array"}, {"items", titled("anyOf", "Choice")}}}};
}

Answer legacy_sampling(const Json& arguments, const CallContext& context) {
  auto text = sampled(context, "sample");
  if (!text) return one(sample("sample", arguments.value("prompt", std::string()), 100));
  return text_result("LLM response: " + *text);
}

Answer legacy_elicitation(const Json& arguments, const CallContext& context) {
  if (const Json* given = answer(context, "user")) return text_result(elicited_text("User response: ", *given));
  return one(elicit("user", arguments.value("message", std::string()),
                    {{"username", {{"type", "string"}, {"description", "User's response"}}},
                     {"email", {{"type", "string"}, {"description", "User's email address"}}}},
                    {"username", "email"}));
}

std::function<Answer(const Json&, const CallContext&)> form(Json properties) {
  return [properties](const Json&, const CallContext& context) -> Answer {
    if (const Json* given = answer(context, "form"))
      return text_result(elicited_text("Elicitation completed: ", *given));
    return one(elicit("form", "Please review and update the form fields", properties, Json::array()));
  };
}

Answer ask_name(const Json&, const CallContext& context) {
  auto name = field(context, "user_name", "name");
  if (!name) return one(elicit("user_name", "What is your name?", {{"name", string_property()}}, {"name"}));
  return text_result("Hello, " + *name + "!");
}

Answer ask_capital(const Json&, const CallContext& context) {
  auto text = sampled(context, "capital_question");
  if (!text) return one(sample("capital_question", "What is the capital of France?", 100));
  return text_result(*text);
}

Answer ask_roots(const Json&, const CallContext& context) {
  auto names = root_names(context, "client_roots");
  if (!names) return one(roots("client_roots"));
  return text_result("Roots: " + *names);
}

Answer ask_with_state(const Json&, const CallContext& context) {
  const Json* given = answer(context, "confirm");
  if (given == nullptr || context.state != "confirming") {
    return one(elicit("confirm", "Please confirm", {{"ok", {{"type", "boolean"}}}}, {"ok"}), "confirming");
  }
  return text_result("state-ok");
}

Answer ask_several(const Json&, const CallContext& context) {
  auto name = field(context, "user_name", "name");
  auto greeting = sampled(context, "greeting");
  auto names = root_names(context, "client_roots");
  if (name && greeting && names) return text_result(*greeting + ", " + *name + "! Roots: " + *names);
  InputRequired asked;
  if (!name)
    asked.requests.push_back(elicit("user_name", "What is your name?", {{"name", string_property()}}, {"name"}));
  if (!greeting) asked.requests.push_back(sample("greeting", "Generate a greeting", 50));
  if (!names) asked.requests.push_back(roots("client_roots"));
  asked.state = "several";
  return asked;
}

Answer ask_twice(const Json&, const CallContext& context) {
  constexpr std::string_view kSecond = "step2:";
  if (context.state.starts_with(kSecond)) {
    std::string name = context.state.substr(kSecond.size());
    auto color = field(context, "step2", "color");
    if (color) return text_result("Hello, " + name + "! Your favorite color is " + *color + ".");
    return one(elicit("step2", "Step 2: What is your favorite color?", {{"color", string_property()}}, {"color"}),
               context.state);
  }
  if (auto name = field(context, "step1", "name")) {
    return one(elicit("step2", "Step 2: What is your favorite color?", {{"color", string_property()}}, {"color"}),
               std::string(kSecond) + *name);
  }
  return one(elicit("step1", "Step 1: What is your name?", {{"name", string_property()}}, {"name"}), "step1");
}

Answer ask_by_capability(const Json&, const CallContext& context) {
  auto greeting = sampled(context, "greeting");
  auto name = field(context, "user_name", "name");
  if (greeting || name) return text_result("Got input: " + greeting.value_or("") + name.value_or(""));
  // The library leaves out what the client did not declare.
  InputRequired asked;
  asked.requests.push_back(elicit("user_name", "What is your name?", {{"name", string_property()}}, {"name"}));
  asked.requests.push_back(sample("greeting", "Generate a greeting", 50));
  return asked;
}

Answer streaming_elicitation(const Json&, const CallContext& context) {
  if (answer(context, "user_name") != nullptr) return text_result("Thank you");
  context.progress(1, 2, "asking");
  return one(elicit("user_name", "What is your name?", {{"name", string_property()}}, {"name"}));
}

}  // namespace

std::vector<Tool> input_tools() {
  Json defaults{{"name", {{"type", "string"}, {"default", "John Doe"}}},
                {"age", {{"type", "integer"}, {"default", 30}}},
                {"score", {{"type", "number"}, {"default", 95.5}}},
                {"status", {{"type", "string"}, {"enum", {"active", "inactive", "pending"}}, {"default", "active"}}},
                {"verified", {{"type", "boolean"}, {"default", true}}}};
  Json none = schema(Json::object());
  std::vector<Tool> tools;
  auto add = [&](std::string name, std::string description, Json input,
                 std::function<Answer(const Json&, const CallContext&)> run) {
    tools.push_back(make_tool(std::move(name), std::move(description), std::move(input), std::move(run)));
  };
  add("test_sampling", "Asks the client's model", schema({{"prompt", string_property()}}, {"prompt"}), legacy_sampling);
  add("test_elicitation", "Asks the person", schema({{"message", string_property()}}, {"message"}), legacy_elicitation);
  add("test_elicitation_sep1034_defaults", "Asks with defaults", none, form(std::move(defaults)));
  add("test_elicitation_sep1330_enums", "Asks with five kinds of choices", none, form(enum_properties()));
  add("test_streaming_elicitation", "Asks the person after progress", none, streaming_elicitation);
  add("test_input_required_result_elicitation", "Asks for a name", none, ask_name);
  add("test_input_required_result_sampling", "Asks the client's model", none, ask_capital);
  add("test_input_required_result_list_roots", "Asks for the roots", none, ask_roots);
  add("test_input_required_result_request_state", "Asks and keeps a state", none, ask_with_state);
  add("test_input_required_result_multiple_inputs", "Asks three things at once", none, ask_several);
  add("test_input_required_result_multi_round", "Asks twice", none, ask_twice);
  add("test_input_required_result_tampered_state", "Asks and refuses a changed state", none, ask_with_state);
  add("test_input_required_result_capabilities", "Asks only what the client can answer", none, ask_by_capability);
  return tools;
}

}  // namespace fixture
