#include "planners/llm/prompt.hpp"

#include <algorithm>

#include "core/bytes.hpp"
#include "core/embedded.hpp"

namespace spreaders::planners::llm {
namespace {

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 64 &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string_view::npos;
}

// The parts of a body: text, placeholder name, text, ... An unclosed or ill-named {{ is ordinary text: bodies may speak
// about braces.
template <class OnText, class OnName>
void walk(std::string_view body, OnText on_text, OnName on_name) {
  while (!body.empty()) {
    const size_t open = body.find("{{");
    const size_t close = open == std::string_view::npos ? open : body.find("}}", open + 2);
    if (close == std::string_view::npos) break;
    const auto name = trim(body.substr(open + 2, close - open - 2));
    if (is_name(name)) {
      on_text(body.substr(0, open));
      on_name(name);
      body.remove_prefix(close + 2);
    } else {
      on_text(body.substr(0, open + 2));
      body.remove_prefix(open + 2);
    }
  }
  on_text(body);
}

struct FrontMatter {
  Prompt prompt;
  std::vector<Issue> issues;

  void take_line(std::string_view line, const std::string& place) {
    if (trim(line).empty()) return;
    const bool item = line.starts_with("  - ");
    const bool indented = line.starts_with("    ");
    const std::string_view field = item || indented ? line.substr(4) : line;
    const size_t colon = field.find(':');
    if (colon == std::string_view::npos || (field.front() == ' ')) {
      issues.push_back({place, "This is not \"key: value\"."});
      return;
    }
    const auto key = field.substr(0, colon);
    const std::string value(trim(field.substr(colon + 1)));
    if (item) {
      if (prompt.arguments.size() >= kPromptArguments_max) issues.push_back({place, "There are too many arguments."});
      prompt.arguments.emplace_back();
    }
    if (item || indented) take_argument(key, value, place);
    else take_key(key, value, place);
  }

  void take_argument(std::string_view key, const std::string& value, const std::string& place) {
    if (prompt.arguments.empty()) {
      issues.push_back({place, "This line belongs to no argument."});
    } else if (key == "name") {
      prompt.arguments.back().name = value;
      if (!is_name(value)) issues.push_back({place, "Names have lower-case letters, digits and _."});
    } else if (key == "description") {
      prompt.arguments.back().description = value;
    } else if (key == "required" && (value == "true" || value == "false")) {
      prompt.arguments.back().required = value == "true";
    } else {
      issues.push_back({place, "An argument has name, description and required: true or false."});
    }
  }

  void take_key(std::string_view key, const std::string& value, const std::string& place) {
    if (key == "name") prompt.name = value;
    else if (key == "title") prompt.title = value;
    else if (key == "description") prompt.description = value;
    else if (key == "for" && value == "people") prompt.for_people = true;
    else if (key == "arguments" && value.empty()) return;
    else issues.push_back({place, "The keys are name, title, description, for: people, and arguments."});
  }
};

}  // namespace

Result<std::string> embedded_prompt(std::string_view name) {
  for (const auto& file : embedded_prompts()) {
    if (file.name.ends_with(".md") && file.name.substr(0, file.name.size() - 3) == name) return std::string(file.text);
  }
  return not_found("There is no prompt named " + std::string(name) + ".");
}

Result<Prompt> parse_prompt(std::string_view text) {
  if (text.size() > kPromptBytes_max) return invalid("The prompt file is too long.");
  if (!is_utf8(text)) return invalid("The prompt file is not UTF-8.");
  FrontMatter front;
  size_t line_number = 0;
  bool closed = false;
  while (!closed && !text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    ++line_number;
    if (line_number == 1) {
      if (line != "---") return invalid("The prompt file does not begin with front matter (a line of ---).");
    } else if (line == "---") {
      closed = true;
    } else {
      front.take_line(line, "line " + std::to_string(line_number));
    }
  }
  Prompt& prompt = front.prompt;
  prompt.body = std::string(trim(text));
  auto& issues = front.issues;
  if (!closed) issues.push_back({"front matter", "It has no closing line of ---."});
  if (!is_name(prompt.name)) issues.push_back({"name", "It must be set, in lower-case letters, digits and _."});
  if (prompt.title.empty()) issues.push_back({"title", "It must be set."});
  if (prompt.description.empty()) issues.push_back({"description", "It must be set."});
  if (prompt.body.empty()) issues.push_back({"body", "It is empty."});
  walk(
      prompt.body, [](std::string_view) {},
      [&](std::string_view name) {
        const bool declared = std::any_of(prompt.arguments.begin(), prompt.arguments.end(),
                                          [&](const auto& one) { return one.name == name; });
        if (!declared) issues.push_back({"body", "The placeholder " + std::string(name) + " is no declared argument."});
      });
  if (issues.empty()) return std::move(prompt);
  return Error{.code = Code::kInvalidArgument, .message = "The prompt file is wrong.", .issues = std::move(issues)};
}

Result<Prompt> load_prompt(const PromptLoad& load, std::string_view name) {
  const std::string text = TRY(load(name));
  return parse_prompt(text);
}

Result<std::string> fill(const Prompt& prompt, const std::vector<std::pair<std::string, std::string>>& values) {
  std::vector<Issue> issues;
  const auto value_of = [&](std::string_view name) -> const std::string* {
    for (const auto& [key, value] : values) {
      if (key == name) return &value;
    }
    return nullptr;
  };
  for (const auto& argument : prompt.arguments) {
    if (argument.required && value_of(argument.name) == nullptr)
      issues.push_back({argument.name, "This value is missing."});
  }
  for (const auto& [key, value] : values) {
    const auto count =
        std::count_if(values.begin(), values.end(), [&](const auto& other) { return other.first == key; });
    const bool known =
        std::any_of(prompt.arguments.begin(), prompt.arguments.end(), [&](const auto& one) { return one.name == key; });
    if (!known || count > 1) issues.push_back({key, "This value is not asked for, or is there twice."});
  }
  if (!issues.empty()) {
    return Error{.code = Code::kInvalidArgument,
                 .message = "The prompt " + prompt.name + " cannot be filled.",
                 .issues = std::move(issues)};
  }
  std::string result;
  walk(
      prompt.body, [&](std::string_view text) { result += text; },
      [&](std::string_view name) {
        const auto* value = value_of(name);
        if (value != nullptr) result += *value;
      });
  return result;
}

std::string mark_for(const std::vector<std::string>& texts) {
  std::string all;
  for (const auto& text : texts) all += std::to_string(text.size()) + ":" + text;
  return "mark-" + hex(sha256(all)).substr(0, 16);
}

}  // namespace spreaders::planners::llm
