#include "planners/llm/content.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/bytes.hpp"
#include "core/html.hpp"
#include "planners/llm/draft.hpp"
#include "planners/llm/redact.hpp"

namespace spreaders::planners::llm {
namespace {

struct Task {
  std::string tool;
  Json schema;
  std::string system;
  std::string data;  // with its marks
};

std::string between_marks(const std::string& data, const std::string& mark) {
  return "BEGIN " + mark + "\n" + data + "\nEND " + mark;
}

// Asks for one call of the task's tool and lets `read` check its arguments; faults go back to the model.
template <class T, class Read>
Result<T> ask_for(LanguageModel& model, const ContentOptions& options, Task task, Read read) {
  ModelRequest request;
  request.system = task.system;
  request.messages = {{.role = ModelMessage::Role::kUser, .text = task.data}};
  request.tools = {
      {.name = task.tool, .description = "Takes the text. Call it once.", .schema = &task.schema, .strict = true}};
  request.force_tool = task.tool;
  request.output_tokens_max = options.output_tokens_max;
  request.timeout_ms = options.timeout_ms;
  request.stop = options.stop;
  std::string problem;
  for (int round = 0; round <= kContentRepairs_max; ++round) {
    const ModelAnswer answer = TRY(model.complete(request));
    if (answer.stop == ModelStop::kRefusal) {
      return Error{Code::kVendorRejected,
                   "The model declined to write this (" + clean_text(answer.stop_detail, 200) + ")."};
    }
    const auto call =
        std::find_if(answer.calls.begin(), answer.calls.end(), [&](const auto& one) { return one.name == task.tool; });
    if (call == answer.calls.end()) {
      problem = "Call the tool " + task.tool + "; do not answer in words. Keep it short.";
    } else {
      Result<Json> arguments = parse_json(call->arguments, {.bytes_max = kDraftBytes_max, .depth_max = 8});
      if (arguments.ok() && !arguments->is_object()) arguments = invalid("The arguments must be an object.");
      if (arguments.ok()) {
        Result<T> value = read(*arguments);
        if (value.ok()) return value;
        problem = value.error().text();
      } else {
        problem = arguments.error().text();
      }
    }
    if (!answer.text.empty() || !answer.calls.empty() || !answer.opaque.empty()) {
      request.messages.push_back({.role = ModelMessage::Role::kAssistant,
                                  .text = answer.text,
                                  .calls = answer.calls,
                                  .opaque = answer.opaque});
    }
    for (const auto& one : answer.calls) {
      request.messages.push_back(
          {.role = ModelMessage::Role::kToolResult, .text = problem, .call_id = one.id, .is_error = true});
    }
    if (answer.calls.empty()) request.messages.push_back({.role = ModelMessage::Role::kUser, .text = problem});
  }
  return Error{.code = Code::kVendorRejected,
               .message = "The model gave no usable text in " + std::to_string(kContentRepairs_max + 1) + " answers.",
               .detail = clean_text(problem, 300)};
}

Json text_schema() { return {{"type", "string"}}; }
Json list_schema(Json items) { return {{"type", "array"}, {"items", std::move(items)}}; }
Json object_schema(Json properties) {
  Json required = Json::array();
  for (const auto& [key, value] : properties.items()) required.push_back(key);
  return {{"type", "object"},
          {"additionalProperties", false},
          {"required", std::move(required)},
          {"properties", std::move(properties)}};
}

std::string string_at(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string{};
}

std::vector<std::string> strings_at(const Json& object, const char* key) {
  std::vector<std::string> texts;
  const auto found = object.find(key);
  if (found == object.end() || !found->is_array()) return texts;
  for (const auto& item : *found) {
    if (item.is_string() && texts.size() < kDraftItems_max) texts.push_back(item.get<std::string>());
  }
  return texts;
}

// Braces of any template language other than the allowed {{field}} would be run by whoever fills the text in.
bool has_foreign_braces(std::string text, const std::vector<std::string>& merge_tags) {
  for (const auto& tag : merge_tags) {
    const std::string field = "{{" + tag + "}}";
    for (size_t at = 0; (at = text.find(field, at)) != std::string::npos;) text.erase(at, field.size());
  }
  return text.find("{{") != std::string::npos || text.find("{%") != std::string::npos ||
         text.find("${") != std::string::npos || text.find("<%") != std::string::npos ||
         text.find("*|") != std::string::npos;
}

bool has_markup(std::string_view text) {
  for (size_t at = text.find('<'); at != std::string_view::npos; at = text.find('<', at + 1)) {
    const char next = at + 1 < text.size() ? text[at + 1] : ' ';
    if (next == '/' || next == '!' || (next >= 'a' && next <= 'z') || (next >= 'A' && next <= 'Z')) return true;
  }
  return text.find("](") != std::string_view::npos;  // a Markdown link
}

// One plain text of an email: cleaned, then every fault.
std::string plain_text(const std::string& raw, size_t code_points_max, const std::string& place,
                       const EmailFacts& facts, std::vector<Issue>& issues) {
  const std::string text = clean_text(raw, kDraftText_max);
  if (count_code_points(text) > code_points_max) {
    issues.push_back({place, "This is longer than " + std::to_string(code_points_max) + " characters."});
  }
  if (has_markup(text)) issues.push_back({place, "Plain text only: no HTML and no Markdown."});
  if (has_link(text)) issues.push_back({place, "No links in texts; use a button with one of the given links."});
  if (has_foreign_braces(text, facts.merge_tags))
    issues.push_back({place, "This uses a personal field that is not allowed."});
  if (!redact_secrets(text).found.empty()) issues.push_back({place, "This looks like a secret."});
  return text;
}

void render(EmailDraft& email) {
  bool in_list = false;
  for (const auto& block : email.blocks) {
    const bool item = block.kind == EmailBlock::Kind::kListItem;
    if (item != in_list) email.html += item ? "<ul>\n" : "</ul>\n";
    in_list = item;
    const std::string text = escape_html(block.text);
    switch (block.kind) {
      case EmailBlock::Kind::kHeading:
        email.html += "<h2>" + text + "</h2>\n";
        break;
      case EmailBlock::Kind::kParagraph:
        email.html += "<p>" + text + "</p>\n";
        break;
      case EmailBlock::Kind::kListItem:
        email.html += "<li>" + text + "</li>\n";
        break;
      case EmailBlock::Kind::kButton:
        email.html += "<p><a href=\"" + escape_html(block.url) + "\">" + text + "</a></p>\n";
        break;
    }
    email.text +=
        (item ? "- " : "") + block.text + (block.url.empty() ? "" : ": " + block.url) + (item ? "\n" : "\n\n");
  }
  if (in_list) email.html += "</ul>\n";
  email.text = std::string(trim(email.text)) + "\n";
}

void read_block(const Json& item, const std::string& place, const EmailFacts& facts, EmailDraft& email,
                std::vector<Issue>& issues) {
  static constexpr std::pair<std::string_view, EmailBlock::Kind> kKinds[] = {
      {"heading", EmailBlock::Kind::kHeading},
      {"paragraph", EmailBlock::Kind::kParagraph},
      {"list_item", EmailBlock::Kind::kListItem},
      {"button", EmailBlock::Kind::kButton}};
  if (!item.is_object()) {
    issues.push_back({place, "A block must be an object."});
    return;
  }
  const std::string kind = string_at(item, "kind");
  const auto* known =
      std::find_if(std::begin(kKinds), std::end(kKinds), [&](const auto& one) { return one.first == kind; });
  if (known == std::end(kKinds)) {
    issues.push_back({place + "/kind", "This must be heading, paragraph, list_item or button."});
    return;
  }
  EmailBlock block{.kind = known->second,
                   .text = plain_text(string_at(item, "text"), kBlockText_max, place + "/text", facts, issues)};
  if (block.text.empty()) issues.push_back({place + "/text", "This is empty."});
  const std::string url = string_at(item, "url");
  if (block.kind == EmailBlock::Kind::kButton) {
    block.url = url;
    if (std::find(facts.links.begin(), facts.links.end(), url) == facts.links.end()) {
      issues.push_back({place + "/url", "This is none of the given links."});
    }
  } else if (!url.empty()) {
    issues.push_back({place + "/url", "Only a button has a url."});
  }
  email.blocks.push_back(std::move(block));
}

Result<EmailDraft> read_email(const Json& arguments, const EmailFacts& facts) {
  EmailDraft email;
  std::vector<Issue> issues;
  email.subject = plain_text(string_at(arguments, "subject"), kSubject_max, "/subject", facts, issues);
  email.preheader = plain_text(string_at(arguments, "preheader"), kPreheader_max, "/preheader", facts, issues);
  if (email.subject.empty()) issues.push_back({"/subject", "This is empty."});
  const auto blocks = arguments.find("blocks");
  if (blocks == arguments.end() || !blocks->is_array() || blocks->empty() || blocks->size() > kBlocks_max) {
    issues.push_back({"/blocks", "This must be a list of 1 to " + std::to_string(kBlocks_max) + " blocks."});
  } else {
    for (size_t i = 0; i < blocks->size(); ++i)
      read_block((*blocks)[i], "/blocks/" + std::to_string(i), facts, email, issues);
  }
  const auto buttons = std::count_if(email.blocks.begin(), email.blocks.end(),
                                     [](const auto& one) { return one.kind == EmailBlock::Kind::kButton; });
  if (buttons > static_cast<std::ptrdiff_t>(kButtons_max)) issues.push_back({"/blocks", "There are too many buttons."});
  if (!issues.empty())
    return Error{.code = Code::kInvalidArgument, .message = "The email cannot be used.", .issues = std::move(issues)};
  render(email);
  return email;
}

// The numbers a text shows: digits with their separators, the separators taken out ("1,250.5" -> "12505").
std::set<std::string> numbers_in(std::string_view text) {
  std::set<std::string> numbers;
  std::string current;
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (is_digit(c)) {
      current += c;
    } else if ((c == ',' || c == '.' || c == '\'') && !current.empty() && i + 1 < text.size() &&
               is_digit(text[i + 1])) {
      continue;
    } else if (!current.empty()) {
      numbers.insert(current);
      current.clear();
    }
  }
  return numbers;
}

Result<CampaignSummary> read_summary(const Json& arguments, const std::set<std::string>& known_numbers) {
  CampaignSummary result;
  std::vector<Issue> issues;
  const auto check = [&](const std::string& raw, const std::string& place) {
    const std::string text = clean_text(raw, kSummary_max);
    if (has_link(text) || has_markup(text)) issues.push_back({place, "Plain text only: no links, HTML or Markdown."});
    for (const auto& number : numbers_in(text)) {
      if (!known_numbers.contains(number))
        issues.push_back({place, "The report does not hold the number " + number + "."});
    }
    return text;
  };
  result.summary = check(string_at(arguments, "summary"), "/summary");
  if (result.summary.empty()) issues.push_back({"/summary", "This is empty."});
  for (const auto& text : strings_at(arguments, "unmeasured")) result.unmeasured.push_back(check(text, "/unmeasured"));
  for (const auto& text : strings_at(arguments, "next_steps")) {
    if (result.next_steps.size() < 3) result.next_steps.push_back(check(text, "/next_steps"));
  }
  if (issues.empty()) return result;
  return Error{.code = Code::kInvalidArgument, .message = "The summary cannot be used.", .issues = std::move(issues)};
}

bool is_hashtag(std::string_view tag) {
  if (tag.size() < 2 || tag[0] != '#' || count_code_points(tag) > 31) return false;
  bool has_letter = false;
  for (const char c : tag.substr(1)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
    has_letter = has_letter || letter;
    if (!letter && c != '_' && !(c >= '0' && c <= '9')) return false;
  }
  return has_letter;  // networks take no tag of digits alone
}

Result<void> check_data(std::string_view data) {
  if (!trim(data).empty() && data.size() <= kFactsBytes_max) return {};
  return invalid("There is nothing to write about, or more than " + std::to_string(kFactsBytes_max) + " bytes of it.");
}

// A page that a reader may be sent to: encrypted, or the sandbox's shop on this machine.
bool is_page(std::string_view link) { return link.starts_with("https://") || link.starts_with("http://127.0.0.1:"); }

// Values of a prompt are one plain line each, so that they cannot carry a second prompt.
std::string one_line(std::string_view text) { return clean_text(text, 100); }

}  // namespace

Result<EmailDraft> draft_email(LanguageModel& model, const EmailFacts& facts, const ContentOptions& options) {
  TRY(check_data(facts.facts));
  std::string links;
  for (const auto& link : facts.links) {
    if (!is_page(link) || link.find_first_of(" \"'<>\r\n") != std::string::npos) {
      return invalid("A link for the email is not a plain https:// address: " + clean_text(link, 100));
    }
    links += "  " + link + "\n";
  }
  std::string tags;
  for (const auto& tag : facts.merge_tags) tags += (tags.empty() ? "" : ", ") + one_line(tag);
  const std::string data = redact_secrets(facts.facts).text;
  const std::string mark = mark_for({data});
  const Prompt prompt = TRY(load_prompt(options.load, "write_email"));
  const Json block =
      object_schema({{"kind", {{"type", "string"}, {"enum", {"heading", "paragraph", "list_item", "button"}}}},
                     {"text", text_schema()},
                     {"url", {{"type", {"string", "null"}}}}});
  Task task{.tool = "email_write",
            .schema = object_schema(
                {{"subject", text_schema()}, {"preheader", text_schema()}, {"blocks", list_schema(block)}}),
            .system = TRY(fill(prompt, {{"language", one_line(facts.language)},
                                        {"tone", one_line(facts.tone)},
                                        {"links", links.empty() ? "  (none)" : links},
                                        {"merge_tags", tags.empty() ? "(none)" : tags},
                                        {"mark", mark}})),
            .data = between_marks(data, mark)};
  return ask_for<EmailDraft>(model, options, std::move(task),
                             [&](const Json& arguments) { return read_email(arguments, facts); });
}

Result<CampaignSummary> summarize_campaign(LanguageModel& model, const Json& report, const std::string& language,
                                           const ContentOptions& options) {
  const std::string data = to_text(report);
  TRY(check_data(data));
  const std::string mark = mark_for({data});
  const Prompt prompt = TRY(load_prompt(options.load, "summarize_campaign"));
  Task task{.tool = "summary_write",
            .schema = object_schema({{"summary", text_schema()},
                                     {"unmeasured", list_schema(text_schema())},
                                     {"next_steps", list_schema(text_schema())}}),
            .system = TRY(fill(prompt, {{"language", one_line(language)}, {"mark", mark}})),
            .data = between_marks(data, mark)};
  const auto numbers = numbers_in(data);
  return ask_for<CampaignSummary>(model, options, std::move(task),
                                  [&](const Json& arguments) { return read_summary(arguments, numbers); });
}

Result<std::vector<std::string>> suggest_hashtags(LanguageModel& model, const HashtagQuery& query,
                                                  const ContentOptions& options) {
  TRY(check_data(query.post));
  if (query.count < 1 || query.count > kHashtags_max)
    return invalid("Ask for 1 to " + std::to_string(kHashtags_max) + " hashtags.");
  const std::string data = redact_secrets(query.post).text;
  const std::string mark = mark_for({data});
  const Prompt prompt = TRY(load_prompt(options.load, "hashtags"));
  Task task{.tool = "hashtags_write",
            .schema = object_schema({{"hashtags", list_schema(text_schema())}}),
            .system = TRY(fill(prompt, {{"channel", one_line(query.channel)},
                                        {"count", std::to_string(query.count)},
                                        {"language", one_line(query.language)},
                                        {"mark", mark}})),
            .data = between_marks(data, mark)};
  using Tags = std::vector<std::string>;
  return ask_for<Tags>(model, options, std::move(task), [&](const Json& arguments) -> Result<Tags> {
    Tags tags;
    for (const auto& raw : strings_at(arguments, "hashtags")) {
      const std::string tag = clean_text(raw, 100);
      const bool again =
          std::any_of(tags.begin(), tags.end(), [&](const auto& one) { return lower_ascii(one) == lower_ascii(tag); });
      if (is_hashtag(tag) && !again && tags.size() < query.count) tags.push_back(tag);
    }
    if (tags.empty()) return invalid("There is no usable hashtag: # and letters, digits or _, at most 30.");
    return tags;
  });
}

}  // namespace spreaders::planners::llm
