// A condition in words, with the values that it sees.
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/bytes.hpp"
#include "services/audience/contacts.hpp"
#include "services/audience/rule.hpp"
#include "services/consent/consent.hpp"
#include "workflows/inspect/explain.hpp"

namespace spreaders::workflows::inspect {

using audience::Rule;
using storage::Tx;

namespace {

constexpr size_t kValueShown_max = 120;  // characters

std::string shown(const std::string& text) {
  std::string cut(first_code_points(text, kValueShown_max));
  return cut.size() < text.size() ? cut + "…" : cut;
}

void note(std::vector<std::string>& unknown, const std::string& text) {
  if (std::find(unknown.begin(), unknown.end(), text) == unknown.end()) unknown.push_back(text);
}

std::string literal(const audience::Literal& value) {
  if (const auto* boolean = std::get_if<bool>(&value)) return *boolean ? "true" : "false";
  if (const auto* real = std::get_if<double>(&value)) {
    bool whole = *real == std::trunc(*real) && std::abs(*real) < 1e15;
    return to_text(whole ? Json(static_cast<int64_t>(*real)) : Json(*real));
  }
  return "\"" + std::get<std::string>(value) + "\"";
}

class Teller {
 public:
  Teller(Tx& tx, const ConditionSeen& seen, std::vector<std::string>& unknown)
      : tx_(tx), seen_(seen), unknown_(unknown) {}

  Result<void> tell(const Json& condition, const std::string& before) {
    for (const char* word : {"and", "or"}) {
      if (!condition.contains(word)) continue;
      const std::string text = before + (word == std::string_view("and") ? "all of: " : "any of: ");
      for (const auto& part : condition[word]) TRY(tell(part, text));
      return {};
    }
    if (condition.contains("not")) return tell(condition["not"], before + "not: ");
    if (condition.contains("person")) {
      auto rule = audience::parse_rule(condition["person"]);
      if (rule.ok()) return tell_rule(*rule, before);
      lines.push_back(before + "a rule that cannot be read");
      return {};
    }
    return tell_comparison(condition, before);
  }
  std::vector<std::string> lines;

 private:
  std::string value_of(const Json& side) {
    auto resolved = resolve_references(side, seen_.results, seen_.run);
    if (!side.is_object()) return to_text(side);
    const Json* from = at_pointer(side, "/$from");
    if (side.contains("$trigger") && side["$trigger"].is_string())
      return "what started it" + side["$trigger"].get<std::string>() + " (" +
             (resolved.ok() ? shown(to_text(*resolved)) : "nothing there") + ")";
    std::string name =
        from == nullptr ? "of the run" : "'" + from->value("node", "") + "'" + from->value("pointer", "");
    return name + " (" + (resolved.ok() ? shown(to_text(*resolved)) : "no such result") + ")";
  }

  Result<void> tell_comparison(const Json& condition, const std::string& before) {
    std::string text = before + value_of(condition.value("left", Json())) + " " + condition.value("op", "");
    if (condition.contains("right")) text += " " + value_of(condition["right"]);
    lines.push_back(text);
    return {};
  }

  Result<void> tell_rule(const Rule& rule, const std::string& before) {
    switch (rule.kind) {
      case Rule::Kind::kAll:
      case Rule::Kind::kAny:
        for (const auto& part : rule.parts)
          TRY(tell_rule(part, before + (rule.kind == Rule::Kind::kAll ? "all of: " : "any of: ")));
        return {};
      case Rule::Kind::kNot:
        return tell_rule(rule.parts.front(), before + "not: ");
      case Rule::Kind::kAttribute:
        return tell_attribute(rule, before);
      case Rule::Kind::kEvent:
        return tell_event(rule, before);
      case Rule::Kind::kList:
        return tell_list(rule, before);
      case Rule::Kind::kConsent:
        return tell_consent(rule, before);
    }
    return {};
  }

  Result<void> tell_attribute(const Rule& rule, const std::string& before) {
    std::string text = before + rule.name + " " + std::string(enum_name(rule.op));
    for (size_t i = 0; i < rule.values.size(); ++i) text += (i == 0 ? " " : ", ") + literal(rule.values[i]);
    auto contact = TRY(audience::find_contact(tx_, seen_.workspace, seen_.subject));
    if (!contact) {
      lines.push_back(text + ": there is no such contact any more, or the run is about none");
      return {};
    }
    const std::map<std::string, std::string> columns = {{"email", audience::masked_email(contact->email)},
                                                        {"first_name", contact->first_name},
                                                        {"last_name", contact->last_name},
                                                        {"language", contact->language},
                                                        {"time_zone", contact->time_zone},
                                                        {"external_id", contact->external_id.value_or("")},
                                                        {"created_at", to_text(contact->created_at)}};
    auto column = columns.find(rule.name);
    const Json attributes = TRY(parse_json(contact->attributes));
    std::string value = column != columns.end()          ? column->second
                        : attributes.contains(rule.name) ? to_text(attributes[rule.name])
                                                         : "";
    text += ": it is " + (value.empty() ? "empty" : shown(value)) + " today";
    if (contact->updated_at <= seen_.at) text += ", as it was then";
    else note(unknown_, "The contact has changed since; what '" + rule.name + "' was then is not recorded.");
    lines.push_back(text);
    return {};
  }

  Result<void> tell_event(const Rule& rule, const std::string& before) {
    storage::Values parameters = {seen_.workspace, seen_.subject, rule.name, seen_.at.us,
                                  rule.within_days ? (seen_.at - *rule.within_days * kDay_us).us : int64_t{INT64_MIN}};
    const std::string where = audience::compile_where(tx_, rule.parts, "e.properties", parameters);
    auto rows =
        TRY(tx_.query("SELECT COUNT(*) FROM event e WHERE e.workspace_id = $1 AND e.contact_id = $2 AND e.name "
                      "= $3 AND e.received_at <= $4 AND e.at >= $5" +
                          where,
                      parameters));
    std::string text = before + (rule.did ? "did" : "did not") + " '" + rule.name + "'";
    if (rule.count_min > 1) text += " at least " + std::to_string(rule.count_min) + " times";
    if (rule.within_days) text += " within " + std::to_string(*rule.within_days) + " days";
    if (!rule.parts.empty()) text += ", with conditions";
    lines.push_back(text + ": it had come " + std::to_string(rows[0][0].integer()) + " times by then");
    return {};
  }

  Result<void> tell_list(const Rule& rule, const std::string& before) {
    auto row =
        TRY(tx_.query("SELECT m.added_at FROM list_member m JOIN list l ON l.workspace_id = m.workspace_id AND "
                      "l.id = m.list_id WHERE m.workspace_id = $1 AND m.contact_id = $2 AND (l.id = $3 OR "
                      "l.name = $3)",
                      {seen_.workspace, seen_.subject, rule.name}));
    std::string text = before + "is on the list '" + rule.name + "': ";
    if (row.empty()) {
      text += "not today";
      note(unknown_, "Whether somebody was on a list that they are not on today is not recorded.");
    } else {
      text += "since " + to_text(row[0][0].instant()) + (row[0][0].instant() > seen_.at ? ", so not then" : "");
    }
    lines.push_back(text);
    return {};
  }

  Result<void> tell_consent(const Rule& rule, const std::string& before) {
    auto word = TRY(consent::find(tx_, seen_.workspace, rule.name, seen_.subject));
    std::string text = before + "consent to " + rule.name + ": ";
    if (!word) {
      lines.push_back(text + "none was ever given");
      return {};
    }
    text += std::string(enum_name(word->state)) + " since " + to_text(word->at);
    if (word->at > seen_.at) note(unknown_, "What the consent was before its last change is not recorded.");
    lines.push_back(text);
    return {};
  }

  Tx& tx_;
  const ConditionSeen& seen_;
  std::vector<std::string>& unknown_;
};

}  // namespace

Result<std::vector<std::string>> condition_in_words(Tx& tx, const Json& condition, const ConditionSeen& seen,
                                                    std::vector<std::string>& unknown) {
  Teller teller(tx, seen, unknown);
  TRY(teller.tell(condition, ""));
  return std::move(teller.lines);
}

}  // namespace spreaders::workflows::inspect
