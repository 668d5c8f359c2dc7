#include "workflows/arguments.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/templates/templates.hpp"
#include "workflows/definition_parts.hpp"

namespace spreaders::workflows {

namespace {

constexpr size_t kNameShown_max = 60;

// Changes of one character that make one of the other; small texts, so the plain table.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t corner = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t change = corner + (a[i - 1] == b[j - 1] ? 0 : 1);
      corner = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

// The known name that was probably meant; empty when none is near.
std::string nearest(std::string_view name, const Json& properties) {
  std::string best;
  size_t least = std::max<size_t>(2, name.size() / 3) + 1;
  if (name.size() > kNameShown_max) return best;
  for (auto it = properties.begin(); it != properties.end(); ++it) {
    size_t steps = distance(lower_ascii(name), lower_ascii(it.key()));
    bool part = it.key().size() >= 3 && name.size() >= 3 &&
                (it.key().ends_with("_" + std::string(name)) || it.key().starts_with(std::string(name) + "_"));
    if (part) steps = 1;
    if (steps < least) least = steps, best = it.key();
  }
  return best;
}

bool has_reference(const Json& value) {
  if (is_reference(value)) return true;
  return value.is_structured() &&
         std::any_of(value.begin(), value.end(), [](const Json& inner) { return has_reference(inner); });
}

bool has_type(const Json& value, const std::string& type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  if (type == "boolean") return value.is_boolean();
  if (type == "array") return value.is_array();
  return type != "object" || value.is_object();
}

// The value that a text stands for: "3" is 3 where a number is wanted. Null: nothing sure.
Json meant_by(const Json& value, const std::string& type) {
  if (type == "string" && (value.is_number() || value.is_boolean())) return to_text(value);
  if (!value.is_string()) return {};
  auto parsed = parse_json(value.get_ref<const std::string&>());
  bool fits = parsed.ok() && !parsed->is_structured() && !parsed->is_null() && has_type(*parsed, type);
  return fits ? *parsed : Json();
}

void check_value(const Json& value, const Json& schema, const std::string& pointer, Findings& findings);

void check_object(const Json& value, const Json& schema, const std::string& pointer, Findings& findings) {
  const Json properties = schema.value("properties", Json::object());
  bool closed = schema.value("additionalProperties", Json(true)) == Json(false);
  for (auto it = value.begin(); it != value.end(); ++it) {
    std::string at = pointer + pointer_step(it.key());
    if (properties.contains(it.key())) {
      check_value(it.value(), properties[it.key()], at, findings);
      continue;
    }
    if (!closed) continue;
    std::string meant = nearest(it.key(), properties);
    bool free = !meant.empty() && !value.contains(meant);
    std::string fix =
        free ? to_text(Json::array({{{"op", "move"}, {"from", at}, {"path", pointer + pointer_step(meant)}}}))
             : patch("remove", at);
    findings.push_back(
        {at, "is no argument of the tool" + (meant.empty() ? "" : "; '" + meant + "' is"), "unknown_argument", fix});
  }
  for (const auto& name : schema.value("required", Json::array())) {
    if (!value.contains(name.get_ref<const std::string&>()))
      findings.push_back({pointer + pointer_step(name.get<std::string>()), "is required", "missing_argument"});
  }
}

void check_value(const Json& value, const Json& schema, const std::string& pointer, Findings& findings) {
  auto type = schema.find("type");
  if (is_reference(value) || value.is_null() || type == schema.end() || !type->is_string()) return;
  const auto& wanted = type->get_ref<const std::string&>();
  if (!has_type(value, wanted)) {
    Json meant = meant_by(value, wanted);
    findings.push_back({pointer, "must be of type " + wanted, "argument_type",
                        meant.is_null() ? "" : patch("replace", pointer, meant)});
    return;
  }
  if (value.is_object()) check_object(value, schema, pointer, findings);
  if (!value.is_array() || !schema.contains("items")) return;
  for (size_t i = 0; i < value.size(); ++i)
    check_value(value[i], schema["items"], pointer + "/" + std::to_string(i), findings);
}

void check_args(const Json& args, const ToolSpec& tool, const std::string& pointer, Findings& findings) {
  size_t before = findings.size();
  check_object(args, argument_schema(tool), pointer, findings);
  if (findings.size() > before || tool.foreign_schema != nullptr || has_reference(args)) return;
  // Nothing is left to the run, so the tool itself can say.
  auto decoded = tool.body.decode(args);
  if (decoded.ok()) return;
  for (const auto& issue : decoded.error().issues)
    findings.push_back({pointer + issue.pointer, issue.message, "invalid_argument"});
}

const Json* nodes_of(const Json& definition) {
  auto nodes = definition.find("nodes");
  return nodes != definition.end() && nodes->is_object() ? &*nodes : nullptr;
}

std::string text_at(const Json& json, const char* member) {
  auto found = json.find(member);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

struct Mail {
  std::string pointer, template_id;
  int64_t version = 0;
};

// The marketing mail that a node sends with a template named in it.
std::optional<Mail> mail_of(const std::string& id, const Json& node) {
  if (!node.is_object()) return std::nullopt;
  bool bulk = text_at(node, "type") == "for_each" && text_at(node, "channel") == "email";
  bool single = text_at(node, "type") == "action" && text_at(node, "tool") == "notification.sendEmail";
  const char* holder = bulk ? "payload" : "args";
  if ((!bulk && !single) || !node.contains(holder) || !node[holder].is_object()) return std::nullopt;
  const Json& content = node[holder];
  const char* name = bulk ? "template" : "template_id";
  auto version = content.find(bulk ? "version" : "template_version");
  bool whole = version != content.end() && version->is_number_integer();
  if (content.value("transactional", Json(false)) == Json(true) || text_at(content, name).empty()) return std::nullopt;
  return Mail{"/nodes" + pointer_step(id) + "/" + holder + "/" + name, text_at(content, name),
              whole ? version->get<int64_t>() : 0};
}

}  // namespace

Findings find_argument_problems(const Json& definition, const ToolRunner& tools) {
  Findings findings;
  const Json* nodes = nodes_of(definition);
  if (nodes == nullptr) return findings;
  for (auto it = nodes->begin(); it != nodes->end(); ++it) {
    const Json& node = it.value();
    if (!node.is_object() || text_at(node, "type") != "action") continue;
    const ToolSpec* tool = tools.find(text_at(node, "tool"));
    const Json args = node.value("args", Json::object());
    if (tool != nullptr && args.is_object() && !is_reference(args))
      check_args(args, *tool, "/nodes" + pointer_step(it.key()) + "/args", findings);
  }
  return findings;
}

Result<Findings> find_mail_problems(storage::Tx& tx, const std::string& workspace, const Json& definition) {
  Findings findings;
  const Json* nodes = nodes_of(definition);
  if (nodes == nullptr) return findings;
  for (auto it = nodes->begin(); it != nodes->end(); ++it) {
    auto mail = mail_of(it.key(), it.value());
    if (!mail) continue;
    auto stored = services::get_template(tx, workspace, mail->template_id, mail->version);
    if (!stored.ok() && stored.error().code != Code::kNotFound) return stored.error();
    if (!stored.ok()) continue;  // made until it runs, or the call says so
    const auto& content = stored->content;
    bool own_text = !content.html.empty() && !content.text.empty();
    if (own_text && content.text.find("unsubscribe_url") == std::string::npos)
      findings.push_back({mail->pointer,
                          "its text part has no unsubscribe link, and none is added to it: write {{ unsubscribe_url }} "
                          "into the text, or leave the text out and it is made from the HTML",
                          "missing_unsubscribe"});
  }
  return findings;
}

}  // namespace spreaders::workflows
